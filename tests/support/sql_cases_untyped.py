"""Golden SQL: untyped SELECT, grouping and windows."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.window import groups, rows
from qail.ast.expression.column import col, star
from qail.ast.expression.function import avg, count, func, max_, min_, sum_
from qail.ast.expression.parameter import literal
from support.sql_case import Case
from support.sql_tables import DECADE, User

UNTYPED: Final = (
    Case(
        "get a table",
        Qail.get("users"),
        'SELECT * FROM "users"',
        [],
    ),
    Case(
        "every column and one more",
        Qail.get("users").columns(star(), func.row_number().over(order_by=col("id")).as_("n")).columns(func.upper("a")),
        'SELECT *, row_number() OVER (ORDER BY "id") AS "n", "upper"($1) FROM "users"',
        ["a"],
    ),
    Case(
        "every column, in a set operation and a subquery",
        Qail.get(
            Qail.get("users")
            .columns(star(), literal(1).as_("k"))
            .union_all(Qail.get("users").columns(star(), "id"))
            .subquery("u")
        ).columns(star()),
        'SELECT * FROM (SELECT *, 1 AS "k" FROM "users" UNION ALL SELECT *, "id" FROM "users") AS "u"',
        [],
    ),
    Case(
        "every column of what is deleted",
        Qail.delete("users").eq("id", 99).returning(star()),
        'DELETE FROM "users" WHERE "id" = $1 RETURNING *',
        [99],
    ),
    Case(
        "get columns, filter, limit",
        Qail.get("users")
        .columns("id", "name")
        .eq("active", True)
        .gt("age", 30)
        .order_by(("name", "desc"))
        .limit(10)
        .offset(20),
        'SELECT "id", "name" FROM "users" WHERE "active" = $1 AND "age" > $2 ORDER BY "name" DESC LIMIT $3 OFFSET $4',
        [True, 30, 10, 20],
    ),
    Case(
        "columns accumulate",
        Qail.get("users").columns("id").columns("name"),
        'SELECT "id", "name" FROM "users"',
        [],
    ),
    Case(
        "qualified table with alias",
        Qail.get(("pg_catalog", "pg_class"), alias="c").columns(col("c", "relname")).where(col("c", "relpages") > 30),
        'SELECT "c"."relname" FROM "pg_catalog"."pg_class" AS "c" WHERE "c"."relpages" > $1',
        [30],
    ),
    Case(
        "sugar: equal and not",
        Qail.get("users").eq("id", 1).ne("name", "x"),
        'SELECT * FROM "users" WHERE "id" = $1 AND "name" <> $2',
        [1, "x"],
    ),
    Case(
        "sugar: order",
        Qail.get("users").gt("age", 1).gte("age", 2).lt("age", 90).lte("age", 89),
        'SELECT * FROM "users" WHERE "age" > $1 AND "age" >= $2 AND "age" < $3 AND "age" <= $4',
        [1, 2, 90, 89],
    ),
    Case(
        "sugar: patterns",
        Qail.get("users").like("name", "a%").ilike("name", "A%").contains("name", "50%_\\"),
        'SELECT * FROM "users" WHERE "name" LIKE $1 AND "name" ILIKE $2 AND "name" LIKE $3',
        ["a%", "A%", "%50\\%\\_\\\\%"],
    ),
    Case(
        "sugar: membership",
        Qail.get("users").in_("id", [1, 2]).not_in("id", (3,)),
        'SELECT * FROM "users" WHERE "id" = ANY ($1) AND "id" <> ALL ($2)',
        [[1, 2], [3]],
    ),
    Case(
        "sugar: empty membership",
        Qail.get("users").in_("id", []),
        'SELECT * FROM "users" WHERE "id" = ANY ($1)',
        [[]],
    ),
    Case(
        "sugar: between and null",
        Qail.get("users").between("age", 1, 2).is_null("email").is_not_null("name"),
        'SELECT * FROM "users" WHERE "age" BETWEEN $1 AND $2 AND "email" IS NULL AND "name" IS NOT NULL',
        [1, 2],
    ),
    Case(
        "untyped join",
        Qail.get("users", alias="u")
        .columns(col("u", "name"), col("p", "title"))
        .join("posts", on=col("p", "author_id") == col("u", "id"), alias="p"),
        'SELECT "u"."name", "p"."title" FROM "users" AS "u" JOIN "posts" AS "p" ON "p"."author_id" = "u"."id"',
        [],
    ),
    Case(
        "untyped sort keys",
        Qail.get("users").order_by("name", ("id", "asc"), col("age").desc().nulls_last()),
        'SELECT * FROM "users" ORDER BY "name", "id", "age" DESC NULLS LAST',
        [],
    ),
    Case(
        "untyped group",
        Qail.get("users").columns("active", count()).group_by("active"),
        'SELECT "active", count(*) FROM "users" GROUP BY "active"',
        [],
    ),
    Case(
        "a dotted name is one name",
        Qail.get("users").columns(literal(1).as_("a.b")).limit(1),
        'SELECT 1 AS "a.b" FROM "users" LIMIT $1',
        [1],
    ),
    Case(
        "hostile names are names",
        Qail.get("users").columns(literal(1).as_('x"; drop table users; --')).limit(0),
        'SELECT 1 AS "x""; drop table users; --" FROM "users" LIMIT $1',
        [0],
    ),
)
GROUPING: Final = (
    Case(
        "aggregates",
        select(
            count(),
            count(User.email),
            count(User.age, distinct=True),
            max_(User.age),
            min_(User.age),
            sum_(User.age),
            avg(User.age),
        ).from_(User),
        'SELECT count(*), count("users"."email"), count(DISTINCT "users"."age"), max("users"."age"), '
        'min("users"."age"), sum("users"."age"), avg("users"."age") FROM "users"',
        [],
    ),
    Case(
        "aggregate with filter",
        select(User.active, count().filter(User.age > 30), sum_(User.age).filter(User.age > 1, User.age < 9)).group_by(
            User.active
        ),
        'SELECT "users"."active", count(*) FILTER (WHERE "users"."age" > $1), sum("users"."age") FILTER '
        '(WHERE "users"."age" > $2 AND "users"."age" < $3) FROM "users" GROUP BY "users"."active"',
        [30, 1, 9],
    ),
    Case(
        "group, having, order",
        select(User.age, count().as_("n"))
        .where(User.active)
        .group_by(User.age)
        .having(count() > 1)
        .order_by(count().desc()),
        'SELECT "users"."age", count(*) AS "n" FROM "users" WHERE "users"."active" GROUP BY "users"."age" '
        "HAVING count(*) > $1 ORDER BY count(*) DESC",
        [1],
    ),
    Case(
        "one expression, one parameter",
        select(DECADE, count()).group_by(DECADE).order_by(DECADE),
        'SELECT "users"."age" / $1, count(*) FROM "users" GROUP BY "users"."age" / $1 ORDER BY "users"."age" / $1',
        [10],
    ),
    Case(
        "window",
        select(User.id, func.rank().over(partition_by=User.active, order_by=User.age.desc())),
        'SELECT "users"."id", rank() OVER (PARTITION BY "users"."active" ORDER BY "users"."age" DESC) FROM "users"',
        [],
    ),
    Case(
        "window with frame",
        select(
            User.id,
            avg(User.age).over(partition_by=[User.active, User.name], order_by=[User.age, User.id], frame=rows(-6, 0)),
        ),
        'SELECT "users"."id", avg("users"."age") OVER (PARTITION BY "users"."active", "users"."name" ORDER '
        'BY "users"."age", "users"."id" ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) FROM "users"',
        [6],
    ),
    Case(
        "window frames",
        select(
            sum_(User.age).over(order_by=User.id, frame=rows(None, None)),
            sum_(User.age).over(order_by=User.id, frame=groups(0, 2)),
        ),
        'SELECT sum("users"."age") OVER (ORDER BY "users"."id" ROWS BETWEEN UNBOUNDED PRECEDING AND '
        'UNBOUNDED FOLLOWING), sum("users"."age") OVER (ORDER BY "users"."id" GROUPS BETWEEN CURRENT ROW '
        'AND $1 FOLLOWING) FROM "users"',
        [2],
    ),
    Case(
        "window without anything",
        select(count().over()).from_(User),
        'SELECT count(*) OVER () FROM "users"',
        [],
    ),
)
