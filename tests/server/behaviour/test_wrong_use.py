"""Connections and pools used after their end, in another loop, or in a forked child: told, never a hang."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail import INT8, PoolClosed, UsageError, cast, select
from support.backends import BACKENDS, Backend
from support.servers import Server

ONE = select(cast(1, INT8))
PATIENCE_SECONDS = 60

VERBS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "fetch_value": lambda db: db.fetch_value(ONE),
    "fetch_value in time": lambda db: db.fetch_value(ONE, timeout=5),
    "execute_many": lambda db: db.execute_many(ONE, [(1,)]),
    "batch": lambda db: db.batch([ONE]),
    "batch of strangers": lambda db: db.batch([ONE], atomic=False),
    "script": lambda db: db.script("SELECT 1"),
    "copy_in": lambda db: db.copy_in("rows", [(1,)]),
}


async def _transaction(db: Any) -> None:
    async with db.transaction() as transaction:
        await transaction.fetch_value(ONE)


async def _copy_out(db: Any) -> None:
    async with db.copy_out("rows") as rows:
        async for _ in rows:
            pass


BLOCKS: dict[str, Callable[[Any], Awaitable[Any]]] = {"transaction": _transaction, "copy_out": _copy_out}
ALL = {**VERBS, **BLOCKS}


@pytest.mark.parametrize("name", ALL)
def test_a_closed_pool_connection_or_transaction_refuses(backend: Backend, server: Server, name: str) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn) as pool, backend.connect(server.dsn) as connection:
            lease = await pool.acquire()
            await pool.release(lease)
            async with connection.transaction() as transaction:
                assert await transaction.fetch_value(ONE) == 1
            if name in VERBS:
                with pytest.raises(UsageError):
                    await ALL[name](transaction)
            with pytest.raises(UsageError):
                await ALL[name](lease)
        with pytest.raises(UsageError):
            await ALL[name](connection)
        with pytest.raises(PoolClosed):
            await ALL[name](pool)

    backend.run(body)


@pytest.mark.feature("PO8")
@pytest.mark.backends("asyncio", "uvloop", "trio")
@pytest.mark.parametrize("other", ["asyncio", "uvloop", "trio"])
def test_another_loop_is_refused_and_harms_nobody(backend: Backend, server: Server, other: str) -> None:
    told: dict[str, BaseException | None] = {}

    async def body() -> None:
        async with backend.pool(server.dsn) as pool, backend.connect(server.dsn) as connection:
            assert await pool.fetch_value(ONE) == 1
            async with connection.transaction() as transaction:
                assert await transaction.fetch_value(ONE) == 1

                async def elsewhere() -> None:
                    for kind, db in (("pool", pool), ("connection", connection), ("transaction", transaction)):
                        for name, work in ALL.items():
                            if name == "transaction" and kind != "pool":
                                continue
                            told[f"{kind} {name}"] = await _raised(work, db)

                thread = threading.Thread(target=BACKENDS[other]().run, args=(elsewhere,))
                thread.start()
                thread.join(PATIENCE_SECONDS)
                assert not thread.is_alive()
                assert await transaction.fetch_value(ONE) == 1
            assert await connection.fetch_value(ONE) == 1
            assert await pool.fetch_value(ONE) == 1

    backend.run(body)

    assert told
    assert {name: error for name, error in told.items() if not isinstance(error, UsageError)} == {}
    assert all("loop" in str(error) for error in told.values())


async def _raised(work: Callable[[Any], Awaitable[Any]], db: Any) -> BaseException | None:
    try:
        await work(db)
    except Exception as error:  # noqa: BLE001  # it is looked at
        return error
    return None


@pytest.mark.feature("PO8")
@pytest.mark.backends("asyncio", "uvloop", "trio")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_is_refused_and_the_parent_goes_on(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn) as pool, backend.connect(server.dsn) as connection:
            assert await pool.fetch_value(ONE) == 1
            process_id = os.fork()
            if process_id == 0:
                os._exit(_refusals(pool, connection))
            _, status = os.waitpid(process_id, 0)
            assert os.waitstatus_to_exitcode(status) == 0
            assert await pool.fetch_value(ONE) == 1
            assert await connection.fetch_value(ONE) == 1

    backend.run(body)


def _refusals(pool: Any, connection: Any) -> int:
    """In the child: how many verbs were not refused. Its copy of the loop is none: they are driven by hand."""
    wrong = 0
    for db in (pool, connection):
        for work in VERBS.values():
            try:
                work(db).__await__().send(None)
            except UsageError as error:
                wrong += "forked" not in str(error)
            except BaseException:  # noqa: BLE001  # anything else is wrong
                wrong += 1
            else:
                wrong += 1
    return wrong
