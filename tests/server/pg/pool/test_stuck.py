"""A shared connection whose answers do not come: it is passed by, taken out, and its place is used again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import ConnectionLost, DeadlineExceeded, Outcome
from qail.pg.driver.connection import connect
from qail.pg.pool import stuck
from qail.pg.pool.pool import create_pool
from support.delaying_proxy import holding_proxy
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
FROZEN = pytest.mark.feature("CA2")
ONE = Qail.get("one").columns("id")
BLOCKED = Qail.add("log").values({"id": 1})


@pytest.fixture
def counted(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY); CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


async def until(is_true: Callable[[], bool]) -> None:
    """Bounded: far longer than any grace."""
    async with asyncio.timeout(30):
        while not is_true():
            await asyncio.sleep(0.01)


@FROZEN
def test_a_frozen_connection_is_passed_by_and_then_replaced(run: Run, counted: Database) -> None:
    async def main() -> None:
        async with holding_proxy(counted.server.socket_path) as proxy:
            where: dict[str, Any] = {"host": proxy.host, "user": counted.server.user, "dbname": counted.name}
            async with create_pool(**where, port=5432, max_size=2) as pool:
                assert await pool.fetch_value(ONE) == 1
                proxy.hold("D")
                with pytest.raises(DeadlineExceeded) as caught:
                    await pool.fetch_value(ONE, timeout=0.1)
                assert caught.value.outcome == Outcome.NO_EFFECT
                proxy.hold_no_more()

                assert await pool.fetch_value(ONE, timeout=2) == 1
                assert pool.stats().size == 2
                await until(lambda: pool.stats().lost_total == 1)
                assert await asyncio.gather(*[pool.fetch_value(ONE) for _ in range(50)]) == [1] * 50

    run(main)


@FROZEN
def test_the_only_connection_frozen_does_not_hold_the_pool_up_for_ever(run: Run, counted: Database) -> None:
    async def main() -> None:
        async with holding_proxy(counted.server.socket_path) as proxy:
            where: dict[str, Any] = {"host": proxy.host, "user": counted.server.user, "dbname": counted.name}
            async with create_pool(**where, port=5432, max_size=1) as pool:
                assert await pool.fetch_value(ONE) == 1
                proxy.hold("D")
                for _ in range(3):
                    with pytest.raises(DeadlineExceeded):
                        await pool.fetch_value(ONE, timeout=0.1)
                proxy.hold_no_more()
                await until(lambda: pool.stats().lost_total == 1)
                assert await pool.fetch_value(ONE, timeout=10) == 1

    run(main)


@FROZEN
def test_those_behind_a_frozen_head_are_told_in_the_end(
    run: Run, counted: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stuck, "NEIGHBOUR_SECONDS", 0.1)

    async def main() -> None:
        async with holding_proxy(counted.server.socket_path) as proxy:
            where: dict[str, Any] = {"host": proxy.host, "user": counted.server.user, "dbname": counted.name}
            async with create_pool(**where, port=5432, max_size=1) as pool:
                assert await pool.fetch_value(ONE) == 1
                assert await pool.execute(Qail.add("log").values({"id": 2})) == 1
                proxy.hold("D")
                head = asyncio.ensure_future(pool.fetch_value(ONE, timeout=0.1))
                behind = asyncio.ensure_future(pool.execute(BLOCKED))
                with pytest.raises(DeadlineExceeded):
                    await head
                proxy.hold_no_more()
                with pytest.raises(ConnectionLost) as caught:
                    await behind
                assert caught.value.outcome == Outcome.UNKNOWN
                assert await pool.fetch_value(ONE) == 1

    run(main)


@FROZEN
def test_a_statement_nobody_waits_for_is_cancelled_and_its_connection_goes_on(run: Run, counted: Database) -> None:
    async def main() -> None:
        async with connect(counted.dsn) as other, create_pool(counted.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
            async with other.transaction() as holder:
                await holder.execute(BLOCKED)
                with pytest.raises(DeadlineExceeded):
                    await pool.execute(BLOCKED, timeout=0.1)
                await until(lambda: pool.stats().idle == 1)
                async with pool.acquire() as connection:
                    assert connection.info.process_id == first
            assert pool.stats().lost_total == 0
            assert await pool.fetch_all(Qail.get("log")) == [(1,)]

    run(main)


@FROZEN
@pytest.mark.parametrize("kind", ["connection", "lease", "pool"])
def test_closing_a_busy_connection_ends_what_the_server_runs_for_it(run: Run, counted: Database, kind: str) -> None:
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(61)%' AND state = 'active' "
        f"AND datname = '{counted.name}' AND pid <> pg_backend_pid()"
    )

    async def main() -> None:
        pool = await create_pool(counted.dsn, max_size=1).open()
        connection = await (connect(counted.dsn) if kind == "connection" else pool.acquire())
        busy = asyncio.ensure_future(connection.script("SELECT pg_sleep(61)"))
        await until(lambda: counted.sql(running) == [("1",)])

        await (pool.close(timeout=0) if kind == "pool" else connection.close())

        with pytest.raises(ConnectionLost):
            await busy
        await until(lambda: counted.sql(running) == [("0",)])
        await connection.close()
        await pool.close()

    run(main)
