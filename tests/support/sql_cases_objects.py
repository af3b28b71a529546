"""Golden SQL: schemas, sequences, types, domains and extensions."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qail import (
    DATE,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    Qail,
    array_of,
    func,
)  # fmt: skip
from qail.ddl import (
    check,
    domain_value,
)  # fmt: skip
from support.sql_case import Case
from support.sql_ddl_setup import CLERK, GADGET

OBJECTS: Final = (
    Case(
        "schema",
        Qail.create_schema("s").if_not_exists().authorization("qail_clerk"),
        'CREATE SCHEMA IF NOT EXISTS "s" AUTHORIZATION "qail_clerk"',
        [],
        setup=CLERK,
        once=True,
    ),
    Case(
        "drop schemas",
        Qail.drop_schema("s", "t").if_exists().cascade(),
        'DROP SCHEMA IF EXISTS "s", "t" CASCADE',
        [],
        once=True,
    ),
    Case(
        "owner of a schema",
        Qail.alter_object("schema", "s").owner_to("qail_clerk"),
        'ALTER SCHEMA "s" OWNER TO "qail_clerk"',
        [],
        setup=f"CREATE SCHEMA s; {CLERK}",
        once=True,
    ),
    Case(
        "sequence",
        Qail.create_sequence("s")
        .if_not_exists()
        .as_type(INT2)
        .increment(-2)
        .min_value(-100)
        .max_value(None)
        .start(-1)
        .cache(5)
        .cycle()
        .owned_by("gadget", "age"),
        (
            'CREATE SEQUENCE IF NOT EXISTS "s" AS int2 INCREMENT BY -2 MINVALUE -100 NO MAXVALUE '
            'START WITH -1 CACHE 5 CYCLE OWNED BY "gadget"."age"'
        ),
        [],
        setup=GADGET,
        once=True,
    ),
    Case(
        "temporary sequence",
        Qail.create_sequence("s").temporary().min_value(None).max_value(9).cycle(False).owned_by_none(),
        'CREATE TEMPORARY SEQUENCE "s" NO MINVALUE MAXVALUE 9 NO CYCLE OWNED BY NONE',
        [],
        once=True,
    ),
    Case(
        "unlogged sequence",
        Qail.create_sequence("s").unlogged(),
        'CREATE UNLOGGED SEQUENCE "s"',
        [],
        needs=15,
        once=True,
    ),
    Case(
        "alter a sequence",
        Qail.alter_sequence("s").if_exists().restart(5).increment(3),
        'ALTER SEQUENCE IF EXISTS "s" RESTART WITH 5 INCREMENT BY 3',
        [],
        setup="CREATE SEQUENCE s",
    ),
    Case(
        "restart a sequence",
        Qail.alter_sequence("s").restart(),
        'ALTER SEQUENCE "s" RESTART',
        [],
        setup="CREATE SEQUENCE s",
    ),
    Case(
        "move a sequence",
        Qail.alter_object("sequence", "s").set_schema("elsewhere"),
        'ALTER SEQUENCE "s" SET SCHEMA "elsewhere"',
        [],
        setup="CREATE SEQUENCE s; CREATE SCHEMA elsewhere",
        once=True,
    ),
    Case(
        "drop a sequence",
        Qail.drop_sequence(("public", "s")),
        'DROP SEQUENCE "public"."s"',
        [],
        setup="CREATE SEQUENCE s",
        once=True,
    ),
    Case(
        "enum",
        Qail.create_enum("mood", "it's", "\\", "very happy", "$$"),
        "CREATE TYPE \"mood\" AS ENUM ('it''s', E'\\\\', 'very happy', '$$')",
        [],
        once=True,
    ),
    Case(
        "value of an enum",
        Qail.alter_enum("mood").add_value("it's", before="ok", if_not_exists=True),
        "ALTER TYPE \"mood\" ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'ok'",
        [],
        setup="CREATE TYPE mood AS ENUM ('ok')",
        once=True,
    ),
    Case(
        "value behind another",
        Qail.alter_enum("mood").add_value("fine", after="ok"),
        "ALTER TYPE \"mood\" ADD VALUE 'fine' AFTER 'ok'",
        [],
        setup="CREATE TYPE mood AS ENUM ('ok')",
        once=True,
    ),
    Case(
        "rename a value",
        Qail.alter_enum("mood").rename_value("ok", "fine"),
        "ALTER TYPE \"mood\" RENAME VALUE 'ok' TO 'fine'",
        [],
        setup="CREATE TYPE mood AS ENUM ('ok')",
        once=True,
    ),
    Case(
        "rename a type",
        Qail.alter_object("type", "mood").rename_to("temper"),
        'ALTER TYPE "mood" RENAME TO "temper"',
        [],
        setup="CREATE TYPE mood AS ENUM ('ok')",
        once=True,
    ),
    Case(
        "drop types", Qail.drop_type("mood", "other").if_exists(), 'DROP TYPE IF EXISTS "mood", "other"', [], once=True
    ),
    Case(
        "domain",
        Qail.create_domain("price", NUMERIC.sized(8, 2))
        .default(Decimal("1.5"))
        .not_null()
        .constraint(check(domain_value() >= 0, domain_value() != 13, name="fine")),
        (
            "CREATE DOMAIN \"price\" AS numeric(8, 2) DEFAULT CAST('1.5' AS numeric) NOT NULL "
            'CONSTRAINT "fine" CHECK (VALUE >= 0 AND VALUE <> 13)'
        ),
        [],
        once=True,
    ),
    Case(
        "collated domain",
        Qail.create_domain("label", TEXT).collation("C").constraint(check(domain_value() != "it's")),
        "CREATE DOMAIN \"label\" AS text COLLATE \"C\" CHECK (VALUE <> 'it''s')",
        [],
        once=True,
    ),
    Case(
        "default of a domain",
        Qail.alter_domain("price").set_default(func.random()),
        'ALTER DOMAIN "price" SET DEFAULT "random"()',
        [],
        setup="CREATE DOMAIN price AS float8",
    ),
    Case(
        "no default of a domain",
        Qail.alter_domain("price").drop_default(),
        'ALTER DOMAIN "price" DROP DEFAULT',
        [],
        setup="CREATE DOMAIN price AS float8",
    ),
    Case(
        "domain not null",
        Qail.alter_domain("price").set_not_null(),
        'ALTER DOMAIN "price" SET NOT NULL',
        [],
        setup="CREATE DOMAIN price AS float8",
    ),
    Case(
        "domain null",
        Qail.alter_domain("price").drop_not_null(),
        'ALTER DOMAIN "price" DROP NOT NULL',
        [],
        setup="CREATE DOMAIN price AS float8",
    ),
    Case(
        "constraint of a domain",
        Qail.alter_domain("price").add_constraint(check(domain_value() < 100, name="cheap").not_valid()),
        'ALTER DOMAIN "price" ADD CONSTRAINT "cheap" CHECK (VALUE < 100) NOT VALID',
        [],
        setup="CREATE DOMAIN price AS float8",
        once=True,
    ),
    Case(
        "no constraint of a domain",
        Qail.alter_domain("price").drop_constraint("cheap", if_exists=True),
        'ALTER DOMAIN "price" DROP CONSTRAINT IF EXISTS "cheap"',
        [],
        setup="CREATE DOMAIN price AS float8",
    ),
    Case(
        "validate a domain",
        Qail.alter_domain("price").validate_constraint("cheap"),
        'ALTER DOMAIN "price" VALIDATE CONSTRAINT "cheap"',
        [],
        setup=("CREATE DOMAIN price AS float8; ALTER DOMAIN price ADD CONSTRAINT cheap CHECK (VALUE < 9) NOT VALID"),
    ),
    Case(
        "drop a domain",
        Qail.drop_object("domain", "price").cascade(),
        'DROP DOMAIN "price" CASCADE',
        [],
        setup="CREATE DOMAIN price AS float8",
        once=True,
    ),
    Case(
        "composite type",
        Qail.create_type("address", {"street": TEXT, "since when": DATE, "lines": array_of(TEXT)}),
        'CREATE TYPE "address" AS ("street" text, "since when" date, "lines" text[])',
        [],
        once=True,
    ),
    Case(
        "attributes of a type",
        Qail.alter_type("address")
        .add_attribute("zip", TEXT, cascade=True)
        .drop_attribute("gone", if_exists=True)
        .set_attribute_type("a", INT8),
        (
            'ALTER TYPE "address" ADD ATTRIBUTE "zip" text CASCADE, DROP ATTRIBUTE IF EXISTS '
            '"gone", ALTER ATTRIBUTE "a" TYPE int8'
        ),
        [],
        setup="CREATE TYPE address AS (a int4)",
        once=True,
    ),
    Case(
        "range type",
        Qail.create_range("span", FLOAT8).operator_class("float8_ops").multirange("spans"),
        (
            'CREATE TYPE "span" AS RANGE (SUBTYPE = float8, SUBTYPE_OPCLASS = "float8_ops", '
            'MULTIRANGE_TYPE_NAME = "spans")'
        ),
        [],
        once=True,
    ),
    Case(
        "collated range type",
        Qail.create_range(("public", "span"), TEXT).collation("C"),
        'CREATE TYPE "public"."span" AS RANGE (SUBTYPE = text, COLLATION = "C")',
        [],
        once=True,
    ),
    Case(
        "extension",
        Qail.create_extension("plpgsql").if_not_exists().schema("pg_catalog").cascade(),
        'CREATE EXTENSION IF NOT EXISTS "plpgsql" SCHEMA "pg_catalog" CASCADE',
        [],
    ),
    Case(
        "version of a new extension",
        Qail.create_extension("plpgsql").if_not_exists().version("1.0"),
        "CREATE EXTENSION IF NOT EXISTS \"plpgsql\" VERSION '1.0'",
        [],
    ),
    Case("newest extension", Qail.alter_extension("plpgsql"), 'ALTER EXTENSION "plpgsql" UPDATE', []),
    Case(
        "version of an extension",
        Qail.alter_extension("plpgsql").update_to("1.0"),
        "ALTER EXTENSION \"plpgsql\" UPDATE TO '1.0'",
        [],
    ),
    Case(
        "drop an extension",
        Qail.drop_extension("nothing", "at all").if_exists(),
        'DROP EXTENSION IF EXISTS "nothing", "at all"',
        [],
        once=True,
    ),
    Case(
        "function",
        Qail.create_function("f", {"a": INT4, "b": TEXT})
        .or_replace()
        .returns(TEXT)
        .body("SELECT b || $$it's$$ || a")
        .volatility("immutable")
        .strict()
        .parallel("safe")
        .cost(5)
        .set_parameter("search_path", "public", "pg_temp"),
        (
            'CREATE OR REPLACE FUNCTION "f" ("a" int4, "b" text) RETURNS text LANGUAGE "sql" AS '
            "'SELECT b || $$it''s$$ || a' IMMUTABLE STRICT PARALLEL SAFE COST 5 SET \"search_path\" "
            "TO 'public', 'pg_temp'"
        ),
        [],
    ),
)
