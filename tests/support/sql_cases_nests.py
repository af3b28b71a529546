"""Golden SQL: nest(), and the rest of ranges, networks, text search and casts."""

from __future__ import annotations

from typing import Final

from qail import (
    INET,
    INT4MULTIRANGE,
    INT8,
    TSQUERY,
    Multirange,
    Qail,
    Range,
    array_of,
    cast,
    col,
    func,
    nest,
    select,
    type_,
)
from support.sql_case import Case
from support.sql_tables import Doc, Post, User

DURING: Final = Doc.during.range
TITLES: Final = select(Post.title, Post.id).where(Post.author_id == User.id)

NESTS: Final = (
    Case(
        "nest",
        select(User.name, nest(TITLES.order_by(Post.id.desc()))),
        'SELECT "users"."name", ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."title", "posts"."id" FROM '
        '"posts" WHERE "posts"."author_id" = "users"."id" ORDER BY "posts"."id" DESC) AS "nested") FROM "users"',
        [],
    ),
    Case(
        "nest with a name, beside others",
        select(nest(TITLES).as_("posts"), User.id, nest(select(Post.id).where(Post.author_id == User.id).limit(2))),
        'SELECT ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."title", "posts"."id" FROM "posts" WHERE '
        '"posts"."author_id" = "users"."id") AS "nested") AS "posts", "users"."id", ARRAY(SELECT '
        'ROW("nested".*) FROM (SELECT "posts"."id" FROM "posts" WHERE "posts"."author_id" = "users"."id" LIMIT '
        '$1) AS "nested") FROM "users"',
        [2],
    ),
    Case(
        "nest in a nest",
        select(
            User.id,
            nest(
                select(Post.id, nest(select(Doc.id, Doc.tags).where(Doc.id == Post.id))).where(
                    Post.author_id == User.id
                )
            ),
        ),
        'SELECT "users"."id", ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."id", ARRAY(SELECT '
        'ROW("nested".*) FROM (SELECT "docs"."id", "docs"."tags" FROM "docs" WHERE "docs"."id" = "posts"."id") '
        'AS "nested") FROM "posts" WHERE "posts"."author_id" = "users"."id") AS "nested") FROM "users"',
        [],
    ),
    Case(
        "nest of a union",
        select(
            User.id,
            nest(select(Post.id).where(Post.author_id == User.id).union_all(select(Doc.id)).order_by("id").limit(3)),
        ),
        'SELECT "users"."id", ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."id" FROM "posts" WHERE '
        '"posts"."author_id" = "users"."id" UNION ALL SELECT "docs"."id" FROM "docs" ORDER BY "id" LIMIT $1) '
        'AS "nested") FROM "users"',
        [3],
    ),
    Case(
        "nest of objects",
        select(User.id, nest(Qail.get(Post).where(Post.author_id == User.id))),
        'SELECT "users"."id", ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."id", "posts"."title", '
        '"posts"."author_id", "posts"."score" FROM "posts" WHERE "posts"."author_id" = "users"."id") AS '
        '"nested") FROM "users"',
        [],
    ),
    Case(
        "nest of mapped rows",
        select(User.id, nest(TITLES.map(lambda title, number: (number, title))).as_("cards")),
        'SELECT "users"."id", ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."title", "posts"."id" FROM '
        '"posts" WHERE "posts"."author_id" = "users"."id") AS "nested") AS "cards" FROM "users"',
        [],
    ),
    Case(
        "nest in an untyped query",
        Qail.get("users").columns(
            "name",
            nest(Qail.get("posts").columns("id", "title").where(col("posts", "author_id") == col("users", "id"))),
        ),
        'SELECT "name", ARRAY(SELECT ROW("nested".*) FROM (SELECT "id", "title" FROM "posts" WHERE '
        '"posts"."author_id" = "users"."id") AS "nested") FROM "users"',
        [],
    ),
    Case(
        "nest of tuples in an expression",
        select(func.cardinality(nest(TITLES))).from_(User),
        'SELECT "cardinality"(ARRAY(SELECT ROW("nested".*) FROM (SELECT "posts"."title", "posts"."id" FROM '
        '"posts" WHERE "posts"."author_id" = "users"."id") AS "nested")) FROM "users"',
        [],
    ),
    Case(
        "nest in RETURNING",
        Qail.set(User).values({"age": 1}).where(User.id == 1).returning(User.id, nest(TITLES)),
        'UPDATE "users" SET "age" = $1 WHERE "users"."id" = $2 RETURNING "users"."id", ARRAY(SELECT '
        'ROW("nested".*) FROM (SELECT "posts"."title", "posts"."id" FROM "posts" WHERE "posts"."author_id" = '
        '"users"."id") AS "nested")',
        [1, 1],
    ),
)
KINDS: Final = (
    Case(
        "ranges and multiranges",
        select(Doc.id).where(
            DURING.overlaps(Multirange([Range(1, 3)])),
            DURING.contains(Range(1, 2)),
            cast(Multirange([Range(1, 9)]), INT4MULTIRANGE).range.contains(Range(1, 2)),
        ),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."during" && $1 AND "docs"."during" @> $2 AND CAST($3 AS '
        '"int4multirange") @> $4',
        [Multirange([Range(1, 3)]), Range(1, 2), Multirange([Range(1, 9)]), Range(1, 2)],
    ),
    Case(
        "range bounds and their kinds",
        select(DURING.has_lower(), DURING.has_upper(), DURING.is_lower_infinite(), DURING.is_upper_infinite()),
        'SELECT "lower_inc"("docs"."during"), "upper_inc"("docs"."during"), "lower_inf"("docs"."during"), '
        '"upper_inf"("docs"."during") FROM "docs"',
        [],
    ),
    Case(
        "ranges made",
        select(
            func.int4range(1, 5, "[]"), func.range_merge(Doc.during, func.int4range(7, 9)), func.multirange(Doc.during)
        ),
        'SELECT "int4range"($1, $2, $3), "range_merge"("docs"."during", "int4range"($4, $5)), '
        '"multirange"("docs"."during") FROM "docs"',
        [1, 5, "[]", 7, 9],
    ),
    Case(
        "network arithmetic",
        select(
            Doc.address.network.plus(1),
            Doc.address.network.minus(1),
            Doc.address.network.distance(cast("10.0.0.1", INET)),
            Doc.address.bits.and_(cast("255.0.0.0", INET)),
            Doc.address.bits.not_(),
        ),
        'SELECT "docs"."address" + $1, "docs"."address" - $2, "docs"."address" - CAST($3 AS inet), '
        '"docs"."address" & CAST($4 AS inet), ~ "docs"."address" FROM "docs"',
        [1, 1, "10.0.0.1", "255.0.0.0"],
    ),
    Case(
        "text search queries by their words",
        select(
            cast("a", TSQUERY).search.not_(),
            cast("a & b", TSQUERY).search.contains(cast("a", TSQUERY)),
            cast("a", TSQUERY).search.contained_by(cast("a & b", TSQUERY)),
        ),
        'SELECT !! CAST($1 AS "tsquery"), CAST($2 AS "tsquery") @> CAST($3 AS "tsquery"), CAST($4 AS '
        '"tsquery") <@ CAST($5 AS "tsquery")',
        ["a", "a & b", "a", "a", "a & b"],
    ),
    Case(
        "casts to types of the database",
        select(
            cast("x", type_("pg_temp", "mood")),
            cast(["x"], array_of(type_("pg_temp", "mood"))),
            cast(None, type_("pg_temp", "mood")),
        ),
        'SELECT CAST($1 AS "pg_temp"."mood"), CAST($2 AS "pg_temp"."mood"[]), CAST($3 AS "pg_temp"."mood")',
        ["x", ["x"], None],
        setup="CREATE TYPE pg_temp.mood AS ENUM ('x')",
    ),
    Case(
        "values of types of the database",
        Qail.values({"id": INT8, "mood": type_("pg_temp", "mood")}, (1, "x"), (2, "x")),
        'VALUES ($1, CAST($2 AS "pg_temp"."mood")), ($3, $4)',
        [1, "x", 2, "x"],
        setup="CREATE TYPE pg_temp.mood AS ENUM ('x')",
    ),
)
