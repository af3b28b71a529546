-- user=postgres dbname=postgres
DO $$ BEGIN RAISE NOTICE 'one %', 1; RAISE WARNING 'two' USING HINT = 'h'; END $$;
DROP TABLE IF EXISTS none;
SET TimeZone = 'Asia/Tokyo';
LISTEN c1;
NOTIFY c1, 'payload';
NOTIFY c1;
