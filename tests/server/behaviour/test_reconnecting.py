"""`reconnect=True`, `on_connect` and `set_param`: what a session is made of, and how it is made again."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from qail import (
    ConfigError,
    ConnectError,
    ConnectionLost,
    Lagged,
    Outcome,
    Qail,
    UsageError,
    connect,
    count,
    func,
    select,
)
from qail.sqlstate import InvalidParameterValue, UndefinedObject, UndefinedTable
from support.backends import Backend
from support.cluster import Cluster
from support.servers import Database, Server

REBUILD = pytest.mark.feature("RT4")
LIVE = pytest.mark.feature("CN6")
GAP = pytest.mark.feature("LN4")


def show(connection: Any, name: str) -> Any:
    return connection.fetch_value(select(func.current_setting(name)))


async def lose(connection: Any, server: Server | Database, backend: Backend) -> None:
    """End the backend of `connection`, and wait until the connection knows."""
    server.sql(f"SELECT pg_terminate_backend({connection.info.process_id}, 5000)")
    while not connection.is_closed:
        await backend.sleep(0.01)
        # A blocking connection reads when it is asked something.
        assert connection.info.process_id


@LIVE
def test_set_param_changes_a_setting_live_and_a_lease_leaves_none_behind(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            for name, value, shown in (
                ("application_name", 'it\'s "quoted"; --', 'it\'s "quoted"; --'),
                ("work_mem", "7MB", "7MB"),
                ("statement_timeout", 5000, "5s"),
                ("enable_seqscan", False, "off"),
                ("app.tenant", "漢", "漢"),
                ("extra_float_digits", -1, "-1"),
            ):
                await connection.set_param(name, value)
                assert await show(connection, name) == shown
            with pytest.raises(UndefinedObject):
                await connection.set_param("no_such_setting", "1")
            with pytest.raises(InvalidParameterValue):
                await connection.set_param("work_mem", "much")
            for pinned in ("client_encoding", "DateStyle"):
                with pytest.raises(UsageError, match="codecs"):
                    await connection.set_param(pinned, "x")
            with pytest.raises(UsageError, match="list"):
                await connection.set_param("work_mem", [])
            async with connection.transaction():
                with pytest.raises(UsageError, match="rolled back"):
                    await connection.set_param("work_mem", "8MB")
            assert await show(connection, "work_mem") == "7MB"

        async with backend.pool(server.dsn, max_size=1) as pool:
            async with pool.acquire() as lease:
                await lease.set_param("application_name", "mine")
                assert await show(lease, "application_name") == "mine"
            assert await show(pool, "application_name") == ""

    backend.run(body)


@LIVE
def test_a_search_path_that_was_set_decides_what_a_name_means(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE SCHEMA other; CREATE TABLE t AS SELECT 1 AS n; CREATE TABLE other.t AS SELECT 'x' AS n")
    query = Qail.get("t").columns("n")

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            assert await connection.fetch_value(query) == 1
            await connection.set_param("search_path", "other")
            assert await connection.fetch_value(query) == "x"

    backend.run(body)


@REBUILD
def test_the_next_call_works_with_the_session_as_it_was(
    backend: Backend, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    steps: list[str] = []

    async def on_connect(connection: Any) -> None:
        steps.append(await show(connection, "application_name"))
        await connection.script("SET work_mem = '7MB'; SET application_name = 'first'; CREATE TEMP TABLE mine (n int)")

    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True, on_connect=on_connect) as connection:
            await connection.set_param("app.tenant", "5")
            await connection.set_param("application_name", "second")
            assert await connection.fetch_value(Qail.get("mine").columns(count())) == 0
            process_id = connection.info.process_id
            for times in (1, 2):
                await lose(connection, server, backend)
                assert await show(connection, "app.tenant") == "5"
                assert connection.info.reconnects == times
                assert connection.info.process_id != process_id
                # on_connect first, what was set live behind it.
                assert await show(connection, "application_name") == "second"
                assert await show(connection, "work_mem") == "7MB"
                assert await connection.fetch_value(Qail.get("mine").columns(count())) == 0
            assert steps == ["", "", ""]

    with caplog.at_level(logging.WARNING, "qail"):
        backend.run(body)
    told = [record.getMessage() for record in caplog.records if "made again" in record.getMessage()]
    assert len(told) == 2
    assert "2 settings and 0 channels" in told[0]


@REBUILD
def test_an_end_that_nobody_has_read_yet_is_found_before_anything_is_sent(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True) as connection:
            for times in (1, 2, 3):
                # The loop has no turn between the end and the next call.
                server.sql(f"SELECT pg_terminate_backend({connection.info.process_id}, 5000)")
                assert await connection.fetch_value(select(func.abs(-7))) == 7
                assert connection.info.reconnects == times

    backend.run(body)


@REBUILD
@GAP
def test_channels_are_listened_to_again_and_the_gap_is_marked(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn, reconnect=True) as connection,
            backend.connect(server.dsn) as speaker,
            connection.listen("a", "b") as messages,
        ):
            await speaker.notify("a", "before")
            assert await connection.fetch_value(select(func.abs(-1))) == 1
            await lose(connection, server, backend)
            await speaker.notify("a", "nobody hears this")
            # The reader itself makes the connection again: no other call has to.
            assert (await messages.get(timeout=20)).payload == "before"
            with pytest.raises(Lagged) as caught:
                await messages.get(timeout=20)
            assert caught.value.count is None
            assert connection.info.reconnects == 1
            await speaker.notify("b", "after")
            assert (await messages.get(timeout=20)).payload == "after"
            messages.unlisten("a")
            assert await connection.fetch_values(select(func.pg_listening_channels())) == ["b"]

    backend.run(body)


@REBUILD
def test_a_step_that_fails_is_raised_and_the_next_call_tries_again(backend: Backend, server: Server) -> None:
    fails: list[bool] = []

    async def on_connect(connection: Any) -> None:
        if fails:
            await connection.script("SELECT * FROM not_there")
        await connection.script("SET work_mem = '7MB'")

    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True, on_connect=on_connect) as connection:
            await lose(connection, server, backend)
            fails.append(True)
            for _ in range(2):
                with pytest.raises(UndefinedTable):
                    await show(connection, "work_mem")
                assert connection.info.reconnects == 0
            fails.clear()
            assert await show(connection, "work_mem") == "7MB"
        fails.append(True)
        with pytest.raises(UndefinedTable):
            async with backend.connect(server.dsn, on_connect=on_connect):
                pytest.fail("it was entered")

    backend.run(body)


@REBUILD
def test_inside_a_transaction_nothing_reconnects(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE t (n int)")
    insert = Qail.add("t").values({"n": 1})

    async def body() -> None:
        async with backend.connect(fresh_database.dsn, reconnect=True) as connection:
            inside = connection.transaction()
            await inside.begin()
            await inside.execute(insert)
            await lose(connection, fresh_database, backend)
            for db, why in ((inside, "is lost"), (connection, "a transaction was open")):
                with pytest.raises(ConnectionLost, match=why) as told:
                    await db.execute(insert)
                assert told.value.outcome is Outcome.NOT_SENT
                assert "57P01" in str(told.value)
            with pytest.raises(ConnectionLost) as caught:
                await inside.commit()
            assert caught.value.outcome is Outcome.ABORTED
            assert connection.info.reconnects == 0
            assert await connection.execute(insert) == 1
            assert connection.info.reconnects == 1
            stream = connection.stream(Qail.get("t"))
            await stream.__aenter__()
            await lose(connection, fresh_database, backend)
            with pytest.raises(ConnectionLost, match="a transaction was open"):
                await connection.execute(insert)
            with pytest.raises(ConnectionLost):
                await stream.__aexit__(None, None, None)
            assert await connection.fetch_value(Qail.get("t").columns(count())) == 1

    backend.run(body)


@REBUILD
def test_while_a_lock_was_held_nothing_reconnects(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True) as connection:
            lock = connection.advisory_lock(421)
            await lock.__aenter__()
            await lose(connection, server, backend)
            for _ in range(2):
                with pytest.raises(ConnectionLost, match="the advisory lock"):
                    await show(connection, "work_mem")
            with pytest.raises(ConnectionLost, match="lock was lost"):
                await lock.__aexit__(None, None, None)
            assert await show(connection, "server_encoding") == "UTF8"
            assert connection.info.reconnects == 1

    backend.run(body)


@REBUILD
def test_a_prepared_statement_is_prepared_again(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True) as connection:
            statement = await connection.prepare(select(func.abs(-7)))
            assert await statement.fetch_value() == 7
            await lose(connection, server, backend)
            assert await statement.fetch_value() == 7
            assert connection.info.reconnects == 1

    backend.run(body)


@REBUILD
def test_what_nobody_can_repeat_is_told_once(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True) as connection:
            await connection.script("CREATE TEMP TABLE mine (n int)")
            await lose(connection, server, backend)
            with pytest.raises(ConnectionLost, match="on_connect") as caught:
                await show(connection, "work_mem")
            assert caught.value.outcome is Outcome.NOT_SENT
            assert connection.info.reconnects == 0
            assert await show(connection, "server_encoding") == "UTF8"
            assert connection.info.reconnects == 1

    backend.run(body)


@REBUILD
def test_what_was_under_way_is_not_repeated(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE t (n int)")
    insert = Qail.add("t").values({"n": 1}).returning(func.pg_sleep(60))

    async def body() -> None:
        async with backend.connect(fresh_database.dsn, reconnect=True) as connection:
            process_id = connection.info.process_id

            async def kill() -> None:
                query = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {process_id} AND wait_event = 'PgSleep'"
                while fresh_database.sql(query) != [("1",)]:
                    await backend.sleep(0.01)
                fresh_database.sql(f"SELECT pg_terminate_backend({process_id}, 5000)")

            lost, _ = await backend.together(lambda: connection.execute(insert), kill)
            assert isinstance(lost, ConnectionLost)
            assert lost.outcome is Outcome.UNKNOWN
            assert await connection.fetch_value(Qail.get("t").columns(count())) == 0
            assert connection.info.reconnects == 1

    backend.run(body)


@REBUILD
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_calls_that_find_the_link_lost_together_share_one_new_one(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, reconnect=True) as connection:
            await lose(connection, server, backend)
            found = await backend.together(*[lambda: connection.fetch_value(select(func.pg_backend_pid()))] * 10)
            assert found == [connection.info.process_id] * 10
            assert connection.info.reconnects == 1

    backend.run(body)


@REBUILD
def test_while_no_server_is_there_every_call_says_so_and_then_all_goes_on(backend: Backend, cluster: Cluster) -> None:
    node = cluster.primary

    async def body() -> None:
        async with backend.connect(node.dsn, reconnect=True) as connection:
            await connection.set_param("work_mem", "7MB")
            node.stop("fast")
            with pytest.raises((ConnectError, ConnectionLost)):
                await show(connection, "work_mem")
            with pytest.raises(ConnectError):
                await show(connection, "work_mem")
            node.start()
            assert await show(connection, "work_mem") == "7MB"

    backend.run(body)


@REBUILD
def test_without_reconnect_a_lost_connection_stays_lost(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            await lose(connection, server, backend)
            for _ in range(2):
                with pytest.raises(ConnectionLost, match="57P01"):
                    await show(connection, "work_mem")
            assert connection.is_closed

    backend.run(body)


@REBUILD
def test_a_stream_of_ones_own_cannot_be_made_again() -> None:
    with pytest.raises(ConfigError, match="stream or reconnect"):
        connect("", stream=object(), reconnect=True)
