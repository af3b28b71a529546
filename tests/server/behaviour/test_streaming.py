"""`stream`: rows as they come, a page at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from qail import (
    FLOAT8,
    INT4,
    Col,
    CommitRejected,
    ConnectionLost,
    DeadlineExceeded,
    DecodeError,
    Qail,
    StatementInvalidated,
    Table,
    UsageError,
    cast,
    col,
    count,
    func,
    select,
)
from qail.sqlstate import DivisionByZero, UndefinedTable, UniqueViolation
from support.backends import Backend
from support.servers import Database, Server

STREAM = pytest.mark.feature("SR1")
FETCH_SIZE = pytest.mark.feature("SR2")
EARLY = pytest.mark.feature("SR3")
NUMBERS = Qail.get("numbers").columns("id").order_by("id")


MADE = "CREATE TABLE numbers AS SELECT i AS id, i % 7 AS rest FROM generate_series(1, 2500) i; ANALYZE numbers"


class Numbers(Table, name="numbers"):
    id: Col[int] = col(INT4)
    rest: Col[int] = col(INT4)


async def read(stream: Any, seen: list[Any], look: Callable[[Any], Awaitable[None] | None] | None = None) -> None:
    """Read a stream to its end, in its own block; `look` is called with each row."""
    async with stream as rows:
        async for row in rows:
            seen.append(row)
            found = look(row) if look is not None else None
            if found is not None:
                await found


def fail_at(number: int) -> Callable[[Any], None]:
    def look(row: Any) -> None:
        if row[0] == number:
            raise ZeroDivisionError

    return look


@pytest.fixture(scope="module")
def numbers(server: Server) -> Iterator[Database]:
    """For tests that only read."""
    with server.fresh_database() as database:
        database.sql(MADE)
        yield database


@pytest.fixture
def own_numbers(fresh_database: Database) -> Database:
    fresh_database.sql(MADE)
    return fresh_database


@STREAM
@FETCH_SIZE
@pytest.mark.parametrize("fetch_size", [1, 999, 1000, 2500, 2501, 100_000])
def test_every_row_comes_once_and_in_order_whatever_the_page(
    backend: Backend, numbers: Database, fetch_size: int
) -> None:
    query = NUMBERS.where(col("rest") < 5) if fetch_size > 1 else NUMBERS.limit(7)

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            async with connection.stream(query, fetch_size=fetch_size) as rows:
                found = [row.id async for row in rows]

            assert found == [row.id for row in await connection.fetch_all(query)]
            assert found

    backend.run(body)


@STREAM
def test_the_rows_have_the_form_of_the_query(backend: Backend, numbers: Database) -> None:
    @dataclass
    class Number:
        id: int

    async def body() -> None:
        async with backend.pool(numbers.dsn) as pool:
            async with pool.stream(NUMBERS.limit(3).into(Number), fetch_size=2) as rows:
                assert [row async for row in rows] == [Number(1), Number(2), Number(3)]
            async with pool.stream(select(Numbers.id).order_by(Numbers.id.asc()).limit(3)) as rows:
                assert [row async for row in rows] == [(1,), (2,), (3,)]
            async with pool.stream(NUMBERS.limit(5), fetch_size=2) as rows:
                assert [[row.id for row in page] async for page in rows.pages()] == [[1, 2], [3, 4], [5]]
            assert pool.stats().leased == 0

    backend.run(body)


@FETCH_SIZE
def test_a_page_is_an_execute_with_a_limit_and_the_portal_is_seen(backend: Backend, numbers: Database) -> None:
    portals = Qail.get("pg_cursors").columns(count()).like("name", "qail_%")

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection, connection.transaction() as outer:
            async with outer.stream(NUMBERS, fetch_size=10) as rows:
                assert (await anext(aiter(rows))).id == 1
                assert await outer.fetch_value(portals) == 1
            assert await outer.fetch_value(portals) == 0

    backend.run(body)


@FETCH_SIZE
def test_streams_interleave_in_one_transaction_and_with_other_statements(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.pool(numbers.dsn) as pool, pool.transaction() as outer:
            pairs: list[tuple[int, int, int]] = []
            async with outer.stream(NUMBERS, fetch_size=3) as first, outer.stream(NUMBERS, fetch_size=5) as second:
                async for row in first:
                    other = await anext(aiter(second))
                    pairs.append((row.id, other.id, await outer.fetch_value(select(func.abs(row.id)))))
                    if len(pairs) == 50:
                        break
            assert pairs == [(n, n, n) for n in range(1, 51)]

    backend.run(body)


@FETCH_SIZE
@EARLY
def test_streams_of_one_connection_share_a_transaction_and_the_last_one_ends_it(
    backend: Backend, numbers: Database
) -> None:
    started = select(func.now())

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            async with connection.stream(NUMBERS, fetch_size=4) as outer:
                begun = await connection.fetch_value(started)
                async with connection.stream(NUMBERS, fetch_size=6) as inner:
                    assert [(await anext(aiter(inner))).id for _ in range(20)] == list(range(1, 21))
                assert await connection.fetch_value(started) == begun
                assert len([row async for row in outer]) == 2500
            assert await connection.fetch_value(started) != begun

    backend.run(body)


@EARLY
def test_leaving_early_leaves_connection_and_outer_transaction_usable(backend: Backend, own_numbers: Database) -> None:
    async def body() -> None:
        async with backend.connect(own_numbers.dsn) as connection:
            async with connection.transaction() as outer:
                await outer.execute(Qail.add("numbers").values({"id": 0, "rest": 0}))
                async with outer.stream(NUMBERS, fetch_size=10) as rows:
                    async for row in rows:
                        if row.id == 25:
                            break
                assert await outer.fetch_value(Qail.get("numbers").columns(count())) == 2501
            async with connection.stream(NUMBERS, fetch_size=10) as rows:
                pass
            assert await connection.fetch_value(Qail.get("numbers").columns(count())) == 2501

    backend.run(body)


@EARLY
def test_an_error_in_the_block_undoes_the_streams_own_transaction_alone(
    backend: Backend, own_numbers: Database
) -> None:
    async def body() -> None:
        async with backend.connect(own_numbers.dsn) as connection:

            async def delete(row: Any) -> None:
                await connection.execute(Qail.delete("numbers").eq("id", row.id))
                fail_at(3)(row)

            with pytest.raises(ZeroDivisionError):
                await read(connection.stream(NUMBERS), [], delete)
            assert await connection.fetch_value(Qail.get("numbers").columns(count())) == 2500

            async with connection.transaction() as outer:
                await outer.execute(Qail.delete("numbers").eq("id", 1))
                with pytest.raises(ZeroDivisionError):
                    await read(outer.stream(NUMBERS), [], fail_at(2))
            assert await connection.fetch_value(Qail.get("numbers").columns(count())) == 2499

    backend.run(body)


@STREAM
def test_a_server_error_in_the_middle_comes_after_the_rows_before_it(backend: Backend, numbers: Database) -> None:
    query = select(1000 / (2000 - Numbers.id))

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            seen: list[Any] = []
            with pytest.raises(DivisionByZero) as caught:
                await read(connection.stream(query, fetch_size=300), seen)
            assert len(seen) == 1800
            assert caught.value.query is not None
            assert await connection.fetch_value(select(func.abs(-1))) == 1

    backend.run(body)


@STREAM
def test_a_stream_that_failed_does_not_end_as_if_it_were_complete(backend: Backend, numbers: Database) -> None:
    query = select(1000 / (20 - Numbers.id))

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            stream = connection.stream(query, fetch_size=10)
            rows = await stream.__aenter__()
            assert [(await anext(aiter(rows)))[0] for _ in range(10)][:2] == [52, 55]
            for _ in range(3):
                with pytest.raises(DivisionByZero):
                    await anext(aiter(rows))
            with pytest.raises(CommitRejected):
                await stream.__aexit__(None, None, None)
            assert len(await connection.fetch_all(NUMBERS)) == 2500

    backend.run(body)


@STREAM
def test_what_the_server_refuses_is_raised_where_the_block_begins(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            with pytest.raises(UndefinedTable):
                async with connection.stream(Qail.get("nothing")):
                    pytest.fail("it was entered")
            with pytest.raises(UsageError, match="fetch_size"):
                connection.stream(NUMBERS, fetch_size=0)
            with pytest.raises(UsageError, match="no rows"):
                connection.stream(Qail.delete("numbers").all_rows())
            with pytest.raises(UsageError, match="with` block"):
                [row async for row in connection.stream(NUMBERS)]
            assert len(await connection.fetch_all(NUMBERS)) == 2500

    backend.run(body)


@STREAM
def test_a_row_that_has_no_python_form_is_told_and_the_connection_goes_on(backend: Backend, numbers: Database) -> None:
    def fail(number: Any) -> int:
        raise ValueError("not this one")

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            query: Any = select(Numbers.id).map(fail)
            with pytest.raises(DecodeError, match="not this one"):
                async with connection.stream(query):
                    pytest.fail("it was entered")
            assert len(await connection.fetch_all(NUMBERS)) == 2500

    backend.run(body)


@STREAM
def test_rows_of_a_command_are_kept_when_the_block_ends(backend: Backend, own_numbers: Database) -> None:
    own_numbers.sql("CREATE UNIQUE INDEX ON numbers (id)")

    async def body() -> None:
        async with backend.pool(own_numbers.dsn) as pool:
            command = Qail.delete("numbers").where(col("id") > 100).returning("id")
            async with pool.stream(command, fetch_size=100) as rows:
                assert len([row async for row in rows]) == 2400
            assert await pool.fetch_value(Qail.get("numbers").columns(count())) == 100
            with pytest.raises(UniqueViolation):
                async with pool.stream(Qail.add("numbers").values({"id": 1, "rest": 0}).returning("id")):
                    pytest.fail("it was entered")
            assert pool.stats().leased == 0

    backend.run(body)


@STREAM
def test_a_statement_that_became_stale_is_prepared_anew_outside_a_transaction(
    backend: Backend, own_numbers: Database
) -> None:
    query = Qail.get("numbers").order_by("id").limit(2)

    async def body() -> None:
        async with backend.connect(own_numbers.dsn) as connection:
            async with connection.stream(query) as rows:
                assert len([row async for row in rows]) == 2
            own_numbers.sql("ALTER TABLE numbers ADD COLUMN more int DEFAULT 5")
            async with connection.stream(query) as rows:
                assert [tuple(row) async for row in rows] == [(1, 1, 5), (2, 2, 5)]
            own_numbers.sql("ALTER TABLE numbers ALTER COLUMN more TYPE text")
            async with connection.transaction() as outer:
                with pytest.raises(StatementInvalidated):
                    async with outer.stream(query):
                        pytest.fail("it was entered")
                await outer.rollback()

    backend.run(body)


@STREAM
def test_a_page_that_does_not_come_in_time_is_a_deadline_and_all_goes_on(backend: Backend, numbers: Database) -> None:
    slow = select(Numbers.id, func.pg_sleep(cast(Numbers.id / 20 * 60, FLOAT8)))

    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            seen: list[Any] = []
            with pytest.raises(DeadlineExceeded):
                await read(connection.stream(slow, fetch_size=10, timeout=1.0), seen)
            assert len(seen) == 10
            assert len(await connection.fetch_all(NUMBERS)) == 2500

    backend.run(body)


@EARLY
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_consumer_that_is_cancelled_leaves_its_connection_usable(backend: Backend, numbers: Database) -> None:
    slow = select(Numbers.id, func.pg_sleep(cast(Numbers.id / 20 * 60, FLOAT8)))

    async def body() -> None:
        async with backend.pool(numbers.dsn, max_size=1) as pool:
            seen: list[Any] = []
            async with backend.jobs() as jobs:
                job = jobs.start(lambda: read(pool.stream(slow, fetch_size=10), seen))
                while len(seen) < 10:
                    await backend.sleep(0.01)
                job.cancel()
                await job.ended()
            assert len(await pool.fetch_all(NUMBERS)) == 2500
            assert pool.stats().leased == 0

    backend.run(body)


@STREAM
def test_the_loss_of_the_connection_ends_a_stream_with_an_error(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            seen: list[Any] = []

            def kill(row: Any) -> None:
                if row.id == 1:
                    numbers.sql(f"SELECT pg_terminate_backend({connection.info.process_id}, 5000)")

            with pytest.raises(ConnectionLost):
                await read(connection.stream(NUMBERS, fetch_size=100), seen, kill)
            assert 0 < len(seen) < 2500

    backend.run(body)
