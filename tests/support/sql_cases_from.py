"""Golden SQL: items of FROM, locks."""

from __future__ import annotations

from typing import Final

from qail.ast.build.items import only, tablesample
from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.from_ import natural, using
from qail.ast.clause.table_function import rows_from
from qail.ast.expression.case import cast
from qail.ast.expression.column import col
from qail.ast.expression.function import count, func
from qail.ast.expression.parameter import literal
from qail.pgtype import INT4, INT8, JSONB, TEXT, array_of
from support.sql_case import Case
from support.sql_tables import Boss, Doc, Post, User

IDS: Final = select(User.id)
RECENT: Final = select(Post.author_id, count().as_("n")).where(Post.score > 1.5).group_by(Post.author_id).cte("recent")
YOUNG: Final = select(User.id, User.age).where(User.age < 30).subquery("young")
CHAIN: Final = (
    select(User.id, User.age.as_("boss"))
    .where(User.id == 1)
    .recursive("chain", lambda chain: select(Boss.id, Boss.age).from_(Boss).join(chain, on=Boss.age == chain[User.id]))
)
NUMBERS: Final = Qail.values({"id": INT8, "label": TEXT}, (1, "one"), (2, "two"))
NUMBER_ROWS: Final = NUMBERS.subquery("v")
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

FROM_ITEMS: Final = (
    Case(
        "columns of a subquery",
        select(YOUNG[User.id], YOUNG["age"]).from_(YOUNG).where(YOUNG[User.age] > 18),
        'SELECT "young"."id", "young"."age" FROM (SELECT "users"."id", "users"."age" FROM "users" WHERE '
        '"users"."age" < $1) AS "young" WHERE "young"."age" > $2',
        [30, 18],
    ),
    Case(
        "subquery with other names",
        Qail.get(IDS.subquery("s", "number")).columns(col("s", "number")),
        'SELECT "s"."number" FROM (SELECT "users"."id" FROM "users") AS "s" ("number")',
        [],
    ),
    Case(
        "left join of a subquery",
        select(User.name, YOUNG.outer(User.age)).left_join(YOUNG, on=YOUNG[User.id] == User.id),
        'SELECT "users"."name", "young"."age" FROM "users" LEFT JOIN (SELECT "users"."id", "users"."age" FROM '
        '"users" WHERE "users"."age" < $1) AS "young" ON "young"."id" = "users"."id"',
        [30],
    ),
    Case(
        "lateral",
        select(User.name, LATEST[Post.title]).cross_join(LATEST),
        'SELECT "users"."name", "latest"."title" FROM "users" CROSS JOIN LATERAL (SELECT "posts"."title", '
        '"posts"."score" FROM "posts" WHERE "posts"."author_id" = "users"."id" ORDER BY "posts"."score" DESC LIMIT '
        '$1) AS "latest"',
        [2],
    ),
    Case(
        "left join lateral",
        select(User.name, LATEST.outer(Post.title)).left_join(LATEST, on=literal(True)),
        'SELECT "users"."name", "latest"."title" FROM "users" LEFT JOIN LATERAL (SELECT "posts"."title", '
        '"posts"."score" FROM "posts" WHERE "posts"."author_id" = "users"."id" ORDER BY "posts"."score" DESC LIMIT '
        '$1) AS "latest" ON TRUE',
        [2],
    ),
    Case(
        "values",
        NUMBERS,
        "VALUES ($1, $2), ($3, $4)",
        [1, "one", 2, "two"],
    ),
    Case(
        "values, sorted",
        NUMBERS.order_by(("label", "desc")).limit(1),
        'VALUES ($1, $2), ($3, $4) ORDER BY "column2" DESC LIMIT $5',
        [1, "one", 2, "two", 1],
    ),
    Case(
        "values as a table",
        select(User.name, NUMBER_ROWS["label"]).join(NUMBER_ROWS, on=NUMBER_ROWS["id"] == User.id),
        'SELECT "users"."name", "v"."label" FROM "users" JOIN (VALUES ($1, $2), ($3, $4)) AS "v" ("id", "label") ON '
        '"v"."id" = "users"."id"',
        [1, "one", 2, "two"],
    ),
    Case(
        "values with expressions",
        Qail.values({"a": INT8, "b": TEXT}, (literal(1), "x"), (2, func.upper("y"))),
        'VALUES (1, $1), ($2, "upper"($3))',
        ["x", 2, "y"],
    ),
    Case(
        "values in a union",
        NUMBERS.union_all(Qail.get("users").columns("id", "name")),
        'VALUES ($1, $2), ($3, $4) UNION ALL SELECT "id", "name" FROM "users"',
        [1, "one", 2, "two"],
    ),
    Case(
        "values as a query of WITH",
        Qail.get("v").gt("id", 1).with_(NUMBERS.cte("v")),
        'WITH "v" ("id", "label") AS (VALUES ($1, $2), ($3, $4)) SELECT * FROM "v" WHERE "id" > $5',
        [1, "one", 2, "two", 1],
    ),
    Case(
        "table function",
        select(SERIES["n"]).from_(SERIES).where(SERIES["n"] > 1),
        'SELECT "g"."n" FROM "generate_series"(CAST($1 AS int4), $2) AS "g" ("n") WHERE "g"."n" > $3',
        [1, 3, 1],
    ),
    Case(
        "table function with ordinality",
        select(DAY["day"], DAY["i"]).from_(DAY),
        'SELECT "d"."day", "d"."i" FROM "generate_series"(CAST($1 AS int4), $2) WITH ORDINALITY AS "d" ("day", "i")',
        [1, 3],
    ),
    Case(
        "rows from two functions",
        Qail.get(PAIRS).order_by("i"),
        'SELECT * FROM ROWS FROM ("unnest"(CAST($1 AS int8[])), "generate_series"(CAST($2 AS int4), $3)) WITH '
        'ORDINALITY AS "p" ("a", "b", "i") ORDER BY "i"',
        [[1, 2], 1, 3],
    ),
    Case(
        "table function of a column",
        select(User.id, SERIES["n"]).cross_join(rows_from(func.generate_series(1, User.age), alias="g", columns=["n"])),
        'SELECT "users"."id", "g"."n" FROM "users" CROSS JOIN "generate_series"($1, "users"."age") AS "g" ("n")',
        [1],
    ),
    Case(
        "function that returns records",
        Qail.get(
            rows_from(
                func.jsonb_to_recordset(cast([], JSONB)), alias="r", columns=[("a", INT4), ("b", TEXT)], is_record=True
            )
        ).columns("a"),
        'SELECT "a" FROM "jsonb_to_recordset"(CAST($1 AS jsonb)) AS "r" ("a" int4, "b" text)',
        [[]],
    ),
    Case(
        "only",
        select(User.id).from_(only(User)),
        'SELECT "users"."id" FROM ONLY "users"',
        [],
    ),
    Case(
        "only, joined",
        Qail.get("posts").columns("title").join(only("users", alias="u"), on=col("u", "id") == col("author_id")),
        'SELECT "title" FROM "posts" JOIN ONLY "users" AS "u" ON "u"."id" = "author_id"',
        [],
    ),
    Case(
        "tablesample",
        select(User.id).from_(tablesample(User, 50)),
        'SELECT "users"."id" FROM "users" TABLESAMPLE "bernoulli" ($1)',
        [50],
    ),
    Case(
        "tablesample, repeatable, only",
        Qail.get(tablesample(only("users"), 12.5, method="system", repeatable=7)),
        'SELECT * FROM ONLY "users" TABLESAMPLE "system" ($1) REPEATABLE ($2)',
        [12.5, 7],
    ),
    Case(
        "join using",
        Qail.get("users").columns("id").join("docs", on=using("id")),
        'SELECT "id" FROM "users" JOIN "docs" USING ("id")',
        [],
    ),
    Case(
        "join using, typed",
        select(User.name, Doc.tags).join(Doc, on=using("id")),
        'SELECT "users"."name", "docs"."tags" FROM "users" JOIN "docs" USING ("id")',
        [],
    ),
    Case(
        "natural left join",
        Qail.get("users").columns("id").left_join("posts", on=natural()),
        'SELECT "id" FROM "users" NATURAL LEFT JOIN "posts"',
        [],
    ),
)

