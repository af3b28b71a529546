"""The fetch verbs on connection, transaction and pool, and the errors that leave them usable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import (
    EncodeError,
    NoRowsError,
    Outcome,
    PoolClosed,
    PostgresError,
    TooManyRowsError,
    UsageError,
)
from support.backends import Backend
from support.servers import Database

PEOPLE = """
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, height float8);
INSERT INTO people VALUES (1, 'Ada', 1.6), (2, 'Grace', 1.7), (3, 'Edsger', NULL)
"""


@pytest.fixture
def people(fresh_database: Database) -> Database:
    fresh_database.sql(PEOPLE)
    return fresh_database


@asynccontextmanager
async def executor(backend: Backend, kind: str, dsn: str) -> AsyncIterator[Any]:
    if kind == "pool":
        async with backend.pool(dsn) as pool:
            yield pool
        return
    async with backend.connect(dsn) as connection:
        if kind == "connection":
            yield connection
            return
        async with connection.transaction() as transaction:
            yield transaction


EXECUTORS = pytest.mark.parametrize("kind", ["connection", "transaction", "pool"])


@pytest.mark.feature("RS1")
@EXECUTORS
def test_every_verb_returns_what_it_promises(backend: Backend, people: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(backend, kind, people.dsn) as db:
            named = Qail.get("people").columns("id", "name").order_by("id")

            assert [tuple(row) for row in await db.fetch_all(named)] == [(1, "Ada"), (2, "Grace"), (3, "Edsger")]
            assert tuple(await db.fetch_one(named.eq("id", 2))) == (2, "Grace")
            assert await db.fetch_optional(named.eq("id", 9)) is None
            assert tuple(await db.fetch_optional(named.eq("id", 1))) == (1, "Ada")
            assert await db.fetch_value(Qail.get("people").columns("name").eq("id", 3)) == "Edsger"
            assert await db.fetch_values(Qail.get("people").columns("height").order_by("id")) == [1.6, 1.7, None]
            assert await db.execute(Qail.set("people").values({"name": "Barbara"}).eq("id", 2)) == 1
            assert await db.execute(Qail.delete("people").all_rows()) == 3
            assert await db.fetch_all(named) == []

    backend.run(main)


@pytest.mark.feature("RS1")
@EXECUTORS
def test_a_broken_promise_is_an_error_and_the_executor_goes_on(backend: Backend, people: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(backend, kind, people.dsn) as db:
            names = Qail.get("people").columns("name")

            with pytest.raises(NoRowsError):
                await db.fetch_one(names.eq("id", 9))
            with pytest.raises(NoRowsError):
                await db.fetch_value(names.eq("id", 9))
            with pytest.raises(TooManyRowsError) as caught:
                await db.fetch_one(names)
            with pytest.raises(TooManyRowsError):
                await db.fetch_optional(names)

            assert caught.value.outcome == Outcome.DONE
            assert await db.fetch_value(names.eq("id", 1)) == "Ada"

    backend.run(main)


@pytest.mark.parametrize(
    ("query", "sqlstate"),
    [
        (Qail.get("nobody").columns("id"), "42P01"),
        (Qail.get("people").columns("shoe_size"), "42703"),
        (Qail.add("people").values({"id": 7, "name": None}), "23502"),
        (Qail.add("people").values({"id": 1, "name": "Ada"}), "23505"),
    ],
    ids=["unknown table", "unknown column", "null", "duplicate"],
)
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_what_the_server_refuses_is_typed_and_the_connection_usable(
    backend: Backend, people: Database, kind: str, query: Any, sqlstate: str
) -> None:
    async def main() -> None:
        async with executor(backend, kind, people.dsn) as db:
            for _ in range(2):
                with pytest.raises(PostgresError) as caught:
                    await db.execute(query)
                assert caught.value.sqlstate == sqlstate
                assert caught.value.outcome == Outcome.ABORTED
                assert not caught.value.connection_spent
                assert caught.value.query is not None

            assert len(await db.fetch_all(Qail.get("people"))) == 3

    backend.run(main)


@pytest.mark.parametrize("value", ["a word", 2**40, b"bytes", 1.5, "nul\0"])
def test_a_value_that_does_not_fit_is_told_before_anything_is_sent(
    backend: Backend, people: Database, value: object
) -> None:
    async def main() -> None:
        async with backend.connect(people.dsn) as connection:
            column = "name" if isinstance(value, str) and "\0" in value else "id"

            with pytest.raises(EncodeError) as caught:
                await connection.fetch_all(Qail.get("people").eq(column, value))

            assert caught.value.outcome == Outcome.NOT_SENT
            assert len(await connection.fetch_all(Qail.get("people"))) == 3

    backend.run(main)


@pytest.mark.backends("asyncio", "uvloop", "sync")
def test_after_close_every_verb_says_so(backend: Backend, people: Database) -> None:
    async def main() -> None:
        everyone = Qail.get("people")
        connecting: Any = backend.connect(people.dsn)
        connection = await connecting
        await connection.close()
        await connection.close()
        with pytest.raises(UsageError):
            await connection.fetch_all(everyone)

        pool: Any = backend.pool(people.dsn)
        with pytest.raises(PoolClosed):
            await pool.fetch_all(everyone)
        await pool.open()
        assert len(await pool.fetch_all(everyone)) == 3
        await pool.close()
        with pytest.raises(PoolClosed):
            await pool.fetch_all(everyone)
        with pytest.raises(PoolClosed):
            await pool.acquire()
        with pytest.raises(UsageError):
            await pool.open()

    backend.run(main)


@pytest.mark.backends("asyncio", "uvloop")
def test_another_loop_is_refused_and_the_owner_goes_on(backend: Backend, people: Database) -> None:
    import asyncio

    async def main() -> None:
        async with backend.connect(people.dsn) as connection:

            def elsewhere() -> None:
                with pytest.raises(UsageError, match="another event loop"):
                    asyncio.run(connection.fetch_all(Qail.get("people")))

            await asyncio.to_thread(elsewhere)
            assert len(await connection.fetch_all(Qail.get("people"))) == 3

    backend.run(main)
