-- user=postgres dbname=postgres
\startpipeline
SELECT $1 \bind 1 \sendpipeline
SELECT $1 \bind 2 \sendpipeline
\flushrequest
\getresults
\syncpipeline
SELECT 1/0 \bind \sendpipeline
SELECT 4 \bind \sendpipeline
\endpipeline
