"""Faults of a pool: too few places, dirty returns, forks, a reaper that races, no file descriptors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import qail
from chaos.registry import CANCELLABLE, FaultRun, fault
from qail import PoolTimeout, PostgresError, Qail, UsageError
from support.backends import BACKENDS
from support.servers import Database
from support.waiting import until

ONE = Qail.get("one").columns("id")
ROOT = Path(qail.__file__).resolve().parents[1]


def table_of_one(database: Database) -> None:
    database.sql("CREATE TABLE one AS SELECT 1 AS id")


@fault("F24")
async def a_server_that_takes_no_more_connections_is_not_stormed(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        role = f"few_{database.name}"
        database.sql(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 2; GRANT SELECT ON one TO {role}")
        try:
            async with run.backend.pool(database.dsn, user=role, min_size=1, max_size=8) as pool:
                await _many_callers_on_two_connections(run, pool)
        finally:
            database.sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


async def _many_callers_on_two_connections(run: FaultRun, pool: Any) -> None:
    async def work(number: int) -> int:
        if number % 2:
            value: int = await pool.fetch_value(ONE)
            return value
        async with pool.acquire(timeout=60) as connection:
            return int(await connection.fetch_value(ONE))

    results = await run.backend.together(*(lambda n=n: work(n) for n in range(40)))
    assert results == [1] * 40
    stats = pool.stats()
    assert stats.size - stats.connecting <= 2
    assert stats.connect_failures_total < 100  # it backs off, and does not spin
    async with pool.acquire(), pool.acquire():
        told = ""
        while "the last attempt to connect failed" not in told:
            # At least one attempt must have come to its end meanwhile.
            with pytest.raises(PoolTimeout) as late:
                async with pool.acquire(timeout=1.0):
                    pass
            told = str(late.value)
    assert pool.stats().waiting == 0


NO_LOCKS = "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
DIRT = {
    "SET ROLE pg_monitor": "SELECT current_user = session_user",
    "SET search_path = pg_catalog": "SELECT current_setting('search_path') <> 'pg_catalog'",
    "SET app.tenant = 'a'": "SELECT coalesce(current_setting('app.tenant', true), '') = ''",
    "CREATE TEMP TABLE leak (id int)": "SELECT to_regclass('leak') IS NULL",
    "SELECT pg_advisory_lock(57)": NO_LOCKS,
    "LISTEN leak": "SELECT count(*) = 0 FROM pg_listening_channels()",
    "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT": "SELECT count(*) = 0 FROM pg_cursors",
    "BEGIN; INSERT INTO one VALUES (2)": "SELECT count(*) = 1 FROM one",
    "BEGIN; SELECT 1/0": "SELECT true",
    "BEGIN; SELECT pg_advisory_xact_lock(58); SAVEPOINT s": NO_LOCKS,
}


@fault("F57")
async def nothing_a_borrower_leaves_behind_reaches_the_next(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        for mode in ("fast", "verified", "clean"):
            async with run.backend.pool(database.dsn, max_size=1, reset=mode) as pool:
                dirt = list(DIRT.items())
                run.random.shuffle(dirt)
                for text, probe in dirt:
                    async with pool.acquire() as connection:
                        first = connection.info.process_id
                        try:
                            await connection.script(text)
                        except PostgresError:
                            assert "1/0" in text
                    async with pool.acquire() as connection:
                        assert await connection.script(probe) == [[("t",)]], text
                        assert connection.info.process_id == first, text
                    assert await pool.fetch_all(ONE) == [(1,)]


@fault("F68")
async def the_reaper_never_takes_what_is_leased_or_under_way(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        settings: dict[str, Any] = {"min_size": 1, "max_size": 4, "max_lifetime": 0.02, "idle_timeout": 0.01}
        async with run.backend.pool(database.dsn, **settings) as pool:

            async def work(number: int) -> int:
                for _ in range(30):
                    if number % 3:
                        assert await pool.fetch_value(ONE) == 1
                    else:
                        async with pool.acquire() as connection:
                            assert await connection.fetch_value(ONE) == 1
                            await run.backend.sleep(run.random.uniform(0, 0.004))
                            assert await connection.fetch_value(ONE) == 1
                return number

            results = await run.backend.together(*(lambda n=n: work(n) for n in range(12)))
            assert results == list(range(12))
            stats = pool.stats()
            assert stats.expired_total + stats.idle_closed_total > 0
            assert (stats.lost_total, stats.leased) == (0, 0)


@fault("F69")
async def exhaustion_ends_in_a_diagnosis_in_order(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        async with run.backend.pool(database.dsn, max_size=2) as pool, run.backend.jobs() as jobs:
            served: list[int] = []

            async def nested() -> str:
                async with pool.acquire(), pool.acquire():
                    try:
                        async with pool.acquire(timeout=0.1):
                            return ""
                    except PoolTimeout as error:
                        return str(error)

            text = await nested()
            assert "this very task" in text
            assert "2 of them" in text
            assert len(re.findall(r" for \d+\.\d s", text)) == 2

            async def queue(number: int) -> None:
                async with pool.acquire():
                    served.append(number)

            async with pool.acquire(), pool.acquire():
                waiting = []
                for number in range(6):
                    waiting.append(jobs.start(lambda number=number: queue(number)))  # type: ignore[misc]
                    await until(run.backend, lambda number=number: pool.stats().waiting == number + 1)  # type: ignore[misc]
            for each in waiting:
                await each.ended()
            assert sorted(served) == list(range(6))
            assert served[0] in (0, 1)
            assert pool.stats().waiting == 0


@fault("F69-cancelled", backends=CANCELLABLE)
async def a_cancelled_waiter_leaves_the_line(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        async with run.backend.pool(database.dsn, max_size=1) as pool, run.backend.jobs() as jobs:

            async def queue() -> int:
                async with pool.acquire() as connection:
                    return int(await connection.fetch_value(ONE))

            async with pool.acquire():
                waiting = [jobs.start(queue) for _ in range(50)]
                await until(run.backend, lambda: pool.stats().waiting == 50)
                for each in waiting[::2]:
                    each.cancel()
                    await each.ended()
                assert pool.stats().waiting == 25
            # Some are cancelled in the very moment in which they are served.
            for each in waiting[1::8]:
                each.cancel()
            for each in waiting:
                await each.ended()
            await until(run.backend, lambda: pool.stats().idle == 1)
            stats = pool.stats()
            assert (stats.size, stats.leased, stats.waiting) == (1, 0, 0)
            assert await pool.fetch_value(ONE) == 1


@fault("F65", backends=CANCELLABLE)
async def another_loop_is_refused_and_this_one_unharmed(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        async with run.backend.pool(database.dsn, max_size=2) as pool, pool.acquire() as connection:

            async def elsewhere() -> list[str]:
                told = []
                for call in (pool.fetch_value, connection.fetch_value):
                    try:
                        await call(ONE)
                    except UsageError as error:
                        told.append(str(error))
                return told

            told = await run.backend.blocking(lambda: BACKENDS[run.backend.name]().run(elsewhere))
            assert len(told) == 2
            assert all("another event loop" in each for each in told)
            assert await connection.fetch_value(ONE) == await pool.fetch_value(ONE) == 1


FORKED = """
import os, sys
import anyio
import qail
from qail import Qail

