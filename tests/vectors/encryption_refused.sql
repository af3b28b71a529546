-- user=postgres dbname=postgres sslmode=prefer
SELECT 1;
