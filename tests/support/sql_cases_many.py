"""Golden SQL: changes of many rows, and changes inside WITH."""

from __future__ import annotations

from typing import Final

from qail import (
    Qail,
    col,
    count,
    default,
    select,
)
from support.sql_case import Case
from support.sql_tables import Boss, Doc, Post, User

MANY: Final = (
    Case(
        "bulk insert",
        Qail.add(Post).values(*[{"id": n, "title": f"t{n}", "author_id": 1, "score": None} for n in range(9)]),
        'INSERT INTO "posts" ("id", "title", "author_id", "score") SELECT * FROM "unnest"(CAST($1 AS '
        'int8[]), CAST($2 AS text[]), CAST($3 AS int8[]), CAST($4 AS float8[])) AS "given" ("id", "title", '
        '"author_id", "score")',
        [
            [0, 1, 2, 3, 4, 5, 6, 7, 8],
            ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"],
            [1, 1, 1, 1, 1, 1, 1, 1, 1],
            [None, None, None, None, None, None, None, None, None],
        ],
    ),
    Case(
        "bulk upsert",
        Qail.put(Post).values(*[{"id": n, "title": "t", "author_id": 1} for n in range(9)], key="id"),
        'INSERT INTO "posts" ("id", "title", "author_id") SELECT * FROM "unnest"(CAST($1 AS int8[]), CAST($2 '
        'AS text[]), CAST($3 AS int8[])) AS "given" ("id", "title", "author_id") ON CONFLICT ("id") DO '
        'UPDATE SET "title" = EXCLUDED."title", "author_id" = EXCLUDED."author_id"',
        [[0, 1, 2, 3, 4, 5, 6, 7, 8], ["t", "t", "t", "t", "t", "t", "t", "t", "t"], [1, 1, 1, 1, 1, 1, 1, 1, 1]],
        0,
        "ALTER TABLE posts ADD UNIQUE (id)",
    ),
    Case(
        "bulk update",
        Qail.set(User).each({"id": 1, "age": 3, "email": None}, {"id": 2, "age": 4, "email": "x"}, key=User.id),
        'UPDATE "users" SET "age" = "given"."age", "email" = "given"."email" FROM "unnest"(CAST($1 AS '
        'int8[]), CAST($2 AS int4[]), CAST($3 AS text[])) AS "given" ("id", "age", "email") WHERE '
        '"users"."id" = "given"."id"',
        [[1, 2], [3, 4], [None, "x"]],
    ),
    Case(
        "bulk update by two keys, narrowed",
        Qail.set(User)
        .each({"id": 1, "name": "a", "age": 3}, key=("id", "name"))
        .where(User.active)
        .returning(User.id, User.age),
        'UPDATE "users" SET "age" = "given"."age" FROM "unnest"(CAST($1 AS int8[]), CAST($2 AS text[]), '
        'CAST($3 AS int4[])) AS "given" ("id", "name", "age") WHERE "users"."id" = "given"."id" AND '
        '"users"."name" = "given"."name" AND "users"."active" RETURNING "users"."id", "users"."age"',
        [[1], ["a"], [3]],
    ),
    Case(
        "bulk update of documents",
        Qail.set(Doc).each(
            {"id": 1, "data": {"a": 1}, "tags": ["x"]},
            {"id": 2, "data": None, "tags": None},
            {"id": 3, "data": [1], "tags": []},
            key="id",
        ),
        'UPDATE "docs" SET "data" = "given"."data", "tags" = "given"."tags" FROM (VALUES ($1, $2, $3), ($4, '
        '$5, $6), ($7, $8, $9), ($10, $11, $12)) AS "given" ("id", "data", "tags") WHERE "docs"."id" = '
        '"given"."id"',
        [1, {"a": 1}, ["x"], 2, None, None, 3, [1], [], 3, [1], []],
    ),
    Case(
        "update in parts",
        Qail.set(User)
        .values({"age": User.age + 1})
        .values({"email": None})
        .values_from(select(User.name).where(User.id == 1), "name")
        .where(User.id == 2),
        'UPDATE "users" SET "age" = "users"."age" + $1, "email" = $2, ("name") = (SELECT "users"."name" FROM '
        '"users" WHERE "users"."id" = $3) WHERE "users"."id" = $4',
        [1, None, 1, 2],
    ),
    Case(
        "update of an alias",
        Qail.set(Boss).values({"age": Boss.age + 1}).where(Boss.id == 1).returning(Boss.id),
        'UPDATE "users" AS "boss" SET "age" = "boss"."age" + $1 WHERE "boss"."id" = $2 RETURNING "boss"."id"',
        [1, 1],
    ),
    Case(
        "update of every row, on purpose",
        Qail.set("users").values({"active": default()}).all_rows(),
        'UPDATE "users" SET "active" = DEFAULT',
        [],
    ),
    Case(
        "update from a subquery",
        Qail.set(User)
        .values({"age": col("t", "n")})
        .from_(select(Post.author_id, count().as_("n")).group_by(Post.author_id).subquery("t"))
        .where(col("t", "author_id") == User.id),
        'UPDATE "users" SET "age" = "t"."n" FROM (SELECT "posts"."author_id", count(*) AS "n" FROM "posts" '
        'GROUP BY "posts"."author_id") AS "t" WHERE "t"."author_id" = "users"."id"',
        [],
    ),
    Case(
        "update with a subquery as the value",
        Qail.set(User)
        .values({"age": select(count()).from_(Post).where(Post.author_id == User.id).scalar()})
        .where(User.active),
        'UPDATE "users" SET "age" = (SELECT count(*) FROM "posts" WHERE "posts"."author_id" = "users"."id") '
        'WHERE "users"."active"',
        [],
    ),
    Case(
        "update only where several sugar filters hold",
        Qail.set("users")
        .values({"age": 1})
        .eq("id", 1)
        .ne("name", "x")
        .gt("age", 1)
        .gte("age", 1)
        .lt("age", 9)
        .lte("age", 9)
        .in_("id", [1])
        .not_in("id", [2])
        .like("name", "a%")
        .ilike("name", "A%")
        .between("age", 1, 9)
        .is_null("email")
        .is_not_null("name")
        .contains("name", "_"),
        'UPDATE "users" SET "age" = $1 WHERE "id" = $2 AND "name" <> $3 AND "age" > $4 AND "age" >= $5 AND '
        '"age" < $6 AND "age" <= $7 AND "id" = ANY ($8) AND "id" <> ALL ($9) AND "name" LIKE $10 AND "name" '
        'ILIKE $11 AND "age" BETWEEN $12 AND $13 AND "email" IS NULL AND "name" IS NOT NULL AND "name" LIKE '
        "$14",
        [1, 1, "x", 1, 1, 9, 9, [1], [2], "a%", "A%", 1, 9, "%\\_%"],
    ),
    Case(
        "delete with several sugar filters",
        Qail.delete("users").eq("id", 1).is_null("email").ilike("name", "A%").not_in("id", []),
        'DELETE FROM "users" WHERE "id" = $1 AND "email" IS NULL AND "name" ILIKE $2 AND "id" <> ALL ($3)',
        [1, "A%", []],
    ),
    Case(
        "delete by a subquery with a limit",
        Qail.delete(User).where(
            User.id.in_(select(User.id).where(User.active).order_by(User.id).limit(100).for_update(skip_locked=True))
        ),
        'DELETE FROM "users" WHERE "users"."id" IN (SELECT "users"."id" FROM "users" WHERE "users"."active" '
        'ORDER BY "users"."id" LIMIT $1 FOR UPDATE SKIP LOCKED)',
        [100],
    ),
    Case(
        "delete every row and return it",
        Qail.delete(Post).all_rows().returning(Post),
        'DELETE FROM "posts" RETURNING "posts"."id", "posts"."title", "posts"."author_id", "posts"."score"',
        [],
    ),
    Case(
        "delete using two tables",
        Qail.delete(Post).using(User).using(Boss).where(Post.author_id == User.id, Boss.id == User.age),
        'DELETE FROM "posts" USING "users", "users" AS "boss" WHERE "posts"."author_id" = "users"."id" AND '
        '"boss"."id" = "users"."age"',
        [],
    ),
)