ONE = Qail.get("one").columns("id")

def refused(call):
    try:
        call().send(None)
    except qail.UsageError as error:
        return "forked" in str(error)
    except BaseException:
        return False
    return False

async def main():
    async with qail.create_pool(sys.argv[1], max_size=2) as pool, pool.acquire() as lease:
        await lease.fetch_value(ONE)
        child = os.fork()
        if not child:
            calls = [lambda: pool.fetch_value(ONE), lambda: lease.fetch_value(ONE), lambda: pool.close()]
            os._exit(0 if all([refused(each) for each in calls]) else 1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, await lease.fetch_value(ONE), await pool.fetch_value(ONE))
"""
OPTIONS = {
    "asyncio": 'backend="asyncio"',
    "uvloop": 'backend="asyncio", backend_options={"use_uvloop": True}',
    "trio": 'backend="trio"',
}


@fault("F65-fork")
async def a_forked_child_is_refused_and_the_parent_unharmed(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        done = await run.backend.blocking(lambda: _program(run, FORKED, database.dsn))
        assert (done.stdout.split(), done.stderr) == (["0", "1", "1"], "")


NO_DESCRIPTORS = """
import os, resource, sys
import anyio
import qail
from qail import Qail

ONE = Qail.get("one").columns("id")

async def main():
    async with qail.create_pool(sys.argv[1], min_size=1, max_size=8) as pool:
        assert await pool.fetch_value(ONE) == 1
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        highest = max(int(each) for each in os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, most))
        held = []
        try:
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        first = await pool.acquire()
        try:
            await pool.acquire(timeout=0.5)
            print("a connection without a descriptor")
        except qail.PoolTimeout as error:
            print(type(error.__cause__).__name__, "Too many open files" in str(error))
        assert await first.fetch_value(ONE) == 1
        for each in held:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        async with pool.acquire(timeout=20) as second:
            assert await second.fetch_value(ONE) == 1
        await pool.release(first)
        print(pool.stats().lost_total)
"""


@fault("F64")
async def without_file_descriptors_the_pool_waits_and_recovers(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        table_of_one(database)
        done = await run.backend.blocking(lambda: _program(run, NO_DESCRIPTORS, database.dsn))
        assert done.stdout.split() == ["ConnectError", "True", "0"], done.stderr


def _program(run: FaultRun, source: str, dsn: str) -> subprocess.CompletedProcess[str]:
    """Run `main` in a process of its own: a limit, or a fork, must not be that of the tests."""
    if run.backend.name == "sync":
        for old, new in (("async ", ""), ("await ", ""), ("qail.create_pool", "qail.sync.create_pool")):
            source = source.replace(old, new)
        source += "\nimport qail.sync\nmain()\n"
    else:
        source += f"\nanyio.run(main, {OPTIONS[run.backend.name]})\n"
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source, dsn],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
