"""Golden SQL: queries inside queries, in every place that takes one."""

from __future__ import annotations

from typing import Final

from qail import (
    INT4,
    INT8,
    TEXT,
    Qail,
    any_,
    array_of,
    array_query,
    case,
    cast,
    col,
    count,
    exists,
    func,
    literal,
    max_,
    natural,
    only,
    rows_from,
    select,
    tablesample,
    using,
)
from support.sql_case import Case
from support.sql_pieces import CHEAP, OLDER, TOP, TREE
from support.sql_tables import Boss, P, Post, PostOuter, User

NESTED: Final = (
    Case(
        "json of an aggregate",
        select(func.jsonb_object_agg(User.name, User.age)),
        'SELECT "jsonb_object_agg"("users"."name", "users"."age") FROM "users"',
        [],
    ),
    Case(
        "correlated aggregate in the select list",
        select(User.name, select(count()).from_(Post).where(Post.author_id == User.id, CHEAP).scalar().as_("cheap")),
        'SELECT "users"."name", (SELECT count(*) FROM "posts" WHERE "posts"."author_id" = "users"."id" AND '
        '"posts"."score" < $1) AS "cheap" FROM "users"',
        [2],
    ),
    Case(
        "array of a query, in a comparison",
        select(User.id).where(User.id == any_(array_query(select(Post.author_id).where(CHEAP)))),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" = ANY (ARRAY(SELECT "posts"."author_id" FROM '
        '"posts" WHERE "posts"."score" < $1))',
        [2],
    ),
    Case(
        "subqueries three deep",
        select(User.id).where(
            User.id.in_(
                select(Post.author_id).where(
                    Post.score == select(max_(P.score)).from_(P).where(P.author_id == Post.author_id).scalar()
                )
            )
        ),
        'SELECT "users"."id" FROM "users" WHERE "users"."id" IN (SELECT "posts"."author_id" FROM "posts" '
        'WHERE "posts"."score" = (SELECT max("p"."score") FROM "posts" AS "p" WHERE "p"."author_id" = '
        '"posts"."author_id"))',
        [],
    ),
    Case(
        "exists inside exists",
        select(User.id).where(
            exists(
                select(Post.id).where(
                    Post.author_id == User.id,
                    ~exists(select(P.id).from_(P).where(P.author_id == Post.author_id, P.score > Post.score)),
                )
            )
        ),
        'SELECT "users"."id" FROM "users" WHERE EXISTS (SELECT "posts"."id" FROM "posts" WHERE '
        '"posts"."author_id" = "users"."id" AND NOT EXISTS (SELECT "p"."id" FROM "posts" AS "p" WHERE '
        '"p"."author_id" = "posts"."author_id" AND "p"."score" > "posts"."score"))',
        [],
    ),
    Case(
        "union inside exists",
        select(User.id).where(
            exists(select(Post.id).where(Post.author_id == User.id).union_all(select(Post.id).where(CHEAP)))
        ),
        'SELECT "users"."id" FROM "users" WHERE EXISTS (SELECT "posts"."id" FROM "posts" WHERE '
        '"posts"."author_id" = "users"."id" UNION ALL SELECT "posts"."id" FROM "posts" WHERE "posts"."score" '
        "< $1)",
        [2],
    ),
    Case(
        "scalar subquery with a set operation",
        select(select(User.id).union(select(Post.id)).order_by("id").limit(1).scalar()),
        'SELECT (SELECT "users"."id" FROM "users" UNION SELECT "posts"."id" FROM "posts" ORDER BY "id" LIMIT $1)',
        [1],
    ),
    Case(
        "subquery in an order, a limit and a case",
        select(case((exists(select(Post.id)), "some"), else_="none")).from_(User).limit(1),
        'SELECT CASE WHEN EXISTS (SELECT "posts"."id" FROM "posts") THEN $1 ELSE $2 END FROM "users" LIMIT $3',
        ["some", "none", 1],
    ),
    Case(
        "derived table of a derived table",
        Qail.get(Qail.get(OLDER.subquery("x")).columns("id").subquery("y")).columns(count()),
        'SELECT count(*) FROM (SELECT "id" FROM (SELECT "users"."id", "users"."age" FROM "users" WHERE '
        '"users"."age" > $1) AS "x") AS "y"',
        [30],
    ),
    Case(
        "derived tables joined",
        select(User.name).join(TOP.subquery("t"), on=col("t", "author_id") == User.id),
        'SELECT "users"."name" FROM "users" JOIN (SELECT "posts"."author_id", max("posts"."score") AS "best" '
        'FROM "posts" GROUP BY "posts"."author_id") AS "t" ON "t"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "lateral over a join",
        select(User.name, col("l", "title"))
        .join(Post, on=Post.author_id == User.id)
        .left_join(
            select(P.title).from_(P).where(P.author_id == User.id, P.id > Post.id).limit(1).subquery("l", lateral=True),
            on=literal(True),
        ),
        'SELECT "users"."name", "l"."title" FROM "users" JOIN "posts" ON "posts"."author_id" = "users"."id" '
        'LEFT JOIN LATERAL (SELECT "p"."title" FROM "posts" AS "p" WHERE "p"."author_id" = "users"."id" AND '
        '"p"."id" > "posts"."id" LIMIT $1) AS "l" ON TRUE',
        [1],
    ),
    Case(
        "values joined",
        select(User.name).join(
            Qail.values({"id": INT8, "n": TEXT}, (1, "a"), (2, None)).subquery("v"), on=col("v", "id") == User.id
        ),
        'SELECT "users"."name" FROM "users" JOIN (VALUES ($1, $2), ($3, $4)) AS "v" ("id", "n") ON "v"."id" '
        '= "users"."id"',
        [1, "a", 2, None],
    ),
    Case(
        "values, limited",
        Qail.values({"x": INT4}, (3,), (1,)).order_by("x").limit(1),
        'VALUES ($1), ($2) ORDER BY "column1" LIMIT $3',
        [3, 1, 1],
    ),
    Case(
        "generate_series, filtered",
        Qail.get(rows_from(func.generate_series(cast(1, INT4), 10, 3), alias="g", columns=[("n", INT4)]))
        .columns("n")
        .where(col("n") > 2),
        'SELECT "n" FROM "generate_series"(CAST($1 AS int4), $2, $3) AS "g" ("n") WHERE "n" > $4',
        [1, 10, 3, 2],
    ),
    Case(
        "unnest of a parameter with ordinality",
        Qail.get(
            rows_from(func.unnest(cast(["a", "b"], array_of(TEXT))), alias="u", columns=[("w", TEXT)], ordinality="i")
        ).order_by(("i", "desc")),
        'SELECT * FROM "unnest"(CAST($1 AS text[])) WITH ORDINALITY AS "u" ("w", "i") ORDER BY "i" DESC',
        [["a", "b"]],
    ),
    Case(
        "full join of a subquery",
        Qail.get("users").columns(count()).full_join(TOP.subquery("t"), on=col("t", "author_id") == col("users", "id")),
        'SELECT count(*) FROM "users" FULL JOIN (SELECT "posts"."author_id", max("posts"."score") AS "best" '
        'FROM "posts" GROUP BY "posts"."author_id") AS "t" ON "t"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "right join untyped",
        Qail.get("users", alias="u").right_join("posts", alias="p", on=col("p", "author_id") == col("u", "id")),
        'SELECT * FROM "users" AS "u" RIGHT JOIN "posts" AS "p" ON "p"."author_id" = "u"."id"',
        [],
    ),
    Case(
        "natural join", Qail.get("users").join("posts", on=natural()), 'SELECT * FROM "users" NATURAL JOIN "posts"', []
    ),
    Case(
        "join using two columns",
        Qail.get("users", alias="a").join("users", alias="b", on=using("id", "age")),
        'SELECT * FROM "users" AS "a" JOIN "users" AS "b" USING ("id", "age")',
        [],
    ),
    Case(
        "chain of joins",
        select(User.name, Boss.name, P.title)
        .join(Boss, on=Boss.id == User.age)
        .left_join(P, on=(P.author_id == User.id) & (P.score > 1))
        .cross_join(PostOuter),
        'SELECT "users"."name", "boss"."name", "p"."title" FROM "users" JOIN "users" AS "boss" ON '
        '"boss"."id" = "users"."age" LEFT JOIN "posts" AS "p" ON "p"."author_id" = "users"."id" AND '
        '"p"."score" > $1 CROSS JOIN "posts"',
        [1],
    ),
    Case(
        "sample of an alias",
        Qail.get(tablesample(only("users", alias="u"), 50, method="system", repeatable=1)).where(col("u", "id") > 0),
        'SELECT * FROM ONLY "users" AS "u" TABLESAMPLE "system" ($1) REPEATABLE ($2) WHERE "u"."id" > $3',
        [50, 1, 0],
    ),
    Case(
        "three queries of WITH",
        Qail.get("c").with_(
            OLDER.cte("a"), Qail.get("a").cte("b", materialized=True), Qail.get("b").cte("c", "x", "y")
        ),
        'WITH "a" AS (SELECT "users"."id", "users"."age" FROM "users" WHERE "users"."age" > $1), "b" AS '
        'MATERIALIZED (SELECT * FROM "a"), "c" ("x", "y") AS (SELECT * FROM "b") SELECT * FROM "c"',
        [30],
    ),
    Case(
        "WITH in a derived table",
        Qail.get(Qail.get("a").with_(OLDER.cte("a")).subquery("s")),
        'SELECT * FROM (WITH "a" AS (SELECT "users"."id", "users"."age" FROM "users" WHERE "users"."age" > '
        '$1) SELECT * FROM "a") AS "s"',
        [30],
    ),
    Case(
        "WITH of a set operation as the query",
        Qail.get("u").with_(select(User.id).union(select(Post.id)).order_by("id").limit(3).cte("u")),
        'WITH "u" AS (SELECT "users"."id" FROM "users" UNION SELECT "posts"."id" FROM "posts" ORDER BY "id" '
        'LIMIT $1) SELECT * FROM "u"',
        [3],
    ),
    Case(
        "tree with level",
        Qail.get(TREE).with_(TREE).lt("level", 5).order_by("level", "id"),
        'WITH RECURSIVE "tree" AS (SELECT "users"."id", "users"."age" AS "boss", 1 AS "level" FROM "users" '
        'WHERE "users"."id" = $1 UNION ALL SELECT "boss"."id", "boss"."age", "tree"."level" + $2 FROM '
        '"users" AS "boss" JOIN "tree" ON "boss"."age" = "tree"."id") SELECT * FROM "tree" WHERE "level" < '
        '$3 ORDER BY "level", "id"',
        [1, 1, 5],
    ),
    Case(
        "tree, depth first and cycle",
        Qail.get("tree")
        .columns("id")
        .with_(TREE.search_depth_first("id", into="o").cycle("id", mark="m", path="p", marks=(True, False)))
        .order_by("o"),
        'WITH RECURSIVE "tree" AS (SELECT "users"."id", "users"."age" AS "boss", 1 AS "level" FROM "users" '
        'WHERE "users"."id" = $1 UNION ALL SELECT "boss"."id", "boss"."age", "tree"."level" + $2 FROM '
        '"users" AS "boss" JOIN "tree" ON "boss"."age" = "tree"."id") SEARCH DEPTH FIRST BY "id" SET "o" '
        'CYCLE "id" SET "m" TO TRUE DEFAULT FALSE USING "p" SELECT "id" FROM "tree" ORDER BY "o"',
        [1, 1],
    ),
    Case(
        "delete the rows of a recursive query",
        Qail.delete(User).where(User.id.in_(Qail.get(TREE).columns("id"))).with_(TREE),
        'WITH RECURSIVE "tree" AS (SELECT "users"."id", "users"."age" AS "boss", 1 AS "level" FROM "users" '
        'WHERE "users"."id" = $1 UNION ALL SELECT "boss"."id", "boss"."age", "tree"."level" + $2 FROM '
        '"users" AS "boss" JOIN "tree" ON "boss"."age" = "tree"."id") DELETE FROM "users" WHERE "users"."id" '
        'IN (SELECT "id" FROM "tree")',
        [1, 1],
    ),
    Case(
        "union of three with intersect",
        select(User.id).union(select(Post.id)).intersect(select(Post.author_id)).except_all(select(User.id).limit(1)),
        '(SELECT "users"."id" FROM "users" UNION SELECT "posts"."id" FROM "posts") INTERSECT SELECT '
        '"posts"."author_id" FROM "posts" EXCEPT ALL (SELECT "users"."id" FROM "users" LIMIT $1)',
        [1],
    ),
    Case(
        "union of queries with locks in a subquery",
        Qail.get(select(User.id).for_update().subquery("l")).union_all(Qail.get("users").columns("id")),
        'SELECT * FROM (SELECT "users"."id" FROM "users" FOR UPDATE) AS "l" UNION ALL SELECT "id" FROM "users"',
        [],
    ),
    Case(
        "intersect all, sorted",
        select(User.id).intersect_all(select(Post.author_id)).order_by(("id", "desc")).offset(1),
        'SELECT "users"."id" FROM "users" INTERSECT ALL SELECT "posts"."author_id" FROM "posts" ORDER BY '
        '"id" DESC OFFSET $1',
        [1],
    ),
)
