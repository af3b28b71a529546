"""`python -m qail pull` on a server: what the module says, that it works, and when it says that something changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import qail.sync
from qail import BuildError, Qail, Range, select
from qail.__main__ import COMMANDS
from qail.cli.main import main
from support.generated_module import loaded
from support.servers import Database, Server
from support.source import ROOT

SETUP = r"""
CREATE TYPE mood AS ENUM ('sad', 'very happy', '1st', '');
COMMENT ON TYPE mood IS 'How one "feels"';
CREATE DOMAIN price AS numeric(8, 2) CHECK (VALUE >= 0);
CREATE DOMAIN code AS text NOT NULL DEFAULT 'x';
CREATE TYPE address AS (street text, city text, mood mood);
CREATE TYPE odd AS ("since when" date, x int);
CREATE TYPE hours AS RANGE (subtype = time);
CREATE TABLE users (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE, age int NOT NULL DEFAULT 0,
    active bool NOT NULL DEFAULT true, mood mood DEFAULT 'sad', joined timestamptz NOT NULL DEFAULT now(), budget price,
    homes address[], o odd, open hours, tags text[] NOT NULL DEFAULT '{}', doc jsonb, code code, moods mood[],
    low text GENERATED ALWAYS AS (lower(name)) STORED, date date, "int" int, "class" text, as_ text, "odd name" text,
    nick varchar(20) NOT NULL DEFAULT $$it's$$, uid uuid NOT NULL DEFAULT gen_random_uuid()
);
COMMENT ON TABLE users IS E'People.\nSecond QUOTES line \\ end"';
COMMENT ON COLUMN users.name IS 'as in the passport';
CREATE UNIQUE INDEX ON users (lower(name));
CREATE UNIQUE INDEX ON users (age) WHERE active;
CREATE TABLE posts (
    id serial PRIMARY KEY, author_id int8 NOT NULL REFERENCES users, title text NOT NULL, UNIQUE (author_id, title)
);
CREATE TABLE pair (a int, b int, PRIMARY KEY (b, a));
CREATE TABLE pairs (x int, y int, FOREIGN KEY (y, x) REFERENCES pair (b, a));
CREATE VIEW adults AS SELECT id, name FROM users WHERE age > 18;
CREATE VIEW ages AS SELECT age, count(*) AS n FROM users GROUP BY age;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM users;
CREATE TABLE parts (id int, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE parts_2020 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far (id int NOT NULL, name text) SERVER elsewhere;
CREATE TABLE nothing ();
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('open', 'shut');
CREATE TABLE shop.users (id int PRIMARY KEY, mood shop.mood);
""".replace("QUOTES", '"""')
SHOP = ("--schema", "public", "--schema", "shop")


def pull(database: Database, *arguments: str) -> int:
    return main(COMMANDS, ["pull", database.dsn, *arguments])


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(SETUP)
        yield database


@pytest.fixture(scope="module")
def source(shop: Database, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("pull") / "schema.py"
    assert pull(shop, "--out", str(path)) == 0
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def schema(source: str) -> ModuleType:
    return loaded(source)


@pytest.mark.feature("TY5")
@pytest.mark.parametrize(
    "line",
    [
        "    id: Col[int_] = col(INT8, pk=True)",
        "    email: Col[str | None] = col(TEXT, null=True)",
        "    age: Col[int_] = col(INT4, default=0)",
        "    active: Col[bool] = col(BOOL, default=True)",
        "    mood: Col[Mood | None] = col(MOOD, null=True)",
        "    joined: Col[datetime] = col(TIMESTAMPTZ)",
        "    budget: Col[Decimal | None] = col(PRICE, null=True)",
        "    homes: Col[list[Address | None] | None] = col(array_of(ADDRESS), null=True)",
        "    open: Col[Range[time] | None] = col(HOURS, null=True)",
        "    tags: Col[list[str | None]] = col(array_of(TEXT))",
        "    code: Col[str] = col(CODE)",
        "    low: Col[str | None] = col(TEXT, null=True, generated=True)",
        "    date: Col[date_ | None] = col(DATE, null=True)",
        '    class_: Col[str | None] = col(TEXT, null=True, name="class")',
        '    as__: Col[str | None] = col(TEXT, null=True, name="as_")',
        '    odd_name: Col[str | None] = col(TEXT, null=True, name="odd name")',
        '    nick: Col[str] = col(VARCHAR, default="it\'s")',
        '    author_id: Col[int_] = col(INT8, references=("users", "id"))',
        '    "name": "Val[str]",',
        '    "email": "NotRequired[NullVal[str]]",',
        '    "age": "NotRequired[Val[int_]]",',
        '    """as in the passport"""',
        '    VERY_HAPPY = "very happy"',
        '    L_1ST = "1st"',
        "    mood: Mood | None",
        'class User(_User, Table[UserInsert, UserUpdate], name="users", unique=(("email",),)):',
        'class UserOuter(_User, Outer[User], name="users"): ...',
        'class Post(_Post, Table[PostInsert, PostUpdate], name="posts", unique=(("author_id", "title"),)): ...',
        'class Age(_Age, Table[Never, Never], name="ages"): ...',
        'class Total(_Total, Table[Never, Never], name="totals"): ...',
        'class Part(_Part, Table[PartInsert, PartUpdate], name="parts", unique=()): ...',
        'class Far(_Far, Table[FarInsert, FarUpdate], name="far", unique=()): ...',
        '    ("public", "mood"): Mood,',
    ],
)
def test_the_module_says_what_the_database_says(source: str, line: str) -> None:
    assert line in source.splitlines()


@pytest.mark.feature("TY5")
def test_what_no_class_can_be_made_of_is_left_out(source: str) -> None:
    for absent in ("parts_2020", "Nothing", "shop", '"id": "', '"low": "'):
        assert absent not in source


@pytest.mark.feature("TY5")
def test_keys_are_known_at_run_time(schema: Any) -> None:
    assert schema.User.__qail_star__.keys == (("id",), ("email",))
    assert schema.Pair.__qail_star__.keys == (("a", "b"),)
    assert schema.User.__doc__.splitlines()[1] == '    Second """ line \\ end"'
    names = [name for name in vars(schema) if name.startswith(("Pairs", "Pair_"))]
    (pairs,) = [getattr(schema, name) for name in names if not name.endswith(("Insert", "Update", "Outer"))]
    assert pairs.__qail_foreign_keys__ == ((("y", "x"), "pair", ("b", "a")),)


@pytest.mark.feature("TY5")
def test_rows_go_in_and_come_out_through_the_module(shop: Database, schema: Any) -> None:
    address = schema.Address("1 High Street", None, schema.Mood.SAD)
    row = {
        "name": "Ada",
        "mood": schema.Mood.VERY_HAPPY,
        "budget": Decimal("12.50"),
        "homes": [address, None],
        "doc": {"a": [1]},
        "moods": [schema.Mood.SAD, schema.Mood.L_1ST],
        "odd name": "x",
        "class": "y",
        "date": date(2024, 2, 29),
        "open": Range(None, None),
    }
    with qail.sync.connect(shop.dsn, types=schema.TYPES) as connection, connection.transaction() as tx:
        ident = tx.fetch_value(Qail.add(schema.User).values(row).returning(schema.User.id))
        (user,) = tx.fetch_all(Qail.get(schema.User).where(schema.User.id == ident))
        tx.execute(Qail.add(schema.Post).values({"author_id": ident, "title": "t"}))
        joined = tx.fetch_all(
            select(schema.User.name, schema.PostOuter.title).left_join(
                schema.PostOuter, on=schema.PostOuter.author_id == schema.User.id
            )
        )
        happy = tx.fetch_all(select(schema.User.id).where(schema.User.mood == schema.Mood.VERY_HAPPY))
        changed = tx.execute(Qail.set(schema.User).values({"mood": None}).where(schema.User.id == ident))

    assert (user.mood, user.budget, user.homes) == (schema.Mood.VERY_HAPPY, Decimal("12.50"), [address, None])
    assert (user.low, user.age, user.nick, user.code, user.odd_name, user.class_) == ("ada", 0, "it's", "x", "x", "y")
    assert (joined, happy, changed) == ([("Ada", "t")], [(ident,)], 1)
    with pytest.raises(BuildError, match="'low' of table 'users' is generated"):
        Qail.add(schema.User).values({"name": "x", "low": "y"})


@pytest.mark.feature("TY5")
def test_several_schemas_are_named(shop: Database, tmp_path: Path) -> None:
    path = tmp_path / "schema.py"

    assert pull(shop, *SHOP, "--out", str(path)) == 0
    schema: Any = loaded(path.read_text(encoding="utf-8"))

    query = select(schema.ShopUser.id).where(schema.ShopUser.mood == qail.cast("open", schema.MOOD_2))
    assert str(query).endswith('WHERE "shop"."users"."mood" = CAST($1 AS "shop"."mood")')
    with qail.sync.connect(shop.dsn, types=schema.TYPES, server_settings={"search_path": "pg_catalog"}) as connection:
        assert connection.fetch_all(query) == []
        assert connection.fetch_all(select(schema.PublicUser.id).limit(0)) == []
    assert schema.TYPES[("shop", "mood")] is not schema.TYPES[("public", "mood")]


@pytest.mark.feature("TY5")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--table", "users"), {"User"}),
        (("--table", "*s", "--exclude", "public.p*"), {"User", "Adult", "Age", "Total"}),
        (("--table", "parts*", "--partitions"), {"Part", "Parts2020"}),
        (("--schema", "shop"), {"User"}),
    ],
)
def test_tables_are_chosen(
    shop: Database, arguments: tuple[str, ...], expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(shop, *arguments) == 0

    module = loaded(capsys.readouterr().out)
    found = {name for name, value in vars(module).items() if hasattr(value, "__qail_star__")}
    assert {name for name in found if not name.endswith("Outer")} == expected


@pytest.mark.feature("TY5")
def test_locked_tells_of_drift_and_a_second_run_changes_nothing(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.py"
    out = ("--out", str(path))
    with server.fresh_database() as database:
        database.sql(SETUP)
        assert pull(database, *out, "--locked") == 1
        assert pull(database, *out) == 0
        before = path.stat()
        capsys.readouterr()
        assert pull(database, *out) == pull(database, *out, "--locked") == 0
        assert path.stat().st_mtime_ns == before.st_mtime_ns
        assert path.stat().st_ino == before.st_ino
        assert capsys.readouterr().out == ""

        database.sql("ALTER TABLE posts ADD COLUMN body text; COMMENT ON TABLE posts IS 'articles'")
        assert pull(database, *out, "--locked") == 1
        added = [line for line in capsys.readouterr().out.splitlines() if line.startswith("+    ")]
        assert "+    body: Col[str | None] = col(TEXT, null=True)" in added
        assert path.stat().st_ino == before.st_ino
        assert pull(database, *out) == pull(database, *out, "--locked") == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.feature("TY5")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--schema", "nowhere"), "there is no schema 'nowhere'"),
        (("--table", "nowhere"), "no table is wanted"),
        (("--locked",), "say which by --out"),
        (("--out", "/nowhere/at/all.py"), "cannot be written"),
        (("--out", "/"), "cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_one(
    shop: Database, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(shop, *arguments) == 1
    found = capsys.readouterr()
    assert said in found.err
    assert found.err.count("\n") == 1
    assert found.out == ""


@pytest.mark.feature("TY5")
def test_every_server_is_read(any_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with any_server.fresh_database() as database:
        database.sql(SETUP)
        assert pull(database, *SHOP) == 0
    loaded(capsys.readouterr().out)


@pytest.mark.feature("TY5")
def test_the_module_is_the_one_that_the_type_checkers_read(source: str) -> None:
    """They read tests/typing/assert_pulled.py; with QAIL_WRITE_PULLED=1 in the environment this test writes it."""
    path = ROOT / "tests/typing/assert_pulled.py"
    if os.environ.get("QAIL_WRITE_PULLED"):
        path.write_text(source, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == source
