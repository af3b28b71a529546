-- user=scram_user dbname=postgres
SELECT current_user;
