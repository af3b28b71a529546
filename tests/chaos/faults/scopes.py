"""F35: cancelled while BEGIN, COMMIT, ROLLBACK or SAVEPOINT is under way."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.faults.outcome import TABLES, ids, note
from chaos.registry import CANCELLABLE, FaultRun, fault
from qail.sqlstate import UniqueViolation
from qail.testing import ChaosProxy, Rule
from support.servers import Database


@fault("F35", backends=CANCELLABLE)
async def cancelled_while_the_end_or_the_beginning_is_under_way_leaves_a_usable_pool(run: FaultRun) -> None:
    for message in (b"BEGIN", b"SAVEPOINT", b"RELEASE", b"ROLLBACK TO", b"ROLLBACK", b"COMMIT"):
        with run.server.fresh_database() as database:
            database.sql(TABLES)
            await _cancelled_at(run, database, message)


async def _cancelled_at(run: FaultRun, database: Database, message: bytes) -> None:
    with ChaosProxy(database.dsn) as proxy:
        async with run.backend.pool(proxy.dsn(), max_size=1) as pool, run.backend.jobs() as jobs:
            await pool.execute(note(0))
            held = proxy.add(Rule("hold", to="server", message="P", containing=message))
            job = jobs.start(lambda: _nested(pool))
            await run.backend.blocking(held.wait)
            job.cancel()
            await run.backend.sleep(0)
            held.release()
            await job.ended()
            assert not isinstance(job.error, Exception), f"the cancellation at {message!r} became {job.error!r}"

            # The next borrower is outside a transaction, and what the cancelled one did is all there or not at all.
            assert await pool.execute(note(99)) == 1
            async with pool.acquire() as connection:
                assert await connection.script("SELECT count(*) FROM notes WHERE id = 99") == [[("1",)]]
        assert ids(database) in ([0, 99], [0, 1, 2, 99]), f"cancelled at {message!r}"
        proxy.audit.check()


async def _nested(pool: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        await _undone(pool)
    async with pool.transaction() as transaction:
        await transaction.execute(note(1))
        with pytest.raises(UniqueViolation):
            await _undone_inner(transaction)
        async with transaction.transaction() as inner:
            await inner.execute(note(2))


async def _undone(pool: Any) -> None:
    async with pool.transaction() as transaction:
        await transaction.execute(note(50))
        raise ZeroDivisionError


async def _undone_inner(transaction: Any) -> None:
    async with transaction.transaction() as inner:
        await inner.execute(note(1))
