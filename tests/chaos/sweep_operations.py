"""What the cancellation sweep cancels: one function an operation, in the order of the API. `OPERATIONS` has them all.

What writes, writes pairs into the table `pairs`, so that half an operation shows.
"""

from __future__ import annotations

from typing import Any

from chaos.sweep import POOL_SIZE, Operation, Stage
from qail import Qail

OPERATIONS: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    OPERATIONS[function.__name__] = function
    return function


def pair(stage: Stage, part: int) -> Any:
    return Qail.add("pairs").values({"run": stage.number, "part": part})


@operation
async def connect(stage: Stage) -> None:
    async with stage.backend.connect(stage.database.dsn) as connection:
        assert await connection.fetch_value(stage.value()) == stage.number


@operation
async def open_and_close_a_pool(stage: Stage) -> None:
    async with stage.backend.pool(stage.database.dsn, min_size=2, max_size=2) as pool:
        assert await pool.fetch_value(stage.value()) == stage.number


@operation
async def close_a_pool_with_work_left(stage: Stage) -> None:
    async with stage.backend.pool(stage.database.dsn, max_size=2) as pool:
        connection = await pool.acquire()
        await connection.script("SET statement_timeout = '1h'")
        await pool.release(connection)


@operation
async def acquire_and_release(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        assert await connection.fetch_value(stage.value()) == stage.number


@operation
async def acquire_everything(stage: Stage) -> None:
    leases = [stage.pool.acquire() for _ in range(POOL_SIZE)]
    async with leases[0] as first, leases[1] as second:
        assert await first.fetch_value(stage.value()) == stage.number
        assert await second.fetch_value(stage.value(1)) == stage.number + 1


@operation
async def fetch(stage: Stage) -> None:
    assert await stage.pool.fetch_all(stage.value()) == [(stage.number,)]


@operation
async def fetch_with_a_deadline(stage: Stage) -> None:
    assert await stage.pool.fetch_value(stage.value(), timeout=30) == stage.number


@operation
async def execute(stage: Stage) -> None:
    assert await stage.pool.execute(Qail.add("pairs").values({"run": stage.number}, {"run": stage.number})) == 2


@operation
async def execute_many(stage: Stage) -> None:
    async with stage.pool.transaction() as transaction:
        await transaction.execute_many(pair(stage, 0), [(stage.number, part) for part in range(2400)])


@operation
async def atomic_batch(stage: Stage) -> None:
    assert await stage.pool.batch([pair(stage, 0), stage.value(), pair(stage, 1)]) == [1, [(stage.number,)], 1]


@operation
async def batch_of_strangers(stage: Stage) -> None:
    queries = [stage.value(part) for part in range(5)]
    found = await stage.pool.batch(queries, atomic=False)
    assert found == [[(stage.number + part,)] for part in range(5)]


@operation
async def pipeline(stage: Stage) -> None:
    async with stage.pool.pipeline() as calls:
        answers = [calls.fetch_value(stage.value(part)) for part in range(5)]
    assert [answer.result() for answer in answers] == [stage.number + part for part in range(5)]


@operation
async def transaction(stage: Stage) -> None:
    async with stage.pool.transaction() as tx:
        await tx.execute(pair(stage, 0))
        await tx.execute(pair(stage, 1))


@operation
async def nested_transaction(stage: Stage) -> None:
    async with stage.pool.transaction() as outer:
        await outer.execute(pair(stage, 0))
        async with outer.transaction() as inner:
            await inner.execute(pair(stage, 1))
        async with outer.transaction() as inner:
            assert await inner.fetch_value(stage.value()) == stage.number


@operation
async def begin_and_commit_by_hand(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        tx = connection.transaction()
        await tx.begin()
        await tx.execute(pair(stage, 0))
        await tx.execute(pair(stage, 1))
        await tx.commit()


@operation
async def begin_and_roll_back_by_hand(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        tx = connection.transaction()
        await tx.begin()
        await tx.execute(pair(stage, 0))
        await tx.rollback()
        assert await connection.fetch_value(stage.value()) == stage.number


@operation
async def copy_in(stage: Stage) -> None:
    assert await stage.pool.copy_in("pairs", ((stage.number, part) for part in range(6000))) == 6000


@operation
async def copy_out(stage: Stage) -> None:
    rows = [row async for row in stage.pool.copy_out("thousands", columns=["id"])]
    assert len(rows) == 30_000


@operation
async def copy_out_left_early(stage: Stage) -> None:
    async with stage.pool.copy_out("thousands") as rows:
        async for row in rows:
            assert row == (1,)
            break


@operation
async def stream(stage: Stage) -> None:
    query = Qail.get("thousands").order_by("id").limit(50)
    async with stage.pool.stream(query, fetch_size=20) as rows:
        assert [row[0] async for row in rows] == list(range(1, 51))


@operation
async def script(stage: Stage) -> None:
    assert await stage.pool.script(f"SELECT {stage.number}; SELECT 1") == [[(str(stage.number),)], [("1",)]]


@operation
async def dirty_lease(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        await connection.script("SET search_path = nowhere; CREATE TEMP TABLE pairs_of_mine (id int)")
    async with stage.pool.acquire() as connection:
        assert await connection.script("SELECT current_setting('search_path')") != [[("nowhere",)]]


@operation
async def cancel(stage: Stage) -> None:
    async with stage.pool.acquire() as connection, stage.backend.jobs() as jobs:
        victim = jobs.start(lambda: connection.script("SELECT pg_sleep(60)"))
        while not connection._link.session.depth and victim.error is None:
            await stage.backend.sleep(0)
        await connection.cancel()
        await victim.ended()
