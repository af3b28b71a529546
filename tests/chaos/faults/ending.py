"""Faults of a program that ends, in a process of its own: with a pool open, forgotten, interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import qail
from chaos.registry import FaultRun, fault
from support.waiting import until

ROOT = Path(qail.__file__).resolve().parents[1]
PATIENCE_SECONDS = 180

# A shell that starts the tests in the background has them ignore SIGINT, and their children inherit that.
HEAD = """
import gc, signal, sys
import anyio, qail
from qail import INT8, cast, select

signal.signal(signal.SIGINT, signal.default_int_handler)

NAME, DSN = sys.argv[1:]
ONE = select(cast(1, INT8))

def run(main):
    if NAME == "uvloop":
        import uvloop
        return uvloop.run(main())
    return anyio.run(main, backend=NAME)
"""

LOOP_ENDS = """
kept = []

async def main():
    pool = await qail.create_pool(DSN, min_size=2).open()
    kept.append(pool)
    assert await pool.fetch_value(ONE) == 1
    kept.append(await pool.acquire())

run(main)
print("ended")
"""

COLLECTED = """
async def forget():
    pool = await qail.create_pool(DSN).open()
    assert await pool.fetch_value(ONE) == 1
    connection = await qail.connect(DSN)
    assert await connection.fetch_value(ONE) == 1

async def main():
    await forget()
    for _ in range(5):
        gc.collect()
        await anyio.sleep(0.05)
    async with qail.connect(DSN) as connection:
        assert await connection.fetch_value(ONE) == 1

run(main)
print("ended")
"""

INTERRUPTED = """
async def main():
    async with qail.create_pool(DSN, min_size=2) as pool, qail.connect(DSN) as connection:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pool.script, "SELECT pg_sleep(100), 'interrupted'")
            tasks.start_soon(connection.script, "SELECT pg_sleep(100), 'interrupted'")
            tasks.start_soon(pool.fetch_value, ONE)
            print("running", flush=True)

run(main)
"""

BLOCKING_HEAD = """
import gc, signal, sys, threading
import qail, qail.sync
from qail import INT8, cast, select

signal.signal(signal.SIGINT, signal.default_int_handler)

NAME, DSN = sys.argv[1:]
ONE = select(cast(1, INT8))
"""

BLOCKING_ENDS = """
pool = qail.sync.create_pool(DSN, min_size=2).open()
assert pool.fetch_value(ONE) == 1
lease = pool.acquire()
print("ended")
"""

BLOCKING_COLLECTED = """
def forget():
    pool = qail.sync.create_pool(DSN).open()
    assert pool.fetch_value(ONE) == 1
    connection = qail.sync.connect(DSN)
    assert connection.fetch_value(ONE) == 1

forget()
gc.collect()
with qail.sync.connect(DSN) as connection:
    assert connection.fetch_value(ONE) == 1
print("ended")
"""

BLOCKING_INTERRUPTED = """
with qail.sync.create_pool(DSN, min_size=2) as pool, qail.sync.connect(DSN) as connection:
    thread = threading.Thread(target=pool.script, args=("SELECT pg_sleep(100), 'interrupted'",), daemon=True)
    thread.start()
    connection.script("SELECT pg_sleep(100), 'interrupted'")
"""

RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"


def _start(run: FaultRun, program: str, dsn: str) -> subprocess.Popen[str]:
    head = BLOCKING_HEAD if run.backend.name == "sync" else HEAD
    arguments = [sys.executable, "-W", "always", "-c", head + program, run.backend.name, dsn]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


@fault("F66")
async def a_program_that_ends_with_its_pool_open_or_forgotten(run: FaultRun) -> None:
    if run.backend.name == "trio":
        return  # there a pool lives in a block, which ends it
    with run.server.fresh_database() as database:
        is_blocking = run.backend.name == "sync"
        for program in (BLOCKING_ENDS, BLOCKING_COLLECTED) if is_blocking else (LOOP_ENDS, COLLECTED):
            process = _start(run, program, database.dsn)
            out, told = _finish(process)
            assert (out, process.returncode) == ("ended\n", 0), told
            assert "Traceback" not in told, told
            await until(run.backend, lambda: database.sql(RUNNING.format(name=database.name)) == [("0",)])


@fault("F66")
async def a_program_that_is_interrupted_at_the_keyboard(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        active = RUNNING.format(name=database.name) + " AND state = 'active' AND query LIKE '%interrupted%'"
        program = BLOCKING_INTERRUPTED if run.backend.name == "sync" else INTERRUPTED
        process = _start(run, program, database.dsn)
        try:
            await until(run.backend, lambda: database.sql(active) == [("2",)])
            process.send_signal(signal.SIGINT)
            _, told = _finish(process)
        finally:
            process.kill()
        assert "KeyboardInterrupt" in told
        assert process.returncode != 0
        await until(run.backend, lambda: database.sql(RUNNING.format(name=database.name)) == [("0",)])
