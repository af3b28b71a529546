"""Golden SQL: tests and values."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.expression.array import array, array_query
from qail.ast.expression.case import case, cast
from qail.ast.expression.collation import extract
from qail.ast.expression.column import col
from qail.ast.expression.comparison import all_, any_
from qail.ast.expression.function import func
from qail.ast.expression.parameter import literal
from qail.ast.expression.row import row
from qail.pgtype import FLOAT8, INT4, INT8, INTERVAL, TEXT
from support.sql_case import Case
from support.sql_tables import Doc, Post, User

IDS: Final = select(Post.author_id)
TAGS: Final = Doc.tags.array

TESTS: Final = (
    Case(
        "between symmetric",
        select(User.id).where(User.age.between(9, 1, symmetric=True), User.age.not_between(3, 2, symmetric=True)),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" BETWEEN SYMMETRIC $1 AND $2 AND "users"."age" NOT '
        "BETWEEN SYMMETRIC $3 AND $4",
        [9, 1, 3, 2],
    ),
    Case(
        "similar to",
        select(User.id).where(User.name.similar_to("%(a|b)%"), User.name.not_similar_to("x")),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" SIMILAR TO $1 AND "users"."name" NOT SIMILAR TO $2',
        ["%(a|b)%", "x"],
    ),
    Case(
        "regular expressions",
        select(User.id).where(
            User.name.matches("^a"),
            User.name.matches("B$", ignore_case=True),
            User.name.not_matches("x"),
            User.name.not_matches("y", ignore_case=True),
        ),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" ~ $1 AND "users"."name" ~* $2 AND "users"."name" !~ '
        '$3 AND "users"."name" !~* $4',
        ["^a", "B$", "x", "y"],
    ),
    Case(
        "truth",
        select(User.id).where(User.active.is_true(), (User.age > 1).is_not_false(), User.active.is_not_unknown()),
        'SELECT "users"."id" FROM "users" WHERE "users"."active" IS TRUE AND "users"."age" > $1 IS NOT FALSE AND '
        '"users"."active" IS NOT UNKNOWN',
        [1],
    ),
    Case(
        "truth, the others",
        select(User.active.is_false(), User.active.is_unknown(), (~User.active).is_not_true()),
        'SELECT "users"."active" IS FALSE, "users"."active" IS UNKNOWN, (NOT "users"."active") IS NOT TRUE FROM '
        '"users"',
        [],
    ),
    Case(
        "any of a list",
        select(User.id).where(User.age > any_([18, 21]), User.name.like(any_(["a%", "b%"]))),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" > ANY ($1) AND "users"."name" LIKE ANY ($2)',
        [[18, 21], ["a%", "b%"]],
    ),
    Case(
        "all of a list",
        select(User.id).where(User.age != all_([1, 2]), User.name.not_ilike(all_(["x%"]))),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" <> ALL ($1) AND "users"."name" NOT ILIKE ALL ($2)',
        [[1, 2], ["x%"]],
    ),
    Case(
        "any of an array",
        select(Doc.id).where(literal("a") == any_(Doc.tags)),
        'SELECT "docs"."id" FROM "docs" WHERE \'a\' = ANY ("docs"."tags")',
        [],
    ),
    Case(
        "any and all of a query",
        select(User.id).where(User.id == any_(IDS), User.id > all_(select(Post.id).where(Post.score > 1))),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = ANY (SELECT "posts"."author_id" FROM "posts") AND '
        '"users"."id" > ALL (SELECT "posts"."id" FROM "posts" WHERE "posts"."score" > $1)',
        [1],
    ),
    Case(
        "row in a list",
        select(User.id).where(row(User.age, User.id).in_([(30, 1), (40, 2)])),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age", "users"."id") IN (SELECT * FROM unnest($1, $2))',
        [[30, 40], [1, 2]],
    ),
    Case(
        "row not in a list",
        select(User.id).where(row(User.age, User.name).not_in([(30, "a")])),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age", "users"."name") NOT IN (SELECT * FROM unnest($1, $2))',
        [[30], ["a"]],
    ),
    Case(
        "row in a query",
        select(User.id).where(row(User.id, User.name).in_(select(Post.author_id, Post.title))),
        'SELECT "users"."id" FROM "users" WHERE ("users"."id", "users"."name") IN (SELECT "posts"."author_id", '
        '"posts"."title" FROM "posts")',
        [],
    ),
    Case(
        "rows are distinct",
        select(User.id).where(row(User.age, User.id).is_distinct_from(row(1, 2))),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age", "users"."id") IS DISTINCT FROM ($1, $2)',
        [1, 2],
    ),
    Case(
        "negation binds looser than is",
        select(User.id).where(~User.active.is_true(), (~User.active).is_null()),
        'SELECT "users"."id" FROM "users" WHERE NOT "users"."active" IS TRUE AND (NOT "users"."active") IS NULL',
        [],
    ),
    Case(
        "simple case",
        select(case((1, "one"), (2, "two"), else_="many", of=User.age)),
        'SELECT CASE "users"."age" WHEN $1 THEN $2 WHEN $3 THEN $4 ELSE $5 END FROM "users"',
        [1, "one", 2, "two", "many"],
    ),
    Case(
        "case in order by",
        select(User.id).order_by(case((User.active, literal(0)), else_=literal(1)).desc(), User.id),
        'SELECT "users"."id" FROM "users" ORDER BY CASE WHEN "users"."active" THEN 0 ELSE 1 END DESC, "users"."id"',
        [],
    ),
)

VALUES: Final = (
    Case(
        "collate",
        select(User.id).where(User.name.collate("C") > "a").order_by(User.name.collate(("pg_catalog", "C")).desc()),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" COLLATE "C" > $1 ORDER BY "users"."name" COLLATE '
        '"pg_catalog"."C" DESC',
        ["a"],
    ),
    Case(
        "collate binds tighter",
        select((User.name.concat("x")).collate("C"), User.name.collate("C").concat("x")),
        'SELECT ("users"."name" || $1) COLLATE "C", "users"."name" COLLATE "C" || $2 FROM "users"',
        ["x", "x"],
    ),
    Case(
        "at time zone",
        select(User.joined.at_time_zone("UTC"), User.joined.at_time_zone("UTC").at_time_zone("Europe/Rome")),
        'SELECT "users"."joined" AT TIME ZONE $1, "users"."joined" AT TIME ZONE $2 AT TIME ZONE $3 FROM "users"',
        ["UTC", "UTC", "Europe/Rome"],
    ),
    Case(
        "at time zone of a sum",
        select((User.joined + cast(literal("1 day"), INTERVAL)).at_time_zone(func.lower("UTC"))),
        'SELECT ("users"."joined" + CAST(\'1 day\' AS interval)) AT TIME ZONE "lower"($1) FROM "users"',
        ["UTC"],
    ),
    Case(
        "extract",
        select(extract("year", User.joined), extract("epoch", User.joined.at_time_zone("UTC"))),
        'SELECT EXTRACT(year FROM "users"."joined"), EXTRACT(epoch FROM "users"."joined" AT TIME ZONE $1) FROM "users"',
        ["UTC"],
    ),
    Case(
        "array constructor",
        select(array(User.id, User.id + 1), array(1, 2, of=INT8), array(of=TEXT)),
        'SELECT ARRAY["users"."id", "users"."id" + $1], CAST(ARRAY[$2, $3] AS int8[]), CAST(ARRAY[] AS text[]) FROM '
        '"users"',
        [1, 1, 2],
    ),
    Case(
        "array of arrays",
        select(array(array(User.age), array(User.age))),
        'SELECT ARRAY[ARRAY["users"."age"], ARRAY["users"."age"]] FROM "users"',
        [],
    ),
    Case(
        "array of a query",
        select(User.id, array_query(select(Post.title).where(Post.author_id == User.id).order_by(Post.id))),
        'SELECT "users"."id", ARRAY(SELECT "posts"."title" FROM "posts" WHERE "posts"."author_id" = "users"."id" '
        'ORDER BY "posts"."id") FROM "users"',
        [],
    ),
    Case(
        "array item and slice",
        select(TAGS.item(1), TAGS.slice(1, 2), TAGS.slice(None, 2), TAGS.slice(2), TAGS.slice()),
        'SELECT "docs"."tags"[$1], "docs"."tags"[$2:$3], "docs"."tags"[:$4], "docs"."tags"[$5:], "docs"."tags"[:] '
        'FROM "docs"',
        [1, 1, 2, 2, 2],
    ),
    Case(
        "array item of a call and of a slice",
        select(func.array_agg(User.id).array.item(1), array(User.age).array.slice(1, 2).array.item(1)).group_by(
            User.age
        ),
        'SELECT ("array_agg"("users"."id"))[$1], ((ARRAY["users"."age"])[$2:$3])[$4] FROM "users" GROUP BY '
        '"users"."age"',
        [1, 1, 2, 1],
    ),
    Case(
        "array item of two dimensions",
        select(array(array(User.age)).array.item(1).array.item(1)),
        'SELECT (ARRAY[ARRAY["users"."age"]])[$1][$2] FROM "users"',
        [1, 1],
    ),
    Case(
        "array tests",
        select(Doc.id).where(TAGS.contains(["a"]), TAGS.contained_by(["a", "b"]), TAGS.overlaps(["c"])),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."tags" @> $1 AND "docs"."tags" <@ $2 AND "docs"."tags" && $3',
        [["a"], ["a", "b"], ["c"]],
    ),
    Case(
        "array operations",
        select(TAGS.concat(["x"]), TAGS.append("y"), TAGS.append(None), TAGS.length()),
        'SELECT "docs"."tags" || $1, "docs"."tags" || $2, "docs"."tags" || $3, "cardinality"("docs"."tags") FROM '
        '"docs"',
        [["x"], "y", None],
    ),
    Case(
        "field of a composite",
        Qail.get("users", alias="u").columns(col("u").field("id")),
        'SELECT ("u")."id" FROM "users" AS "u"',
        [],
    ),
    Case(
        "bits",
        select(User.age.bits.and_(4), User.age.bits.or_(1), User.age.bits.xor(3), User.age.bits.not_()),
        'SELECT "users"."age" & $1, "users"."age" | $2, "users"."age" # $3, ~ "users"."age" FROM "users"',
        [4, 1, 3],
    ),
    Case(
        "shifts",
        select(User.id.bits.shift_left(2), User.id.bits.shift_right(1), (User.id.bits.and_(1) + 1).bits.shift_left(3)),
        'SELECT "users"."id" << $1, "users"."id" >> $2, ("users"."id" & $3) + $4 << $5 FROM "users"',
        [2, 1, 1, 1, 3],
    ),
    Case(
        "custom operator",
        select(User.age.op("^", FLOAT8)(2), User.age.op("#")(1)),
        'SELECT "users"."age" ^ $1, "users"."age" # $2 FROM "users"',
        [2, 1],
    ),
    Case(
        "custom operator of a schema",
        select(User.age.op("+", INT4, schema="pg_catalog")(1) * 2),
        'SELECT ("users"."age" OPERATOR("pg_catalog".+) $1) * $2 FROM "users"',
        [1, 2],
    ),
    Case(
        "custom operator that compares",
        select(User.id).where(User.age.op(">=")(18)),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" >= $1',
        [18],
    ),
    Case(
        "function of a schema, with names",
        select(
            func.named("lower", schema="pg_catalog", returns=TEXT)(User.name),
            func.make_interval(days=10, hours=cast(2, INT4)),
        ),
        'SELECT "pg_catalog"."lower"("users"."name"), "make_interval"("days" => $1, "hours" => CAST($2 AS int4)) '
        'FROM "users"',
        [10, 2],
    ),
)
