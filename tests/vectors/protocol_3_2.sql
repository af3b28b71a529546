-- user=postgres dbname=postgres max_protocol_version=3.2
SELECT 1;
