"""Golden SQL: pages, keysets, groups and sort keys."""

from __future__ import annotations

from typing import Final

from qail import (
    INT8,
    Qail,
    any_of,
    avg,
    cast,
    coalesce,
    col,
    count,
    cube,
    grouping,
    literal,
    max_,
    rollup,
    select,
    sum_,
)
from support.sql_case import Case
from support.sql_tables import Post, User

PAGES: Final = (
    Case(
        "page",
        Qail.get("users").order_by("id").page(3, size=20),
        'SELECT * FROM "users" ORDER BY "id" LIMIT $1 OFFSET $2',
        [20, 40],
    ),
    Case(
        "page of a union",
        select(User.id).union(select(Post.id)).order_by("id").page(2, size=5),
        'SELECT "users"."id" FROM "users" UNION SELECT "posts"."id" FROM "posts" ORDER BY "id" LIMIT $1 OFFSET $2',
        [5, 5],
    ),
    Case(
        "keyset of a key that may be null",
        select(User.id).order_by(User.email, User.id).after("x", 1).limit(2),
        'SELECT "users"."id" FROM "users" WHERE "users"."email" > $1 OR "users"."email" IS NULL AND $1 IS '
        'NOT NULL OR "users"."email" IS NOT DISTINCT FROM $1 AND "users"."id" > $2 ORDER BY "users"."email", '
        '"users"."id" LIMIT $3',
        ["x", 1, 2],
    ),
    Case(
        "keyset behind a null",
        select(User.id).order_by(User.email.desc().nulls_last(), User.id).after(None, 1).limit(2),
        'SELECT "users"."id" FROM "users" WHERE "users"."email" < $1 OR "users"."email" IS NULL AND $1 IS '
        'NOT NULL OR "users"."email" IS NOT DISTINCT FROM $1 AND "users"."id" > $2 ORDER BY "users"."email" '
        'DESC NULLS LAST, "users"."id" LIMIT $3',
        [None, 1, 2],
    ),
    Case(
        "keyset, nulls first",
        select(User.id).order_by(User.email.asc().nulls_first(), User.id.desc()).after(None, 7).limit(2),
        'SELECT "users"."id" FROM "users" WHERE "users"."email" > $1 OR $1 IS NULL AND "users"."email" IS '
        'NOT NULL OR "users"."email" IS NOT DISTINCT FROM $1 AND "users"."id" < $2 ORDER BY "users"."email" '
        'NULLS FIRST, "users"."id" DESC LIMIT $3',
        [None, 7, 2],
    ),
    Case(
        "keyset backwards",
        select(User.id).order_by(User.age.desc(), User.id).before(30, 5).limit(3),
        'SELECT "users"."id" FROM "users" WHERE "users"."age" > $1 OR "users"."age" = $1 AND "users"."id" < '
        '$2 ORDER BY "users"."age", "users"."id" DESC LIMIT $3',
        [30, 5, 3],
    ),
    Case(
        "keyset backwards of one key",
        select(User.id).order_by(User.id).before(5).limit(3),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" < $1 ORDER BY "users"."id" DESC LIMIT $2',
        [5, 3],
    ),
    Case(
        "keyset backwards, nulls",
        select(User.id).order_by(User.email.asc().nulls_first(), User.id).before("m", 5).limit(3),
        'SELECT "users"."id" FROM "users" WHERE "users"."email" < $1 OR "users"."email" IS NULL AND $1 IS '
        'NOT NULL OR "users"."email" IS NOT DISTINCT FROM $1 AND "users"."id" < $2 ORDER BY "users"."email" '
        'DESC NULLS LAST, "users"."id" DESC LIMIT $3',
        ["m", 5, 3],
    ),
    Case(
        "keyset between two rows",
        select(User.id).order_by(User.id).after(3).before(9),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" > $1 AND "users"."id" < $2 ORDER BY "users"."id" DESC',
        [3, 9],
    ),
    Case(
        "keyset of names",
        Qail.get("users").columns("id").order_by("name", "id").after("m", 7).limit(3),
        'SELECT "id" FROM "users" WHERE "name" > $1 OR "name" IS NULL AND $1 IS NOT NULL OR "name" IS NOT '
        'DISTINCT FROM $1 AND ("id" > $2 OR "id" IS NULL AND $2 IS NOT NULL) ORDER BY "name", "id" LIMIT $3',
        ["m", 7, 3],
    ),
    Case(
        "keyset of names that are never null",
        Qail.get("users").order_by(col("name").not_null().desc(), col("id").not_null().desc()).after("m", 7).limit(3),
        'SELECT * FROM "users" WHERE ("name", "id") < ($1, $2) ORDER BY "name" DESC, "id" DESC LIMIT $3',
        ["m", 7, 3],
    ),
    Case(
        "keyset by an expression",
        select(User.id).order_by(coalesce(User.email, ""), User.id.desc()).after("x", 3),
        'SELECT "users"."id" FROM "users" WHERE COALESCE("users"."email", $1) > $2 OR '
        'COALESCE("users"."email", $1) = $2 AND "users"."id" < $3 ORDER BY COALESCE("users"."email", $1), '
        '"users"."id" DESC',
        ["", "x", 3],
    ),
    Case(
        "keyset by a collated name",
        select(User.id).order_by(User.name.collate("C"), User.id).after("x", 3),
        'SELECT "users"."id" FROM "users" WHERE ("users"."name" COLLATE "C", "users"."id") > ($1, $2) ORDER '
        'BY "users"."name" COLLATE "C", "users"."id"',
        ["x", 3],
    ),
    Case(
        "keyset of an alias",
        select(User.age.as_("years"), User.id).order_by(User.age, User.id).after(30, 1),
        'SELECT "users"."age" AS "years", "users"."id" FROM "users" WHERE ("users"."age", "users"."id") > '
        '($1, $2) ORDER BY "users"."age", "users"."id"',
        [30, 1],
    ),
    Case(
        "group by distinct",
        select(User.age, User.active, count()).group_by(rollup(User.age, User.active), rollup(User.age), distinct=True),
        'SELECT "users"."age", "users"."active", count(*) FROM "users" GROUP BY DISTINCT ROLLUP '
        '("users"."age", "users"."active"), ROLLUP ("users"."age")',
        [],
    ),
    Case(
        "group by distinct, untyped",
        Qail.get("users").columns("age", count()).group_by(cube(col("age")), "age", distinct=True),
        'SELECT "age", count(*) FROM "users" GROUP BY DISTINCT CUBE ("age"), "age"',
        [],
    ),
    Case(
        "rollup and cube",
        select(User.age, count())
        .group_by(rollup(User.age), cube(User.age, User.active))
        .having(grouping(User.active) == 0),
        'SELECT "users"."age", count(*) FROM "users" GROUP BY ROLLUP ("users"."age"), CUBE ("users"."age", '
        '"users"."active") HAVING GROUPING("users"."active") = $1',
        [0],
    ),
    Case(
        "rollup of several together",
        select(count()).from_(User).group_by(rollup((User.age, User.active), User.name)),
        'SELECT count(*) FROM "users" GROUP BY ROLLUP (("users"."age", "users"."active"), "users"."name")',
        [],
    ),
    Case(
        "having of an expression",
        select(User.age)
        .group_by(User.age)
        .having(sum_(User.id) > avg(User.id), any_of(count() > 1, max_(User.name).is_null())),
        'SELECT "users"."age" FROM "users" GROUP BY "users"."age" HAVING sum("users"."id") > '
        'avg("users"."id") AND (count(*) > $1 OR max("users"."name") IS NULL)',
        [1],
    ),
    Case(
        "distinct on two keys",
        select(Post.author_id, Post.title)
        .distinct_on(Post.author_id, Post.score)
        .order_by(Post.author_id, Post.score.desc().nulls_last(), Post.id),
        'SELECT DISTINCT ON ("posts"."author_id", "posts"."score") "posts"."author_id", "posts"."title" FROM '
        '"posts" ORDER BY "posts"."author_id", "posts"."score" DESC NULLS LAST, "posts"."id"',
        [],
    ),
    Case(
        "distinct, sorted and limited",
        select(User.age).distinct().order_by(User.age).limit(3).offset(1),
        'SELECT DISTINCT "users"."age" FROM "users" ORDER BY "users"."age" LIMIT $1 OFFSET $2',
        [3, 1],
    ),
    Case(
        "limit by an expression",
        select(User.id).limit(cast(literal(2), INT8) + 1),
        'SELECT "users"."id" FROM "users" LIMIT CAST(2 AS int8) + $1',
        [1],
    ),
    Case(
        "limit by a query",
        select(User.id).limit(select(count()).from_(Post).scalar()),
        'SELECT "users"."id" FROM "users" LIMIT (SELECT count(*) FROM "posts")',
        [],
    ),
    Case("offset alone", Qail.get("users").offset(5), 'SELECT * FROM "users" OFFSET $1', [5]),
)
