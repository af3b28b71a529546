"""Golden SQL: typed SELECT."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.expression.boolean import any_of, maybe, not_
from qail.ast.expression.case import case, cast, coalesce, greatest, least, nullif
from qail.ast.expression.column import col
from qail.ast.expression.function import count, func
from qail.ast.expression.parameter import literal
from qail.ast.expression.row import row
from qail.ast.expression.subquery import exists
from qail.pgtype import INT4, INT8, TEXT, array_of
from support.sql_case import Case
from support.sql_tables import NEGATIVE, YEARS, Boss, P, Post, PostOuter, User, UserOuter

TYPED: Final = (
    Case(
        "whole rows",
        Qail.get(User),
        'SELECT "users"."id", "users"."name", "users"."email", "users"."age", "users"."active", '
        '"users"."joined" FROM "users"',
        [],
    ),
    Case(
        "whole rows, filtered",
        Qail.get(User).where(User.email.is_null()),
        'SELECT "users"."id", "users"."name", "users"."email", "users"."age", "users"."active", '
        '"users"."joined" FROM "users" WHERE "users"."email" IS NULL',
        [],
    ),
    Case(
        "columns of a table",
        Qail.get(User).columns(User.id, User.name),
        'SELECT "users"."id", "users"."name" FROM "users"',
        [],
    ),
    Case(
        "select columns",
        select(User.id, User.name).where(User.active, User.id > 10).order_by(User.name.desc()).limit(10),
        'SELECT "users"."id", "users"."name" FROM "users" WHERE "users"."active" AND "users"."id" > $1 '
        'ORDER BY "users"."name" DESC LIMIT $2',
        [10, 10],
    ),
    Case(
        "select with whole row and column",
        select(User, Post.title).join(Post, on=Post.author_id == User.id),
        'SELECT "users"."id", "users"."name", "users"."email", "users"."age", "users"."active", '
        '"users"."joined", "posts"."title" FROM "users" JOIN "posts" ON "posts"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "self join by alias",
        select(User.name, Boss.name).join(Boss, on=Boss.id == User.age),
        'SELECT "users"."name", "boss"."name" FROM "users" JOIN "users" AS "boss" ON "boss"."id" = "users"."age"',
        [],
    ),
    Case(
        "left join of the outer twin",
        select(User.name, P.title).left_join(P, on=P.author_id == User.id),
        'SELECT "users"."name", "p"."title" FROM "users" LEFT JOIN "posts" AS "p" ON "p"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "first item comes from a join",
        select(P.title, User.name).left_join(P, on=P.author_id == User.id),
        'SELECT "p"."title", "users"."name" FROM "users" LEFT JOIN "posts" AS "p" ON "p"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "right join",
        select(UserOuter.name, Post.title).right_join(Post, on=Post.author_id == User.id),
        'SELECT "users"."name", "posts"."title" FROM "users" RIGHT JOIN "posts" ON "posts"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "full join",
        select(UserOuter.name, PostOuter.title).full_join(PostOuter, on=PostOuter.author_id == User.id),
        'SELECT "users"."name", "posts"."title" FROM "users" FULL JOIN "posts" ON "posts"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "cross join",
        select(User.name, Post.title).cross_join(Post),
        'SELECT "users"."name", "posts"."title" FROM "users" CROSS JOIN "posts"',
        [],
    ),
    Case(
        "from said",
        select(count()).from_(User),
        'SELECT count(*) FROM "users"',
        [],
    ),
    Case(
        "no from",
        select(literal(1)),
        "SELECT 1",
        [],
    ),
    Case(
        "distinct",
        select(User.name).distinct(),
        'SELECT DISTINCT "users"."name" FROM "users"',
        [],
    ),
    Case(
        "distinct on",
        select(User.age, User.name).distinct_on(User.age).order_by(User.age, User.name.desc().nulls_first()),
        'SELECT DISTINCT ON ("users"."age") "users"."age", "users"."name" FROM "users" ORDER BY '
        '"users"."age", "users"."name" DESC NULLS FIRST',
        [],
    ),
    Case(
        "alias and its order",
        select(YEARS, User.id).where(YEARS > 1).order_by(YEARS.desc(), User.id),
        'SELECT "users"."age" AS "years", "users"."id" FROM "users" WHERE "users"."age" > $1 ORDER BY '
        '"years" DESC, "users"."id"',
        [1],
    ),
    Case(
        "alias of something not selected",
        select(User.id).order_by(User.age.as_("years")),
        'SELECT "users"."id" FROM "users" ORDER BY "users"."age"',
        [],
    ),
    Case(
        "where twice means and",
        select(User.id).where(User.id == 1).where(User.name == "a"),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = $1 AND "users"."name" = $2',
        [1, "a"],
    ),
    Case(
        "or inside and",
        select(User.id).where(User.active, any_of(User.id == 1, User.id == 2)),
        'SELECT "users"."id" FROM "users" WHERE "users"."active" AND ("users"."id" = $1 OR "users"."id" = $2)',
        [1, 2],
    ),
    Case(
        "not",
        select(User.id).where(~(User.active & (User.id == 1)), not_(User.active)),
        'SELECT "users"."id" FROM "users" WHERE NOT ("users"."active" AND "users"."id" = $1) AND NOT "users"."active"',
        [1],
    ),
    Case(
        "and inside or",
        select(User.id).where((User.id == 1) & User.active | (User.id == 2)),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = $1 AND "users"."active" OR "users"."id" = $2',
        [1, 2],
    ),
    Case(
        "maybe present and absent",
        select(User.id).where(maybe(User.id == 1), maybe(None)),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = $1',
        [1],
    ),
    Case(
        "comparison of columns",
        select(User.id).where(User.id == User.age, User.name != "x", User.age <= 3, User.age >= 1),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = "users"."age" AND "users"."name" <> $1 AND '
        '"users"."age" <= $2 AND "users"."age" >= $3',
        ["x", 3, 1],
    ),
    Case(
        "value on the left",
        select(User.id).where(5 < User.id),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" > $1',
        [5],
    ),
    Case(
        "is distinct from",
        select(User.id).where(User.email.is_distinct_from(None), User.name.is_not_distinct_from("a")),
        'SELECT "users"."id" FROM "users" WHERE "users"."email" IS DISTINCT FROM $1 AND "users"."name" IS '
        "NOT DISTINCT FROM $2",
        [None, "a"],
    ),
    Case(
        "between",
        select(User.id).where(User.age.between(1, 9), User.age.not_between(3, User.id)),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" BETWEEN $1 AND $2 AND "users"."age" NOT '
        'BETWEEN $3 AND "users"."id"',
        [1, 9, 3],
    ),
    Case(
        "in list typed",
        select(User.id).where(User.id.in_([1, 2, 3]), User.name.not_in(["x"])),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = ANY ($1) AND "users"."name" <> ALL ($2)',
        [[1, 2, 3], ["x"]],
    ),
    Case(
        "in subquery",
        select(User.id).where(User.id.in_(select(Post.author_id).where(Post.score > 1.5))),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" IN (SELECT "posts"."author_id" FROM "posts" '
        'WHERE "posts"."score" > $1)',
        [1.5],
    ),
    Case(
        "not in subquery",
        select(User.id).where(User.id.not_in(select(Post.author_id))),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" NOT IN (SELECT "posts"."author_id" FROM "posts")',
        [],
    ),
    Case(
        "exists, correlated",
        select(User.id).where(exists(select(literal(1)).from_(Post).where(Post.author_id == User.id))),
        'SELECT "users"."id" FROM "users" WHERE EXISTS (SELECT 1 FROM "posts" WHERE "posts"."author_id" = '
        '"users"."id")',
        [],
    ),
    Case(
        "scalar subquery",
        select(User.id, select(count()).from_(Post).where(Post.author_id == User.id).scalar().as_("posts")),
        'SELECT "users"."id", (SELECT count(*) FROM "posts" WHERE "posts"."author_id" = "users"."id") AS '
        '"posts" FROM "users"',
        [],
    ),
    Case(
        "subquery in from",
        Qail.get(select(User.id, User.age).where(User.active).subquery("s")).columns(col("s", "id")).limit(5),
        'SELECT "s"."id" FROM (SELECT "users"."id", "users"."age" FROM "users" WHERE "users"."active") AS "s" LIMIT $1',
        [5],
    ),
    Case(
        "patterns",
        select(User.id).where(
            User.name.like("a%"), User.name.not_like("b%"), User.name.ilike("c"), User.name.not_ilike("d")
        ),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" LIKE $1 AND "users"."name" NOT LIKE $2 AND '
        '"users"."name" ILIKE $3 AND "users"."name" NOT ILIKE $4',
        ["a%", "b%", "c", "d"],
    ),
    Case(
        "plain text tests",
        select(User.id).where(User.name.contains("a_b"), User.name.startswith("50%"), User.name.endswith("\\")),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" LIKE $1 AND "users"."name" LIKE $2 AND '
        '"users"."name" LIKE $3',
        ["%a\\_b%", "50\\%%", "%\\\\"],
    ),
    Case(
        "text tests of an expression",
        select(User.id).where(
            User.name.contains(User.email), User.name.startswith(User.email), User.name.endswith(User.email)
        ),
        'SELECT "users"."id" FROM "users" WHERE strpos("users"."name", "users"."email") > $1 AND '
        'left("users"."name", length("users"."email")) = "users"."email" AND right("users"."name", '
        'length("users"."email")) = "users"."email"',
        [0],
    ),
    Case(
        "arithmetic associates to the left",
        select(User.age + 1 - 2, User.age - (User.age - 1), (User.age + 1) * 2, User.age * 2 + 1),
        'SELECT "users"."age" + $1 - $2, "users"."age" - ("users"."age" - $3), ("users"."age" + $4) * $5, '
        '"users"."age" * $6 + $7 FROM "users"',
        [1, 2, 1, 1, 2, 2, 1],
    ),
    Case(
        "division, modulo, sign",
        select(User.age / 2 % 3, -User.age, -NEGATIVE, -(User.age + 1), 10 - User.age),
        'SELECT "users"."age" / $1 % $2, - "users"."age", - - "users"."age", - ("users"."age" + $3), $4 - '
        '"users"."age" FROM "users"',
        [2, 3, 1, 10],
    ),
    Case(
        "concatenation",
        select(User.name.concat("!"), User.name.concat(User.email)),
        'SELECT "users"."name" || $1, "users"."name" || "users"."email" FROM "users"',
        ["!"],
    ),
    Case(
        "arithmetic in a comparison",
        select(User.id).where(User.age + 1 > User.age * 2),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" + $1 > "users"."age" * $2',
        [1, 2],
    ),
    Case(
        "boolean comparison needs parentheses",
        select(User.id).where((User.age > 1) == User.active),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age" > $1) = "users"."active"',
        [1],
    ),
    Case(
        "null test of a comparison",
        select((User.age > 1).is_null(), (User.active & User.active).is_not_null()),
        'SELECT "users"."age" > $1 IS NULL, ("users"."active" AND "users"."active") IS NOT NULL FROM "users"',
        [1],
    ),
    Case(
        "row comparison",
        select(User.id).where(row(User.age, User.id) > row(30, 5)).order_by(User.age, User.id).limit(3),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age", "users"."id") > ($1, $2) ORDER BY '
        '"users"."age", "users"."id" LIMIT $3',
        [30, 5, 3],
    ),
    Case(
        "keyset of one key",
        select(User.id).order_by(User.id).after(5).limit(3),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" > $1 ORDER BY "users"."id" LIMIT $2',
        [5, 3],
    ),
    Case(
        "keyset of one direction",
        select(User.id).order_by(User.age.desc(), User.id.desc()).after(30, 5).limit(3),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age", "users"."id") < ($1, $2) ORDER BY '
        '"users"."age" DESC, "users"."id" DESC LIMIT $3',
        [30, 5, 3],
    ),
    Case(
        "keyset of mixed directions",
        select(User.id).order_by(User.age.desc(), User.name, User.id).after(30, "m", 5).limit(3),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" < $1 OR "users"."age" = $1 AND '
        '"users"."name" > $2 OR "users"."age" = $1 AND "users"."name" = $2 AND "users"."id" > $3 ORDER BY '
        '"users"."age" DESC, "users"."name", "users"."id" LIMIT $4',
        [30, "m", 5, 3],
    ),
    Case(
        "case",
        select(
            case((User.age < 18, "minor"), (User.age < 65, "adult"), else_="senior").as_("group"),
            case((User.active, User.age)),
        ),
        'SELECT CASE WHEN "users"."age" < $1 THEN $2 WHEN "users"."age" < $3 THEN $4 ELSE $5 END AS '
        '"group", CASE WHEN "users"."active" THEN "users"."age" END FROM "users"',
        [18, "minor", 65, "adult", "senior"],
    ),
    Case(
        "coalesce and kin",
        select(coalesce(User.email, "none"), greatest(User.age, 1), least(User.age, 2), nullif(User.age, 0)),
        'SELECT COALESCE("users"."email", $1), GREATEST("users"."age", $2), LEAST("users"."age", $3), '
        'NULLIF("users"."age", $4) FROM "users"',
        ["none", 1, 2, 0],
    ),
    Case(
        "cast",
        select(cast(5, INT8), cast(User.age, TEXT), cast([1], array_of(INT4))),
        'SELECT CAST($1 AS int8), CAST("users"."age" AS text), CAST($2 AS int4[]) FROM "users"',
        [5, [1]],
    ),
    Case(
        "functions",
        select(func.lower(User.name), func.date_trunc("day", User.joined)),
        'SELECT "lower"("users"."name"), "date_trunc"($1, "users"."joined") FROM "users"',
        ["day"],
    ),
    Case(
        "literals",
        select(literal(1), literal(-1), literal(1.5), literal(True), literal(None), literal("it's"), literal("a\\b")),
        "SELECT 1, (-1), 1.5, TRUE, NULL, 'it''s', E'a\\\\b'",
        [],
    ),
    Case(
        "a literal in a filter",
        select(User.id).where(User.name == literal("x")),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" = \'x\'',
        [],
    ),
)
