"""More of what the cancellation sweep cancels: the verbs that tests/chaos/sweep_operations.py leaves out.

`NAMED` are all verbs that some operation of the sweep calls: a new one that none does is found by test_sweep.py.
"""

from __future__ import annotations

import ast
import inspect
import io
from typing import Any

import chaos.sweep_operations
from chaos.sweep import Stage
from chaos.sweep_operations import OPERATIONS, operation, pair
from qail import INT8, Qail, cast, select
from qail.sqlstate import SerializationFailure

CONFLICT = {"S": "ERROR", "V": "ERROR", "C": "40001", "M": "on purpose"}


def anything() -> Any:
    """A form whose one value each run gives."""
    return select(cast(0, INT8))


@operation
async def every_kind_of_fetch(stage: Stage) -> None:
    query = stage.value()
    assert await stage.pool.fetch_one(query) == (stage.number,)
    assert await stage.pool.fetch_optional(query) == (stage.number,)
    assert await stage.pool.fetch_values(query) == [stage.number]
    assert (await stage.pool.fetch_result(query)).rows == [(stage.number,)]


@operation
async def fetch_many(stage: Stage) -> None:
    sets = [(stage.number + part,) for part in range(1500)]
    assert await stage.pool.fetch_many(anything(), sets) == [[each] for each in sets]


@operation
async def prepare(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        statement = await connection.prepare(anything())
        assert await statement.fetch_value((stage.number,)) == stage.number
        assert await statement.on(stage.pool).fetch_all((stage.number,)) == [(stage.number,)]


@operation
async def explain(stage: Stage) -> None:
    assert "Plan" in str(await stage.pool.explain(stage.value()))


@operation
async def flush_a_pipeline(stage: Stage) -> None:
    async with stage.pool.pipeline() as calls:
        first = calls.fetch_value(stage.value())
        await calls.flush()
        second = calls.fetch_value(stage.value(1))
        assert (first.result(), await second) == (stage.number, stage.number + 1)


@operation
async def run_a_transaction_again(stage: Stage) -> None:
    async def work(tx: Any) -> None:
        await tx.execute(pair(stage, 0))
        if tx.attempt == 1:
            raise SerializationFailure(fields=CONFLICT)
        await tx.execute(pair(stage, 1))

    await stage.pool.run_transaction(work)


@operation
async def roll_back_a_savepoint(stage: Stage) -> None:
    async with stage.pool.transaction(track_outcome=True) as tx:
        await tx.execute(pair(stage, 0))
        inner = tx.transaction()
        await inner.begin()
        await inner.execute(pair(stage, 2))
        await inner.rollback()
        await tx.execute(pair(stage, 1))


@operation
async def ask_what_became_of_a_transaction(stage: Stage) -> None:
    async with stage.pool.transaction() as tx:
        [[(text,)]] = await tx.script("SELECT pg_current_xact_id()")
    assert await stage.pool.transaction_status(int(text)) == "committed"


@operation
async def listen_and_notify(stage: Stage) -> None:
    async with stage.pool.listen("sweep") as messages:
        await stage.pool.notify("sweep", str(stage.number))
        assert (await messages.get(timeout=30)).payload == str(stage.number)


@operation
async def listen_to_more_and_to_less(stage: Stage) -> None:
    async with stage.pool.acquire() as connection, connection.listen("sweep one") as messages:
        await messages.listen("sweep two")
        messages.unlisten("sweep one")
        await connection.notify("sweep one", "nobody hears it")
        await connection.notify("sweep two", str(stage.number))
        assert (await messages.get(timeout=30)).payload == str(stage.number)


@operation
async def advisory_locks(stage: Stage) -> None:
    async with stage.pool.acquire() as connection, connection.advisory_lock(stage.number + 1):
        assert await connection.fetch_value(stage.value()) == stage.number
    async with stage.pool.transaction() as tx, tx.advisory_lock(stage.number + 1, wait=False) as is_held:
        assert is_held


@operation
async def set_a_parameter(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        await connection.set_param("application_name", "swept")
        assert await connection.script("SHOW application_name") == [[("swept",)]]
    async with stage.pool.acquire() as connection:
        assert await connection.script("SHOW application_name") == [[("",)]]


@operation
async def a_lease_with_settings(stage: Stage) -> None:
    async with stage.pool.acquire(settings={"app.tenant": str(stage.number)}) as connection:
        assert await connection.fetch_value(stage.value()) == stage.number
        async with connection.transaction() as tx:
            assert await tx.script("SHOW app.tenant") == [[(str(stage.number),)]]
    assert await stage.pool.script("SELECT coalesce(current_setting('app.tenant', true), '')") == [[("",)]]


@operation
async def pages_of_a_stream(stage: Stage) -> None:
    async with stage.pool.stream(Qail.get("thousands").limit(50), fetch_size=20) as rows:
        assert [len(page) async for page in rows.pages()] == [20, 20, 10]


@operation
async def copy_out_to_a_file(stage: Stage) -> None:
    file = io.BytesIO()
    await stage.pool.copy_out("thousands", format="text").write_to(file)
    assert file.getvalue().count(b"\n") == 30_000


@operation
async def leave_the_pool_and_close(stage: Stage) -> None:
    own = stage.pool.detach(await stage.pool.acquire())
    try:
        assert await own.fetch_value(stage.value()) == stage.number
    finally:
        await own.close()


def _called(module: Any) -> set[str]:
    """The names of all methods that its functions call."""
    tree = ast.parse(inspect.getsource(module))
    calls = [each.func for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return {each.attr for each in calls if isinstance(each, ast.Attribute)}


NAMED = _called(chaos.sweep_operations) | _called(inspect.getmodule(anything))

__all__ = ["NAMED", "OPERATIONS"]
