"""Deadlines against a server that takes everything and says nothing: every verb that waits ends at its own.

The verbs that a lock of another client holds up are in test_deadlines.py; these are all, and nothing comes back.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest

from qail import INT8, ConnectionLost, DeadlineExceeded, Outcome, PoolTimeout, cast, select
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

SHORT_SECONDS = 0.05
ONE = select(cast(1, INT8))


async def _stream(db: Any, **late: Any) -> None:
    async with db.stream(ONE, **late) as rows:
        async for _ in rows:
            pass


async def _copy_out(db: Any, **late: Any) -> None:
    async with db.copy_out("rows", **late) as rows:
        async for _ in rows:
            pass


async def _pipeline(db: Any, **late: Any) -> None:
    async with db.pipeline(**late) as calls:
        calls.fetch_value(ONE)


async def _transaction(db: Any, **late: Any) -> None:
    async with db.transaction() as tx:
        await tx.fetch_value(ONE, **late)


async def _retried(db: Any, **late: Any) -> None:
    await db.run_transaction(lambda tx: tx.fetch_value(ONE), **late)


async def _lock(db: Any, **late: Any) -> None:
    async with db.advisory_lock(1, **late):
        pytest.fail("it was entered")


VERBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "fetch_all": lambda db, **late: db.fetch_all(ONE, **late),
    "fetch_result": lambda db, **late: db.fetch_result(ONE, **late),
    "fetch_many": lambda db, **late: db.fetch_many(ONE, [(1,), (2,)], **late),
    "batch": lambda db, **late: db.batch([ONE, ONE], **late),
    "prepare": lambda db, **late: db.prepare(ONE, **late),
    "explain": lambda db, **late: db.explain(ONE, **late),
    "notify": lambda db, **late: db.notify("news", "x", **late),
    "transaction_status": lambda db, **late: db.transaction_status(1, **late),
    "script": lambda db, **late: db.script("SELECT 1", **late),
    "copy_in": lambda db, **late: db.copy_in("rows", [(1,)], **late),
    "write_to": lambda db, **late: db.copy_out("rows", **late).write_to(io.BytesIO()),
    "copy_out": _copy_out,
    "stream": _stream,
    "pipeline": _pipeline,
    "transaction": _transaction,
    "run_transaction": _retried,
}
ON_CONNECTIONS: dict[str, Callable[..., Awaitable[Any]]] = {
    "set_param": lambda db, **late: db.set_param("application_name", "x", **late),
    "advisory_lock": _lock,
}


@pytest.mark.feature("CA2")
@pytest.mark.parametrize(("kind", "way"), [("connection", "call"), ("pool", "default")])
def test_every_verb_ends_at_its_deadline_where_nothing_comes_back(
    backend: Backend, fresh_database: Database, kind: str, way: str
) -> None:
    fresh_database.sql("CREATE TABLE rows (id int)")
    late = {"timeout": SHORT_SECONDS} if way == "call" else {}
    settings = {} if way == "call" else {"command_timeout": SHORT_SECONDS}
    verbs = VERBS if kind == "pool" else VERBS | ON_CONNECTIONS
    open_it = backend.pool if kind == "pool" else backend.connect

    async def body() -> None:
        async with AsyncExitStack() as stack:
            proxy = stack.enter_context(ChaosProxy(fresh_database.dsn))
            dbs = [await stack.enter_async_context(open_it(proxy.dsn(), **settings)) for _ in verbs]
            held = proxy.add(Rule("hold"))
            told = await backend.together(
                *(partial(verb, db, **late) for db, verb in zip(dbs, verbs.values(), strict=True))
            )
            held.release()
            for name, error in zip(verbs, told, strict=True):
                # A pool that finds no connection in time to go on with says that.
                assert isinstance(error, DeadlineExceeded | PoolTimeout), name
                assert error.outcome is not Outcome.DONE, name
            # They answer again, unless the wait for what was left behind had to be ended.
            answers = await backend.together(*(partial(db.fetch_value, ONE, timeout=60) for db in dbs))
            assert all(
                answer == 1 or (kind == "connection" and isinstance(answer, ConnectionLost)) for answer in answers
            )

    backend.run(body)
