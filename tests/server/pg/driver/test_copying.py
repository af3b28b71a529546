"""Binary COPY of records, both ways: bounded, and all or nothing."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import datetime as dt
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from qail.ast.build.qail import Qail
from qail.errors import EncodeError, PostgresError
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database
from support.waiting import until

IN = pytest.mark.feature("CP1", partial="binary only")
ABORT = pytest.mark.feature("CP4")
OUT = pytest.mark.feature("CP2", partial="binary only, rows only")


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql(
        'CREATE TABLE things ("Id" int PRIMARY KEY, name text NOT NULL, price numeric, made timestamptz, key uuid)'
    )
    return fresh_database


MADE = dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)
KEY = UUID(int=7)


def record(number: int) -> tuple[Any, ...]:
    return (number, f"thing {number}", Decimal("1.50"), MADE, None if number % 2 else KEY)


@IN
@OUT
@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_what_goes_in_comes_out(backend: Backend, things: Database, kind: str) -> None:
    async def slowly() -> AsyncIterator[tuple[Any, ...]]:
        for number in range(500, 600):
            await backend.sleep(0)
            yield record(number)

    async def main() -> None:
        async with backend.connect(things.dsn) as connection, backend.pool(things.dsn) as pool:

            async def fill(db: Any) -> None:
                assert await db.copy_in("things", (record(i) for i in range(500))) == 500
                assert await db.copy_in(("public", "things"), slowly()) == 100
                assert await db.copy_in("things", []) == 0
                assert await db.copy_in("things", [[700, "short"]], columns=["Id", "name"]) == 1

            if kind == "transaction":
                async with connection.transaction():
                    await fill(connection)
            else:
                await fill(connection if kind == "connection" else pool)

            db = connection if kind == "connection" else pool
            rows = [row async for row in db.copy_out("things")]
            assert rows == [*map(record, range(600)), (700, "short", None, None, None)]
            async with db.copy_out("things", columns=["name"]) as names:
                assert [row async for row in names][:2] == [("thing 0",), ("thing 1",)]
            query = Qail.get("things").columns("name", "Id").order_by(("Id", "desc"))
            assert [row async for row in db.copy_out(query)][:1] == [("short", 700)]
            assert len(await db.fetch_all(Qail.get("things"))) == 601

    backend.run(main)


@IN
def test_memory_is_bounded_by_pieces_and_not_by_the_load(backend: Backend, things: Database) -> None:
    count, name = 20_000, "n" * 4000

    def source() -> Iterator[tuple[Any, ...]]:
        for number in range(count):
            yield (number, name, None, None, None)

    async def main() -> None:
        with ChaosProxy(things.dsn, buffer_bytes=16_384) as proxy:
            async with backend.connect(proxy.dsn()) as db:
                tracemalloc.start()
                try:
                    assert await db.copy_in("things", source()) == count
                    _, peak = tracemalloc.get_traced_memory()
                finally:
                    tracemalloc.stop()
                # 80 MB went through.
                assert peak < 8 * 1024 * 1024

    backend.run(main)


@OUT
@pytest.mark.backends("asyncio", "uvloop", "trio")  # between the calls of a blocking one nobody reads
def test_a_slow_reader_holds_the_server_back(backend: Backend, things: Database) -> None:
    things.sql("INSERT INTO things SELECT i, repeat('n', 1000) FROM generate_series(1, 200000) i")
    waiting = "SELECT wait_event FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()"

    async def main() -> None:
        async with backend.connect(things.dsn) as db, db.copy_out("things", columns=["Id", "name"]) as rows:
            await anext(rows)
            looks = [(False, -1)]

            def is_at_rest() -> bool:
                # While the server waits there is something to be read: whoever reads on has more at the next look.
                looks.append((things.sql(waiting) == [("ClientWrite",)], len(rows._reader.rows)))
                return looks[-1][0] and looks[-1] == looks[-2]

            # A server that nobody holds back would write all 200 MB into the reader's memory.
            await until(backend, is_at_rest)
            assert rows._reader is not None
            assert len(rows._reader.rows) < 60_000
            assert sum([1 async for _ in rows]) == 199_999

    backend.run(main)


@IN
@ABORT
def test_a_failing_source_stores_nothing_and_the_connection_goes_on(backend: Backend, things: Database) -> None:
    def source() -> Iterator[tuple[Any, ...]]:
        yield from map(record, range(1000))
        raise ZeroDivisionError

    async def main() -> None:
        async with backend.connect(things.dsn) as db:
            with pytest.raises(ZeroDivisionError):
                await db.copy_in("things", source())
            with pytest.raises(EncodeError, match="name"):
                await db.copy_in("things", [record(1), (2, 3, None, None, None)])
            with pytest.raises(EncodeError):
                await db.copy_in("things", [(1, "too few")])
            assert await db.fetch_all(Qail.get("things")) == []
            assert await db.copy_in("things", [record(1)]) == 1

    backend.run(main)


@IN
@pytest.mark.parametrize("rows", [2, 100_000])
def test_what_the_server_refuses_is_told_and_the_connection_goes_on(
    backend: Backend, things: Database, rows: int
) -> None:
    async def main() -> None:
        async with backend.connect(things.dsn) as db:
            with pytest.raises(PostgresError) as caught:
                await db.copy_in("things", (record(i % (rows - 1)) for i in range(rows)))
            assert caught.value.sqlstate == "23505"
            with pytest.raises(PostgresError) as caught:
                await db.copy_in("nobody", [record(1)])
            assert caught.value.sqlstate == "42P01"
            with pytest.raises(PostgresError) as caught:
                await db.copy_in("things", [(None, "x")], columns=["Id", "name"])
            assert caught.value.sqlstate == "23502"
            with pytest.raises(PostgresError):
                [row async for row in db.copy_out("nobody")]
            with pytest.raises(PostgresError) as caught:
                [row async for row in db.copy_out(Qail.get("things").eq("nothing", 1))]
            assert caught.value.sqlstate == "42703"
            assert await db.fetch_all(Qail.get("things")) == []

    backend.run(main)


@IN
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_cancelled_load_stores_nothing(backend: Backend, things: Database) -> None:
    async def forever() -> AsyncIterator[tuple[Any, ...]]:
        number = 0
        while True:
            yield record(number)
            number += 1
            counted.append(number)
            await backend.sleep(0)

    counted: list[int] = []

    async def main() -> None:
        async with backend.connect(things.dsn) as db, backend.jobs() as jobs:
            load = jobs.start(lambda: db.copy_in("things", forever()))
            await until(backend, lambda: len(counted) > 1000)
            load.cancel()
            await load.ended()
            assert load.error is not None
            assert not isinstance(load.error, Exception)
            assert await db.fetch_all(Qail.get("things")) == []

    backend.run(main)


@OUT
@ABORT
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_leaving_early_leaves_the_connection_usable(backend: Backend, things: Database, kind: str) -> None:
    things.sql("INSERT INTO things SELECT i, repeat('n', 1000) FROM generate_series(1, 50000) i")

    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(things.dsn) as db:
            async with db.copy_out("things") as rows:
                assert (await anext(rows))[0] == 1
            assert len(await db.fetch_all(Qail.get("things").columns("Id"))) == 50_000

    backend.run(main)


@IN
@ABORT
@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
@pytest.mark.parametrize(
    ("number", "wrong", "told"),
    [
        (5, (5, 6, None, None, None), 'record 5, column "name"'),
        (5, ("5", "five", None, None, None), 'record 5, column "Id"'),
        (5000, (5000, "n", "1.5", None, None), 'record 5000, column "price"'),
        (5, (5, "five"), "record 5 has 2 values for 5 columns"),
        (5, 7, "record 5 is int"),
    ],
)
def test_a_wrong_record_is_named_and_nothing_is_stored(
    backend: Backend, things: Database, kind: str, number: int, wrong: Any, told: str
) -> None:
    def source() -> Iterator[Any]:
        yield from (record(i) for i in range(1, number))
        yield wrong
        yield from (record(i) for i in range(number + 1, number + 100))

    async def fail(db: Any) -> None:
        with pytest.raises(EncodeError, match=told) as caught:
            await db.copy_in("things", source())
        assert not caught.value.connection_spent

    async def main() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool, backend.connect(things.dsn) as connection:
            db: Any = pool if kind == "pool" else connection
            if kind == "transaction":
                with pytest.raises(PostgresError):
                    # The server ended the COPY with an error, so the transaction is lost; the connection is not.
                    async with connection.transaction() as transaction:
                        await fail(connection)
                        await transaction.fetch_all(Qail.get("things"))
            else:
                await fail(db)
            assert await db.fetch_all(Qail.get("things")) == []
            assert await db.copy_in("things", [record(1)]) == 1
            assert pool.stats().lost_total == 0

    backend.run(main)


@IN
@ABORT
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("after", [0, 1, 5000])
def test_the_sources_own_exception_comes_out_unchanged(
    backend: Backend, things: Database, is_async: bool, after: int
) -> None:
    error = LookupError("my own")

    def source() -> Iterator[Any]:
        yield from map(record, range(after))
        raise error

    async def slowly() -> AsyncIterator[Any]:
        for each in source():
            yield each

    async def main() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool:
            with pytest.raises(LookupError) as caught:
                await pool.copy_in("things", slowly() if is_async else source())
            assert caught.value is error
            assert error.__cause__ is None
            assert await pool.fetch_all(Qail.get("things")) == []
            assert await pool.copy_in("things", [record(1)]) == 1
            assert pool.stats().lost_total == 0

    backend.run(main)


@OUT
@ABORT
def test_a_reader_that_fails_or_breaks_off_leaves_the_connection_usable(backend: Backend, things: Database) -> None:
    things.sql("INSERT INTO things SELECT i, repeat('n', 1000) FROM generate_series(1, 50000) i")

    async def main() -> None:
        async with backend.connect(things.dsn) as db:
            process_id = db.info.process_id
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    async with db.copy_out("things") as rows:
                        async for _row in rows:
                            raise ZeroDivisionError
                assert await db.script("SELECT 1") == [[("1",)]]
            assert db.info.process_id == process_id

    backend.run(main)
