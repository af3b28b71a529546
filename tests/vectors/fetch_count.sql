-- user=postgres dbname=postgres
\set FETCH_COUNT 2
SELECT n, repeat('x', n) FROM generate_series(1, 5) n;
