"""Cancelling and deadlines: the victim ends, its neighbours and the next statement do not."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import DeadlineExceeded, Outcome, PostgresError
from qail.pg.driver.connection import connect
from qail.pg.pool.pool import create_pool
from support.delaying_proxy import delaying_proxy
from support.listening import ListeningServer
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


async def _cancel_and_go_on(connection: Any) -> None:
    for _ in range(5):
        task = asyncio.ensure_future(connection.script("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.02)
        await connection.cancel()
        with pytest.raises(PostgresError) as caught:
            await task
        assert caught.value.sqlstate == "57014"
        # Never hit, however soon it follows.
        assert await connection.script("SELECT 1") == [[("1",)]]
    await connection.cancel()
    assert await connection.script("SELECT 2") == [[("2",)]]


@pytest.mark.feature("CA1")
def test_cancel_ends_what_runs_and_never_the_next(run: Run, fresh_database: Database) -> None:
    async def main() -> None:
        async with connect(fresh_database.dsn) as connection:
            await _cancel_and_go_on(connection)

    run(main)


def test_a_cancel_that_comes_late_does_not_hit_the_next_statement(run: Run, fresh_database: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(fresh_database.server.socket_path, delay_seconds=0.15) as proxy:
            proxy.undelayed_connections = 1
            user, name = fresh_database.server.user, fresh_database.name
            async with connect(host=proxy.host, port=5432, user=user, dbname=name) as connection:
                victim = asyncio.ensure_future(connection.script("SELECT pg_sleep(0.05)"))
                await asyncio.sleep(0.01)
                await connection.cancel()
                assert await victim == [[("",)]]
                assert await connection.script("SELECT pg_sleep(0.4)") == [[("",)]]

    run(main)


@pytest.mark.feature("CA1")
@pytest.mark.parametrize("sslmode", ["disable", "verify-full"])
def test_cancel_goes_over_tcp_and_tls(run: Run, tls_server: ListeningServer, sslmode: str) -> None:
    async def main() -> None:
        settings = tls_server.settings("scram_user", sslmode=sslmode, sslrootcert=str(tls_server.ca_file))
        async with connect(**settings) as connection:
            await _cancel_and_go_on(connection)

    run(main)


@pytest.mark.feature("CA2")
@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_a_deadline_ends_the_call_and_the_executor_goes_on(run: Run, fresh_database: Database, kind: str) -> None:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY)")
    blocked = Qail.add("log").values({"id": 1})

    async def main() -> None:
        async with connect(fresh_database.dsn) as other, other.transaction() as holder:
            await holder.execute(blocked)
            async with connect(fresh_database.dsn) as connection, create_pool(fresh_database.dsn) as pool:
                if kind == "transaction":
                    with pytest.raises(DeadlineExceeded):
                        async with pool.transaction() as transaction:
                            await transaction.execute(blocked, timeout=0.1)
                    assert await pool.fetch_all(Qail.get("log")) == []
                    return
                db: Any = connection if kind == "connection" else pool
                await db.fetch_all(Qail.get("log"))
                with pytest.raises(DeadlineExceeded) as caught:
                    await db.execute(blocked, timeout=0.1)
                assert caught.value.outcome == Outcome.UNKNOWN
                if kind == "connection":
                    await connection.cancel()
                assert await db.fetch_all(Qail.get("log"), timeout=5) == []

    run(main)


def test_a_lease_left_with_a_running_statement_comes_back_clean(run: Run, fresh_database: Database) -> None:
    async def main() -> None:
        async with create_pool(fresh_database.dsn, max_size=1) as pool:
            with pytest.raises(DeadlineExceeded):
                async with pool.acquire() as connection:
                    first = connection.info.process_id
                    await connection.script("SELECT pg_sleep(60)", timeout=0.05)
            async with pool.acquire() as connection:
                assert connection.info.process_id == first
                assert await connection.script("SELECT 1") == [[("1",)]]

    run(main)
