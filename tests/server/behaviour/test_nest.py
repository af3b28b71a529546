"""nest(): the rows of a query as a typed list in each row, in one statement, in any form, with every type intact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from qail import (
    INT8,
    TEXT,
    Col,
    DecodeError,
    PostgresError,
    Qail,
    Query,
    Row,
    Table,
    cast,
    col,
    func,
    literal,
    nest,
    prepared,
    select,
    type_,
)
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database, Server
from support.value_cases import CASES, same

SHOP = """
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'happy');
CREATE DOMAIN shop.price AS numeric(8, 2) CHECK (VALUE >= 0);
CREATE TYPE shop.address AS (street text, moods shop.mood[]);
CREATE TABLE users (id int8 PRIMARY KEY, name text NOT NULL);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Alan');
CREATE TABLE posts (id int8 PRIMARY KEY, author_id int8 NOT NULL, title text, price shop.price);
INSERT INTO posts VALUES (1, 1, 'Notes', 1.5), (2, 1, NULL, 0), (3, 3, 'Numbers', NULL), (4, 1, 'Engines', 20);
CREATE TABLE tags (post_id int8 NOT NULL, word text NOT NULL, home shop.address);
INSERT INTO tags VALUES (1, 'b', ROW('x', '{sad,happy}')), (1, 'a', NULL), (3, 'c', ROW(NULL, '{}'));
"""


class User(Table, name="users"):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)


class Post(Table, name="posts"):
    id: Col[int] = col(INT8, pk=True)
    author_id: Col[int] = col(INT8)
    title: Col[str | None] = col(TEXT, null=True)
    price: Col[Any] = col(type_("shop", "price"), null=True)


class Tag(Table, name="tags"):
    post_id: Col[int] = col(INT8)
    word: Col[str] = col(TEXT)
    home: Col[Any] = col(type_("shop", "address"), null=True)


@dataclass
class Card:
    id: int
    title: str | None


class Strict(NamedTuple):
    id: int
    title: str


class Reader(BaseModel):
    name: str
    posts: list[Card]


MINE = select(Post.id, Post.title).where(Post.author_id == User.id).order_by(Post.id.desc())
PEOPLE = Qail.get("users").columns("name")


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[Database]:
    """One for all of them: what they write is what is there."""
    with server.fresh_database() as database:
        database.sql(SHOP)
        yield database


@pytest.mark.feature("EX11")
def test_rows_are_tuples_in_their_order_and_an_empty_list_without_any(backend: Backend, shop: Database) -> None:
    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            found = await pool.fetch_all(select(User.name, nest(MINE)).order_by(User.id))
            assert found == [
                ("Ada", [(4, "Engines"), (2, None), (1, "Notes")]),
                ("Grace", []),
                ("Alan", [(3, "Numbers")]),
            ]
            least = select(nest(MINE.limit(1)), User.id).where(User.id == 1)
            assert await pool.fetch_one(least) == ([(4, "Engines")], 1)
            # No row around it, so no list; and the second run comes from the prepared statement.
            assert await pool.fetch_all(select(User.name, nest(MINE)).where(User.id == 7)) == []
            assert await pool.fetch_value(select(nest(MINE)).from_(User).where(User.id == 3)) == [(3, "Numbers")]
            counted = select(func.cardinality(nest(MINE))).from_(User).order_by(User.id)
            assert await pool.fetch_values(counted) == [3, 0, 1]

    backend.run(main)


@pytest.mark.feature("EX11")
@pytest.mark.feature("RS3")
def test_rows_take_the_form_their_query_promises(backend: Backend, shop: Database) -> None:
    cards = [[Card(4, "Engines"), Card(2, None), Card(1, "Notes")], [], [Card(3, "Numbers")]]

    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            assert await pool.fetch_values(select(nest(MINE.map(Card))).from_(User).order_by(User.id)) == cards
            assert await pool.fetch_values(select(nest(MINE.into(Card))).from_(User).order_by(User.id)) == cards
            objects = select(User, nest(Qail.get(Post).where(Post.author_id == User.id))).where(User.id == 3)
            assert await pool.fetch_one(objects) == (
                User(id=3, name="Alan"),
                [Post(id=3, author_id=3, title="Numbers", price=None)],
            )
            mixed = select(nest(select(Post, Post.id + 1).where(Post.author_id == User.id))).from_(User)
            [rows] = await pool.fetch_values(mixed.where(User.id == 3))
            assert rows == [(Post(id=3, author_id=3, title="Numbers", price=None), 4)]
            readers = await pool.fetch_all(
                select(User.name, nest(MINE.into(Card)).as_("posts")).order_by(User.id).into(Reader)
            )
            assert [reader.posts for reader in readers] == cards
            both = MINE.union_all(select(User.id, User.name)).order_by("id").limit(2).map(Card)
            assert await pool.fetch_value(select(nest(both)).from_(User).where(User.id == 2)) == [
                Card(1, "Ada"),
                Card(2, "Grace"),
            ]

    backend.run(main)


@pytest.mark.feature("EX11")
def test_untyped_rows_have_names_and_stand_in_untyped_rows(backend: Backend, shop: Database) -> None:
    titles = Qail.get("posts").columns("title", func.upper(col("title"))).where(col("author_id") == col("users", "id"))
    made = Qail.values({"a": INT8, "b": TEXT}, (1, "x"))

    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            [row] = await pool.fetch_all(PEOPLE.columns(nest(titles).as_("titles"), nest(made)).eq("id", 3))
            assert row.titles == [("Numbers", "NUMBERS")]
            assert isinstance(row.titles[0], Row)
            assert row.titles[0].as_dict() == {"title": "Numbers", "upper": "NUMBERS"}
            assert row[2][0].b == "x"
            assert await pool.fetch_values(Qail.get("users").columns(nest(titles)).eq("id", 2)) == [[]]

    backend.run(main)


@pytest.mark.feature("EX11")
def test_lists_stand_in_lists(backend: Backend, shop: Database) -> None:
    words = select(Tag.word).where(Tag.post_id == Post.id).order_by(Tag.word).map(str.upper)
    posts = select(Post.id, nest(words)).where(Post.author_id == User.id).order_by(Post.id)
    plain = select(Post.id, nest(select(Tag.word).where(Tag.post_id == Post.id).order_by(Tag.word)))

    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            found = await pool.fetch_all(select(User.name, nest(posts)).order_by(User.id))
            assert found == [("Ada", [(1, ["A", "B"]), (2, []), (4, [])]), ("Grace", []), ("Alan", [(3, ["C"])])]
            everything = select(nest(plain.where(Post.author_id == User.id).order_by(Post.id))).from_(User)
            assert await pool.fetch_value(everything.where(User.id == 1)) == [(1, [("a",), ("b",)]), (2, []), (4, [])]

    backend.run(main)


@pytest.mark.feature("EX11")
def test_all_lists_come_in_one_round_trip_from_the_first_run_on(backend: Backend, shop: Database) -> None:
    words = select(Post.id, nest(select(Tag.word).where(Tag.post_id == Post.id))).where(Post.author_id == User.id)

    async def main() -> None:
        with ChaosProxy(shop.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.fetch_value(select(User.id).limit(1))
                for _ in range(2):
                    proxy.audit.forget()
                    found = await connection.fetch_all(select(User.name, nest(MINE), nest(words)))
                    assert sum(len(posts) for _, posts, _ in found) == 4
                    assert proxy.audit.round_trips == 1
                    assert proxy.audit.sent["E"] == 1

    backend.run(main)


@pytest.mark.feature("EX11")
def test_types_of_the_database_are_found_by_themselves(backend: Backend, shop: Database) -> None:
    homes = select(Post.price, nest(select(Tag.home).where(Tag.post_id == Post.id).order_by(Tag.word)))
    query = select(User.id, nest(homes.where(Post.author_id == User.id).order_by(Post.id))).order_by(User.id)

    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            found = await pool.fetch_all(query)
            assert found[0] == (
                1,
                [
                    (Decimal("1.50"), [(None,), (("x", ["sad", "happy"]),)]),
                    (Decimal("0.00"), []),
                    (Decimal("20.00"), []),
                ],
            )
            assert found[1:] == [(2, []), (3, [(None, [((None, []),)])])]

    backend.run(main)


@pytest.mark.feature("EX11")
def test_writes_return_lists_and_every_verb_gives_them(backend: Backend, shop: Database) -> None:
    query = select(User.id, nest(MINE.map(Card))).where(User.id == 3)
    expected = (3, [Card(3, "Numbers")])
    change = Qail.set(User).values({"name": "Alan"}).where(User.id == 3).returning(User.name, nest(MINE.map(Card)))

    @prepared
    def cards(user_id: int, most: int) -> Query[tuple[int, list[Card]]]:
        return select(User.id, nest(MINE.limit(most).map(Card))).where(User.id == user_id)

    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            assert await pool.fetch_one(cards(3, most=1)) == expected
            assert await pool.fetch_all(cards(1, most=1)) == [(1, [Card(4, "Engines")])]
            assert await pool.fetch_one(change) == ("Alan", [Card(3, "Numbers")])
            assert await pool.batch([query, query]) == [[expected], [expected]]
            async with pool.transaction() as transaction:
                assert await transaction.fetch_optional(query) == expected
                async with transaction.stream(query, fetch_size=1) as rows:
                    assert [row async for row in rows] == [expected]

    backend.run(main)


@pytest.mark.feature("EX11")
@pytest.mark.feature("RS4")
def test_what_does_not_fit_is_an_error_that_names_it(backend: Backend, shop: Database) -> None:
    loose = Qail.get("posts").columns("id", "title").where(col("author_id") == col("users", "id")).order_by("id")

    async def main() -> None:
        async with backend.pool(shop.dsn) as pool:
            with pytest.raises(DecodeError, match=r"nest\(\).*'title' of row 2 is NULL, and Strict.title"):
                await pool.fetch_all(select(nest(loose.into(Strict))).from_(User).order_by(User.id))
            with pytest.raises(DecodeError, match=r"map\(len\) raised TypeError"):
                await pool.fetch_all(select(nest(select(Post.id).map(len))).from_(User))  # type: ignore[arg-type]
            # A record has no text of its fields: a type that has only text is an error of the server's.
            private = select(cast(literal("=r/postgres"), type_("aclitem")))
            with pytest.raises(PostgresError, match="no binary output function"):
                await pool.fetch_all(select(nest(private)).from_(User).limit(1))
            assert await pool.fetch_value(select(User.id).where(User.id == 1)) == 1

    backend.run(main)


WITHOUT_BINARY = {
    "aclitem", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator",
    "regproc", "regprocedure", "regrole", "regtype",
}  # fmt: skip
IN_CATALOG = "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype <> 'p'"


@pytest.mark.feature("EX11")
@pytest.mark.backends("asyncio")
def test_a_value_of_any_type_is_the_same_inside_and_outside(backend: Backend, server: Server) -> None:
    known = {name for (name,) in server.sql(IN_CATALOG)}
    chosen = [case for case in CASES if not case.needs and plain_name(case.name) in known]
    # The first three of each type: what is shown is where a value stands, not what it is.
    cases = [case for case in chosen if case in [other for other in chosen if other.name == case.name][:3]]
    tables = [
        f"CREATE TABLE v{number} AS SELECT CAST({case.literal} AS pg_catalog.{quoted(case.name)}) AS v;"
        for number, case in enumerate(cases)
    ]
    left_out: set[str] = set()

    async def main() -> None:
        async with backend.connect(database.dsn) as connection:
            for number, case in enumerate(cases):
                value = Qail.get(f"v{number}").columns("v")
                try:
                    lists = await connection.fetch_values(Qail.get(f"v{number}").columns(nest(value)))
                except (DecodeError, PostgresError) as refused:
                    left_out.add(f"{case.name}: {refused}")
                    continue
                assert same(lists[0][0][0], await connection.fetch_value(value)), case
                assert same(lists[0][0][0], case.value), case

    with server.fresh_database() as database:
        database.sql("\n".join(tables))
        backend.run(main)
    assert len({case.name for case in cases}) > 60
    # What has no binary form here is refused by name, never decoded as something else.
    assert {found.split(":")[0].removesuffix("[]") for found in left_out} == WITHOUT_BINARY, left_out
    assert all("no binary" in found for found in left_out)


def plain_name(name: str) -> str:
    return name.removesuffix("[]").strip('"')


def quoted(name: str) -> str:
    return f'"{plain_name(name)}"' + ("[]" if name.endswith("[]") else "")
