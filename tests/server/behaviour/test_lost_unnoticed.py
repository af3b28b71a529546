"""Connections that ended while nobody listened: the call that would have met one goes to another, and is told nothing.

The server ends them while the loop's own thread is busy: no turn of the loop comes between their end and the next call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from qail import Qail, count, func, select
from support.backends import Backend
from support.cluster import Cluster
from support.pool_counts import without_haste
from support.servers import Database

ONE = select(func.abs(-1))
PROCESS_ID = select(func.pg_backend_pid())
IDLE = 2


@pytest.fixture
def kept(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE kept (n int)")
    return fresh_database


def add(number: int = 1) -> Any:
    return Qail.add("kept").values({"n": number})


async def fetch(pool: Any) -> None:
    assert await pool.fetch_value(ONE) == 1


async def fetch_in_time(pool: Any) -> None:
    assert await pool.fetch_value(ONE, timeout=60) == 1


async def fetch_what_is_new(pool: Any) -> None:
    # It has to be described first.
    assert await pool.fetch_all(Qail.get("kept").columns("n").limit(0)) == []


async def write(pool: Any) -> None:
    assert await pool.execute(add()) == 1


async def batch(pool: Any) -> None:
    assert await pool.batch([ONE, add()]) == [[(1,)], 1]


async def batch_of_its_own_each(pool: Any) -> None:
    assert await pool.batch([ONE, add()] * 200, atomic=False) == [[(1,)], 1] * 200


async def batch_with_modes(pool: Any) -> None:
    assert await pool.batch([ONE, add()], isolation="serializable") == [[(1,)], 1]


async def pipeline(pool: Any) -> None:
    async with pool.pipeline() as calls:
        answers = [calls.execute(add()) for _ in range(5)]
    assert [answer.result() for answer in answers] == [1] * 5


async def many(pool: Any) -> None:
    assert await pool.execute_many(add(), [(number,) for number in range(5)]) == [1] * 5


async def prepare(pool: Any) -> None:
    statement = await pool.prepare(add(5))
    assert await statement.execute() == 1


async def notify(pool: Any) -> None:
    await pool.notify("news", "x")


async def borrow(pool: Any) -> None:
    async with pool.acquire() as connection:
        assert await connection.execute(add()) == 1


async def transact(pool: Any) -> None:
    async with pool.transaction() as tx:
        assert await tx.execute(add()) == 1
        assert await tx.fetch_value(ONE) == 1


async def run_transaction(pool: Any) -> None:
    async def work(tx: Any) -> int:
        return int(await tx.execute(add()))

    assert await pool.run_transaction(work) == 1


async def stream(pool: Any) -> None:
    async with pool.stream(ONE) as rows:
        assert [tuple(row) async for row in rows] == [(1,)]


async def script(pool: Any) -> None:
    assert len(await pool.script("SELECT 1; SELECT 2")) == 2


async def copy_in(pool: Any) -> None:
    assert await pool.copy_in("kept", [(7,)]) == 1


async def listen(pool: Any) -> None:
    async with pool.listen("news"):
        await pool.notify("news", "y")


async def status(pool: Any) -> None:
    assert await pool.transaction_status(10) in ("committed", None)


VERBS: list[Callable[[Any], Awaitable[None]]] = [
    fetch,
    fetch_in_time,
    fetch_what_is_new,
    write,
    batch,
    batch_of_its_own_each,
    batch_with_modes,
    pipeline,
    many,
    prepare,
    notify,
    borrow,
    transact,
    run_transaction,
    stream,
    script,
    copy_in,
    listen,
    status,
]


async def fill(backend: Backend, pool: Any) -> set[int]:
    """Open all connections of the pool; their processes."""
    leases = [await pool.acquire() for _ in range(IDLE)]
    found = {await lease.fetch_value(PROCESS_ID) for lease in leases}
    for lease in leases:
        await pool.release(lease)
    assert len(found) == IDLE
    return found


def end(database: Database, processes: set[int]) -> None:
    """Terminate these, and wait for their end; it blocks the thread that calls it."""
    # Their last words are sent before they leave the list of what is active.
    every = ", ".join(map(str, processes))
    ended = f"SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE pid IN ({every})"
    assert database.sql(ended) == [(str(IDLE),)]


@pytest.mark.feature("PO5")
def test_no_caller_meets_a_connection_that_ended_while_the_loop_was_busy(backend: Backend, kept: Database) -> None:
    async def body() -> None:
        async with backend.pool(kept.dsn, min_size=IDLE, max_size=IDLE) as pool:
            # What is counted as lost is what was ended, and no ping that took its time.
            without_haste(pool)
            await write(pool)
            processes = await fill(backend, pool)
            for verb in VERBS:
                end(kept, processes)
                await verb(pool)
                before, processes = processes, await fill(backend, pool)
                assert before & processes == set()
            assert pool.stats().lost_total == IDLE * len(VERBS)

    backend.run(body)


@pytest.mark.feature("PO5")
def test_many_callers_at_once_find_all_connections_ended_and_none_is_told(backend: Backend, kept: Database) -> None:
    async def body() -> None:
        async with backend.pool(kept.dsn, min_size=IDLE, max_size=IDLE) as pool:
            await write(pool)
            processes = await fill(backend, pool)
            end(kept, processes)
            results = await backend.together(*(partial(write, pool) for _ in range(60)))
            assert results == [None] * 60
            assert await pool.fetch_value(Qail.get("kept").columns(count())) == 61

    backend.run(body)


@pytest.mark.feature("PO5")
@pytest.mark.backends("asyncio", "sync")
def test_a_restart_while_the_loop_was_busy_is_told_to_nobody(backend: Backend, cluster: Cluster) -> None:
    node = cluster.primary
    node.sql("DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)")

    async def body() -> None:
        async with backend.pool(node.dsn, min_size=IDLE, max_size=IDLE) as pool:
            await write(pool)
            for verb in (write, borrow, transact):
                await fill(backend, pool)
                node.restart()
                await verb(pool)
            await fill(backend, pool)
            # A process that is killed says nothing; the others are told so by the postmaster.
            node.kill_backend(await pool.fetch_value(PROCESS_ID))
            node.wait_up()
            await write(pool)

    backend.run(body)
