"""Upkeep: size, age and health of the pool's connections."""

from __future__ import annotations

from typing import Any

import pytest

from qail import ConfigError, ConnectError, PoolTimeout, Qail
from qail.pg.pool.plan import SlotState
from qail.pg.pool.pool import create_pool
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until

UPKEEP = pytest.mark.feature("PO6")
HEALTH = pytest.mark.feature("PO5")
# Looks at the pool's inside, which the blocking one keeps elsewhere.
# Nothing moves in a blocking pool while no thread is in it.
LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")
INSIDE = pytest.mark.backends("asyncio", "uvloop", "trio")
ONE = Qail.get("one").columns("id")


@pytest.fixture
def one(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


def kill_all(database: Database) -> None:
    database.sql(
        "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity "
        f"WHERE datname = '{database.name}' AND pid <> pg_backend_pid()"
    )


@UPKEEP
@LOOPS
def test_the_least_size_is_kept(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=3, max_size=5) as pool:
            assert pool.stats().size == 3
            kill_all(one)
            await until(backend, lambda: pool.stats().lost_total == 3 and pool.stats().idle == 3)
            assert pool.stats().opened_total == 6
            assert await pool.fetch_value(ONE) == 1

    backend.run(body)


@UPKEEP
def test_a_connection_whose_life_is_over_is_replaced(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=1, max_size=2, max_lifetime=0.05) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
                age = f"SELECT clock_timestamp() - backend_start > '0.2 s' FROM pg_stat_activity WHERE pid = {first}"
                # It is far over its time, and nobody takes it away.
                await until(backend, lambda: one.sql(age) == [("t",)])
                assert await connection.fetch_value(ONE) == 1
            await until(backend, lambda: pool.stats().expired_total >= 1 and pool.stats().idle >= 1)
            async with pool.acquire() as connection:
                assert connection.info.process_id != first
            assert pool.stats().lost_total == 0

    backend.run(body)


@UPKEEP
@INSIDE
def test_lifetimes_are_spread(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=8, max_size=8, max_lifetime=1000) as pool:
            ages = [slot.retire_at - slot.link.opened_at for slot in pool._keeper.slots]
            assert len(set(ages)) == 8
            assert all(899 < age <= 1001 for age in ages)

    backend.run(body)


@UPKEEP
def test_idle_connections_are_closed_down_to_the_least_size(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=1, max_size=4, idle_timeout=0.05) as pool:
            leases = [await pool.acquire() for _ in range(4)]
            assert pool.stats().size == 4
            for each in leases:
                await pool.release(each)
            await until(backend, lambda: pool.stats().size == 1)
            assert (pool.stats().idle_closed_total, pool.stats().lost_total) == (3, 0)
            assert await pool.fetch_value(ONE) == 1

    backend.run(body)


@UPKEEP
@pytest.mark.parametrize("reuse", ["lifo", "fifo"])
def test_idle_connections_are_used_in_the_order_asked_for(backend: Backend, one: Database, reuse: str) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=3, max_size=3, reuse=reuse) as pool:
            leases = [await pool.acquire() for _ in range(3)]
            order = [each.info.process_id for each in leases]
            for each in leases:
                await backend.sleep(0.003)  # uvloop's clock counts milliseconds; the order is that of the times
                await pool.release(each)
            used = []
            for _ in range(3):
                async with pool.acquire() as connection:
                    await connection.fetch_value(ONE)
                    used.append(connection.info.process_id)
            assert used == ([order[-1]] * 3 if reuse == "lifo" else order)

    backend.run(body)


@UPKEEP
def test_resizing_opens_what_is_missing_and_closes_what_is_too_much(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=1, max_size=2) as pool:
            pool.resize(5, min_size=4)
            await until(backend, lambda: pool.stats().idle == 4)
            pool.resize(2, min_size=1)
            await until(backend, lambda: pool.stats().size == 2)
            assert (pool.stats().surplus_closed_total, pool.stats().lost_total) == (2, 0)
            for sizes in ((1, 2), (0, 0), (-1, 0)):
                with pytest.raises(ConfigError):
                    pool.resize(sizes[0], min_size=sizes[1])
            assert (pool.stats().min_size, pool.stats().max_size) == (1, 2)

    backend.run(body)


