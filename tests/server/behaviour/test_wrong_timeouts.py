"""A timeout that is none is refused by every verb that takes one, before anything is sent."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import qail
from qail import INT4, Qail, UsageError, func, select
from qail.pg.driver.prepare import PreparedStatement
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database

ONE = select(func.abs(-1))
FORM = Qail.sql("select {n}::int4", n=1).returns(INT4)
WRONG: list[Any] = [math.nan, math.inf, -1, -0.5, True, "5", 10**400]
Verb = Callable[[Any, Any], Awaitable[Any]]


async def _enter(block: Any) -> None:
    async with block:
        pass


async def _flush(db: Any, timeout: Any) -> None:
    async with db.pipeline(timeout=timeout) as pipeline:
        pipeline.fetch_all(ONE)


async def _read(copy: Any) -> None:
    async for _ in copy:
        pass


async def _do_nothing(_: Any) -> None:
    return


COMMON: dict[str, Verb] = {
    "fetch_all": lambda db, t: db.fetch_all(ONE, timeout=t),
    "fetch_one": lambda db, t: db.fetch_one(ONE, timeout=t),
    "fetch_optional": lambda db, t: db.fetch_optional(ONE, timeout=t),
    "fetch_value": lambda db, t: db.fetch_value(ONE, timeout=t),
    "fetch_values": lambda db, t: db.fetch_values(ONE, timeout=t),
    "fetch_result": lambda db, t: db.fetch_result(ONE, timeout=t),
    "execute": lambda db, t: db.execute(ONE, timeout=t),
    "execute_many": lambda db, t: db.execute_many(FORM, [(1,)], timeout=t),
    "fetch_many": lambda db, t: db.fetch_many(FORM, [(1,)], timeout=t),
    "batch": lambda db, t: db.batch([ONE], timeout=t),
    "notify": lambda db, t: db.notify("news", timeout=t),
    "explain": lambda db, t: db.explain(ONE, timeout=t),
    "pipeline": _flush,
    "prepare": lambda db, t: db.prepare(ONE, timeout=t),
    "run_transaction": lambda db, t: db.run_transaction(_do_nothing, timeout=t),
    "transaction_status": lambda db, t: db.transaction_status(10, timeout=t),
    "stream": lambda db, t: _enter(db.stream(ONE, timeout=t)),
    "script": lambda db, t: db.script("select 1", timeout=t),
    "copy_in": lambda db, t: db.copy_in("t", [(1,)], timeout=t),
    "copy_out": lambda db, t: _read(db.copy_out("t", timeout=t)),
}
LOCKS: dict[str, Verb] = {"advisory_lock": lambda db, t: _enter(db.advisory_lock(1, timeout=t))}
OF: dict[type, dict[str, Verb]] = {
    qail.Pool: {
        **COMMON,
        "acquire": lambda pool, t: _enter(pool.acquire(timeout=t)),
        "transaction": lambda pool, t: _enter(pool.transaction(timeout=t)),
        "close": lambda pool, t: pool.close(timeout=t),
    },
    qail.Connection: {**COMMON, **LOCKS, "set_param": lambda db, t: db.set_param("work_mem", "1MB", timeout=t)},
    qail.Transaction: {**COMMON, **LOCKS},
    PreparedStatement: {
        "fetch_all": lambda statement, t: statement.fetch_all(timeout=t),
        "fetch_one": lambda statement, t: statement.fetch_one(timeout=t),
        "fetch_optional": lambda statement, t: statement.fetch_optional(timeout=t),
        "fetch_value": lambda statement, t: statement.fetch_value(timeout=t),
        "fetch_values": lambda statement, t: statement.fetch_values(timeout=t),
        "execute": lambda statement, t: statement.execute(timeout=t),
    },
    qail.Subscription: {"get": lambda messages, t: messages.get(timeout=t)},
}


@pytest.mark.feature("CA2")
@pytest.mark.parametrize("owner", OF)
def test_every_verb_that_takes_a_timeout_is_here(owner: type) -> None:
    public = [(name, member) for name, member in inspect.getmembers(owner, callable) if not name.startswith("_")]
    taking = {name for name, member in public if "timeout" in inspect.signature(member).parameters}

    assert taking == set(OF[owner])


async def refuse_all(db: Any, verbs: dict[str, Verb]) -> None:
    for name, verb in verbs.items():
        for wrong in WRONG:
            with pytest.raises(UsageError, match="timeout is a number of seconds") as caught:
                await verb(db, wrong)
            assert caught.value.outcome is qail.Outcome.NOT_SENT, name


@pytest.mark.feature("CA2")
def test_a_timeout_that_is_none_is_refused_before_anything_is_sent(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE t (n int4)")

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool, backend.connect(proxy.dsn()) as connection:
                statement = await connection.prepare(FORM)
                async with connection.listen("news") as messages:
                    await connection.fetch_value(ONE)
                    proxy.audit.forget()
                    await refuse_all(pool, OF[qail.Pool])
                    await refuse_all(connection, OF[qail.Connection])
                    await refuse_all(statement, OF[PreparedStatement])
                    await refuse_all(messages, OF[qail.Subscription])
                    async with connection.transaction() as tx:
                        await refuse_all(tx, OF[qail.Transaction])
                    assert not proxy.audit.sent
                # Nothing of it has taken a place, and what is in time is served.
                assert pool.stats().leased == 0
                for timeout in (60, 60.0, 3e8):
                    assert await pool.fetch_value(ONE, timeout=timeout) == 1
                    async with pool.acquire(timeout=timeout) as lease:
                        assert await lease.fetch_value(ONE, timeout=timeout) == 1

    backend.run(body)
