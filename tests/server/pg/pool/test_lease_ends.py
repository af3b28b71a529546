"""What was made on a lease and outlives it is no way to the connection, which is somebody else's by then."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import gc
import sys
import warnings
from typing import Any

import pytest

from qail import Qail, UsageError
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until

ROWS = Qail.get("many").columns("id")
LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")
CLEAN = pytest.mark.feature("PO3")


@pytest.fixture
def many(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE many AS SELECT g AS id FROM generate_series(1, 500) g; CREATE TABLE log (id int)")
    return fresh_database


@CLEAN
@pytest.mark.parametrize("is_sent", [True, False])
def test_a_transaction_ends_with_its_lease(backend: Backend, many: Database, is_sent: bool) -> None:
    entry = Qail.add("log").values({"id": 1})

    async def body() -> None:
        async with backend.pool(many.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            transaction = connection.transaction()
            await transaction.begin()
            if is_sent:
                await transaction.execute(entry)
            await pool.release(connection)
            async with pool.acquire() as another, another.transaction():
                for call in (lambda: transaction.execute(entry), transaction.commit, transaction.rollback):
                    with pytest.raises(UsageError, match="its connection was given back"):
                        await call()
            with pytest.raises(UsageError, match="its connection was given back"):
                await transaction.execute(entry)

    backend.run(body)
    assert many.sql("SELECT id FROM log") == []


@CLEAN
def test_leaving_a_transaction_behind_its_lease_says_that_it_was_undone(backend: Backend, many: Database) -> None:
    async def body() -> None:
        async with backend.pool(many.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            with pytest.raises(UsageError, match="its connection was given back"):
                async with connection.transaction() as transaction:
                    await transaction.execute(Qail.add("log").values({"id": 1}))
                    await pool.release(connection)
            connection = await pool.acquire()
            # An error of the block is what its caller sees.
            with pytest.raises(ZeroDivisionError):
                async with connection.transaction():
                    await pool.release(connection)
                    raise ZeroDivisionError

    backend.run(body)
    assert many.sql("SELECT id FROM log") == []


async def count(stream: Any) -> int:
    found = 0
    async with stream as rows:
        async for _ in rows:
            found += 1
    return found


@CLEAN
def test_a_stream_left_open_is_no_affair_of_the_next_borrower(backend: Backend, many: Database) -> None:
    async def body() -> None:
        async with backend.pool(many.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                left = await connection.stream(ROWS, fetch_size=10).__aenter__()
                await left.__anext__()
            async with pool.acquire() as connection:
                assert await count(connection.stream(ROWS, fetch_size=10)) == 500
                async with connection.stream(ROWS, fetch_size=10) as rows:
                    await rows.__anext__()
                    # As the garbage collector would: in the middle of what the next one does.
                    await left.__aexit__(GeneratorExit, GeneratorExit(), None)
                    assert await count(connection.stream(ROWS, fetch_size=10)) == 500
                    assert len([row async for row in rows]) == 499

    backend.run(body)


@pytest.mark.feature("PO2")
def test_a_lease_is_one_block_s(backend: Backend, many: Database) -> None:
    async def body() -> None:
        async with backend.pool(many.dsn, max_size=2) as pool:
            for made in (pool.transaction(), pool.stream(ROWS)):
                with pytest.raises(UsageError):
                    async with made, made:
                        pass
                assert pool.stats().leased == 0
            if backend.name != "sync":  # where acquire() itself takes the connection
                lease = pool.acquire()
                with pytest.raises(UsageError, match="this lease is in use"):
                    async with lease, lease:
                        pass
                async with lease as connection:
                    assert await connection.fetch_value(ROWS.limit(1)) == 1
            assert pool.stats().leased == 0

    backend.run(body)


@pytest.mark.feature("PO2")
def test_no_timeout_is_the_default_s(backend: Backend, many: Database) -> None:
    async def body() -> None:
        async with backend.pool(many.dsn, max_size=1) as pool, pool.acquire(timeout=None) as connection:
            assert await connection.fetch_value(ROWS.limit(1)) == 1

    backend.run(body)


@CLEAN
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_lease_comes_back_where_warnings_are_errors(
    backend: Backend, many: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    async def body() -> None:
        async with backend.pool(many.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            gc.collect()  # of what others have left
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                monkeypatch.setattr(sys, "unraisablehook", told.append)
                del connection
                gc.collect()
                monkeypatch.undo()
            async with pool.acquire() as connection:
                assert await connection.fetch_value(ROWS.limit(1)) == 1

    backend.run(body)
    assert [type(each.exc_value) for each in told] == [ResourceWarning]


@LOOPS
@pytest.mark.feature("CA1")
def test_a_cancel_request_under_way_hits_no_next_borrower(backend: Backend, many: Database) -> None:
    async def body() -> None:
        with ChaosProxy(many.dsn) as proxy:
            async with backend.connect(many.dsn) as blocker, backend.pool(proxy.dsn(), max_size=1) as pool:
                await pool.fetch_all(ROWS)
                held = proxy.add(Rule("hold", "server", on="cancel"))
                async with backend.jobs() as jobs:
                    async with pool.acquire() as connection:
                        await connection.fetch_all(ROWS)
                        link = connection._link
                        await blocker.script("BEGIN; LOCK TABLE many")
                        victim = jobs.start(lambda: connection.fetch_all(ROWS))
                        await until(backend, lambda: link.session.depth == 1)
                        await backend.blocking(lambda: proxy.wait_until(lambda: proxy.audit.sessions[0].owed == 1))
                        victim.cancel()
                        await victim.ended()
                        await backend.blocking(held.wait)
                        # It ends by itself, and the cancel request has not arrived.
                        await blocker.script("COMMIT")
                        await until(backend, lambda: link.session.depth == 0)
                    assert pool.stats().idle == 0
                    await blocker.script("BEGIN; LOCK TABLE many")
                    innocent = jobs.start(lambda: pool.fetch_all(ROWS))
                    await until(backend, lambda: pool.stats().waiting == 1)
                    held.release()
                    await until(backend, lambda: link.session.depth == 1)
                    await blocker.script("COMMIT")
                    await innocent.ended()
                assert innocent.error is None
                assert len(innocent.result) == 500

    backend.run(body)
