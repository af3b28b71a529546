"""Every count of PoolStats against what happened, as its callers, the proxy in front of the server, and hooks saw it.

The model in tests/unit/pg/pool/test_model.py holds the same counts to a ledger under any order of events.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from qail import ConnectionLost, PoolTimeout, Qail
from qail.compile.frames import SLOW
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.pool_counts import PoolCounts, without_haste
from support.servers import Database
from support.waiting import until

pytestmark = pytest.mark.feature("PO8")
ONE = Qail.get("one").columns("id")
LATE = Qail.get("late").columns("id")
# The clock of uvloop counts milliseconds.
GRAIN_SECONDS = 0.005


@pytest.fixture
def one(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


def is_settled(pool: Any, idle: int) -> Callable[[], bool]:
    """Whether so many connections are idle, and no other is on its way in or out."""

    def look() -> bool:
        stats = pool.stats()
        return bool(stats.idle == stats.size == idle)

    return look


def end_backend(database: Database, process_id: int) -> None:
    assert database.sql(f"SELECT pg_terminate_backend({process_id}, 60000)") == [("t",)]


def test_the_counts_are_what_a_script_of_events_must_give(backend: Backend, one: Database) -> None:
    async def body() -> None:
        began = time.monotonic()
        with ChaosProxy(one.dsn, record=True) as proxy:
            async with backend.pool(proxy.dsn(), min_size=2, max_size=3) as pool, backend.jobs() as jobs:
                without_haste(pool)
                book = PoolCounts(pool, proxy, min_size=2, max_size=3)
                book.check(size=2, idle=2, opened_total=2)

                assert [await pool.fetch_value(ONE) for _ in range(5)] == [1] * 5
                book.check()

                leases = [await pool.acquire() for _ in range(3)]
                # The third one had to be opened.
                book.check(size=3, idle=0, leased=3, opened_total=1, leases_total=3, waits_total=1)

                for late in (pool.acquire(timeout=0.05), pool.transaction(timeout=0.05)):
                    with pytest.raises(PoolTimeout):
                        await late.__aenter__()
                with pytest.raises(PoolTimeout):
                    await pool.fetch_value(ONE, timeout=0.05)
                book.check(waits_total=3, timeouts_total=3)
                assert 3 * (0.05 - GRAIN_SECONDS) <= pool.stats().wait_seconds_total <= time.monotonic() - began

                async def borrow() -> None:
                    async with pool.acquire() as connection:
                        assert await connection.fetch_value(ONE) == 1

                waiting = [jobs.start(borrow) for _ in range(2)]
                await until(backend, lambda: pool.stats().waiting == 2)
                book.check(waiting=2, waits_total=2)
                await leases[0].script("SET statement_timeout = '61s'")
                await pool.release(leases[0])
                for each in waiting:
                    await each.ended()
                    assert each.error is None
                await until(backend, lambda: pool.stats().idle == 1)
                book.check(waiting=0, idle=1, leased=2, leases_total=2, resets_total=1)

                pool.detach(leases[1])
                book.check(size=2, leased=1, detached_total=1)
                assert await leases[1].fetch_value(ONE) == 1
                book.not_ours = 1
                await leases[1].close()
                book.check()

                end_backend(one, leases[2].info.process_id)
                with pytest.raises(ConnectionLost):
                    await leases[2].fetch_value(ONE)
                await pool.release(leases[2])
                await until(backend, lambda: pool.stats().size == 2 and not pool.stats().connecting)
                assert await pool.fetch_value(ONE) == 1
                await until(backend, is_settled(pool, 2))
                book.check(idle=2, leased=0, lost_total=1, opened_total=1, pings_total=book.pings())

                pool.resize(4, min_size=4)
                await until(backend, is_settled(pool, 4))
                book.check(size=4, idle=4, opened_total=2, min_size=4, max_size=4)
                pool.resize(3, min_size=1)
                await until(backend, is_settled(pool, 3))
                book.check(size=3, idle=3, surplus_closed_total=1, min_size=1, max_size=3)

                await pool.close()
                book.check(size=0, idle=0, closed_total=3)
                assert 0 <= pool.stats().wait_seconds_total <= 5 * (time.monotonic() - began)

    backend.run(body)


def test_requests_that_were_not_answered_are_not_counted_as_answered(backend: Backend, one: Database) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=1, max_size=1) as pool, backend.jobs() as jobs:
                book = PoolCounts(pool, proxy, min_size=1, max_size=1)
                assert await pool.fetch_value(ONE) == 1
                book.check(size=1, idle=1, opened_total=1)
                before = pool.stats().requests_total

                held = proxy.add(Rule("hold", "server", message="B"))
                asking = [jobs.start(lambda: pool.fetch_value(ONE)) for _ in range(3)]
                await backend.blocking(held.wait)
                await until(backend, lambda: pool.stats().in_flight == 3)
                assert (pool.stats().idle, pool.stats().requests_total) == (0, before)
                proxy.reset_all()
                for each in asking:
                    await each.ended()
                    assert isinstance(each.error, ConnectionLost)
                await until(backend, lambda: pool.stats().lost_total == 1)
                assert pool.stats().requests_total == before
                held.release()
                assert await pool.fetch_value(ONE) == 1
                assert (pool.stats().requests_total - before, pool.stats().in_flight) == (1, 0)

    backend.run(body)


def test_pings_are_counted_one_by_one(backend: Backend, one: Database) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn, record=True) as proxy:
            async with backend.pool(proxy.dsn(), min_size=0, max_size=3) as pool:
                without_haste(pool)
                book = PoolCounts(pool, proxy, min_size=0, max_size=3)
                leases = [await pool.acquire() for _ in range(3)]
                for each in leases[:2]:
                    await pool.release(each)
                book.check(size=3, idle=2, leased=1, opened_total=3, leases_total=3, waits_total=3)

                end_backend(one, leases[2].info.process_id)
                with pytest.raises(ConnectionLost):
                    await leases[2].fetch_value(ONE)
                await pool.release(leases[2])
                # Its neighbours are under suspicion, which nobody asks about before they are needed.
                book.check(size=2, leased=0, lost_total=1)
                assert await pool.fetch_value(ONE) == 1
                await until(backend, is_settled(pool, 2))
                assert book.pings() == 2
                # The request itself waited for the ping.
                book.check(pings_total=2, waits_total=1)

    backend.run(body)


async def _nothing(lease: Any) -> None:
    return


async def _read(lease: Any) -> None:
    assert await lease.fetch_value(ONE) == 1


async def _change(lease: Any) -> None:
    await lease.script("SET statement_timeout = '61s'")


async def _leave_open(lease: Any) -> None:
    await lease.script("BEGIN")


LEASES = (_nothing, _read, _change, _leave_open)
RESETS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "fast": ({}, (0, 0, 1, 1)),
    "verified": ({"reset": "verified"}, (0, 1, 1, 1)),
    "clean": ({"reset": "clean"}, (0, 1, 1, 1)),
    "by a function": ({"reset": _nothing}, (1, 1, 1, 1)),
    "with a hook that does nothing": ({"on_release": _nothing}, (0, 0, 1, 1)),
    "with a hook that changes the session": ({"on_release": _change}, (1, 1, 1, 1)),
}


@pytest.mark.parametrize("how", RESETS)
def test_a_reset_is_counted_for_each_lease_that_took_one(backend: Backend, one: Database, how: str) -> None:
    settings, expected = RESETS[how]

    async def body() -> None:
        async with backend.pool(one.dsn, min_size=1, max_size=1, **settings) as pool:
            book = PoolCounts(pool, min_size=1, max_size=1)
            book.check(size=1, idle=1, opened_total=1)
            for use, resets in zip(LEASES, expected, strict=True):
                async with pool.acquire() as lease:
                    await use(lease)
                await until(backend, is_settled(pool, 1))
                book.check(leases_total=1, resets_total=resets)

    backend.run(body)


def test_every_attempt_to_connect_that_failed_is_counted(
    backend: Backend, one: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def body() -> None:
        failures = 0
        refusing = True

        async def on_connect(connection: Any) -> None:
            nonlocal failures
            if refusing:
                failures += 1
                raise ZeroDivisionError

        with ChaosProxy(one.dsn) as proxy:
            settings: dict[str, Any] = {"min_size": 0, "max_size": 2, "on_connect": on_connect}
            async with backend.pool(proxy.dsn(), **settings) as pool, backend.jobs() as jobs:
                for _ in range(3):
                    with pytest.raises(ZeroDivisionError):
                        async with pool.acquire():
                            pass
                await until(backend, lambda: pool.stats().size == 0)
                assert failures == pool.stats().connect_failures_total >= 3
                refusing = False
                proxy.refuse()

                async def borrow() -> None:
                    async with pool.acquire():
                        pass

                borrower = jobs.start(borrow)
                await until(backend, lambda: pool.stats().connect_failures_total > failures + 1)
                proxy.accept()
                await borrower.ended()
                assert borrower.error is None
                await until(backend, lambda: pool.stats().size == pool.stats().idle)
                # Each was told.
                told = [each for each in caplog.messages if "could not be opened" in each]
                stats = pool.stats()
                assert (stats.connect_failures_total, stats.opened_total) == (len(told), stats.size)

    with caplog.at_level(logging.WARNING, "qail"):
        backend.run(body)


def test_a_pool_that_cannot_be_opened_has_counted_why(backend: Backend, one: Database) -> None:
    tried: list[Any] = []

    async def on_connect(connection: Any) -> None:
        tried.append(connection)
        raise ZeroDivisionError

    async def body() -> None:
        pool = backend.pool(one.dsn, min_size=3, on_connect=on_connect)
        with pytest.raises(ZeroDivisionError):
            await pool.__aenter__()
        PoolCounts(pool, min_size=3, max_size=10).check(connect_failures_total=1)

    backend.run(body)
    assert len(tried) == 1


def test_connections_are_counted_out_by_the_reason_they_left_for(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=0, max_size=3, max_lifetime=0.05) as pool:
            book = PoolCounts(pool, min_size=0, max_size=3)
            leases = [await pool.acquire() for _ in range(3)]
            await backend.sleep(0.05 + GRAIN_SECONDS)
            for each in leases:
                await pool.release(each)
            book.check(opened_total=3, leases_total=3, waits_total=3, expired_total=3)

        async with backend.pool(one.dsn, min_size=1, max_size=4, idle_timeout=0.05) as pool:
            book = PoolCounts(pool, min_size=1, max_size=4)
            leases = [await pool.acquire() for _ in range(4)]
            for each in leases:
                await pool.release(each)
            await until(backend, is_settled(pool, 1))
            book.check(size=1, idle=1, opened_total=4, leases_total=4, waits_total=3, idle_closed_total=3)

        async with backend.pool(one.dsn, max_size=1, target_session_attrs="read-write") as pool:
            book = PoolCounts(pool, min_size=1, max_size=1)
            async with pool.acquire() as lease:
                await lease.script("SET default_transaction_read_only = on")
            await until(backend, is_settled(pool, 1))
            # It left as it was: nothing was reset. Another one keeps the least size.
            book.check(size=1, idle=1, opened_total=2, leases_total=1, unfit_total=1)
            await pool.close()
            book.check(size=0, idle=0, closed_total=1)

    backend.run(body)


def test_as_many_statements_are_slow_as_are_kept_apart(backend: Backend, one: Database) -> None:
    one.sql(
        "CREATE FUNCTION slowly() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT pg_sleep(0.3); SELECT 2'; "
        "CREATE VIEW late AS SELECT slowly() AS id"
    )

    async def body() -> None:
        async with backend.pool(one.dsn, min_size=1, max_size=2) as pool:
            assert pool.stats().slow_statements == 0
            while not pool.stats().slow_statements:
                assert await pool.fetch_value(LATE) == 2
            assert await pool.fetch_value(LATE) == 2
            known = pool._catalog.default._bound.values()
            apart = {bound.statement_name for bound in known if bound.use & SLOW}
            # One, if the machine has not stood still meanwhile.
            assert pool.stats().slow_statements == len(apart) >= 1

    backend.run(body)


@pytest.mark.backends("sync")
def test_an_interrupt_that_ends_all_connections_ends_no_count(
    backend: Backend, one: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=2, max_size=2) as pool:
            book = PoolCounts(pool, min_size=2, max_size=2)
            async with pool.acquire() as lease:
                await lease.script("SET statement_timeout = '61s'")
            await until(backend, is_settled(pool, 2))
            book.check(size=2, idle=2, opened_total=2, leases_total=1, resets_total=1)
            requests = pool.stats().requests_total
            engine = pool._runtime
            step = engine._step

            def interrupt(*arguments: Any) -> None:
                engine._step = step
                raise KeyboardInterrupt

            engine._step = interrupt
            with pytest.raises(KeyboardInterrupt):
                await pool.fetch_value(ONE, timeout=60)
            await until(backend, is_settled(pool, 2))
            book.check(lost_total=2, opened_total=2)
            assert pool.stats().requests_total == requests
            assert await pool.fetch_value(ONE) == 1

    backend.run(body)
    assert "interrupt" in caplog.text
