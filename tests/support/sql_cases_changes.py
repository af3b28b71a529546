"""Golden SQL: upserts, updates from elsewhere, MERGE."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.merge import merge_action
from qail.ast.expression.case import coalesce
from qail.ast.expression.column import col, excluded, new, old
from qail.ast.expression.function import count, func
from qail.ast.expression.parameter import default, literal
from qail.pgtype import INT8, TEXT
from support.sql_case import Case
from support.sql_tables import Post, User

ROW: Final = {"id": 1, "title": "a", "author_id": 1}
POSTED: Final = Qail.add("posts").values(ROW)
PARTIAL: Final = "CREATE UNIQUE INDEX ON posts (author_id) WHERE score > 1"
LOWER: Final = "CREATE UNIQUE INDEX ON posts (lower(title), author_id)"
IDENTITY: Final = "CREATE TEMPORARY TABLE numbered (id int8 GENERATED ALWAYS AS IDENTITY, name text)"
BEST: Final = select(func.max(Post.title), count()).where(Post.author_id == User.id)
INCOMING: Final = Qail.values({"id": INT8, "name": TEXT}, (1, "a"), (2, "b")).subquery("i")
MERGE: Final = Qail.merge(User).using(INCOMING, on=INCOMING["id"] == User.id)
TITLED: Final = Qail.get("posts").columns("author_id", "title").gt("id", 10_000).cte("titled")

UPSERTS: Final = (
    Case(
        "insert from select",
        Qail.add("posts")
        .from_select(Qail.get("users").columns("id", "name", "id").eq("active", True), "id", "title", "author_id")
        .returning("id"),
        'INSERT INTO "posts" ("id", "title", "author_id") SELECT "id", "name", "id" FROM "users" WHERE "active" = '
        '$1 RETURNING "id"',
        [True],
    ),
    Case(
        "insert from select, all columns",
        Qail.add("posts").from_select(Qail.get("posts").gt("id", 5)),
        'INSERT INTO "posts" SELECT * FROM "posts" WHERE "id" > $1',
        [5],
    ),
    Case(
        "insert from a set operation",
        Qail.add(User)
        .from_select(
            select(User.id, User.name, User.age).union_all(select(User.id, User.name, User.age)),
            User.id,
            User.name,
            User.age,
        )
        .on_conflict(User.id)
        .do_nothing(),
        'INSERT INTO "users" ("id", "name", "age") SELECT "users"."id", "users"."name", "users"."age" FROM "users" '
        'UNION ALL SELECT "users"."id", "users"."name", "users"."age" FROM "users" ON CONFLICT ("id") DO NOTHING',
        [],
    ),
    Case(
        "insert from values",
        Qail.add("users").from_select(
            Qail.values({"id": INT8, "name": TEXT, "age": INT8}, (1, "a", 3)), "id", "name", "age"
        ),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3)',
        [1, "a", 3],
    ),
    Case(
        "overriding system value",
        Qail.add("numbered").values({"id": 7, "name": "x"}).overriding_system_value(),
        'INSERT INTO "numbered" ("id", "name") OVERRIDING SYSTEM VALUE VALUES ($1, $2)',
        [7, "x"],
        setup=IDENTITY,
    ),
    Case(
        "overriding user value from select",
        Qail.add("numbered").from_select(Qail.get("users").columns("id", "name"), "id", "name").overriding_user_value(),
        'INSERT INTO "numbered" ("id", "name") OVERRIDING USER VALUE SELECT "id", "name" FROM "users"',
        [],
        setup=IDENTITY,
    ),
    Case(
        "insert under an alias",
        Qail.add("users", alias="u")
        .values({"id": 1, "name": "a", "age": 3, "active": default()})
        .on_conflict("id")
        .do_update(set={"age": col("u", "age") + 1}),
        'INSERT INTO "users" AS "u" ("id", "name", "age", "active") VALUES ($1, $2, $3, DEFAULT) ON CONFLICT ("id") '
        'DO UPDATE SET "age" = "u"."age" + $4',
        [1, "a", 3, 1],
    ),
    Case(
        "conflict of an expression",
        POSTED.on_conflict(func.lower(col("title")), "author_id").do_nothing(),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT (("lower"("title")), '
        '"author_id") DO NOTHING',
        [1, "a", 1],
        setup=LOWER,
    ),
    Case(
        "conflict of a partial index",
        POSTED.on_conflict("author_id", where=col("score") > 1).do_update("title"),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT ("author_id") WHERE '
        '"score" > 1 DO UPDATE SET "title" = EXCLUDED."title"',
        [1, "a", 1],
        setup=PARTIAL,
    ),
    Case(
        "conflict of a constraint",
        POSTED.on_conflict(constraint="posts_pkey").do_update("title"),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT ON CONSTRAINT '
        '"posts_pkey" DO UPDATE SET "title" = EXCLUDED."title"',
        [1, "a", 1],
    ),
    Case(
        "any conflict",
        POSTED.on_conflict().do_nothing(),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [1, "a", 1],
    ),
    Case(
        "update by expressions on conflict",
        Qail.add(Post)
        .values({"id": 1, "title": "a", "author_id": 1})
        .on_conflict(Post.id)
        .do_update(set={"score": coalesce(Post.score, literal(0.0)) + 1, "title": excluded(Post.title).concat("!")}),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET '
        '"score" = COALESCE("posts"."score", 0.0) + $4, "title" = EXCLUDED."title" || $5',
        [1, "a", 1, 1, "!"],
    ),
    Case(
        "update on conflict of some rows",
        POSTED.on_conflict("id").do_update(
            "title", set={"score": None}, where=(col("posts", "title") != excluded("title")) & (col("posts", "id") > 0)
        ),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET '
        '"title" = EXCLUDED."title", "score" = $4 WHERE "posts"."title" <> EXCLUDED."title" AND "posts"."id" > $5',
        [1, "a", 1, None, 0],
    ),
)

UPDATES: Final = (
    Case(
        "several columns from a query",
        Qail.set(User).values_from(BEST, User.name, "age").where(User.active),
        'UPDATE "users" SET ("name", "age") = (SELECT max("posts"."title"), count(*) FROM "posts" WHERE '
        '"posts"."author_id" = "users"."id") WHERE "users"."active"',
        [],
    ),
    Case(
        "columns from a query and values",
        Qail.set(User).values({"active": True}).values_from(BEST, "name", "age").values({"email": None}).all_rows(),
        'UPDATE "users" SET "active" = $1, ("name", "age") = (SELECT max("posts"."title"), count(*) FROM "posts" '
        'WHERE "posts"."author_id" = "users"."id"), "email" = $2',
        [True, None],
    ),
    Case(
        "update from a table",
        Qail.set(User)
        .values({"name": Post.title})
        .from_(Post)
        .where(Post.author_id == User.id, Post.id == 1)
        .returning(User.id, Post.title),
        'UPDATE "users" SET "name" = "posts"."title" FROM "posts" WHERE "posts"."author_id" = "users"."id" AND '
        '"posts"."id" = $1 RETURNING "users"."id", "posts"."title"',
        [1],
    ),
    Case(
        "update from two tables",
        Qail.set("users")
        .values({"age": 1})
        .from_("posts")
        .from_("docs", alias="d")
        .where(col("posts", "id") == col("d", "id")),
        'UPDATE "users" SET "age" = $1 FROM "posts", "docs" AS "d" WHERE "posts"."id" = "d"."id"',
        [1],
    ),
    Case(
        "update from a join",
        Qail.set("users", alias="u")
        .values({"age": 1})
        .from_("posts")
        .join("docs", on=col("docs", "id") == col("posts", "id"))
        .where(col("posts", "author_id") == col("u", "id")),
        'UPDATE "users" AS "u" SET "age" = $1 FROM "posts" JOIN "docs" ON "docs"."id" = "posts"."id" WHERE '
        '"posts"."author_id" = "u"."id"',
        [1],
    ),
    Case(
        "update from values",
        Qail.set(User).values({"name": INCOMING["name"]}).from_(INCOMING).where(INCOMING["id"] == User.id),
        'UPDATE "users" SET "name" = "i"."name" FROM (VALUES ($1, $2), ($3, $4)) AS "i" ("id", "name") WHERE '
        '"i"."id" = "users"."id"',
        [1, "a", 2, "b"],
    ),
    Case(
        "update only",
        Qail.set("users").only().values({"age": 1}).eq("id", 1),
        'UPDATE ONLY "users" SET "age" = $1 WHERE "id" = $2',
        [1, 1],
    ),
    Case(
        "delete using",
        Qail.delete(Post).using(User).where(User.id == Post.author_id, User.active).returning(Post.id),
        'DELETE FROM "posts" USING "users" WHERE "users"."id" = "posts"."author_id" AND "users"."active" RETURNING '
        '"posts"."id"',
        [],
    ),
    Case(
        "delete using a join",
        Qail.delete("posts", alias="p")
        .using("users")
        .join("docs", on=col("docs", "id") == col("users", "id"))
        .where(col("p", "author_id") == col("users", "id")),
        'DELETE FROM "posts" AS "p" USING "users" JOIN "docs" ON "docs"."id" = "users"."id" WHERE "p"."author_id" = '
        '"users"."id"',
        [],
    ),
    Case(
        "delete only",
        Qail.delete("users").only().eq("id", 1),
        'DELETE FROM ONLY "users" WHERE "id" = $1',
        [1],
    ),
    Case(
        "old and new of an update",
        Qail.set(User)
        .values({"age": User.age + 1})
        .where(User.id == 1)
        .returning(old(User.age), new(User.age), new("id")),
        'UPDATE "users" SET "age" = "users"."age" + $1 WHERE "users"."id" = $2 RETURNING OLD."age", NEW."age", '
        'NEW."id"',
        [1, 1],
        needs=18,
    ),
    Case(
        "old and new of an upsert",
        POSTED.on_conflict("id").do_update("title").returning(old("title"), new("title")),
        'INSERT INTO "posts" ("id", "title", "author_id") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET '
        '"title" = EXCLUDED."title" RETURNING OLD."title", NEW."title"',
        [1, "a", 1],
        needs=18,
    ),
    Case(
        "old of a delete",
        Qail.delete(Post).where(Post.id == 1).returning(old(Post.title).as_("was")),
        'DELETE FROM "posts" WHERE "posts"."id" = $1 RETURNING OLD."title" AS "was"',
        [1],
        needs=18,
    ),
)

MERGES: Final = (
    Case(
        "merge",
        MERGE.when_matched()
        .update({"name": INCOMING["name"]})
        .when_not_matched()
        .insert({"id": INCOMING["id"], "name": INCOMING["name"], "age": 0}),
        'MERGE INTO "users" USING (VALUES ($1, $2), ($3, $4)) AS "i" ("id", "name") ON "i"."id" = "users"."id" WHEN '
        'MATCHED THEN UPDATE SET "name" = "i"."name" WHEN NOT MATCHED THEN INSERT ("id", "name", "age") VALUES '
        '("i"."id", "i"."name", $5)',
        [1, "a", 2, "b", 0],
        needs=15,
    ),
    Case(
        "merge that deletes",
        MERGE.when_matched(User.active, INCOMING["name"] == "a").delete().when_matched().do_nothing(),
        'MERGE INTO "users" USING (VALUES ($1, $2), ($3, $4)) AS "i" ("id", "name") ON "i"."id" = "users"."id" WHEN '
        'MATCHED AND "users"."active" AND "i"."name" = $5 THEN DELETE WHEN MATCHED THEN DO NOTHING',
        [1, "a", 2, "b", "a"],
        needs=15,
    ),
    Case(
        "merge of tables by name",
        Qail.merge("users", alias="u")
        .only()
        .using("posts", alias="p", on=col("u", "id") == col("p", "author_id"))
        .when_not_matched(col("p", "id") > 1)
        .insert({"id": col("p", "author_id"), "name": "x", "age": 1})
        .when_not_matched()
        .do_nothing(),
        'MERGE INTO ONLY "users" AS "u" USING "posts" AS "p" ON "u"."id" = "p"."author_id" WHEN NOT MATCHED AND '
        '"p"."id" > $1 THEN INSERT ("id", "name", "age") VALUES ("p"."author_id", $2, $3) WHEN NOT MATCHED THEN DO '
        "NOTHING",
        [1, "x", 1],
        needs=15,
    ),
    Case(
        "merge of defaults",
        Qail.merge("merged").using("users", on=literal(False)).when_not_matched().insert({}),
        'MERGE INTO "merged" USING "users" ON FALSE WHEN NOT MATCHED THEN INSERT DEFAULT VALUES',
        [],
        needs=15,
        setup="CREATE TEMPORARY TABLE merged (n int8)",
    ),
    Case(
        "merge with WITH",
        Qail.merge("users")
        .using(TITLED, on=TITLED["author_id"] == col("users", "id"))
        .when_matched()
        .update({"name": TITLED["title"]})
        .with_(TITLED),
        'WITH "titled" AS (SELECT "author_id", "title" FROM "posts" WHERE "id" > $1) MERGE INTO "users" USING '
        '"titled" ON "titled"."author_id" = "users"."id" WHEN MATCHED THEN UPDATE SET "name" = "titled"."title"',
        [10000],
        needs=15,
    ),
    Case(
        "merge by source",
        MERGE.when_matched()
        .do_nothing()
        .when_not_matched_by_source(User.active)
        .update({"active": False})
        .when_not_matched_by_source()
        .delete(),
        'MERGE INTO "users" USING (VALUES ($1, $2), ($3, $4)) AS "i" ("id", "name") ON "i"."id" = "users"."id" WHEN '
        'MATCHED THEN DO NOTHING WHEN NOT MATCHED BY SOURCE AND "users"."active" THEN UPDATE SET "active" = $5 WHEN '
        "NOT MATCHED BY SOURCE THEN DELETE",
        [1, "a", 2, "b", False],
        needs=17,
    ),
    Case(
        "merge that returns",
        MERGE.when_matched().update({"age": 1}).returning(merge_action(), User.id, INCOMING["id"]),
        'MERGE INTO "users" USING (VALUES ($1, $2), ($3, $4)) AS "i" ("id", "name") ON "i"."id" = "users"."id" WHEN '
        'MATCHED THEN UPDATE SET "age" = $5 RETURNING MERGE_ACTION(), "users"."id", "i"."id"',
        [1, "a", 2, "b", 1],
        needs=17,
    ),
    Case(
        "merge as a query of WITH",
        Qail.get("m").columns(count()).with_(MERGE.when_matched().delete().returning(User.id).cte("m")),
        'WITH "m" AS (MERGE INTO "users" USING (VALUES ($1, $2), ($3, $4)) AS "i" ("id", "name") ON "i"."id" = '
        '"users"."id" WHEN MATCHED THEN DELETE RETURNING "users"."id") SELECT count(*) FROM "m"',
        [1, "a", 2, "b"],
        needs=17,
    ),
)
