"""Advisory locks: who is kept out, for how long, and that every way out frees them."""

from __future__ import annotations

from typing import Any

import pytest

from qail import ConnectionLost, DeadlineExceeded, EncodeError, Qail, UsageError, func, select
from qail.sqlstate import LockNotAvailable, QueryCanceled
from qail.testing import Script, ScriptedServer, error
from support.backends import Backend
from support.lock_waits import terminate, until_waiting
from support.servers import Database
from support.waiting import until

HELD = """SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def held(database: Database) -> list[tuple[str | None, ...]]:
    return database.sql(HELD)


@pytest.mark.feature("TX6")
@pytest.mark.parametrize("key", [7, -(2**63), (1, -2)])
def test_a_second_client_is_kept_out_until_the_block_ends(backend: Backend, fresh_database: Database, key: Any) -> None:
    async def body() -> None:
        async with (
            backend.connect(fresh_database.dsn) as first,
            backend.connect(fresh_database.dsn) as second,
        ):
            order: list[str] = []
            async with backend.jobs() as jobs:
                async with first.advisory_lock(key) as is_held:
                    assert is_held is True
                    async with second.advisory_lock(key, wait=False) as is_held:
                        assert is_held is False

                    async def wait_for_it() -> None:
                        async with second.advisory_lock(key) as is_held:
                            assert is_held is True
                            order.append("second")

                    job = jobs.start(wait_for_it)
                    await until_waiting(backend, fresh_database)
                    order.append("first")
                await job.ended()
            assert order == ["first", "second"]
        assert held(fresh_database) == []

    backend.run(body)


@pytest.mark.feature("TX6")
def test_shared_locks_are_held_together_and_keep_an_exclusive_one_out(
    backend: Backend, fresh_database: Database
) -> None:
    async def body() -> None:
        async with (
            backend.connect(fresh_database.dsn) as first,
            backend.connect(fresh_database.dsn) as second,
        ):
            async with first.advisory_lock(1, shared=True), second.advisory_lock(1, shared=True, wait=False) as is_held:
                assert is_held
                async with second.advisory_lock(1, wait=False) as is_exclusive:
                    assert not is_exclusive
            async with second.advisory_lock(1, wait=False) as is_exclusive:
                assert is_exclusive

    backend.run(body)


@pytest.mark.feature("TX6")
def test_it_is_freed_after_an_error_in_the_block(backend: Backend, fresh_database: Database) -> None:
    async def fail(connection: Any) -> None:
        async with connection.advisory_lock(5):
            await connection.fetch_all(Qail.get("pg_am"))
            raise ZeroDivisionError

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            with pytest.raises(ZeroDivisionError):
                await fail(connection)
            assert held(fresh_database) == []

    backend.run(body)


@pytest.mark.feature("TX6")
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_it_is_freed_when_its_holder_is_cancelled(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection, backend.jobs() as jobs:

            async def hold() -> None:
                async with connection.advisory_lock(5):
                    entered.append(1)
                    await backend.sleep(60)

            job = jobs.start(hold)
            await until(backend, lambda: bool(entered))
            job.cancel()
            await job.ended()
            # Behind the unlock, which nobody waited for.
            await connection.fetch_all(Qail.get("pg_am"))
            assert held(fresh_database) == []

    entered: list[int] = []
    backend.run(body)


@pytest.mark.feature("TX6")
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_who_is_cancelled_while_waiting_never_has_it(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with (
            backend.connect(fresh_database.dsn) as first,
            backend.connect(fresh_database.dsn) as second,
            backend.jobs() as jobs,
        ):
            async with first.advisory_lock(5):

                async def wait_for_it() -> None:
                    async with second.advisory_lock(5):
                        raise AssertionError("it was not to be had")

                job = jobs.start(wait_for_it)
                await until_waiting(backend, fresh_database)
                job.cancel()
                await job.ended()
            await second.fetch_all(Qail.get("pg_am"))
            assert not isinstance(job.error, Exception)
            assert held(fresh_database) == []
            async with second.advisory_lock(5, wait=False) as is_held:
                assert is_held

    backend.run(body)


@pytest.mark.feature("TX6")
def test_waiting_has_an_end_by_deadline_and_by_setting(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.pool(fresh_database.dsn, max_size=2) as pool:
            async with pool.acquire() as first, first.advisory_lock(5):
                async with pool.acquire() as second:
                    with pytest.raises(DeadlineExceeded):
                        await second.advisory_lock(5, timeout=0.05).__aenter__()
                    assert await second.fetch_value(select(func.pg_backend_pid())) > 0
                async with pool.acquire(settings={"lock_timeout": "50ms"}) as second:
                    with pytest.raises(LockNotAvailable):
                        await second.advisory_lock(5).__aenter__()
            await until(backend, lambda: held(fresh_database) == [])

    backend.run(body)


@pytest.mark.feature("TX6")
def test_a_lock_of_a_transaction_goes_with_it(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.pool(fresh_database.dsn, max_size=2) as pool:
            async with pool.transaction() as transaction:
                async with transaction.advisory_lock(5) as is_held:
                    assert is_held
                async with pool.transaction() as other, other.advisory_lock(5, wait=False) as is_held:
                    assert not is_held
                async with transaction.transaction() as inner, inner.advisory_lock((1, 2), shared=True) as is_held:
                    assert is_held
                assert len(held(fresh_database)) == 2
            assert held(fresh_database) == []

    backend.run(body)


@pytest.mark.feature("TX6")
def test_a_lock_that_was_lost_with_its_connection_is_told(backend: Backend, fresh_database: Database) -> None:
    async def lose(connection: Any) -> None:
        async with connection.advisory_lock(5):
            terminate(fresh_database, connection.info.process_id)
            with pytest.raises(ConnectionLost):
                await connection.fetch_all(Qail.get("pg_am"))

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            with pytest.raises(ConnectionLost, match="lock was lost"):
                await lose(connection)

    backend.run(body)


def test_wrong_use_is_told(backend: Backend, fresh_database: Database) -> None:
    async def freed_inside(connection: Any) -> None:
        async with connection.advisory_lock(5):
            await connection.fetch_all(select(func.pg_advisory_unlock_all()))

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            with pytest.raises(EncodeError):
                connection.advisory_lock("a")
            async with connection.transaction():
                with pytest.raises(UsageError, match="in a transaction"):
                    await connection.advisory_lock(5).__aenter__()
            with pytest.raises(UsageError, match="not held any more"):
                await freed_inside(connection)
            assert await connection.fetch_value(select(func.pg_backend_pid())) > 0

    backend.run(body)


@pytest.mark.feature("TX6")
def test_a_lock_whose_statement_failed_is_freed_all_the_same(backend: Backend) -> None:
    # A cancel may come when the lock is taken and its statement not yet done: the error then says nothing of the lock.
    lock, unlock = (f"SELECT pg_catalog.pg_advisory_{what}($1::pg_catalog.int8)" for what in ("lock", "unlock"))
    scripts = {
        lock: Script(columns=["pg_advisory_lock"], fails_at="execute", failure=error("57014")),
        unlock: Script(columns=["pg_advisory_unlock"], rows=[[b"f"]]),
    }

    async def body() -> None:
        with ScriptedServer(scripts) as scripted:
            async with backend.connect(scripted.dsn()) as connection:
                with pytest.raises(QueryCanceled):
                    async with connection.advisory_lock(5):
                        pytest.fail("it was entered")
                await connection.script("SET application_name = 'x'")
                told = [executed.sql for executed in scripted.executed]
                assert told[:2] == [lock, unlock]

    backend.run(body)
