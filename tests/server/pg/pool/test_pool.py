"""The pool: bounds, leases that end once, clean returns, closing."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
import trio

from qail.ast.build.qail import Qail
from qail.errors import ConfigError, PoolClosed, PoolTimeout, UsageError
from qail.pg.driver.segment import control
from qail.pg.pool.pool import create_pool
from support.backends import Backend
from support.pool_counts import CROWD_SECONDS, with_patience, without_haste
from support.servers import Database
from support.waiting import until


@pytest.fixture
def counted(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY); CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


OURS = "the pool"


def backends(database: Database) -> int:
    """How many the pool has; another look's own session may still be on its way out."""
    rows = database.sql(
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.name}' AND application_name = '{OURS}'"
    )
    return int(rows[0][0] or 0)


ONE = Qail.get("one").columns("id")


def name_myself(backend: Backend, name: str) -> None:
    """Give the running task, or thread, its name."""
    if backend.name == "trio":
        trio.lowlevel.current_task().name = name
    elif backend.name == "sync":
        threading.current_thread().name = name
    else:
        task = asyncio.current_task()
        assert task is not None
        task.set_name(name)


@pytest.mark.feature("PO1")
def test_a_thousand_tasks_never_exceed_the_maximum(
    backend: Backend, counted: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_patience(monkeypatch)

    async def main() -> None:
        most = 0
        async with backend.pool(counted.dsn, max_size=4, application_name=OURS) as pool:

            async def work(number: int) -> None:
                nonlocal most
                if number % 10:
                    await pool.execute(Qail.add("log").values({"id": number}))
                else:
                    async with pool.acquire(timeout=CROWD_SECONDS) as connection:
                        assert await connection.fetch_value(ONE) == 1
                        most = max(most, pool.stats().size)
                        if number % 100 == 0:
                            assert backends(counted) <= 4

            numbers = range(1000) if backend.can_cancel else range(100)  # threads
            results = await backend.together(*[partial(work, number) for number in numbers])
            assert results == [None] * len(numbers)
            assert most <= 4
            assert len(await pool.fetch_all(Qail.get("log"))) == len(numbers) * 9 // 10

    backend.run(main, CROWD_SECONDS)


@pytest.mark.feature("PO1")
def test_waiters_are_served_in_order(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        served: list[int] = []
        async with backend.pool(counted.dsn, max_size=1) as pool:

            async def work(number: int) -> None:
                async with pool.acquire():
                    served.append(number)
                    await backend.sleep(0)

            async with backend.jobs() as jobs, pool.acquire():
                for number in range(20):
                    jobs.start(partial(work, number))
                    await until(backend, lambda n=number: pool.stats().waiting == n + 1)  # type: ignore[misc]
        assert served == list(range(20))

    backend.run(main)


@pytest.mark.feature("PO1")
def test_pool_timeout_says_who_holds_what(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        async with backend.pool(counted.dsn, max_size=1) as pool:

            async def holder() -> None:
                name_myself(backend, "the holder")
                async with pool.acquire():
                    with pytest.raises(PoolTimeout) as caught:
                        async with pool.acquire(timeout=0.05):
                            pass
                    text = str(caught.value)
                    assert "1 of at most 1" in text
                    assert "0 idle" in text
                    assert "1 callers waiting" in text
                    assert "the holder" in text
                    with pytest.raises(PoolTimeout):
                        await pool.fetch_value(ONE, timeout=0.05)

            assert await backend.together(holder) == [None]
            assert await pool.fetch_value(ONE) == 1
            assert pool.stats().waiting == 0
            assert pool.stats().timeouts_total == 2

    backend.run(main)


@pytest.mark.feature("PO2")
def test_a_lease_is_given_back_once(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        # With a minimum size a lost connection would be made anew, at a time of the pool's own.
        async with backend.pool(counted.dsn, min_size=0, max_size=2) as pool:
            async with pool.acquire() as connection:
                assert pool.stats().leased == 1
            assert (pool.stats().leased, pool.stats().idle) == (0, 1)
            with pytest.raises(UsageError):
                await connection.fetch_value(ONE)
            with pytest.raises(UsageError):
                await pool.release(connection)

            by_hand = await pool.acquire()
            assert await by_hand.fetch_value(ONE) == 1
            await pool.release(by_hand)
            with pytest.raises(UsageError):
                await pool.release(by_hand)
            assert (pool.stats().leased, pool.stats().idle, pool.stats().size) == (0, 1, 1)

            async with pool.acquire() as connection:
                await connection.close()
            assert (pool.stats().idle, pool.stats().lost_total) == (0, 1)
            assert await pool.fetch_value(ONE) == 1

    backend.run(main)


@pytest.mark.feature("PO2")
def test_a_forgotten_connection_is_found_and_destroyed_with_a_warning(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        async with backend.pool(counted.dsn, max_size=1) as pool:
            forgotten = await pool.acquire()
            first = forgotten.info.process_id
            gc.collect()  # of what others have left
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                del forgotten
                gc.collect()
            assert [warning.category for warning in caught] == [ResourceWarning]
            async with pool.acquire(timeout=30) as connection:
                assert connection.info.process_id != first
            assert pool.stats().lost_total == 1

    backend.run(main)


ADVISORY_LOCKS = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
    "WHERE locktype = 'advisory' AND d.datname = current_database()"
)


@pytest.mark.parametrize(
    ("dirt", "probe", "expected"),
    [
        ("SET work_mem = '1MB'; SET search_path = pg_catalog", "SHOW search_path", '"$user", public'),
        ("BEGIN; CREATE TABLE leak (id int)", "SELECT count(*) FROM pg_class WHERE relname = 'leak'", "0"),
        ("CREATE TEMP TABLE leak (id int)", "SELECT count(*) FROM pg_class WHERE relname = 'leak'", "0"),
        ("SELECT pg_advisory_lock(7)", ADVISORY_LOCKS, "0"),
        ("LISTEN leak", "SELECT count(*) FROM pg_listening_channels()", "0"),
        ("SET ROLE pg_monitor", "SELECT current_user = session_user", "t"),
        ("BEGIN; SELECT 1/0", "SELECT 1", "1"),
    ],
    ids=["settings", "open", "temp", "lock", "listen", "role", "failed"],
)
def test_the_next_borrower_finds_nothing(
    backend: Backend, counted: Database, dirt: str, probe: str, expected: str
) -> None:
    from qail.errors import PostgresError

    async def main() -> None:
        async with backend.pool(counted.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
                try:
                    await connection.script(dirt)
                except PostgresError:
                    assert dirt.endswith("1/0")
            async with pool.acquire() as connection:
                assert connection.info.process_id == first
                assert await connection.script(probe) == [[(expected,)]]

    backend.run(main)


@pytest.mark.backends("asyncio", "uvloop", "trio")  # it runs a segment beneath the verbs
def test_a_transaction_left_open_on_a_shared_connection_spends_it(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        async with backend.pool(counted.dsn, max_size=1) as pool:
            await pool.fetch_value(ONE)
            keeper = pool._keeper
            assert keeper is not None
            link = keeper.slots[0].link
            assert link is not None
            process_id = link.session.process_id

            await link.run(control(link, [b"BEGIN"], is_end=False))

            assert link.session.is_spent
            assert await pool.fetch_value(ONE) == 1
            async with pool.acquire() as connection:
                assert connection.info.process_id != process_id
            assert pool.stats().lost_total == 1

    backend.run(main)


def test_lost_connections_are_replaced(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        async with backend.pool(counted.dsn, min_size=2, max_size=3, application_name=OURS) as pool:
            without_haste(pool)
            assert backends(counted) == 2
            counted.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{counted.name}' AND application_name = '{OURS}'"
            )
            await until(backend, lambda: pool.stats().lost_total == 2 and pool.stats().idle == 2)
            assert await pool.fetch_value(ONE) == 1
            assert (pool.stats().lost_total, pool.stats().opened_total, pool.stats().size) == (2, 4, 2)

    backend.run(main)


def test_closing_waits_for_what_runs_and_refuses_what_waits(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        async with (
            backend.pool(counted.dsn, max_size=1, application_name=OURS) as pool,
            backend.jobs() as jobs,
        ):
            async with pool.acquire() as connection:
                waiting = jobs.start(lambda: pool.fetch_value(ONE))
                await until(backend, lambda: pool.stats().waiting == 1)
                closing = jobs.start(lambda: close(pool))
                await waiting.ended()
                assert isinstance(waiting.error, PoolClosed)
                assert not closed
                assert await connection.fetch_value(ONE) == 1
            await closing.ended()
            assert closed
            assert backends(counted) == 0

        async with backend.pool(counted.dsn, max_size=1) as pool, pool.acquire() as connection:
            await pool.close(timeout=0.05)
            with pytest.raises(Exception, match=r"clos|lost"):
                await connection.fetch_value(ONE)

    closed: list[bool] = []

    async def close(pool: Any) -> None:
        await pool.close(timeout=60)
        closed.append(True)

    backend.run(main)


@pytest.mark.parametrize("sizes", [(-1, 5), (3, 2), (0, 0)])
def test_sizes_that_cannot_be_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ConfigError):
        create_pool("postgresql://localhost/", min_size=sizes[0], max_size=sizes[1])


@pytest.mark.feature("PO6")
def test_resizing_takes_effect_as_connections_come_idle(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        async with backend.pool(counted.dsn, max_size=1, application_name=OURS) as pool:
            async with backend.jobs() as jobs, AsyncExitStack() as leases:
                first = await leases.enter_async_context(pool.acquire())
                waiting = jobs.start(lambda: leases.enter_async_context(pool.acquire()))
                await until(backend, lambda: pool.stats().waiting == 1)
                pool.resize(3)
                await waiting.ended()
                third = await leases.enter_async_context(pool.acquire())
                assert (pool.stats().max_size, pool.stats().size) == (3, 3)

                pool.resize(1)
                assert pool.stats().size == 3
                for connection in (first, waiting.result, third):
                    assert await connection.fetch_value(ONE) == 1
            assert (pool.stats().max_size, pool.stats().size, pool.stats().lost_total) == (1, 1, 0)
            assert await backend.together(*[partial(pool.fetch_value, ONE)] * 50) == [1] * 50
            await until(backend, lambda: backends(counted) == 1)
            for wrong in (0, -1):
                with pytest.raises(ConfigError, match="max_size"):
                    pool.resize(wrong)
            assert pool.stats().max_size == 1

    backend.run(main)
