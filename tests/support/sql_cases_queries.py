"""Golden SQL: set operations and WITH."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.table_function import rows_from
from qail.ast.expression.case import cast
from qail.ast.expression.column import col
from qail.ast.expression.function import count, func, max_
from qail.ast.expression.parameter import literal
from qail.ast.expression.subquery import exists
from qail.pgtype import INT4, INT8, array_of
from support.sql_case import Case
from support.sql_tables import Boss, Post, User

IDS: Final = select(User.id)
AUTHORS: Final = select(Post.author_id)
NAMES: Final = Qail.get("users").columns("name")
TITLES: Final = Qail.get("posts").columns("title")
RECENT: Final = select(Post.author_id, count().as_("n")).where(Post.score > 1.5).group_by(Post.author_id).cte("recent")
CHAIN: Final = (
    select(User.id, User.age.as_("boss"))
    .where(User.id == 1)
    .recursive("chain", lambda chain: select(Boss.id, Boss.age).from_(Boss).join(chain, on=Boss.age == chain[User.id]))
)
SERIES: Final = rows_from(func.generate_series(cast(1, INT4), 3), alias="g", columns=[("n", INT4)])
LATEST: Final = (
    select(Post.title, Post.score)
    .where(Post.author_id == User.id)
    .order_by(Post.score.desc())
    .limit(2)
    .subquery("latest", lateral=True)
)
DAY: Final = rows_from(func.generate_series(cast(1, INT4), 3), alias="d", columns=[("day", INT4)], ordinality="i")
PAIRS: Final = rows_from(
    func.unnest(cast([1, 2], array_of(INT8))),
    func.generate_series(cast(1, INT4), 3),
    alias="p",
    columns=["a", "b"],
    ordinality="i",
)

SET_OPERATIONS: Final = (
    Case(
        "union",
        IDS.union(AUTHORS),
        'SELECT "users"."id" FROM "users" UNION SELECT "posts"."author_id" FROM "posts"',
        [],
    ),
    Case(
        "union of three, all",
        NAMES.union_all(TITLES).union_all(NAMES),
        'SELECT "name" FROM "users" UNION ALL SELECT "title" FROM "posts" UNION ALL SELECT "name" FROM "users"',
        [],
    ),
    Case(
        "intersect inside union",
        NAMES.union(TITLES.intersect(NAMES)),
        'SELECT "name" FROM "users" UNION SELECT "title" FROM "posts" INTERSECT SELECT "name" FROM "users"',
        [],
    ),
    Case(
        "union inside intersect",
        NAMES.union(TITLES).intersect(NAMES),
        '(SELECT "name" FROM "users" UNION SELECT "title" FROM "posts") INTERSECT SELECT "name" FROM "users"',
        [],
    ),
    Case(
        "except, right operand nested",
        NAMES.except_(TITLES.except_all(NAMES)),
        'SELECT "name" FROM "users" EXCEPT (SELECT "title" FROM "posts" EXCEPT ALL SELECT "name" FROM "users")',
        [],
    ),
    Case(
        "intersect all of except all",
        NAMES.except_all(TITLES).intersect_all(NAMES),
        '(SELECT "name" FROM "users" EXCEPT ALL SELECT "title" FROM "posts") INTERSECT ALL SELECT "name" FROM "users"',
        [],
    ),
    Case(
        "set operation sorted and limited",
        IDS.union(AUTHORS).order_by(User.id.desc().nulls_last()).limit(3).offset(1),
        'SELECT "users"."id" FROM "users" UNION SELECT "posts"."author_id" FROM "posts" ORDER BY "id" DESC NULLS '
        "LAST LIMIT $1 OFFSET $2",
        [3, 1],
    ),
    Case(
        "set operation sorted by name",
        NAMES.union_all(TITLES).order_by(("name", "desc"), "name").limit(3),
        'SELECT "name" FROM "users" UNION ALL SELECT "title" FROM "posts" ORDER BY "name" DESC, "name" LIMIT $1',
        [3],
    ),
    Case(
        "operands with clauses of their own",
        NAMES.order_by("name").limit(1).union_all(TITLES.order_by("title").limit(2)),
        '(SELECT "name" FROM "users" ORDER BY "name" LIMIT $1) UNION ALL (SELECT "title" FROM "posts" ORDER BY '
        '"title" LIMIT $2)',
        [1, 2],
    ),
    Case(
        "set operation of whole rows",
        Qail.get(User).where(User.id == 1).union(Qail.get(User).where(User.age > 30)),
        'SELECT "users"."id", "users"."name", "users"."email", "users"."age", "users"."active", "users"."joined" '
        'FROM "users" WHERE "users"."id" = $1 UNION SELECT "users"."id", "users"."name", "users"."email", '
        '"users"."age", "users"."active", "users"."joined" FROM "users" WHERE "users"."age" > $2',
        [1, 30],
    ),
    Case(
        "set operation in FROM",
        Qail.get(IDS.union(AUTHORS).subquery("u")).columns(count()),
        'SELECT count(*) FROM (SELECT "users"."id" FROM "users" UNION SELECT "posts"."author_id" FROM "posts") AS "u"',
        [],
    ),
    Case(
        "set operation in IN",
        select(User.name).where(User.id.in_(IDS.where(User.active).except_(AUTHORS))),
        'SELECT "users"."name" FROM "users" WHERE "users"."id" IN (SELECT "users"."id" FROM "users" WHERE '
        '"users"."active" EXCEPT SELECT "posts"."author_id" FROM "posts")',
        [],
    ),
    Case(
        "set operation, operand with WITH",
        IDS.union(select(RECENT[Post.author_id]).with_(RECENT)),
        'SELECT "users"."id" FROM "users" UNION (WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM '
        '"posts" WHERE "posts"."score" > $1 GROUP BY "posts"."author_id") SELECT "recent"."author_id" FROM "recent")',
        [1.5],
    ),
    Case(
        "set operation with WITH",
        IDS.union(select(RECENT[Post.author_id])).with_(RECENT),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") SELECT "users"."id" FROM "users" UNION SELECT "recent"."author_id" FROM '
        '"recent"',
        [1.5],
    ),
    Case(
        "limited set operation as an operand",
        IDS.union(AUTHORS).limit(1).union_all(IDS),
        '(SELECT "users"."id" FROM "users" UNION SELECT "posts"."author_id" FROM "posts" LIMIT $1) UNION ALL SELECT '
        '"users"."id" FROM "users"',
        [1],
    ),
    Case(
        "set operation with ties",
        IDS.union(AUTHORS).order_by("id").fetch_first(2, with_ties=True),
        'SELECT "users"."id" FROM "users" UNION SELECT "posts"."author_id" FROM "posts" ORDER BY "id" FETCH FIRST '
        "$1 ROWS WITH TIES",
        [2],
    ),
)

WITHS: Final = (
    Case(
        "query of WITH",
        select(User.name, RECENT["n"]).with_(RECENT).join(RECENT, on=RECENT[Post.author_id] == User.id),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") SELECT "users"."name", "recent"."n" FROM "users" JOIN "recent" ON '
        '"recent"."author_id" = "users"."id"',
        [1.5],
    ),
    Case(
        "FROM is the query of WITH",
        select(RECENT[Post.author_id]).with_(RECENT).where(RECENT["n"] > 1),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") SELECT "recent"."author_id" FROM "recent" WHERE "recent"."n" > $2',
        [1.5, 1],
    ),
    Case(
        "queries of WITH, one over the other",
        Qail.get("top").columns("n").with_(RECENT, Qail.get(RECENT).columns(max_(col("n")).as_("n")).cte("top")),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id"), "top" AS (SELECT max("n") AS "n" FROM "recent") SELECT "n" FROM "top"',
        [1.5],
    ),
    Case(
        "materialized and not",
        Qail.get("a").cross_join("b").with_(IDS.cte("a", materialized=True), AUTHORS.cte("b", materialized=False)),
        'WITH "a" AS MATERIALIZED (SELECT "users"."id" FROM "users"), "b" AS NOT MATERIALIZED (SELECT '
        '"posts"."author_id" FROM "posts") SELECT * FROM "a" CROSS JOIN "b"',
        [],
    ),
    Case(
        "columns of a query of WITH",
        Qail.get("c").columns("x", "y").with_(select(User.id, User.age).cte("c", "x", "y")),
        'WITH "c" ("x", "y") AS (SELECT "users"."id", "users"."age" FROM "users") SELECT "x", "y" FROM "c"',
        [],
    ),
    Case(
        "query of WITH joined with itself",
        select(RECENT["n"], RECENT.as_("other").outer("n"))
        .from_(RECENT)
        .with_(RECENT)
        .left_join(RECENT.as_("other"), on=RECENT.as_("other")[Post.author_id] < RECENT[Post.author_id]),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") SELECT "recent"."n", "other"."n" FROM "recent" LEFT JOIN "recent" AS "other" '
        'ON "other"."author_id" < "recent"."author_id"',
        [1.5],
    ),
    Case(
        "recursive",
        Qail.get(CHAIN).with_(CHAIN),
        'WITH RECURSIVE "chain" AS (SELECT "users"."id", "users"."age" AS "boss" FROM "users" WHERE "users"."id" = '
        '$1 UNION ALL SELECT "boss"."id", "boss"."age" FROM "users" AS "boss" JOIN "chain" ON "boss"."age" = '
        '"chain"."id") SELECT * FROM "chain"',
        [1],
    ),
    Case(
        "recursive, distinct",
        Qail.get("r").with_(
            select(literal(1).as_("n")).recursive(
                "r", lambda r: Qail.get(r).columns(col("n") + 1).lt("n", 5), distinct=True
            )
        ),
        'WITH RECURSIVE "r" AS (SELECT 1 AS "n" UNION SELECT "n" + $1 FROM "r" WHERE "n" < $2) SELECT * FROM "r"',
        [1, 5],
    ),
    Case(
        "recursive, depth first",
        Qail.get("chain").columns("id").order_by("ord").with_(CHAIN.search_depth_first("id", into="ord")),
        'WITH RECURSIVE "chain" AS (SELECT "users"."id", "users"."age" AS "boss" FROM "users" WHERE "users"."id" = '
        '$1 UNION ALL SELECT "boss"."id", "boss"."age" FROM "users" AS "boss" JOIN "chain" ON "boss"."age" = '
        '"chain"."id") SEARCH DEPTH FIRST BY "id" SET "ord" SELECT "id" FROM "chain" ORDER BY "ord"',
        [1],
    ),
    Case(
        "recursive, breadth first",
        Qail.get("chain").columns("id").order_by("ord").with_(CHAIN.search_breadth_first("id", into="ord")),
        'WITH RECURSIVE "chain" AS (SELECT "users"."id", "users"."age" AS "boss" FROM "users" WHERE "users"."id" = '
        '$1 UNION ALL SELECT "boss"."id", "boss"."age" FROM "users" AS "boss" JOIN "chain" ON "boss"."age" = '
        '"chain"."id") SEARCH BREADTH FIRST BY "id" SET "ord" SELECT "id" FROM "chain" ORDER BY "ord"',
        [1],
    ),
    Case(
        "recursive, cycle",
        Qail.get("chain").eq("again", False).with_(CHAIN.cycle("id", mark="again", path="way")),
        'WITH RECURSIVE "chain" AS (SELECT "users"."id", "users"."age" AS "boss" FROM "users" WHERE "users"."id" = '
        '$1 UNION ALL SELECT "boss"."id", "boss"."age" FROM "users" AS "boss" JOIN "chain" ON "boss"."age" = '
        '"chain"."id") CYCLE "id" SET "again" USING "way" SELECT * FROM "chain" WHERE "again" = $2',
        [1, False],
    ),
    Case(
        "recursive, cycle with marks and search",
        Qail.get("chain").with_(
            CHAIN.cycle("id", mark="again", path="way", marks=("Y", "N")).search_breadth_first("id", into="ord")
        ),
        'WITH RECURSIVE "chain" AS (SELECT "users"."id", "users"."age" AS "boss" FROM "users" WHERE "users"."id" = '
        '$1 UNION ALL SELECT "boss"."id", "boss"."age" FROM "users" AS "boss" JOIN "chain" ON "boss"."age" = '
        '"chain"."id") SEARCH BREADTH FIRST BY "id" SET "ord" CYCLE "id" SET "again" TO \'Y\' DEFAULT \'N\' USING '
        '"way" SELECT * FROM "chain"',
        [1],
    ),
    Case(
        "WITH that deletes",
        Qail.get("gone").columns(count()).with_(Qail.delete(Post).where(Post.score < 1).returning(Post.id).cte("gone")),
        'WITH "gone" AS (DELETE FROM "posts" WHERE "posts"."score" < $1 RETURNING "posts"."id") SELECT count(*) '
        'FROM "gone"',
        [1],
    ),
    Case(
        "WITH that updates and inserts",
        select(literal(1)).with_(
            Qail.set(User).values({"active": False}).where(User.age > 90).cte("u"),
            Qail.add("posts").values({"id": 9, "title": "t", "author_id": 1}).returning("id").cte("i"),
        ),
        'WITH "u" AS (UPDATE "users" SET "active" = $1 WHERE "users"."age" > $2), "i" AS (INSERT INTO "posts" '
        '("id", "title", "author_id") VALUES ($3, $4, $5) RETURNING "id") SELECT 1',
        [False, 90, 9, "t", 1],
    ),
    Case(
        "WITH of insert",
        Qail.add("posts")
        .from_select(Qail.get(RECENT).columns("n", literal("x"), "author_id"), "id", "title", "author_id")
        .with_(RECENT),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") INSERT INTO "posts" ("id", "title", "author_id") SELECT "n", \'x\', '
        '"author_id" FROM "recent"',
        [1.5],
    ),
    Case(
        "WITH of update",
        Qail.set(User).values({"active": True}).where(User.id.in_(select(RECENT[Post.author_id]))).with_(RECENT),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") UPDATE "users" SET "active" = $2 WHERE "users"."id" IN (SELECT '
        '"recent"."author_id" FROM "recent")',
        [1.5, True],
    ),
    Case(
        "WITH of delete",
        Qail.delete(User).where(exists(Qail.get(RECENT))).with_(RECENT).returning(User.id),
        'WITH "recent" AS (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 '
        'GROUP BY "posts"."author_id") DELETE FROM "users" WHERE EXISTS (SELECT * FROM "recent") RETURNING '
        '"users"."id"',
        [1.5],
    ),
    Case(
        "WITH in a subquery",
        select(User.name).where(User.id.in_(select(RECENT[Post.author_id]).with_(RECENT))),
        'SELECT "users"."name" FROM "users" WHERE "users"."id" IN (WITH "recent" AS (SELECT "posts"."author_id", '
        'count(*) AS "n" FROM "posts" WHERE "posts"."score" > $1 GROUP BY "posts"."author_id") SELECT '
        '"recent"."author_id" FROM "recent")',
        [1.5],
    ),
)
