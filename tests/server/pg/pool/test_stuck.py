"""A shared connection whose answers do not come: it is passed by, taken out, and its place is used again."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import ConnectionLost, DeadlineExceeded, Outcome
from qail.pg.pool import stuck
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until

FROZEN = pytest.mark.feature("CA2")
ONE = Qail.get("one").columns("id")
BLOCKED = Qail.add("log").values({"id": 1})


@pytest.fixture
def counted(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY); CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


@FROZEN
def test_a_frozen_connection_is_passed_by_and_then_replaced(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        with ChaosProxy(counted.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=2) as pool:
                assert await pool.fetch_value(ONE) == 1
                held = proxy.add(Rule("hold", message="D"))
                async with backend.jobs() as jobs:
                    late = jobs.start(lambda: pool.fetch_value(ONE, timeout=1.0))
                    await backend.blocking(held.wait)
                    await late.ended()
                assert isinstance(late.error, DeadlineExceeded)
                assert late.error.outcome == Outcome.NO_EFFECT
                held.disarm()

                assert await pool.fetch_value(ONE, timeout=30) == 1
                assert pool.stats().size == 2
                await until(backend, lambda: pool.stats().lost_total == 1)
                assert await backend.together(*[partial(pool.fetch_value, ONE)] * 50) == [1] * 50

    backend.run(main)


@FROZEN
def test_the_only_connection_frozen_does_not_hold_the_pool_up_for_ever(backend: Backend, counted: Database) -> None:
    async def main() -> None:
        with ChaosProxy(counted.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                assert await pool.fetch_value(ONE) == 1
                held = proxy.add(Rule("hold", message="D"))
                for _ in range(3):
                    with pytest.raises(DeadlineExceeded):
                        await pool.fetch_value(ONE, timeout=0.1)
                held.disarm()
                await until(backend, lambda: pool.stats().lost_total == 1)
                assert await pool.fetch_value(ONE, timeout=30) == 1

    backend.run(main)


@FROZEN
def test_those_behind_a_frozen_head_are_told_in_the_end(
    backend: Backend, counted: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stuck, "NEIGHBOUR_SECONDS", 0.1)

    async def main() -> None:
        with ChaosProxy(counted.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                assert await pool.fetch_value(ONE) == 1
                assert await pool.execute(Qail.add("log").values({"id": 2})) == 1
                held = proxy.add(Rule("hold", message="D"))
                async with backend.jobs() as jobs:
                    head = jobs.start(lambda: pool.fetch_value(ONE, timeout=1.0))
                    await backend.blocking(held.wait)
                    behind = jobs.start(lambda: pool.execute(BLOCKED))
                    await head.ended()
                    assert isinstance(head.error, DeadlineExceeded)
                    held.disarm()
                    await behind.ended()
                assert isinstance(behind.error, ConnectionLost)
                assert behind.error.outcome == Outcome.UNKNOWN
                assert await pool.fetch_value(ONE) == 1

    backend.run(main)


@FROZEN
def test_a_statement_nobody_waits_for_is_cancelled_and_its_connection_goes_on(
    backend: Backend, counted: Database
) -> None:
    async def main() -> None:
        async with backend.connect(counted.dsn) as other, backend.pool(counted.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
            async with other.transaction() as holder:
                await holder.execute(BLOCKED)
                with pytest.raises(DeadlineExceeded):
                    await pool.execute(BLOCKED, timeout=0.1)
                await until(backend, lambda: pool.stats().idle == 1)
                async with pool.acquire() as connection:
                    assert connection.info.process_id == first
            assert pool.stats().lost_total == 0
            assert await pool.fetch_all(Qail.get("log")) == [(1,)]

    backend.run(main)


@FROZEN
@pytest.mark.parametrize("kind", ["connection", "lease", "pool"])
def test_closing_a_busy_connection_ends_what_the_server_runs_for_it(
    backend: Backend, counted: Database, kind: str
) -> None:
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(61)%' AND state = 'active' "
        f"AND datname = '{counted.name}' AND pid <> pg_backend_pid()"
    )

    async def close_while_busy(pool: Any) -> None:
        async with (
            backend.connect(counted.dsn) if kind == "connection" else pool.acquire() as connection,
            backend.jobs() as jobs,
        ):
            busy = jobs.start(lambda: connection.script("SELECT pg_sleep(61)"))
            await until(backend, lambda: counted.sql(running) == [("1",)])

            await (pool.close(timeout=0) if kind == "pool" else connection.close())

            await busy.ended()
            assert isinstance(busy.error, ConnectionLost)
            await until(backend, lambda: counted.sql(running) == [("0",)])

    async def main() -> None:
        async with backend.pool(counted.dsn, max_size=1) as pool:
            await close_while_busy(pool)

    backend.run(main)
