"""Golden SQL: raw SQL, by itself and in typed queries."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.build.sql import Trusted
from qail.ast.expression.column import col
from qail.ast.expression.subquery import exists
from qail.pgtype import BOOL, INT8, TEXT
from support.sql_case import Case
from support.sql_tables import Boss, User

OLDER: Final = Qail.sql("{age} > {least}", age=User.age, least=30)
ADULTS: Final = select(User.id).where(User.age > 17)
RAW: Final = (
    Case("raw without a place", Qail.sql("SELECT 1 AS one"), "SELECT 1 AS one", []),
    Case(
        "raw values",
        Qail.sql("SELECT name FROM users WHERE id = {id} OR age = {age} OR id = {id}", id=5, age=3),
        "SELECT name FROM users WHERE id = $1 OR age = $2 OR id = $1",
        [5, 3],
    ),
    Case(
        "raw with types",
        Qail.sql("SELECT id, email FROM users LIMIT {most}", most=2).returns(INT8, TEXT | None),
        "SELECT id, email FROM users LIMIT $1",
        [2],
    ),
    Case(
        "raw names",
        Qail.sql("SELECT {columns:i} FROM {table:i}", columns=["id", ("users", "name")], table="users"),
        'SELECT "id", "users"."name" FROM "users"',
        [],
    ),
    Case(
        "raw with a table class, columns and a sort key",
        Qail.sql(
            "SELECT {name}, {key:i} FROM {boss} ORDER BY {sort}",
            name=Boss.name,
            key=Boss.id,
            boss=Boss,
            sort=Boss.age.desc(),
        ),
        'SELECT "boss"."name", "id" FROM "users" AS "boss" ORDER BY "boss"."age" DESC',
        [],
    ),
    Case(
        "raw with a condition, a query and a type",
        Qail.sql(
            "SELECT CAST({n} AS {t}) FROM {u} WHERE {c} AND id IN {q}",
            n=7,
            t=INT8,
            u=User,
            c=User.active & (User.age > 1),
            q=ADULTS,
        ),
        'SELECT CAST($1 AS int8) FROM "users" WHERE ("users"."active" AND "users"."age" > $2) AND id IN '
        '(SELECT "users"."id" FROM "users" WHERE "users"."age" > $3)',
        [7, 1, 17],
    ),
    Case(
        "raw in raw",
        Qail.sql(
            "SELECT count(*) FROM users WHERE {older} AND {named}",
            older=Qail.sql("age > {n}", n=30),
            named=Qail.sql("name <> {name}", name="a"),
        ),
        "SELECT count(*) FROM users WHERE age > $1 AND name <> $2",
        [30, "a"],
    ),
    Case(
        "raw braces, strings and comments",
        Qail.sql(
            "SELECT '{{a,$1}}', $$ {{x}} $1 $$, E'\\'{{', \"users\".\"id\" /* {{ /* $1 */ */ FROM users -- {{$1}}"
        ),
        "SELECT '{a,$1}', $$ {x} $1 $$, E'\\'{', \"users\".\"id\" /* { /* $1 */ */ FROM users -- {$1}\n",
        [],
    ),
    Case(
        "raw list as an array",
        Qail.sql("SELECT name FROM users WHERE id = ANY({ids})", ids=[1, 2]),
        "SELECT name FROM users WHERE id = ANY($1)",
        [[1, 2]],
    ),
    Case("raw trusted", Qail.sql(Trusted("SELECT {n}::int"), n=1), "SELECT $1::int", [1]),
    Case(
        "raw expression as a condition",
        select(User.id).where(OLDER.expression(BOOL), User.active),
        'SELECT "users"."id" FROM "users" WHERE ("users"."age" > $1) AND "users"."active"',
        [30],
    ),
    Case(
        "raw expression in a select list",
        select(User.id, Qail.sql("{name} || {mark}", name=User.name, mark="!").expression(TEXT).as_("loud")),
        'SELECT "users"."id", ("users"."name" || $1) AS "loud" FROM "users"',
        ["!"],
    ),
    Case(
        "raw query in FROM, IN and EXISTS",
        Qail.get(Qail.sql("SELECT 1 AS n").returns(INT8).subquery("one")).where(
            col("n").in_(Qail.sql("SELECT {n}::int", n=1)), exists(Qail.sql("SELECT 1"))
        ),
        'SELECT * FROM (SELECT 1 AS n) AS "one" WHERE "n" IN (SELECT $1::int) AND EXISTS (SELECT 1)',
        [1],
    ),
    Case(
        "raw query of WITH",
        Qail.get(Qail.sql("SELECT 1 AS n").cte("one")).with_(Qail.sql("SELECT 1 AS n").cte("one")),
        'WITH "one" AS (SELECT 1 AS n) SELECT * FROM "one"',
        [],
    ),
)
