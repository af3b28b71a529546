"""Golden SQL: ALTER TABLE, indexes and views."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qail import (
    INT4,
    INT8,
    VARCHAR,
    Qail,
    cast,
    col,
    func,
)  # fmt: skip
from qail.ddl import (
    check,
    from_to,
    unique,
)  # fmt: skip
from support.sql_case import Case
from support.sql_ddl_setup import CLERK, GADGET, SALE, TOUCH

TABLE_CHANGES: Final = (
    Case(
        "alter columns",
        Qail.alter("gadget")
        .add_column("x", INT4, check(col("x") > 0), default=3, if_not_exists=True)
        .drop_column("tags")
        .set_type("age", INT8, using=cast(col("age"), INT8) * 2)
        .set_type("name", VARCHAR.sized(9), collation="C")
        .set_default("price", Decimal("0.5"))
        .set_not_null("day"),
        (
            'ALTER TABLE "gadget" ADD COLUMN IF NOT EXISTS "x" int4 NOT NULL DEFAULT 3 CHECK ("x" '
            '> 0), DROP COLUMN "tags", ALTER COLUMN "age" TYPE int8 USING CAST("age" AS int8) * '
            '2, ALTER COLUMN "name" TYPE varchar(9) COLLATE "C", ALTER COLUMN "price" SET DEFAULT '
            "CAST('0.5' AS numeric), ALTER COLUMN \"day\" SET NOT NULL"
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "alter back",
        Qail.alter("gadget")
        .drop_column("nothing", if_exists=True)
        .drop_column("price", cascade=True)
        .drop_default("age")
        .drop_not_null("name")
        .set_statistics("name", 500)
        .set_storage("name", "external")
        .set_default("day", func.now()),
        (
            'ALTER TABLE "gadget" DROP COLUMN IF EXISTS "nothing", DROP COLUMN "price" CASCADE, '
            'ALTER COLUMN "age" DROP DEFAULT, ALTER COLUMN "name" DROP NOT NULL, ALTER COLUMN '
            '"name" SET STATISTICS 500, ALTER COLUMN "name" SET STORAGE EXTERNAL, ALTER COLUMN '
            '"day" SET DEFAULT "now"()'
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "alter identity",
        Qail.alter("gadget").add_identity("id").set_not_null("age"),
        ('ALTER TABLE "gadget" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY, ALTER COLUMN "age" SET NOT NULL'),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "alter identity away",
        Qail.alter("gadget").drop_identity("id").drop_identity("age", if_exists=True),
        ('ALTER TABLE "gadget" ALTER COLUMN "id" DROP IDENTITY, ALTER COLUMN "age" DROP IDENTITY IF EXISTS'),
        [],
        setup="CREATE TABLE gadget (id int4 GENERATED ALWAYS AS IDENTITY, age int4)",
        once=True,
    ),
    Case(
        "alter a generated column",
        Qail.alter("gadget").drop_expression("twice"),
        'ALTER TABLE "gadget" ALTER COLUMN "twice" DROP EXPRESSION',
        [],
        setup="CREATE TABLE gadget (a int4, twice int4 GENERATED ALWAYS AS (a * 2) STORED)",
        once=True,
    ),
    Case(
        "alter constraints",
        Qail.alter("gadget")
        .add_constraint(check(col("age") > 0, name="old").not_valid())
        .add_constraint(unique("name", name="only"))
        .drop_constraint("gone", if_exists=True)
        .drop_constraint("gadget_pkey", cascade=True),
        (
            'ALTER TABLE "gadget" ADD CONSTRAINT "old" CHECK ("age" > 0) NOT VALID, ADD '
            'CONSTRAINT "only" UNIQUE ("name"), DROP CONSTRAINT IF EXISTS "gone", DROP CONSTRAINT '
            '"gadget_pkey" CASCADE'
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "validate a constraint",
        Qail.alter("gadget").validate_constraint("old"),
        'ALTER TABLE "gadget" VALIDATE CONSTRAINT "old"',
        [],
        setup=f"{GADGET}; ALTER TABLE gadget ADD CONSTRAINT old CHECK (age > 0) NOT VALID",
        once=True,
    ),
    Case(
        "constraint not enforced",
        Qail.alter("gadget").add_constraint(check(col("age") > 0).not_enforced()),
        'ALTER TABLE "gadget" ADD CHECK ("age" > 0) NOT ENFORCED',
        [],
        needs=18,
        setup=GADGET,
        once=True,
    ),
    Case(
        "attach a partition",
        Qail.alter("sale").attach_partition("y24", from_to(2024, 2025)),
        'ALTER TABLE "sale" ATTACH PARTITION "y24" FOR VALUES FROM (2024) TO (2025)',
        [],
        setup=f"{SALE}; CREATE TABLE y24 (year int4, land text)",
        once=True,
    ),
    Case(
        "detach a partition",
        Qail.alter("sale").detach_partition("y24"),
        'ALTER TABLE "sale" DETACH PARTITION "y24"',
        [],
        setup=f"{SALE}; CREATE TABLE y24 PARTITION OF sale DEFAULT",
        once=True,
    ),
    Case(
        "row level security",
        Qail.alter("gadget").row_level_security("enable").row_level_security("force"),
        'ALTER TABLE "gadget" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "no row level security",
        Qail.alter(("public", "gadget")).row_level_security("no force").row_level_security("disable"),
        'ALTER TABLE "public"."gadget" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY',
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "inherit",
        Qail.alter("child").inherit("gadget"),
        'ALTER TABLE "child" INHERIT "gadget"',
        [],
        setup=f"{GADGET}; CREATE TABLE child (LIKE gadget)",
        once=True,
    ),
    Case(
        "no inherit",
        Qail.alter("child").no_inherit("gadget").only().if_exists(),
        'ALTER TABLE IF EXISTS ONLY "child" NO INHERIT "gadget"',
        [],
        setup=f"{GADGET}; CREATE TABLE child () INHERITS (gadget)",
        once=True,
    ),
    Case(
        "triggers on and off",
        Qail.alter("gadget").disable_trigger("t").enable_trigger("t").enable_trigger("t", mode="always"),
        ('ALTER TABLE "gadget" DISABLE TRIGGER "t", ENABLE TRIGGER "t", ENABLE ALWAYS TRIGGER "t"'),
        [],
        setup=f"{GADGET}; {TOUCH}; CREATE TRIGGER t BEFORE INSERT ON gadget EXECUTE FUNCTION touch()",
        once=True,
    ),
    Case(
        "options of a table",
        Qail.alter("gadget")
        .set_options(fillfactor=70, autovacuum_enabled=False)
        .reset_options("fillfactor")
        .set_logged(False)
        .set_tablespace("pg_default"),
        (
            'ALTER TABLE "gadget" SET ("fillfactor" = 70, "autovacuum_enabled" = FALSE), RESET '
            '("fillfactor"), SET UNLOGGED, SET TABLESPACE "pg_default"'
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "owner of a table",
        Qail.alter("gadget").owner_to("qail_clerk"),
        'ALTER TABLE "gadget" OWNER TO "qail_clerk"',
        [],
        setup=f"{GADGET}; {CLERK}",
        once=True,
    ),
    Case(
        "rename a table",
        Qail.alter("gadget").if_exists().rename_to("thing"),
        'ALTER TABLE IF EXISTS "gadget" RENAME TO "thing"',
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "rename a column",
        Qail.alter("gadget").rename_column("name", "title"),
        'ALTER TABLE "gadget" RENAME COLUMN "name" TO "title"',
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "rename a constraint",
        Qail.alter("gadget").rename_constraint("gadget_pkey", "key"),
        'ALTER TABLE "gadget" RENAME CONSTRAINT "gadget_pkey" TO "key"',
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "move a table",
        Qail.alter("gadget").set_schema("elsewhere"),
        'ALTER TABLE "gadget" SET SCHEMA "elsewhere"',
        [],
        setup=f"{GADGET}; CREATE SCHEMA elsewhere",
        once=True,
    ),
)
