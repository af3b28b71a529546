-- user=clear_user dbname=postgres
SELECT 1;
