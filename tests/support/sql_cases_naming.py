"""Golden SQL: names of every kind stay one name each."""

from __future__ import annotations

from typing import Final

from qail import (
    Qail,
    col,
    excluded,
    func,
    select,
)
from support.sql_case import Case
from support.sql_pieces import ODD

NAMED: Final = (
    Case(
        "odd names everywhere",
        Qail.get("Select", alias="as")
        .columns(col("as", "From"), col("as", "a.b").as_('na"me'), "ünï cödé")
        .eq("$1", 1)
        .is_null('q"q')
        .order_by(("\\n", "desc")),
        'SELECT "as"."From", "as"."a.b" AS "na""me", "ünï cödé" FROM "Select" AS "as" WHERE "$1" = $1 AND '
        '"q""q" IS NULL ORDER BY "\\n" DESC',
        [1],
        0,
        ODD,
    ),
    Case(
        "odd names written",
        Qail.add("Select")
        .values({"From": 1, "ünï cödé": "x", "a.b": 2, 'q"q': True, "\\n": 3, "$1": 4})
        .on_conflict("From")
        .do_update("a.b", set={'q"q': excluded('q"q')})
        .returning("$1", "a.b"),
        'INSERT INTO "Select" ("From", "ünï cödé", "a.b", "q""q", "\\n", "$1") VALUES ($1, $2, $3, $4, $5, '
        '$6) ON CONFLICT ("From") DO UPDATE SET "a.b" = EXCLUDED."a.b", "q""q" = EXCLUDED."q""q" RETURNING '
        '"$1", "a.b"',
        [1, "x", 2, True, 3, 4],
        0,
        ODD,
    ),
    Case(
        "odd names set",
        Qail.set("Select", alias="set").values({"a.b": col("set", "From") + 1, "$1": None}).eq("\\n", 1),
        'UPDATE "Select" AS "set" SET "a.b" = "set"."From" + $1, "$1" = $2 WHERE "\\n" = $3',
        [1, None, 1],
        0,
        ODD,
    ),
    Case(
        "odd names deleted",
        Qail.delete("Select").contains("ünï cödé", "%").returning("From"),
        'DELETE FROM "Select" WHERE "ünï cödé" LIKE $1 RETURNING "From"',
        ["%\\%%"],
        0,
        ODD,
    ),
    Case(
        "odd names of WITH, windows and derived tables",
        Qail.get('w"h')
        .columns(func.rank().over("o ver").as_("r;--"))
        .window("o ver", order_by=col("a.b"))
        .with_(Qail.get("Select").cte('w"h')),
        'WITH "w""h" AS (SELECT * FROM "Select") SELECT rank() OVER "o ver" AS "r;--" FROM "w""h" WINDOW "o '
        'ver" AS (ORDER BY "a.b")',
        [],
        0,
        ODD,
    ),
    Case(
        "odd name of a function, quoted",
        Qail.get("users").columns(func.named("lower", schema="pg_catalog")("X"), func.upper("y")),
        'SELECT "pg_catalog"."lower"($1), "upper"($2) FROM "users"',
        ["X", "y"],
    ),
    Case(
        "names of 63 bytes",
        Qail.get("users").columns(col("id").as_("é" * 31 + "x")),
        'SELECT "id" AS "éééééééééééééééééééééééééééééééx" FROM "users"',
        [],
    ),
    Case(
        "reserved words as aliases",
        Qail.get("users", alias="user").columns(col("user", "id").as_("order"), col("user", "age").as_("group")),
        'SELECT "user"."id" AS "order", "user"."age" AS "group" FROM "users" AS "user"',
        [],
    ),
    Case(
        "schema, table and column",
        Qail.get(("pg_catalog", "pg_type")).columns(col("pg_catalog", "pg_type", "typname")).limit(1),
        'SELECT "pg_catalog"."pg_type"."typname" FROM "pg_catalog"."pg_type" LIMIT $1',
        [1],
    ),
    Case(
        "keywords that PostgreSQL knows as functions",
        select(func.left("abc", 2), func.substr("abc", 1)),
        'SELECT left($1, $2), "substr"($3, $4)',
        ["abc", 2, "abc", 1],
    ),
)
