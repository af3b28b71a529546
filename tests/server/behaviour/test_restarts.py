"""A server that was stopped and started while the pool was idle: its callers are told nothing of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from qail import Qail, func, select
from support.backends import Backend
from support.cluster import Cluster
from support.waiting import until

ONE = select(func.abs(-1))
PROCESS_ID = select(func.pg_backend_pid())
IDLE = 3


async def borrow(pool: Any) -> int:
    async with pool.acquire() as connection:
        return int(await connection.fetch_value(ONE))


async def transact(pool: Any) -> int:
    async with pool.transaction() as tx:
        return int(await tx.execute(Qail.add("kept").values({"n": 1})))


async def work(pool: Any) -> None:
    """Every way to a connection, by itself and all at once."""
    assert await pool.fetch_value(ONE) == 1
    assert await pool.execute(Qail.add("kept").values({"n": 1})) == 1
    assert await borrow(pool) == 1
    assert await transact(pool) == 1
    assert await pool.batch([ONE, ONE]) == [[(1,)], [(1,)]]


@pytest.mark.feature("PO5")
@pytest.mark.parametrize("first", ["transaction", "all at once"])
def test_idle_connections_that_a_restart_ended_are_replaced_and_no_caller_meets_one(
    backend: Backend, cluster: Cluster, first: str
) -> None:
    node = cluster.primary
    node.sql("DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)")
    calls = {"fetch": lambda pool: pool.fetch_value(ONE), "acquire": borrow, "transaction": transact}

    async def body() -> None:
        async with backend.pool(node.dsn, min_size=IDLE, max_size=IDLE) as pool:
            before = {(await pool.fetch_value(PROCESS_ID)) for _ in range(IDLE)}
            await work(pool)
            await backend.blocking(node.restart)
            # A loop hears of the ends; a blocking pool reads nothing before it is asked something.
            if backend.name != "sync":
                await until(backend, lambda: pool.stats().lost_total >= IDLE)
            if first == "all at once":
                every = [partial(call, pool) for call in calls.values()] * 5
                assert await backend.together(*every) == [1] * len(every)
            else:
                assert await calls[first](pool) == 1
            await work(pool)
            assert await pool.fetch_value(PROCESS_ID) not in before
            await until(backend, lambda: pool.stats().lost_total == IDLE)
            assert pool.stats().size <= IDLE

    backend.run(body)