LOCKS: Final = (
    Case(
        "for update",
        Qail.get("users").eq("id", 1).for_update(),
        'SELECT * FROM "users" WHERE "id" = $1 FOR UPDATE',
        [1],
    ),
    Case(
        "a queue",
        Qail.get("users").order_by("id").limit(1).for_update(skip_locked=True),
        'SELECT * FROM "users" ORDER BY "id" LIMIT $1 FOR UPDATE SKIP LOCKED',
        [1],
    ),
    Case(
        "for share of one table",
        select(User.id, Post.title).join(Post, on=Post.author_id == User.id).for_share(of=User, nowait=True),
        'SELECT "users"."id", "posts"."title" FROM "users" JOIN "posts" ON "posts"."author_id" = "users"."id" FOR '
        'SHARE OF "users" NOWAIT',
        [],
    ),
    Case(
        "two locks",
        select(User.id, Post.title)
        .join(Post, on=Post.author_id == User.id)
        .for_no_key_update(of="posts")
        .for_key_share(of=[User]),
        'SELECT "users"."id", "posts"."title" FROM "users" JOIN "posts" ON "posts"."author_id" = "users"."id" FOR '
        'NO KEY UPDATE OF "posts" FOR KEY SHARE OF "users"',
        [],
    ),
    Case(
        "lock of an alias",
        select(Boss.id).for_update(of=Boss),
        'SELECT "boss"."id" FROM "users" AS "boss" FOR UPDATE OF "boss"',
        [],
    ),
    Case(
        "with ties",
        select(User.id).order_by(User.age).fetch_first(3, with_ties=True).offset(1),
        'SELECT "users"."id" FROM "users" ORDER BY "users"."age" FETCH FIRST $1 ROWS WITH TIES OFFSET $2',
        [3, 1],
    ),
    Case(
        "fetch first is limit",
        Qail.get("users").fetch_first(3),
        'SELECT * FROM "users" LIMIT $1',
        [3],
    ),
    Case(
        "with ties of an expression",
        select(User.id).order_by(User.age).fetch_first(literal(1) + 1, with_ties=True),
        'SELECT "users"."id" FROM "users" ORDER BY "users"."age" FETCH FIRST (1 + $1) ROWS WITH TIES',
        [1],
    ),
)
