"""Golden SQL: INSERT, UPDATE, DELETE and data definition."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.expression.function import func
from qail.ast.expression.parameter import SKIP, default
from qail.pgtype import INT4, TEXT, array_of
from support.sql_case import Case
from support.sql_tables import Post, User

INSERTS: Final = (
    Case(
        "insert one row",
        Qail.add("users").values({"id": 1, "name": "a", "age": 1}),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3)',
        [1, "a", 1],
    ),
    Case(
        "insert many rows, keys in any order",
        Qail.add(User).values({"id": 2, "name": "a", "age": 1}, {"name": "b", "age": 2, "id": 3}),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3), ($4, $5, $6)',
        [2, "a", 1, 3, "b", 2],
    ),
    Case(
        "insert with expression, default and skip",
        Qail.add(User).values(
            {"id": 4, "name": func.upper("a"), "age": 1, "active": default(), "email": SKIP, "joined": None}
        ),
        'INSERT INTO "users" ("id", "name", "age", "active", "joined") VALUES ($1, "upper"($2), $3, DEFAULT, $4)',
        [4, "a", 1, None],
    ),
    Case(
        "insert returning",
        Qail.add(User).values({"id": 5, "name": "a", "age": 1}).returning(User.id, User.age + 1),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) RETURNING "users"."id", "users"."age" + $4',
        [5, "a", 1, 1],
    ),
    Case(
        "insert returning the row",
        Qail.add(User).values({"id": 6, "name": "a", "age": 1}).returning(User),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) RETURNING "users"."id", '
        '"users"."name", "users"."email", "users"."age", "users"."active", "users"."joined"',
        [6, "a", 1],
    ),
    Case(
        "conflict does nothing",
        Qail.add("users").values({"id": 1, "name": "a", "age": 1}).on_conflict("id").do_nothing(),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) ON CONFLICT ("id") DO NOTHING',
        [1, "a", 1],
    ),
    Case(
        "any conflict does nothing",
        Qail.add("users").values({"id": 1, "name": "a", "age": 1}).on_conflict().do_nothing(),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [1, "a", 1],
    ),
    Case(
        "conflict updates, untyped returning",
        Qail.add("users")
        .values({"id": 1, "name": "a", "age": 1})
        .on_conflict("id")
        .do_update("name", "age")
        .returning("id"),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET '
        '"name" = EXCLUDED."name", "age" = EXCLUDED."age" RETURNING "id"',
        [1, "a", 1],
    ),
    Case(
        "put",
        Qail.put("users").values({"id": 1, "name": "a", "age": 3}, key="id"),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET '
        '"name" = EXCLUDED."name", "age" = EXCLUDED."age"',
        [1, "a", 3],
    ),
    Case(
        "put, typed, two rows",
        Qail.put(User).values({"id": 1, "name": "a", "age": 3}, {"id": 2, "name": "b", "age": 4}, key=User.id),
        'INSERT INTO "users" ("id", "name", "age") VALUES ($1, $2, $3), ($4, $5, $6) ON CONFLICT ("id") DO '
        'UPDATE SET "name" = EXCLUDED."name", "age" = EXCLUDED."age"',
        [1, "a", 3, 2, "b", 4],
    ),
)
CHANGES: Final = (
    Case(
        "update untyped",
        Qail.set("users").values({"name": "b"}).eq("id", 1),
        'UPDATE "users" SET "name" = $1 WHERE "id" = $2',
        ["b", 1],
    ),
    Case(
        "update typed",
        Qail.set(User).values({"name": "b", "age": User.age + 1, "email": None}).where(User.id == 3),
        'UPDATE "users" SET "name" = $1, "age" = "users"."age" + $2, "email" = $3 WHERE "users"."id" = $4',
        ["b", 1, None, 3],
    ),
    Case(
        "update to default",
        Qail.set(User).values({"active": default()}).where(User.id == 3),
        'UPDATE "users" SET "active" = DEFAULT WHERE "users"."id" = $1',
        [3],
    ),
    Case(
        "update all rows",
        Qail.set(User).values({"email": User.name}).all_rows(),
        'UPDATE "users" SET "email" = "users"."name"',
        [],
    ),
    Case(
        "update returning",
        Qail.set(User)
        .values({"email": SKIP, "age": 1})
        .where(User.id == 3, User.active)
        .where(User.age > 1)
        .returning(User.id),
        'UPDATE "users" SET "age" = $1 WHERE "users"."id" = $2 AND "users"."active" AND "users"."age" > $3 '
        'RETURNING "users"."id"',
        [1, 3, 1],
    ),
    Case(
        "delete",
        Qail.delete(User).where(User.id == 3),
        'DELETE FROM "users" WHERE "users"."id" = $1',
        [3],
    ),
    Case(
        "delete all rows, returning",
        Qail.delete("users").all_rows().returning("id", "name"),
        'DELETE FROM "users" RETURNING "id", "name"',
        [],
    ),
    Case(
        "delete untyped",
        Qail.delete("users").in_("id", [1, 2]).is_null("email"),
        'DELETE FROM "users" WHERE "id" = ANY ($1) AND "email" IS NULL',
        [[1, 2]],
    ),
)
DEFINITIONS: Final = (
    Case(
        "create from a table class",
        Qail.create(User).if_not_exists(),
        'CREATE TABLE IF NOT EXISTS "users" ("id" int8, "name" text NOT NULL, "email" text, "age" int4 NOT '
        'NULL, "active" bool NOT NULL DEFAULT TRUE, "joined" timestamptz, PRIMARY KEY ("id"))',
        [],
    ),
    Case(
        "create with a foreign key",
        Qail.create(Post).temporary(),
        'CREATE TEMPORARY TABLE "posts" ("id" int8, "title" text NOT NULL, "author_id" int8 NOT NULL '
        'REFERENCES "users" ("id"), "score" float8, PRIMARY KEY ("id"))',
        [],
    ),
    Case(
        "create by name",
        Qail.create(("pg_temp", "t"))
        .column("a", INT4, pk=True)
        .column("b", TEXT, pk=True)
        .column("tags", array_of(TEXT), null=True)
        .column("c", TEXT, default="it's \\ o'clock")
        .column("n", INT4, default=-5),
        'CREATE TABLE "pg_temp"."t" ("a" int4, "b" text, "tags" text[], "c" text NOT NULL DEFAULT E\'it\'\'s '
        '\\\\ o\'\'clock\', "n" int4 NOT NULL DEFAULT (-5), PRIMARY KEY ("a", "b"))',
        [],
    ),
    Case(
        "drop",
        Qail.drop("gone").if_exists().cascade(),
        'DROP TABLE IF EXISTS "gone" CASCADE',
        [],
    ),
    Case(
        "truncate",
        Qail.truncate(User).restart_identity().cascade(),
        'TRUNCATE "users" RESTART IDENTITY CASCADE',
        [],
    ),
    Case(
        "create index",
        Qail.create_index("users_age", User, User.age, "name", func.lower(User.name)).unique().if_not_exists(),
        'CREATE UNIQUE INDEX IF NOT EXISTS "users_age" ON "users" ("age", "name", ("lower"("users"."name")))',
        [],
    ),
)
