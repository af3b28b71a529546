"""Golden SQL: indexes and views."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from qail import (
    DATE,
    INT8,
    TEXT,
    Qail,
    col,
    func,
    select,
)  # fmt: skip
from qail.ddl import (
    index_key,
)  # fmt: skip
from support.sql_case import Case
from support.sql_ddl_setup import CLERK, GADGET, SALE
from support.sql_tables import User

INDEXES: Final = (
    Case(
        "index of everything",
        Qail.create_index(
            "i",
            "gadget",
            index_key("name", collation="C", operator_class="text_pattern_ops"),
            col("age").desc().nulls_last(),
            func.lower(col("name")),
        )
        .unique()
        .using("btree")
        .include("price", "day")
        .where(col("age") > 5, col("name") != "it's")
        .with_options(fillfactor=70)
        .tablespace("pg_default")
        .if_not_exists(),
        (
            'CREATE UNIQUE INDEX IF NOT EXISTS "i" ON "gadget" USING "btree" ("name" COLLATE "C" '
            '"text_pattern_ops", "age" DESC NULLS LAST, ("lower"("name"))) INCLUDE ("price", '
            '"day") WITH ("fillfactor" = 70) TABLESPACE "pg_default" WHERE "age" > 5 AND "name" '
            "<> 'it''s'"
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "index of nulls",
        Qail.create_index("i", "gadget", "name").unique().nulls_not_distinct(),
        'CREATE UNIQUE INDEX "i" ON "gadget" ("name") NULLS NOT DISTINCT',
        [],
        needs=15,
        setup=GADGET,
        once=True,
    ),
    Case(
        "index by gin",
        Qail.create_index("i", "gadget", "tags").using("gin").with_options(fastupdate=False),
        'CREATE INDEX "i" ON "gadget" USING "gin" ("tags") WITH ("fastupdate" = FALSE)',
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "index of a partitioned table",
        Qail.create_index("i", "sale", "land").only(),
        'CREATE INDEX "i" ON ONLY "sale" ("land")',
        [],
        setup=SALE,
        once=True,
    ),
    Case(
        "typed partial index",
        Qail.create_index("i", User, User.name, (User.age + 1)).where(
            User.age > 5, User.joined > datetime(2024, 1, 1, tzinfo=UTC)
        ),
        (
            'CREATE INDEX "i" ON "users" ("name", ("users"."age" + 1)) WHERE "users"."age" > 5 '
            'AND "users"."joined" > CAST(\'2024-01-01 00:00:00+00:00\' AS timestamptz)'
        ),
        [],
        once=True,
    ),
    Case(
        "drop indexes",
        Qail.drop_index("i", ("public", "j")).if_exists().cascade(),
        'DROP INDEX IF EXISTS "i", "public"."j" CASCADE',
        [],
        once=True,
    ),
)

VIEWS: Final = (
    Case(
        "view",
        Qail.create_view(
            "v",
            Qail.get("gadget")
            .columns("id", "name")
            .eq("name", "it's \\ $1")
            .gt("price", Decimal("1.5"))
            .order_by("id")
            .limit(5),
            "a",
            "b",
        ).or_replace(),
        (
            'CREATE OR REPLACE VIEW "v" ("a", "b") AS SELECT "id", "name" FROM "gadget" WHERE '
            "\"name\" = E'it''s \\\\ $1' AND \"price\" > CAST('1.5' AS numeric) ORDER BY \"id\" LIMIT 5"
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "view of a typed query",
        Qail.create_view(
            "v",
            select(User.id, (User.age + 1).as_("next")).where(
                User.joined > datetime(2024, 1, 1, tzinfo=UTC), User.age.in_([1, 2])
            ),
        ),
        (
            'CREATE VIEW "v" AS SELECT "users"."id", "users"."age" + 1 AS "next" FROM "users" '
            'WHERE "users"."joined" > CAST(\'2024-01-01 00:00:00+00:00\' AS timestamptz) AND '
            '"users"."age" = ANY (CAST(\'{"1","2"}\' AS int4[]))'
        ),
        [],
        once=True,
    ),
    Case(
        "view of rows",
        Qail.create_view(
            "v", Qail.values({"id": INT8, "name": TEXT, "day": DATE}, (1, "it's", None), (2, None, date(2024, 1, 1)))
        ).temporary(),
        (
            "CREATE TEMPORARY VIEW \"v\" AS VALUES (CAST(1 AS int8), 'it''s', CAST(NULL AS date)), "
            "(CAST(2 AS int8), CAST(NULL AS text), CAST('2024-01-01' AS date))"
        ),
        [],
        once=True,
    ),
    Case(
        "view of a query with a query",
        Qail.create_view(
            "v", Qail.get(Qail.get("gadget").gt("age", 3).cte("old")).with_(Qail.get("gadget").gt("age", 3).cte("old"))
        ),
        ('CREATE VIEW "v" AS WITH "old" AS (SELECT * FROM "gadget" WHERE "age" > 3) SELECT * FROM "old"'),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "checked view",
        Qail.create_view("v", Qail.get("gadget").gt("age", 18))
        .with_check_option("local")
        .with_options(security_barrier=True),
        (
            'CREATE VIEW "v" WITH ("security_barrier" = TRUE) AS SELECT * FROM "gadget" WHERE '
            '"age" > 18 WITH LOCAL CHECK OPTION'
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "view of the asker",
        Qail.create_view("v", Qail.get("gadget").gt("age", 18)).with_check_option().with_options(security_invoker=True),
        (
            'CREATE VIEW "v" WITH ("security_invoker" = TRUE) AS SELECT * FROM "gadget" WHERE '
            '"age" > 18 WITH CASCADED CHECK OPTION'
        ),
        [],
        needs=15,
        setup=GADGET,
        once=True,
    ),
    Case(
        "materialized view",
        Qail.create_materialized_view("v", Qail.get("gadget").columns("id").gt("age", 18), "only")
        .if_not_exists()
        .with_options(fillfactor=70)
        .tablespace("pg_default")
        .with_no_data(),
        (
            'CREATE MATERIALIZED VIEW IF NOT EXISTS "v" ("only") WITH ("fillfactor" = 70) '
            'TABLESPACE "pg_default" AS SELECT "id" FROM "gadget" WHERE "age" > 18 WITH NO DATA'
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "refresh",
        Qail.refresh("v"),
        'REFRESH MATERIALIZED VIEW "v"',
        [],
        setup="CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
    ),
    Case(
        "refresh without rows",
        Qail.refresh(("public", "v")).with_no_data(),
        'REFRESH MATERIALIZED VIEW "public"."v" WITH NO DATA',
        [],
        setup="CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
    ),
    Case(
        "refresh concurrently",
        Qail.refresh("v").concurrently(),
        'REFRESH MATERIALIZED VIEW CONCURRENTLY "v"',
        [],
        setup="CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE UNIQUE INDEX ON v (a)",
    ),
    Case(
        "rename a view",
        Qail.alter_object("view", "v").if_exists().rename_to("w"),
        'ALTER VIEW IF EXISTS "v" RENAME TO "w"',
        [],
        setup="CREATE VIEW v AS SELECT 1",
        once=True,
    ),
    Case(
        "owner of a view",
        Qail.alter_object("view", "v").if_exists().owner_to("qail_clerk"),
        'ALTER VIEW IF EXISTS "v" OWNER TO "qail_clerk"',
        [],
        setup=f"CREATE VIEW v AS SELECT 1; {CLERK}",
        once=True,
    ),
    Case(
        "drop views",
        Qail.drop_view("v", "w").cascade(),
        'DROP VIEW "v", "w" CASCADE',
        [],
        setup="CREATE VIEW v AS SELECT 1; CREATE VIEW w AS SELECT 1",
        once=True,
    ),
    Case(
        "drop a materialized view",
        Qail.drop_materialized_view("v").if_exists(),
        'DROP MATERIALIZED VIEW IF EXISTS "v"',
        [],
        once=True,
    ),
)