@UPKEEP
@INSIDE
def test_a_busy_shared_connection_beyond_the_bounds_is_closed_once_it_has_answered(
    backend: Backend, one: Database
) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=2, max_size=2) as pool, backend.jobs() as jobs:
                assert await pool.fetch_value(ONE) == 1
                held = proxy.add(Rule("hold", to="client", message="C"))
                first = jobs.start(lambda: pool.fetch_value(ONE))
                await backend.blocking(held.wait)
                (busy,) = [slot for slot in pool._keeper.slots if slot.depth]
                pool._keeper.retire(busy, "expired")
                assert [slot.state for slot in pool._keeper.slots].count(SlotState.RETIRING) == 1
                assert await pool.fetch_value(ONE) == 1
                held.release()
                await first.ended()
                assert first.result == 1
                await until(backend, lambda: pool.stats().idle == 2)
                assert pool.stats().lost_total == 0

    backend.run(body)


@HEALTH
@LOOPS
def test_a_lost_connection_casts_suspicion_on_the_others_and_no_caller_meets_it(
    backend: Backend, one: Database
) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=4, max_size=4) as pool:
            for number in range(5):
                kill_all(one)
                await until(backend, lambda number=number: pool.stats().lost_total > 4 * number)  # type: ignore[misc]
                assert [await pool.fetch_value(ONE) for _ in range(5)] == [1] * 5
                async with pool.acquire() as connection:
                    assert await connection.fetch_value(ONE) == 1
                await until(backend, lambda: pool.stats().idle == 4)

    backend.run(body)


@HEALTH
@INSIDE
def test_a_connection_that_was_idle_for_long_is_pinged_once(backend: Backend, one: Database) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=1, max_size=1) as pool:
                assert await pool.fetch_value(ONE) == 1
                age(pool)
                proxy.audit.forget()
                assert [await pool.fetch_value(ONE) for _ in range(3)] == [1] * 3
                assert (proxy.audit.round_trips, pool.stats().pings_total) == (4, 1)

    backend.run(body)


@HEALTH
@INSIDE
def test_one_that_does_not_answer_the_ping_is_replaced_and_the_request_waits_unsent(
    backend: Backend, one: Database
) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=1, max_size=2) as pool:
                assert await pool.fetch_value(ONE) == 1
                age(pool)
                frozen = proxy.add(Rule("freeze", connection=1))
                bytes_before = proxy.audit.connections[0].sent["B"]
                assert await pool.fetch_value(ONE, timeout=20) == 1
                await until(backend, lambda: pool.stats().lost_total == 1)
                assert proxy.audit.connections[0].sent["B"] == bytes_before
                frozen.release()

    backend.run(body)


def age(pool: Any) -> None:
    """As if the pool had been idle for a minute."""
    for slot in pool._keeper.slots:
        slot.link.progress_at -= 60
        slot.returned_at -= 60
    pool._keeper.upkeep.round()
    assert all(slot.state is SlotState.SUSPECT for slot in pool._keeper.slots)


@HEALTH
@LOOPS
def test_while_the_server_is_down_connecting_backs_off_and_then_goes_on(backend: Backend, one: Database) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=1, max_size=3) as pool:
                assert await pool.fetch_value(ONE) == 1
                proxy.refuse()
                proxy.reset_all()
                await until(backend, lambda: pool.stats().lost_total == 1 <= pool.stats().connect_failures_total)
                with pytest.raises(PoolTimeout, match="the last attempt to connect failed") as caught:
                    async with pool.acquire(timeout=1.0):
                        pass
                assert isinstance(caught.value.__cause__, ConnectError)
                # With pauses that double from a tenth of a second, and are random: not hundreds.
                assert 1 <= pool.stats().connect_failures_total < 60
                proxy.accept()
                async with pool.acquire(timeout=20) as connection:
                    assert await connection.fetch_value(ONE) == 1

    backend.run(body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_lifetime": 0},
        {"max_lifetime": "1h"},
        {"idle_timeout": -1},
        {"reuse": "random"},
        {"reset": "sometimes"},
        {"on_connect": 3},
        {"min_size": 1.5},
        {"max_size": True},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        create_pool("postgresql://localhost/", **wrong)
