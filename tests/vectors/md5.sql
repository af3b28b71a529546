-- user=md5_user dbname=postgres
SELECT 1;
