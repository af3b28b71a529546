-- user=postgres dbname=postgres
SELECT $1::int + $2::int \bind 1 2 \g
SELECT $1 \bind text \g
SELECT 1/$1::int \bind 0 \g
SELECT $1::int AS a \parse s1
\bind_named s1 7 \g
\bind_named s1 x \g
\close_prepared s1
SELECT n FROM generate_series(1, 3) n \bind \gdesc
CREATE TEMP TABLE x (a int) \bind \g
INSERT INTO x VALUES ($1), ($2) \bind 1 2 \g
