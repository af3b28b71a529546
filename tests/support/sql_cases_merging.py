"""Golden SQL: more upserts, merges and changes inside WITH."""

from __future__ import annotations

from typing import Final

from qail import (
    INT4,
    INT8,
    Qail,
    col,
    count,
    excluded,
    func,
    literal,
    merge_action,
    select,
)
from support.sql_case import Case
from support.sql_pieces import TOP, TREE
from support.sql_tables import Post, User

COUNTED: Final = select(Post.author_id.as_("i"), count().as_("n")).group_by(Post.author_id).cte("t")
MERGING: Final = (
    Case(
        "insert returning expressions",
        Qail.add(Post)
        .values({"id": 1, "title": "t", "author_id": 1})
        .returning(Post.id + 1, func.upper(Post.title).as_("t")),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) RETURNING "posts"."id" + $4, '
        '"upper"("posts"."title") AS "t"',
        [1, "t", 1, 1],
    ),
    Case(
        "insert of a row of expressions",
        Qail.add("posts").values(
            {"id": select(count()).from_(User).scalar(), "title": func.upper("a"), "author_id": literal(1)}
        ),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ((SELECT count(*) FROM "users"), "upper"($1), 1)',
        ["a"],
    ),
    Case(
        "insert from a recursive query",
        Qail.add("posts")
        .from_select(Qail.get(TREE).columns("id", literal("t"), "boss"), "id", "title", "author_id")
        .with_(TREE),
        'WITH RECURSIVE "tree" AS (SELECT "users"."id", "users"."age" AS "boss", 1 AS "level" FROM "users" '
        'WHERE "users"."id" = $1 UNION ALL SELECT "boss"."id", "boss"."age", "tree"."level" + $2 FROM '
        '"users" AS "boss" JOIN "tree" ON "boss"."age" = "tree"."id") INSERT INTO "posts" ("id", "title", '
        '"author_id") SELECT "id", \'t\', "boss" FROM "tree"',
        [1, 1],
    ),
    Case(
        "insert from a query, or else nothing",
        Qail.add("posts")
        .from_select(select(User.id, User.name, User.id), "id", "title", "author_id")
        .on_conflict()
        .do_nothing(),
        'INSERT INTO "posts" ("id", "title", "author_id") SELECT "users"."id", "users"."name", "users"."id" '
        'FROM "users" ON CONFLICT DO NOTHING',
        [],
    ),
    Case(
        "upsert that counts",
        Qail.add(User)
        .values({"id": 1, "name": "a", "age": 1})
        .on_conflict(User.id)
        .do_update(set={"age": User.age + excluded(User.age)}, where=User.active & (User.age < 100))
        .returning(User.age),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET '
        '"age" = "users"."age" + EXCLUDED."age" WHERE "users"."active" AND "users"."age" < $4 RETURNING '
        '"users"."age"',
        [1, "a", 1, 100],
    ),
    Case(
        "upsert of an index with an expression and a predicate",
        Qail.add("users")
        .values({"id": 1, "name": "a", "age": 2})
        .on_conflict(func.lower(col("name")), where=col("active"))
        .do_update("age"),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) ON CONFLICT (("lower"("name"))) WHERE '
        '"active" DO UPDATE SET "age" = EXCLUDED."age"',
        [1, "a", 2],
        0,
        "CREATE UNIQUE INDEX ON users (lower(name)) WHERE active",
    ),
    Case(
        "upsert by two columns",
        Qail.put("users").values({"id": 1, "age": 2, "name": "n"}, key=("id", "age")),
        'INSERT INTO "users" ("id", "age", "name") VALUES ($1, $2, $3) ON CONFLICT ("id", "age") DO UPDATE '
        'SET "name" = EXCLUDED."name"',
        [1, 2, "n"],
        0,
        "ALTER TABLE users ADD UNIQUE (id, age)",
    ),
    Case(
        "merge of values",
        Qail.merge(User)
        .using(Qail.values({"id": INT8, "age": INT4}, (1, 5), (2, None)).subquery("v"), on=col("v", "id") == User.id)
        .when_matched(col("v", "age").is_null())
        .delete()
        .when_matched()
        .update({"age": col("v", "age")})
        .when_not_matched(col("v", "age") > 1)
        .insert({"id": col("v", "id"), "name": "new", "age": 3})
        .when_not_matched()
        .do_nothing(),
        'MERGE INTO "users" USING (VALUES ($1, $2), ($3, $4)) AS "v" ("id", "age") ON "v"."id" = '
        '"users"."id" WHEN MATCHED AND "v"."age" IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET "age" = '
        '"v"."age" WHEN NOT MATCHED AND "v"."age" > $5 THEN INSERT ("id", "name", "age") VALUES ("v"."id", '
        "$6, $7) WHEN NOT MATCHED THEN DO NOTHING",
        [1, 5, 2, None, 1, "new", 3],
        15,
    ),
    Case(
        "merge only, by source",
        Qail.merge("users", alias="u")
        .only()
        .using(Post, on=Post.author_id == col("u", "id"))
        .when_not_matched_by_source(col("u", "active"))
        .update({"active": False})
        .when_matched()
        .do_nothing(),
        'MERGE INTO ONLY "users" AS "u" USING "posts" ON "posts"."author_id" = "u"."id" WHEN NOT MATCHED BY '
        'SOURCE AND "u"."active" THEN UPDATE SET "active" = $1 WHEN MATCHED THEN DO NOTHING',
        [False],
        17,
    ),
    Case(
        "merge that tells what it did",
        Qail.merge(User)
        .using(TOP.subquery("t"), on=col("t", "author_id") == User.id)
        .when_matched()
        .update({"age": 1})
        .returning(merge_action(), User.id),
        'MERGE INTO "users" USING (SELECT "posts"."author_id", max("posts"."score") AS "best" FROM "posts" '
        'GROUP BY "posts"."author_id") AS "t" ON "t"."author_id" = "users"."id" WHEN MATCHED THEN UPDATE SET '
        '"age" = $1 RETURNING MERGE_ACTION(), "users"."id"',
        [1],
        17,
    ),
    Case(
        "audit by a query of WITH",
        Qail.add("posts")
        .from_select(Qail.get("gone").columns("id", "name", "id"), "id", "title", "author_id")
        .with_(Qail.delete(User).where(User.age > 90).returning(User.id, User.name).cte("gone")),
        'WITH "gone" AS (DELETE FROM "users" WHERE "users"."age" > $1 RETURNING "users"."id", '
        '"users"."name") INSERT INTO "posts" ("id", "title", "author_id") SELECT "id", "name", "id" FROM '
        '"gone"',
        [90],
    ),
    Case(
        "update and its query of WITH, ahead of FROM",
        Qail.set(User).values({"age": COUNTED["n"]}).with_(COUNTED).from_(COUNTED).where(COUNTED["i"] == User.id),
        'WITH "t" AS (SELECT "posts"."author_id" AS "i", count(*) AS "n" FROM "posts" GROUP BY "posts"."author_id") '
        'UPDATE "users" SET "age" = "t"."n" FROM "t" WHERE "t"."i" = "users"."id"',
        [],
    ),
    Case(
        "delete and its query of WITH, ahead of USING",
        Qail.delete(User).with_(COUNTED).using(COUNTED).where(COUNTED["i"] == User.id, COUNTED["n"] > 99),
        'WITH "t" AS (SELECT "posts"."author_id" AS "i", count(*) AS "n" FROM "posts" GROUP BY "posts"."author_id") '
        'DELETE FROM "users" USING "t" WHERE "t"."i" = "users"."id" AND "t"."n" > $1',
        [99],
    ),
    Case(
        "update in WITH, joined to what it changed",
        Qail.get("u")
        .join("posts", on=col("posts", "author_id") == col("u", "id"))
        .with_(Qail.set(User).values({"active": False}).where(User.age > 90).returning(User.id).cte("u")),
        'WITH "u" AS (UPDATE "users" SET "active" = $1 WHERE "users"."age" > $2 RETURNING "users"."id") '
        'SELECT * FROM "u" JOIN "posts" ON "posts"."author_id" = "u"."id"',
        [False, 90],
    ),
    Case(
        "materialized update and insert in one",
        Qail.get("i").with_(
            Qail.set("users").values({"age": 1}).eq("id", 1).cte("u"),
            Qail.add("posts")
            .values({"id": 1, "title": "t", "author_id": 1})
            .on_conflict()
            .do_nothing()
            .returning("id")
            .cte("i"),
        ),
        'WITH "u" AS (UPDATE "users" SET "age" = $1 WHERE "id" = $2), "i" AS (INSERT INTO "posts" ("id", '
        '"title", "author_id") VALUES ($3, $4, $5) ON CONFLICT DO NOTHING RETURNING "id") SELECT * FROM "i"',
        [1, 1, 1, "t", 1],
    ),
)
