-- user=postgres dbname=postgres
SELECT 1 AS one, NULL AS nothing, 'hé 中' AS text;
SELECT 1\; SELECT 2\; SELECT 3;
;
SELECT;
CREATE TEMP TABLE t (a int, b varchar(7), c numeric(5,2));
INSERT INTO t VALUES (1, 'x', 1.5), (2, NULL, NULL);
SELECT t.*, t.ctid FROM t;
BEGIN;
SELECT 1/0;
SELECT 1;
ROLLBACK;
