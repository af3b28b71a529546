-- user=postgres dbname=postgres
SELEC 1;
SELECT * FROM missing;
SELECT 'x'::int;
CREATE TEMP TABLE u (a int PRIMARY KEY CHECK (a > 0));
INSERT INTO u VALUES (1), (1);
INSERT INTO u VALUES (-1);
DO $$ BEGIN RAISE EXCEPTION 'own' USING DETAIL = 'd', HINT = 'h', ERRCODE = 'P0099', TABLE = 't', COLUMN = 'c', DATATYPE = 'y', CONSTRAINT = 'n', SCHEMA = 's'; END $$;
