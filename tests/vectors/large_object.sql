-- user=postgres dbname=postgres
\! printf 'large object' > /tmp/vector.txt
\lo_import /tmp/vector.txt
\lo_export :LASTOID /dev/null
\lo_unlink :LASTOID
\! rm /tmp/vector.txt
