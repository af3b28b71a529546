"""Waiting for a connection: bounds, order, deadlines, what is told; closing; counters."""

from __future__ import annotations

import inspect
import random
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import qail
from qail import PoolClosed, PoolTimeout, Qail, UsageError
from qail.errors import AuthError
from qail.pg.pool.pool import Pool
from support.backends import BACKENDS, Backend
from support.listening import ListeningServer
from support.pool_counts import CROWD_SECONDS, with_patience
from support.servers import Database, Server
from support.waiting import until

BOUNDS = pytest.mark.feature("PO1")
ENDS = pytest.mark.feature("PO8")
ONE = Qail.get("one").columns("id")
SLEEP = "SELECT pg_sleep(60)"


@pytest.fixture
def one(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id; CREATE TABLE log (id int PRIMARY KEY)")
    return fresh_database


def connected(database: Database) -> int:
    """How many the pool has; another look's own session may still be on its way out."""
    rows = database.sql(
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.name}' AND application_name <> ''"
    )
    return int(rows[0][0] or 0)


@BOUNDS
def test_a_thousand_tasks_on_ten_connections_never_have_an_eleventh(
    backend: Backend, one: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_patience(monkeypatch)
    one.sql(f'ALTER DATABASE "{one.name}" CONNECTION LIMIT 11')

    async def body() -> None:
        most = 0
        async with backend.pool(one.dsn, max_size=10, application_name="the pool") as pool:

            async def work(number: int) -> None:
                nonlocal most
                if number % 3:
                    assert await pool.fetch_value(ONE) == 1
                else:
                    async with pool.acquire(timeout=CROWD_SECONDS) as connection:
                        assert await connection.fetch_value(ONE) == 1
                        most = max(most, pool.stats().size)
                        if number % 99 == 0:
                            most = max(most, connected(one))

            results = await backend.together(*(lambda n=n: work(n) for n in range(1000)))
            assert results == [None] * 1000
            assert most <= 10
            assert pool.stats().connect_failures_total == 0

    backend.run(body, CROWD_SECONDS)


@BOUNDS
def test_who_waits_is_served_in_the_order_of_coming_and_may_leave_from_anywhere(
    backend: Backend, one: Database
) -> None:
    async def body() -> None:
        served: list[int] = []
        async with backend.pool(one.dsn, max_size=1) as pool, backend.jobs() as jobs:

            async def work(number: int) -> None:
                async with pool.acquire():
                    served.append(number)

            async with pool.acquire():
                waiting = []
                for number in range(20):
                    waiting.append(jobs.start(lambda number=number: work(number)))  # type: ignore[misc]
                    await until(backend, lambda number=number: pool.stats().waiting == number + 1)  # type: ignore[misc]
                if backend.can_cancel:
                    for number in (0, 7, 19):
                        waiting[number].cancel()
                        await waiting[number].ended()
                    assert pool.stats().waiting == 17
            for each in waiting:
                await each.ended()
        left = {0, 7, 19} if backend.can_cancel else set()
        assert served == [number for number in range(20) if number not in left]

    backend.run(body)


@BOUNDS
def test_pool_timeout_says_who_holds_what_for_how_long_and_whether_it_is_the_caller(
    backend: Backend, one: Database
) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool:
            async with pool.acquire():
                with pytest.raises(PoolTimeout) as caught:
                    async with pool.acquire(timeout=0.05):
                        pass
                for part in (
                    "1 of at most 1 connections",
                    "0 idle",
                    "1 callers waiting",
                    "leased by",
                    "this very task",
                ):
                    assert part in str(caught.value)
                assert re.search(r" for \d+\.\d s", str(caught.value))
                assert isinstance(caught.value, TimeoutError)
                [other] = await backend.together(lambda: pool.fetch_value(ONE, timeout=0.05))
                assert isinstance(other, PoolTimeout)
            async with pool.acquire(timeout=30):
                pass
            assert (pool.stats().waiting, pool.stats().timeouts_total) == (0, 2)

    backend.run(body)


@BOUNDS
def test_another_task_is_not_told_that_it_holds_one(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool, backend.jobs() as jobs:
            is_done = False

            async def hold() -> None:
                async with pool.acquire():
                    await until(backend, lambda: is_done)

            holder = jobs.start(hold)
            await until(backend, lambda: pool.stats().leased == 1)
            with pytest.raises(PoolTimeout) as caught:
                async with pool.acquire(timeout=0.05):
                    pass
            assert "this very task" not in str(caught.value)
            is_done = True
            await holder.ended()

    backend.run(body)


@BOUNDS
def test_the_default_deadline_is_finite_and_is_what_a_caller_gets(
    backend: Backend, one: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inspect.signature(Pool.acquire).parameters["timeout"].default == 30.0
    for module in ("pool", "transacting"):
        monkeypatch.setattr(f"qail.pg.pool.{module}.ACQUIRE_SECONDS", 0.05)

    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool, pool.acquire():
            with pytest.raises(PoolTimeout):
                await pool.fetch_value(ONE)
            with pytest.raises(PoolTimeout):
                async with pool.transaction():
                    pass

    backend.run(body)


@BOUNDS
def test_a_refused_login_wakes_all_who_wait(backend: Backend, tcp_server: ListeningServer) -> None:
    wrong = tcp_server.settings("scram_user", password="wrong")

    async def body() -> None:
        async with backend.pool(**wrong, min_size=0, max_size=2) as pool:
            results = await backend.together(*(lambda: pool.fetch_value(ONE) for _ in range(10)))
            assert [type(each) for each in results] == [AuthError] * 10
            # Whoever is told late may have had another attempt begun.
            await until(backend, lambda: (pool.stats().waiting, pool.stats().size) == (0, 0))
            # Who comes now is told without another attempt.
            assert pool.stats().connect_failures_total < 10

    backend.run(body)


@ENDS
def test_closing_refuses_new_work_waits_for_what_runs_and_wakes_who_waits(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.jobs() as jobs:
            async with backend.pool(f"{one.dsn}&application_name=ten", max_size=1) as pool:
                connection = await pool.acquire()
                waiting = [jobs.start(lambda: pool.fetch_value(ONE)), jobs.start(lambda: pool.acquire().__aenter__())]
                await until(backend, lambda: pool.stats().waiting == 2)
                closing = jobs.start(lambda: pool.close(timeout=20))
                for each in waiting:
                    await each.ended()
                    assert isinstance(each.error, PoolClosed)
                with pytest.raises(PoolClosed):
                    await pool.fetch_value(ONE)
                with pytest.raises(PoolClosed):
                    async with pool.acquire():
                        pass
                assert await connection.fetch_value(ONE) == 1
                await pool.release(connection)
                await closing.ended()
                assert closing.error is None
                await until(backend, lambda: connected(one) == 0)
                assert (pool.stats().closed_total, pool.stats().size) == (1, 0)
            await pool.close()

    backend.run(body)


@ENDS
def test_closing_ends_at_its_deadline_and_so_does_what_the_server_runs(backend: Backend, one: Database) -> None:
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' "
        f"AND datname = '{one.name}' AND pid <> pg_backend_pid()"
    )

    async def body() -> None:
        async with backend.jobs() as jobs, backend.pool(one.dsn, min_size=3, max_size=3) as pool:
            leases = [await pool.acquire() for _ in range(3)]
            busy = [jobs.start(lambda each=each: each.script(SLEEP)) for each in leases]  # type: ignore[misc]
            await until(backend, lambda: one.sql(running) == [("3",)])
            await pool.close(timeout=0.05)
            for each in busy:
                await each.ended()
                assert isinstance(each.error, qail.QailError)
            await until(backend, lambda: one.sql(running) == [("0",)])
            for each in leases:
                await pool.release(each)

    backend.run(body)


@ENDS
def test_counters_are_exact(backend: Backend, one: Database, random_source: random.Random) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=2, max_size=4) as pool:
            leases = fetches = 0

            async def work(number: int) -> None:
                nonlocal leases, fetches
                if number % 4 == 0:
                    async with pool.acquire() as connection:
                        await connection.fetch_value(ONE)
                        leases += 1
                        if number % 8 == 0:
                            await connection.close()
                else:
                    await pool.fetch_value(ONE)
                    fetches += 1

            numbers = list(range(100))
            random_source.shuffle(numbers)
            await backend.together(*(lambda n=n: work(n) for n in numbers))
            await until(backend, lambda: pool.stats().connecting == 0 and pool.stats().idle == pool.stats().size)
            stats = pool.stats()
            assert (leases, fetches) == (25, 75)
            assert (stats.leases_total, stats.lost_total, stats.leased, stats.waiting) == (25, 13, 0, 0)
            assert stats.opened_total == stats.size + stats.lost_total
            assert 2 <= stats.size <= 4
            # One question more for what the statement looks like, on each way that did not know it yet.
            assert 100 < stats.requests_total <= 210
            assert (stats.in_flight, stats.timeouts_total) == (0, 0)

    backend.run(body)


FORKING = """
import os, sys
import anyio
import qail
from qail import Qail

ONE = Qail.get("one").columns("id")

def told(call):
    try:
        coroutine = call()
        if coroutine is not None:
            coroutine.send(None)
    except qail.UsageError as error:
        return "forked" in str(error)
    except BaseException:
        return False
    return False

async def main():
    async with qail.create_pool(sys.argv[1], min_size=2, max_size=2) as pool:
        lease = await pool.acquire()
        if os.fork() == 0:
            tries = [
                lambda: pool.fetch_value(ONE), lambda: pool.acquire().__aenter__(), lambda: pool.close(),
                lambda: pool.resize(5), lambda: lease.fetch_value(ONE), lambda: pool.detach(lease),
            ]
            os._exit(0 if all(told(each) for each in tries) else 1)
        _, status = os.wait()
        values = [await lease.fetch_value(ONE)]

        async def fetch():
            values.append(await pool.fetch_value(ONE))

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(fetch)
        await pool.release(lease)
        print(os.waitstatus_to_exitcode(status), sum(values), pool.stats().lost_total)

anyio.run(main, OPTIONS)
"""
ON = {
    "asyncio": 'backend="asyncio"',
    "uvloop": 'backend="asyncio", backend_options={"use_uvloop": True}',
    "trio": 'backend="trio"',
}


@ENDS
@pytest.mark.parametrize("loop", ON)
def test_a_forked_child_is_refused_everything_and_the_parent_goes_on(one: Database, loop: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING.replace("OPTIONS", ON[loop]), one.dsn],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(qail.__file__).resolve().parents[1],
    )

    assert (done.stdout.split(), done.stderr) == (["0", "21", "0"], "")


@ENDS
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_another_loop_is_refused_and_the_pool_goes_on(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn) as pool:

            async def elsewhere() -> None:
                calls: list[Callable[[], Awaitable[Any]]] = [
                    lambda: pool.fetch_value(ONE),
                    lambda: pool.acquire().__aenter__(),
                    lambda: pool.transaction().__aenter__(),
                    lambda: pool.close(),
                ]
                for call in calls:
                    with pytest.raises(UsageError, match="another event loop"):
                        await call()
                with pytest.raises(UsageError, match="another event loop"):
                    pool.resize(2)

            await backend.blocking(lambda: BACKENDS[backend.name]().run(elsewhere))
            assert await pool.fetch_value(ONE) == 1

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop")
def test_the_short_cut_passes_nobody_who_waits(
    backend: Backend, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However the machine stumbles, no statement is slow: those do not take the short cut.
    monkeypatch.setattr("qail.pg.pool.speed.Speed.answered_late", lambda *_: None)

    async def body() -> None:
        async with backend.pool(server.dsn) as pool:
            await pool.fetch_value(Qail.get("pg_database").columns("datname").eq("datname", "postgres"))
            await pool.fetch_value(Qail.get("pg_database").columns("datname").eq("datname", "postgres"))
            assert pool._front.pick(is_read_only=True) is not None
            pool._keeper.shared_waiting[0] = object()
            assert pool._front.pick(is_read_only=True) is None
            pool._keeper.shared_waiting.clear()

    backend.run(body)
