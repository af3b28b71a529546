"""Where a blocking call cannot be, it says so; it never hangs."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
import trio

import qail.sync
from qail import ConfigError, PoolClosed, Qail, UsageError
from support.servers import Server

MISUSE = pytest.mark.feature("SY2")
ONE = Qail.get("pg_database").columns("datname").eq("datname", "postgres")


@MISUSE
@pytest.mark.parametrize("start", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_inside_a_running_loop_a_call_is_refused_and_a_thread_may_make_it(server: Server, start: Any) -> None:
    async def main(connection: Any, pool: Any) -> None:
        for call in (
            lambda: qail.sync.connect(server.dsn),
            lambda: connection.fetch_value(ONE),
            lambda: pool.fetch_value(ONE),
            pool.acquire,
            pool.stats,
        ):
            with pytest.raises(UsageError, match="blocks"):
                call()
        in_thread = asyncio.to_thread if start is asyncio.run else trio.to_thread.run_sync
        assert await in_thread(lambda: connection.fetch_value(ONE)) == "postgres"

    with qail.sync.connect(server.dsn) as connection, qail.sync.create_pool(server.dsn) as pool:
        if start is asyncio.run:
            start(main(connection, pool))
        else:
            start(main, connection, pool)
        assert connection.fetch_value(ONE) == pool.fetch_value(ONE) == "postgres"


@MISUSE
def test_a_handler_that_uses_its_connection_is_told(server: Server) -> None:
    caught: list[UsageError] = []
    with qail.sync.connect(server.dsn) as connection:

        def handler(notice: Any) -> None:
            try:
                connection.fetch_value(ONE)
            except UsageError as error:
                caught.append(error)

        connection.add_notice_handler(handler)
        connection.script("DO $$ BEGIN RAISE NOTICE 'hello'; END $$")
        assert "handler" in str(caught[0])
        assert connection.fetch_value(ONE) == "postgres"


@MISUSE
def test_after_close_and_before_open(server: Server) -> None:
    pool = qail.sync.create_pool(server.dsn)
    with pytest.raises(PoolClosed):
        pool.fetch_value(ONE)
    with pool:
        connection = pool.acquire()
        assert connection.fetch_value(ONE) == "postgres"
        pool.release(connection)
        with pytest.raises(UsageError):
            connection.fetch_value(ONE)
    with pytest.raises(PoolClosed):
        pool.fetch_value(ONE)


def test_hooks_are_plain_functions(server: Server) -> None:
    async def hook(connection: Any) -> None:
        raise AssertionError

    with pytest.raises(ConfigError, match="plain function"):
        qail.sync.create_pool(server.dsn, on_acquire=hook)


@MISUSE
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_is_refused_and_the_parent_goes_on(server: Server) -> None:
    with qail.sync.connect(server.dsn) as connection, qail.sync.create_pool(server.dsn) as pool:
        assert connection.fetch_value(ONE) == "postgres"
        child = os.fork()
        if not child:
            refused = 0
            for db in (connection, pool):
                try:
                    db.fetch_value(ONE)
                except UsageError as error:
                    refused += error.connection_spent
            os._exit(refused)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 2
        assert connection.fetch_value(ONE) == pool.fetch_value(ONE) == "postgres"


def test_a_forgotten_connection_is_reported_and_closed(server: Server) -> None:
    with qail.sync.create_pool(server.dsn, max_size=1) as pool:
        leases = [pool.acquire()]
        with pytest.warns(ResourceWarning, match="forgotten"):
            leases.clear()
        assert pool.fetch_value(ONE) == "postgres"
