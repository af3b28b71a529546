"""Hooks: when each runs, and what comes of one that fails. And a connection that leaves the pool."""

from __future__ import annotations

from typing import Any

import pytest

from qail import Qail
from qail.pg.pool.hooks import HookFailed
from support.backends import Backend
from support.servers import Database
from support.waiting import until

pytestmark = pytest.mark.feature("PO6")
ONE = Qail.get("one").columns("id")


@pytest.fixture
def one(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


def test_each_hook_runs_in_its_time(backend: Backend, one: Database) -> None:
    async def body() -> None:
        told: list[tuple[str, int]] = []

        async def on_connect(connection: Any) -> None:
            assert await connection.fetch_value(ONE) == 1
            told.append(("connect", connection.info.process_id))

        def on_acquire(connection: Any) -> None:
            told.append(("acquire", connection.info.process_id))

        async def on_release(connection: Any) -> None:
            assert await connection.fetch_value(ONE) == 1
            told.append(("release", connection.info.process_id))

        hooks = {"on_connect": on_connect, "on_acquire": on_acquire, "on_release": on_release}
        async with backend.pool(one.dsn, max_size=1, **hooks) as pool:
            for _ in range(2):
                async with pool.acquire() as connection:
                    told.append(("body", connection.info.process_id))
                await until(backend, lambda: pool.stats().idle == 1)
            assert await pool.fetch_value(ONE) == 1
        process_id = told[0][1]
        names = ["connect", "acquire", "body", "release", "acquire", "body", "release"]
        assert told == [(name, process_id) for name in names]

    backend.run(body)


def test_what_on_connect_sets_is_set_again_after_a_reset(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async def on_connect(connection: Any) -> None:
            await connection.script("SET statement_timeout = '61s'")

        for mode in ("fast", "verified", "clean"):
            async with backend.pool(one.dsn, max_size=1, on_connect=on_connect, reset=mode) as pool:
                for _ in range(3):
                    async with pool.acquire() as connection:
                        assert await connection.script("SHOW statement_timeout") == [[("61s",)]]
                        await connection.script("SET statement_timeout = '7s'")
                assert pool.stats().opened_total == 1

    backend.run(body)


def test_a_connection_that_on_connect_refuses_is_closed_and_who_waits_is_told(backend: Backend, one: Database) -> None:
    async def body() -> None:
        is_refusing = False

        async def on_connect(connection: Any) -> None:
            if is_refusing:
                raise ZeroDivisionError

        async with backend.pool(one.dsn, min_size=0, max_size=2, on_connect=on_connect) as pool:
            is_refusing = True
            with pytest.raises(ZeroDivisionError):
                async with pool.acquire():
                    pass
            with pytest.raises(ZeroDivisionError):
                await pool.fetch_value(ONE)
            assert pool.stats().size == 0
            is_refusing = False
            assert await pool.fetch_value(ONE) == 1
            assert (pool.stats().opened_total, pool.stats().connect_failures_total) == (1, 2)

    backend.run(body)


def test_a_hook_that_leaves_a_transaction_open_is_refused(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async def on_connect(connection: Any) -> None:
            await connection.script("BEGIN")

        with pytest.raises(HookFailed, match="transaction open"):
            async with backend.pool(one.dsn, on_connect=on_connect):
                pass

    backend.run(body)


def test_a_lease_that_on_acquire_refuses_goes_back(backend: Backend, one: Database) -> None:
    async def body() -> None:
        def on_acquire(connection: Any) -> None:
            raise ZeroDivisionError

        async with backend.pool(one.dsn, max_size=1, on_acquire=on_acquire) as pool:
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    async with pool.acquire():
                        pass
            assert (pool.stats().leased, pool.stats().idle) == (0, 1)
            assert await pool.fetch_value(ONE) == 1

    backend.run(body)


def test_an_on_release_that_fails_costs_the_connection_and_nothing_else(backend: Backend, one: Database) -> None:
    async def body() -> None:
        def on_release(connection: Any) -> None:
            raise ZeroDivisionError

        async with backend.pool(one.dsn, max_size=1, on_release=on_release) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
            async with pool.acquire() as connection:
                assert connection.info.process_id != first

    backend.run(body)


def test_a_detached_connection_is_the_callers_and_its_place_is_free(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool:
            own = pool.detach(await pool.acquire())
            assert await own.fetch_value(ONE) == 1
            async with pool.acquire() as other:
                assert other.info.process_id != own.info.process_id
                assert await own.fetch_value(ONE) == 1
            stats = pool.stats()
            assert (stats.size, stats.detached_total, stats.opened_total, stats.lost_total) == (1, 1, 2, 0)
            await own.close()
            assert own.is_closed

    backend.run(body)
