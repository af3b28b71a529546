"""Golden SQL: locks, windows with their frames, and aggregates."""

from __future__ import annotations

from typing import Final

from qail import (
    FLOAT8,
    Qail,
    array_of,
    avg,
    case,
    cast,
    col,
    count,
    func,
    groups,
    range_,
    rows,
    select,
    sum_,
)
from support.sql_case import Case
from support.sql_tables import Post, User

FRAMES: Final = (
    Case(
        "sort by an expression with nulls",
        Qail.get("users").order_by((col("age") % 10).desc().nulls_last(), ("name", "asc")),
        'SELECT * FROM "users" ORDER BY "age" % $1 DESC NULLS LAST, "name"',
        [10],
    ),
    Case(
        "sort by a case",
        select(User.id).order_by(case((User.active, 0), else_=1), User.name.desc()),
        'SELECT "users"."id" FROM "users" ORDER BY CASE WHEN "users"."active" THEN CAST($1 AS int8) ELSE $2 '
        'END, "users"."name" DESC',
        [0, 1],
    ),
    Case(
        "sort by a call and by a subquery",
        select(User.id).order_by(
            func.lower(User.name), select(count()).from_(Post).where(Post.author_id == User.id).scalar().desc()
        ),
        'SELECT "users"."id" FROM "users" ORDER BY "lower"("users"."name"), (SELECT count(*) FROM "posts" '
        'WHERE "posts"."author_id" = "users"."id") DESC',
        [],
    ),
    Case(
        "queue of one table of two",
        select(User.id).join(Post, on=Post.author_id == User.id).for_update(of=[User, Post], skip_locked=True),
        'SELECT "users"."id" FROM "users" JOIN "posts" ON "posts"."author_id" = "users"."id" FOR UPDATE OF '
        '"users", "posts" SKIP LOCKED',
        [],
    ),
    Case(
        "lock without keys, at once",
        Qail.get("users").for_no_key_update(nowait=True),
        'SELECT * FROM "users" FOR NO KEY UPDATE NOWAIT',
        [],
    ),
    Case(
        "key share of an alias",
        Qail.get("users", alias="u").for_key_share(of="u"),
        'SELECT * FROM "users" AS "u" FOR KEY SHARE OF "u"',
        [],
    ),
    Case(
        "share, sorted and limited",
        select(User.id).order_by(User.id).limit(1).for_share(),
        'SELECT "users"."id" FROM "users" ORDER BY "users"."id" LIMIT $1 FOR SHARE',
        [1],
    ),
    Case(
        "window of a sum",
        select(sum_(User.age * 2).over(partition_by=User.active, order_by=[User.age.desc(), User.id])),
        'SELECT sum("users"."age" * $1) OVER (PARTITION BY "users"."active" ORDER BY "users"."age" DESC, '
        '"users"."id") FROM "users"',
        [2],
    ),
    Case(
        "window function of an aggregate",
        select(User.active, func.rank().over(order_by=count().desc())).group_by(User.active),
        'SELECT "users"."active", rank() OVER (ORDER BY count(*) DESC) FROM "users" GROUP BY "users"."active"',
        [],
    ),
    Case(
        "two windows, one named",
        select(func.row_number().over("w"), count().over("w", frame=rows(-1, 1)))
        .from_(User)
        .window("w", partition_by=User.active, order_by=User.id),
        'SELECT row_number() OVER "w", count(*) OVER ("w" ROWS BETWEEN $1 PRECEDING AND $2 FOLLOWING) FROM '
        '"users" WINDOW "w" AS (PARTITION BY "users"."active" ORDER BY "users"."id")',
        [1, 1],
    ),
    Case(
        "lag with a default",
        select(func.lag(User.age, 1, 0).over(order_by=User.id)),
        'SELECT "lag"("users"."age", $1, $2) OVER (ORDER BY "users"."id") FROM "users"',
        [1, 0],
    ),
    Case(
        "nth value of a frame",
        select(func.nth_value(User.name, 2).over(order_by=User.id, frame=groups(None, None))),
        'SELECT "nth_value"("users"."name", $1) OVER (ORDER BY "users"."id" GROUPS BETWEEN UNBOUNDED '
        'PRECEDING AND UNBOUNDED FOLLOWING) FROM "users"',
        [2],
    ),
    Case(
        "frame from the current row",
        select(count().over(order_by=User.id, frame=rows(0, None))),
        'SELECT count(*) OVER (ORDER BY "users"."id" ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM "users"',
        [],
    ),
    Case(
        "frame behind the current row",
        select(count().over(order_by=User.id, frame=rows(1, 3, exclude="ties"))),
        'SELECT count(*) OVER (ORDER BY "users"."id" ROWS BETWEEN $1 FOLLOWING AND $2 FOLLOWING EXCLUDE '
        'TIES) FROM "users"',
        [1, 3],
    ),
    Case(
        "frame ahead of the current row",
        select(count().over(order_by=User.id, frame=groups(None, -1))),
        'SELECT count(*) OVER (ORDER BY "users"."id" GROUPS BETWEEN UNBOUNDED PRECEDING AND $1 PRECEDING) FROM "users"',
        [1],
    ),
    Case(
        "frame of a float range",
        select(count().over(order_by=Post.score, frame=range_(-1.5, 0.5))),
        'SELECT count(*) OVER (ORDER BY "posts"."score" RANGE BETWEEN $1 PRECEDING AND $2 FOLLOWING) FROM "posts"',
        [1.5, 0.5],
    ),
    Case(
        "percentile of several",
        select(func.percentile_cont(cast([0.25, 0.5], array_of(FLOAT8))).within_group(Post.score)),
        'SELECT "percentile_cont"(CAST($1 AS float8[])) WITHIN GROUP (ORDER BY "posts"."score") FROM "posts"',
        [[0.25, 0.5]],
    ),
    Case(
        "ordered set, filtered",
        select(func.mode().within_group(User.age.desc()).filter(User.active)),
        'SELECT "mode"() WITHIN GROUP (ORDER BY "users"."age" DESC) FILTER (WHERE "users"."active") FROM "users"',
        [],
    ),
    Case(
        "hypothetical rank",
        select(func.rank(30).within_group(User.age)),
        'SELECT rank($1) WITHIN GROUP (ORDER BY "users"."age") FROM "users"',
        [30],
    ),
    Case(
        "filter of several conditions",
        select(count().filter(User.active, User.age > 3, User.email.is_null())),
        'SELECT count(*) FILTER (WHERE "users"."active" AND "users"."age" > $1 AND "users"."email" IS NULL) '
        'FROM "users"',
        [3],
    ),
    Case(
        "aggregate of a case",
        select(sum_(case((User.active, 1), else_=0))),
        'SELECT sum(CASE WHEN "users"."active" THEN CAST($1 AS int8) ELSE $2 END) FROM "users"',
        [1, 0],
    ),
    Case(
        "distinct sum and average",
        select(sum_(User.age, distinct=True), avg(User.age, distinct=True), count(User.email, distinct=True)),
        'SELECT sum(DISTINCT "users"."age"), avg(DISTINCT "users"."age"), count(DISTINCT "users"."email") FROM "users"',
        [],
    ),
)
