"""Connections and pools in a process forked since: refused there, unharmed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qail
from support.servers import Database

PROGRAM = """
import os, sys
import anyio
import qail
from qail import Qail

ONE = Qail.get("one").columns("id")

async def refused(work):
    try:
        await work
    except qail.UsageError as error:
        return "forked" in str(error)
    return False

async def child(connection, pool, transaction):
    return [
        await refused(connection.fetch_value(ONE)),
        await refused(connection.script("SELECT 1")),
        await refused(transaction.fetch_value(ONE)),
        await refused(connection.copy_in("one", [(2,)])),
        await refused(pool.fetch_value(ONE)),
        await refused(pool.acquire().__aenter__()),
    ]

async def main():
    async with qail.connect(sys.argv[1]) as connection, qail.create_pool(sys.argv[1]) as pool:
        await pool.fetch_value(ONE)
        async with connection.transaction() as transaction:
            before = await transaction.fetch_value(ONE)
            process_id = os.fork()
            if process_id == 0:
                # The child's copy of the running loop is no loop of its own: it drives the coroutine by hand.
                coroutine = child(connection, pool, transaction)
                try:
                    coroutine.send(None)
                except StopIteration as end:
                    os._exit(0 if end.value == [True] * 6 else 1)
                os._exit(2)
            _, status = os.waitpid(process_id, 0)
            after = await transaction.fetch_value(ONE)
        values = [await connection.fetch_value(ONE)]

        async def fetch():
            values.append(await pool.fetch_value(ONE))

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(fetch)
        print(os.waitstatus_to_exitcode(status), before, after, sum(values))

anyio.run(main, OPTIONS)
"""
LOOPS = {
    "asyncio": 'backend="asyncio"',
    "uvloop": 'backend="asyncio", backend_options={"use_uvloop": True}',
    "trio": 'backend="trio"',
}


@pytest.mark.feature("PO8")
@pytest.mark.parametrize("loop", LOOPS)
def test_a_forked_child_is_refused_and_the_parent_goes_on(fresh_database: Database, loop: str) -> None:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id")
    root = Path(qail.__file__).resolve().parents[1]

    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            PROGRAM.replace("OPTIONS", LOOPS[loop]),
            fresh_database.dsn,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=root,
    )

    assert (done.stdout.split(), done.stderr) == (["0", "1", "1", "21"], "")
