"""Golden SQL: utility statements."""

from __future__ import annotations

from typing import Final

from qail import (
    Qail,
    func,
    select,
)  # fmt: skip
from support.sql_case import Case
from support.sql_ddl_setup import GADGET, SALE
from support.sql_tables import User

UTILITY: Final = (
    Case(
        "truncate several",
        Qail.truncate("gadget", ("public", "sale")).restart_identity().cascade(),
        'TRUNCATE "gadget", "public"."sale" RESTART IDENTITY CASCADE',
        [],
        setup=f"{GADGET}; {SALE}",
    ),
    Case("truncate only", Qail.truncate("gadget").only(), 'TRUNCATE ONLY "gadget"', [], setup=GADGET),
    Case(
        "lock",
        Qail.lock("gadget", "sale", mode="share row exclusive").nowait(),
        'LOCK TABLE "gadget", "sale" IN SHARE ROW EXCLUSIVE MODE NOWAIT',
        [],
        setup=f"{GADGET}; {SALE}",
    ),
    Case(
        "lock only", Qail.lock("gadget").only(), 'LOCK TABLE ONLY "gadget" IN ACCESS EXCLUSIVE MODE', [], setup=GADGET
    ),
    Case(
        "call",
        Qail.call("p", 1, "it's"),
        'CALL "p"($1, $2)',
        [1, "it's"],
        setup="CREATE PROCEDURE p(int4, text) LANGUAGE sql AS 'SELECT 1'",
    ),
    Case(
        "call by names",
        Qail.call(func.p(1, b=None)),
        'CALL "p"($1, "b" => $2)',
        [1, None],
        setup="CREATE PROCEDURE p(a int4, INOUT b text) LANGUAGE sql AS 'SELECT ''x'''",
    ),
    Case(
        "call in a schema",
        Qail.call(("public", "p"), [1, 2]),
        'CALL "public"."p"($1)',
        [[1, 2]],
        setup="CREATE PROCEDURE p(int4[]) LANGUAGE sql AS 'SELECT 1'",
    ),
    Case(
        "do",
        Qail.do("BEGIN PERFORM $x$it's$x$ || '\\'; END -- $$ $do$"),
        "DO LANGUAGE \"plpgsql\" E'BEGIN PERFORM $x$it''s$x$ || ''\\\\''; END -- $$ $do$'",
        [],
    ),
    Case(
        "set for the transaction",
        Qail.set_parameter("search_path", "public", "it's").local(),
        "SET LOCAL \"search_path\" TO 'public', 'it''s'",
        [],
    ),
    Case("set for the session", Qail.set_parameter("work_mem", 4096), 'SET "work_mem" TO 4096', []),
    Case(
        "set of an extension",
        Qail.set_parameter(("app", "user"), "it's \\"),
        "SET \"app\".\"user\" TO E'it''s \\\\'",
        [],
    ),
    Case("set a flag", Qail.set_parameter("enable_seqscan", False).local(), 'SET LOCAL "enable_seqscan" TO FALSE', []),
    Case("reset", Qail.reset("work_mem"), 'RESET "work_mem"', []),
    Case("reset all", Qail.reset(), "RESET ALL", []),
    Case("show", Qail.show("search_path"), 'SHOW "search_path"', []),
    Case("show of an extension", Qail.show(("app", "name")), 'SHOW "app"."name"', [], setup="SET LOCAL app.name = 'x'"),
    Case("all constraints deferred", Qail.set_constraints(deferred=True), "SET CONSTRAINTS ALL DEFERRED", []),
    Case(
        "constraints immediate",
        Qail.set_constraints("key", ("public", "other"), deferred=False),
        'SET CONSTRAINTS "key", "public"."other" IMMEDIATE',
        [],
        setup=(
            "CREATE TABLE a (a int4, CONSTRAINT key UNIQUE (a) DEFERRABLE, b int4, CONSTRAINT "
            "other UNIQUE (b) DEFERRABLE)"
        ),
    ),
    Case(
        "analyze",
        Qail.analyze("gadget", ("sale", ["year", "land"])).verbose().skip_locked(),
        'ANALYZE (VERBOSE, SKIP_LOCKED) "gadget", "sale" ("year", "land")',
        [],
        setup=f"{GADGET}; {SALE}",
    ),
    Case(
        "analyze with buffers",
        Qail.analyze("gadget").buffer_usage_limit("256 kB"),
        "ANALYZE (BUFFER_USAGE_LIMIT '256 kB') \"gadget\"",
        [],
        needs=16,
        setup=GADGET,
    ),
    Case("analyze everything", Qail.analyze(), "ANALYZE", [], alone=True),
    Case("vacuum", Qail.vacuum(), "VACUUM", [], alone=True),
    Case(
        "vacuum of tables",
        Qail.vacuum("gadget", ("gadget", ["name"]))
        .analyze()
        .verbose()
        .freeze()
        .skip_locked()
        .index_cleanup("off")
        .no_truncate()
        .parallel(0)
        .disable_page_skipping(),
        (
            "VACUUM (ANALYZE, VERBOSE, FREEZE, SKIP_LOCKED, INDEX_CLEANUP OFF, TRUNCATE FALSE, "
            'PARALLEL 0, DISABLE_PAGE_SKIPPING) "gadget", "gadget" ("name")'
        ),
        [],
        setup=GADGET,
        alone=True,
    ),
    Case(
        "vacuum full",
        Qail.vacuum(("public", "gadget")).full(),
        'VACUUM (FULL) "public"."gadget"',
        [],
        setup=GADGET,
        alone=True,
    ),
    Case(
        "vacuum with a limit",
        Qail.vacuum("gadget").buffer_usage_limit("1 MB").skip_database_stats(),
        "VACUUM (BUFFER_USAGE_LIMIT '1 MB', SKIP_DATABASE_STATS) \"gadget\"",
        [],
        needs=16,
        setup=GADGET,
        alone=True,
    ),
    Case(
        "index concurrently",
        Qail.create_index("i", "gadget", "name").concurrently().if_not_exists(),
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON "gadget" ("name")',
        [],
        setup=GADGET,
        alone=True,
    ),
    Case(
        "drop index concurrently",
        Qail.drop_index("i").concurrently().if_exists(),
        'DROP INDEX CONCURRENTLY IF EXISTS "i"',
        [],
        alone=True,
    ),
    Case(
        "reindex concurrently",
        Qail.reindex("table", ("public", "gadget")).concurrently().verbose(),
        'REINDEX (CONCURRENTLY, VERBOSE) TABLE "public"."gadget"',
        [],
        setup=GADGET,
        alone=True,
    ),
    Case(
        "detach concurrently",
        Qail.alter("sale").detach_partition("y24", concurrently=True),
        'ALTER TABLE "sale" DETACH PARTITION "y24" CONCURRENTLY',
        [],
        setup=f"{SALE}; CREATE TABLE y24 PARTITION OF sale FOR VALUES FROM (1) TO (2)",
        once=True,
        alone=True,
    ),
    Case(
        "reindex",
        Qail.reindex("index", "gadget_pkey").tablespace("pg_default"),
        'REINDEX (TABLESPACE "pg_default") INDEX "gadget_pkey"',
        [],
        setup=GADGET,
    ),
    Case("cluster", Qail.cluster("gadget", "gadget_pkey"), 'CLUSTER "gadget" USING "gadget_pkey"', [], setup=GADGET),
    Case(
        "cluster again",
        Qail.cluster(("public", "gadget")),
        'CLUSTER "public"."gadget"',
        [],
        setup=f"{GADGET}; ALTER TABLE gadget CLUSTER ON gadget_pkey",
    ),
    Case(
        "explain",
        Qail.explain(select(User.id).where(User.name == "x").limit(3)),
        ('EXPLAIN (FORMAT JSON) SELECT "users"."id" FROM "users" WHERE "users"."name" = $1 LIMIT $2'),
        ["x", 3],
    ),
    Case(
        "explain with everything",
        Qail.explain(Qail.add("gadget").values({"id": 1}).on_conflict("id").do_nothing())
        .analyze()
        .verbose()
        .settings()
        .buffers()
        .wal()
        .no_costs()
        .no_timing()
        .summary(False),
        (
            "EXPLAIN (FORMAT JSON, ANALYZE, VERBOSE, SETTINGS, BUFFERS TRUE, WAL, COSTS FALSE, "
            'TIMING FALSE, SUMMARY FALSE) INSERT INTO "gadget" ("id") VALUES ($1) ON CONFLICT '
            '("id") DO NOTHING'
        ),
        [1],
        setup=GADGET,
    ),
    Case(
        "explain a generic plan",
        Qail.explain(Qail.get("gadget").eq("id", 3)).generic_plan().buffers(False).summary(),
        ('EXPLAIN (FORMAT JSON, GENERIC_PLAN, BUFFERS FALSE, SUMMARY TRUE) SELECT * FROM "gadget" WHERE "id" = $1'),
        [3],
        needs=16,
        setup=GADGET,
    ),
    Case(
        "explain memory",
        Qail.explain(Qail.get("gadget").eq("id", 3)).memory(),
        'EXPLAIN (FORMAT JSON, MEMORY) SELECT * FROM "gadget" WHERE "id" = $1',
        [3],
        needs=17,
        setup=GADGET,
    ),
    Case(
        "explain serialization",
        Qail.explain(Qail.delete("gadget").eq("id", 3).returning("id")).analyze().serialize("binary"),
        ('EXPLAIN (FORMAT JSON, ANALYZE, SERIALIZE BINARY) DELETE FROM "gadget" WHERE "id" = $1 RETURNING "id"'),
        [3],
        needs=17,
        setup=GADGET,
    ),
    Case(
        "explain a table of a query",
        Qail.explain(Qail.create("t").as_(Qail.get("gadget").eq("id", 3))),
        'EXPLAIN (FORMAT JSON) CREATE TABLE "t" AS SELECT * FROM "gadget" WHERE "id" = 3',
        [],
        setup=GADGET,
    ),
)
