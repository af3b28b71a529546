"""What nobody waits for any more is told all the same: COMMITs to `on_abandoned`, forgotten pools by a warning."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import qail
from qail import INT8, AbandonedCommit, ConfigError, ConnectionLost, DeadlineExceeded, Outcome, Qail, cast, select
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until

LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")
BACKEND = select(qail.func.pg_backend_pid())


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY)")
    return fresh_database


async def commit_and_go(backend: Backend, proxy: ChaosProxy, db: Any) -> None:
    """Cancel whoever waits for a COMMIT while its answer is held back; then let it come."""

    async def commit() -> None:
        async with db.transaction(track_outcome=True) as transaction:
            await transaction.execute(Qail.add("log").values({"id": 1}))

    held = proxy.add(Rule("hold", message="C", containing=b"COMMIT"))
    async with backend.jobs() as jobs:
        job = jobs.start(commit)
        await backend.blocking(held.wait)
        job.cancel()
        await job.ended()
    held.release()


@LOOPS
@pytest.mark.feature("TX4")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_commit_whose_caller_was_cancelled_is_told_to_the_hook(backend: Backend, log: Database, kind: str) -> None:
    told: list[AbandonedCommit] = []

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            open_it = backend.connect if kind == "connection" else backend.pool
            async with open_it(proxy.dsn(), on_abandoned=told.append) as db:
                await commit_and_go(backend, proxy, db)
                await until(backend, lambda: len(told) == 1)
        assert log.sql("SELECT id FROM log") == [("1",)]
        committed = told[0]
        assert (committed.outcome, committed.error) == (Outcome.DONE, None)
        assert committed.transaction_id is not None
        assert log.sql(f"SELECT pg_xact_status('{committed.transaction_id}')") == [("committed",)]

    backend.run(body)


@LOOPS
@pytest.mark.feature("TX4")
def test_what_the_hook_raises_is_logged_and_harms_nobody(
    backend: Backend, log: Database, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[AbandonedCommit] = []

    def fail(event: AbandonedCommit) -> None:
        told.append(event)
        raise ZeroDivisionError

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn(), on_abandoned=fail) as db:
                await commit_and_go(backend, proxy, db)
                await until(backend, lambda: "on_abandoned failed" in caplog.text)
                assert await db.fetch_values(Qail.get("log").columns("id")) == [1]

    backend.run(body)
    assert len(told) == 1


@LOOPS
@pytest.mark.feature("TX4")
def test_a_commit_that_was_cut_off_is_told_as_unknown(backend: Backend, log: Database) -> None:
    told: list[AbandonedCommit] = []

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn(tcp=True), on_abandoned=told.append) as db:
                transaction = db.transaction()
                await transaction.begin()
                await transaction.execute(Qail.add("log").values({"id": 1}))
                held = proxy.add(Rule("hold", message="C", containing=b"COMMIT"))
                async with backend.jobs() as jobs:
                    job = jobs.start(transaction.commit)
                    await backend.blocking(held.wait)
                    job.cancel()
                    await job.ended()
                proxy.reset_all()
                await until(backend, lambda: len(told) == 1)
        assert told[0].outcome == Outcome.UNKNOWN
        assert isinstance(told[0].error, ConnectionLost)
        assert told[0].transaction_id is None

    backend.run(body)


def test_the_hook_is_a_function_and_no_part_of_a_dsn() -> None:
    with pytest.raises(ConfigError, match="on_abandoned"):
        qail.connect("postgresql://localhost/", on_abandoned="tell")
    with pytest.raises(ConfigError, match="on_abandoned"):
        qail.connect("postgresql://localhost/?on_abandoned=tell")


FORGETTING = """
import asyncio, sys
import qail
from qail import INT8, cast, select

async def main():
    pool = await qail.create_pool(sys.argv[1]).open()
    assert await pool.fetch_value(select(cast(1, INT8))) == 1

asyncio.run(main())
print("ended")
"""


def test_a_forgotten_pool_gives_a_warning(fresh_database: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", FORGETTING, fresh_database.dsn],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(qail.__file__).resolve().parents[1],
    )

    assert (done.stdout, done.returncode) == ("ended\n", 0)
    assert "ResourceWarning: <qail.Pool open, at most 10 connections> was forgotten: close it" in done.stderr


def test_a_closed_pool_and_one_that_was_never_opened_go_silently(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            assert await pool.fetch_value(select(cast(1, INT8))) == 1

    # Warnings are errors, and pytest reports those that a finalizer cannot raise.
    backend.run(body)
    qail.create_pool(fresh_database.dsn)
    gc.collect()


@pytest.mark.feature("CA1")
@pytest.mark.parametrize("pooler_mode", [True, False])
def test_behind_a_pooler_a_cancelled_connection_is_retired(
    backend: Backend, fresh_database: Database, pooler_mode: bool
) -> None:
    async def body() -> None:
        async with backend.pool(fresh_database.dsn, max_size=1, pooler_mode=pooler_mode) as pool:
            first = await pool.fetch_value(BACKEND)
            with pytest.raises(DeadlineExceeded):
                async with pool.acquire() as connection:
                    assert await connection.fetch_value(BACKEND) == first
                    await connection.script("SELECT pg_sleep(60)", timeout=0.5)
            second = await pool.fetch_value(BACKEND)
            assert (second != first) == pooler_mode
            assert pool.stats().lost_total == int(pooler_mode)

    backend.run(body)
