"""Hooks and handlers that raise what ends a task or a program, or give their connection away: nothing is lost by it."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Any

import pytest

from qail import PoolError, Qail
from qail.pg.pool.hooks import HookFailed
from support.backends import Backend
from support.servers import Database

ONE = Qail.get("one").columns("id")
TASKS = pytest.mark.backends("asyncio", "uvloop")  # trio has no exception that a hook could raise for a cancellation


@pytest.fixture
def one(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id")
    return fresh_database


class Ends:
    """A hook that raises, in the call of that number, what ends a task, or a thread."""

    def __init__(self, backend: Backend, number: int) -> None:
        self._error: type[BaseException] = SystemExit if backend.name == "sync" else CancelledError
        self._left = number

    def __call__(self, connection: Any) -> None:
        self._left -= 1
        if not self._left:
            raise self._error


@pytest.mark.backends("asyncio", "uvloop", "sync")
@pytest.mark.feature("PO6")
@pytest.mark.parametrize("hook", ["on_release", "reset"])
def test_a_place_is_not_lost_to_a_hook_that_ends_its_task(backend: Backend, one: Database, hook: str) -> None:
    async def body() -> None:
        hooks = {hook: Ends(backend, 1)}
        async with backend.pool(one.dsn, max_size=1, **hooks) as pool:
            for _ in range(2):
                async with pool.acquire() as connection:
                    assert await connection.fetch_value(ONE) == 1
            assert pool.stats().lost_total == 1

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop", "sync")
@pytest.mark.feature("PO6")
def test_whoever_waits_for_a_connection_is_told_that_on_connect_ended_its_task(backend: Backend, one: Database) -> None:
    async def body() -> None:
        on_connect = Ends(backend, 2)
        async with backend.pool(one.dsn, min_size=1, max_size=2, on_connect=on_connect) as pool, pool.acquire():
            with pytest.raises(PoolError, match="given up while it was opened"):
                async with pool.acquire():
                    pass
            async with pool.acquire() as connection:
                assert await connection.fetch_value(ONE) == 1

    backend.run(body)


@pytest.mark.feature("PO6")
@pytest.mark.parametrize("way", ["close", "release", "detach"])
def test_a_lease_that_on_acquire_gave_away_is_nobodys(backend: Backend, one: Database, way: str) -> None:
    async def body() -> None:
        detached: list[Any] = []

        async def give_away(connection: Any) -> None:
            if way == "close":
                await connection.close()
            elif way == "release":
                await pool.release(connection)
            else:
                detached.append(pool.detach(connection))

        async with backend.pool(one.dsn, max_size=1, on_acquire=give_away) as pool:
            with pytest.raises(HookFailed, match="on_acquire closed its connection, or gave it away"):
                async with pool.acquire(settings={"app.tenant": "7"}):
                    pass
            for each in detached:
                await each.close()
            assert pool.stats().leased == 0
            # Nor do the lease's settings stay where others are.
            assert await pool.fetch_value(Qail.sql("SELECT current_setting('app.tenant', true)")) is None

    backend.run(body)


@TASKS
@pytest.mark.feature("PR6")
def test_a_handler_that_raises_a_cancellation_harms_nobody(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.connect(one.dsn) as connection:

            def ask(message: Any) -> None:
                told.append(message)
                raise CancelledError

            told: list[Any] = []
            connection.add_notice_handler(ask)
            await connection.script("DO $$ BEGIN RAISE NOTICE 'heard'; END $$")
            assert len(told) == 1
            assert await connection.fetch_value(ONE) == 1

    backend.run(body)


@pytest.mark.feature("PO5")
def test_everybody_is_told_of_a_refusal_by_an_error_of_his_own(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, min_size=0, max_size=1, dbname="nowhere") as pool:

            async def ask() -> None:
                await pool.fetch_value(ONE)

            errors = await backend.together(*[ask] * 8)
            assert {str(error) for error in errors} == {str(errors[0])}
            assert "nowhere" in str(errors[0])
            assert len({id(error) for error in errors}) == 8

    backend.run(body)
