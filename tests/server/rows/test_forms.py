"""What rows become, on a server: rows by name, table objects, models; on first runs, cached runs and without rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from qail import (
    BOOL,
    INT8,
    TEXT,
    BuildError,
    Col,
    Columns,
    DecodeError,
    Outcome,
    Outer,
    Qail,
    Row,
    Table,
    col,
    connect,
    count,
    create_pool,
    select,
)
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]

SCHEMA = """
CREATE TABLE users (id int8 PRIMARY KEY, name text NOT NULL, email text, active bool NOT NULL DEFAULT true);
INSERT INTO users VALUES (1, 'Ada', 'ada@x.io', true), (2, 'Grace', NULL, true), (3, 'Edsger', NULL, false);
CREATE TABLE posts (id int8 PRIMARY KEY, title text NOT NULL, author_id int8 NOT NULL);
INSERT INTO posts VALUES (10, 'On engines', 1), (11, 'On goto', 3);
CREATE SCHEMA "odd schema";
CREATE TABLE "odd schema"."odd table" ("class" int8 PRIMARY KEY, "as_" text, "two words" text, "__init__" bool);
INSERT INTO "odd schema"."odd table" VALUES (1, 'x', 'y', true);
"""


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    email: Col[str | None] = col(TEXT, null=True)
    active: Col[bool] = col(BOOL, default=True)


class User(_User, Table, name="users"): ...


class _Post(Columns):
    id: Col[int] = col(INT8, pk=True)
    title: Col[str] = col(TEXT)
    author_id: Col[int] = col(INT8)


class Post(_Post, Table, name="posts"): ...


class PostOuter(_Post, Outer[Post]): ...


class Writer(Table, name="users"):
    id: Col[int] = col(INT8)
    name: Col[str] = col(TEXT)
    email: Col[str | None] = col(TEXT, null=True)
    active: Col[bool] = col(BOOL)


class Odd(Table, name=("odd schema", "odd table")):
    class_: Col[int] = col(INT8, name="class")
    as_: Col[str | None] = col(TEXT, null=True)  # type: ignore[assignment]
    words: Col[str | None] = col(TEXT, null=True, name="two words")
    init: Col[bool | None] = col(BOOL, null=True, name="__init__")


@dataclass(slots=True)
class Card:
    name: str
    id: int


class Pair(NamedTuple):
    id: int
    name: str


@pytest.fixture
def database(fresh_database: Database) -> Database:
    fresh_database.sql(SCHEMA)
    return fresh_database


CARDS = select(User.id, User.name).order_by(User.id).into(Card)
ALL_CARDS = [Card("Ada", 1), Card("Grace", 2), Card("Edsger", 3)]


@pytest.mark.feature("RS2")
def test_rows_have_their_names_on_first_runs_on_cached_runs_and_without_rows(run: Run, database: Database) -> None:
    query = Qail.get("users").columns("id", "name").order_by("id").limit(1)

    async def main() -> None:
        async with connect(database.dsn) as db:
            for _ in range(3):
                row = await db.fetch_one(query)
                assert isinstance(row, Row)
                assert (row.keys(), row["name"], row.id) == (("id", "name"), "Ada", 1)
                assert await db.fetch_all(query.eq("id", 9)) == []
                assert await db.fetch_all(CARDS.where(User.id == 9)) == []

    run(main)


@pytest.mark.feature("RS3")
def test_models_are_filled_by_name_by_every_verb_on_first_and_later_runs(run: Run, database: Database) -> None:
    async def main() -> None:
        async with create_pool(database.dsn, min_size=1, max_size=1) as pool:
            assert await pool.batch([CARDS, CARDS, CARDS]) == [ALL_CARDS] * 3
            assert await pool.batch([CARDS, CARDS], atomic=False) == [ALL_CARDS] * 2
            async with pool.pipeline() as pipeline:
                answers = [pipeline.fetch_all(CARDS) for _ in range(3)]
            assert [answer.result() for answer in answers] == [ALL_CARDS] * 3
            assert await pool.fetch_all(CARDS) == ALL_CARDS
            assert await pool.fetch_optional(CARDS.limit(1)) == ALL_CARDS[0]
            one = select(User.id, User.name).where(User.id == 1).into(Pair)
            assert await pool.fetch_many(one, [(1,), (2,)]) == [[Pair(1, "Ada")], [Pair(2, "Grace")]]
            assert await pool.fetch_many(one, [(3,)]) == [[Pair(3, "Edsger")]]

    run(main)


@pytest.mark.feature("RS2")
def test_names_follow_a_column_that_is_renamed(run: Run, database: Database) -> None:
    query = Qail.get("users").order_by("id").limit(1)

    async def main() -> None:
        async with create_pool(database.dsn, min_size=1, max_size=2) as pool:
            assert (await pool.fetch_one(query)).keys() == ("id", "name", "email", "active")
            async with connect(database.dsn) as other:
                await other.script("ALTER TABLE users RENAME COLUMN name TO called")
            for _ in range(3):
                assert (await pool.fetch_one(query)).keys() == ("id", "called", "email", "active")

    run(main)


@pytest.mark.feature("RS2")
def test_names_follow_a_renamed_column_on_a_new_connection_too(run: Run, database: Database) -> None:
    query = Qail.get("users").order_by("id").limit(1)

    async def main() -> None:
        async with create_pool(database.dsn, min_size=1, max_size=1) as pool:
            assert (await pool.fetch_one(query)).keys() == ("id", "name", "email", "active")
            async with pool.acquire() as first:
                await first.close()
            async with connect(database.dsn) as other:
                await other.script("ALTER TABLE users RENAME COLUMN name TO called")
            for _ in range(3):
                assert (await pool.fetch_one(query)).keys() == ("id", "called", "email", "active")

    run(main)


def test_types_follow_a_column_that_changes_its_type_for_every_verb(run: Run, database: Database) -> None:
    query = Qail.get("users").order_by("id").columns("id").limit(1)

    async def main() -> None:
        async with create_pool(database.dsn, min_size=1, max_size=1) as pool:
            for type_name, expected in (("int8", 1), ("text", "1"), ("int2 USING id::int2", 1)):
                async with connect(database.dsn) as other:
                    await other.script(f"ALTER TABLE users ALTER COLUMN id TYPE {type_name}")
                async with pool.acquire() as first:
                    await first.close()
                for _ in range(2):
                    assert await pool.batch([query, query]) == [[(expected,)]] * 2
                    async with pool.pipeline() as pipeline:
                        answer = pipeline.fetch_value(query)
                    assert answer.result() == expected
                    assert await pool.batch([query], atomic=False) == [[(expected,)]]
                    assert await pool.fetch_many(query, [(1,)]) == [[(expected,)]]

    run(main)


def test_table_objects_come_whole_beside_columns_absent_and_from_aliases(run: Run, database: Database) -> None:
    ada = User(id=1, name="Ada", email="ada@x.io", active=True)
    grace = User(id=2, name="Grace", email=None)
    engines = Post(id=10, title="On engines", author_id=1)
    post, other = PostOuter.as_("p"), User.as_("u")

    async def main() -> None:
        async with connect(database.dsn) as db:
            assert await db.fetch_one(Qail.get(User).where(User.id == 1)) == ada
            assert await db.fetch_one(Qail.get(other).where(other.id == 2)) == grace
            joined = select(User, post, post.title).left_join(post, on=post.author_id == User.id)
            both = joined.where(User.id < 3).order_by(User.id)
            assert await db.fetch_all(both) == [(ada, engines, "On engines"), (grace, None, None)]
            added = Qail.add(User).values({"id": 4, "name": "Barbara"})
            assert await db.fetch_value(added.returning(User)) == User(id=4, name="Barbara", email=None)
            assert await db.fetch_value(select(User).where(User.id == 1)) == ada
            assert await db.fetch_values(select(User.name).map(lambda name: (name.upper(),)).limit(1)) == ["ADA"]
            assert await db.fetch_value(select(count()).from_(User)) == 4

    run(main)


def test_two_tables_of_one_shape_give_each_their_own_objects(run: Run, database: Database) -> None:
    async def main() -> None:
        async with connect(database.dsn) as db:
            users: list[Any] = [
                await db.fetch_one(query)
                for query in (Qail.get(User).where(User.id == 1), Qail.get(Writer).where(Writer.id == 1))
            ]

        assert [type(user).__name__ for user in users] == ["User", "Writer"]
        assert users[0] != users[1]

    run(main)


def test_names_that_clash_with_pythons_are_columns_like_any_other(run: Run, database: Database) -> None:
    async def main() -> None:
        async with connect(database.dsn) as db:
            assert await db.fetch_one(Qail.get(Odd)) == Odd(class_=1, as_="x", words="y", init=True)
            row = await db.fetch_one(Qail.get(("odd schema", "odd table")))
            assert (row["class"], row.as_, row["two words"], row["__init__"]) == (1, "x", "y", True)

    run(main)


@pytest.mark.feature("RS4")
def test_null_where_none_is_allowed_is_an_error_of_that_call_alone(run: Run, database: Database) -> None:
    class Strict(Table, name="users"):
        id: Col[int] = col(INT8)
        email: Col[str] = col(TEXT)

    @dataclass
    class Mail:
        email: str

    async def main() -> None:
        async with connect(database.dsn) as db:
            for query in (Qail.get(Strict), Qail.get("users").columns("email").into(Mail)):
                with pytest.raises(DecodeError, match="email") as caught:
                    await db.fetch_all(query)
                assert (caught.value.outcome, caught.value.connection_spent) == (Outcome.DONE, False)
            assert await db.fetch_value(select(count()).from_(User)) == 3

    run(main)


@pytest.mark.feature("RS3")
def test_a_model_that_cannot_be_filled_is_refused_before_anything_is_sent(run: Run, database: Database) -> None:
    added = Qail.add(User).values({"id": 9, "name": "Nobody"})

    async def main() -> None:
        for model in (int, Odd):
            with pytest.raises(BuildError):
                added.returning(User.id).into(model)
        with pytest.raises(BuildError, match="needs the fields name"):
            added.returning(User.id).into(Card)
        with pytest.raises(BuildError, match="email"):
            select(User.id, User.name, User.email).into(Card)

    run(main)
