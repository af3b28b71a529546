-- user=postgres dbname=postgres
CREATE TEMP TABLE t (a int, b text);
COPY t FROM STDIN;
1	one
2	\N
\.
COPY t TO STDOUT;
COPY t TO STDOUT (FORMAT csv);
COPY t FROM STDIN;
not a number	x
\.
COPY (SELECT 1 WHERE false) TO STDOUT;
\copy t to /dev/null binary
\copy t from /nowhere
