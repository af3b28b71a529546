"""Cancelling: what runs ends as 57014 or unheard, and never what comes after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from qail import INT8, Qail, cast, select
from qail.pg.wire.startup import CancelRequest
from qail.sqlstate import QueryCanceled
from qail.testing import ChaosProxy, Rule, Script, ScriptedServer
from support.backends import Backend
from support.listening import ListeningServer
from support.servers import Database, Server
from support.waiting import until

FENCED = 200
ANY_CANCEL = Rule("pass", to="server", message="cancel", on="any", every=True)


def number(value: int) -> Any:
    return select(cast(value, INT8))


def is_running(server: Server, text: str) -> bool:
    found = server.sql(
        f"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%{text}%' AND state = 'active' "
        "AND pid <> pg_backend_pid()"
    )
    return found != [("0",)]


async def cancel_what_runs(backend: Backend, server: Server, connection: Any) -> None:
    async with backend.jobs() as jobs:
        victim = jobs.start(lambda: connection.script("SELECT pg_sleep(100), 'to be cancelled'"))
        await until(backend, lambda: is_running(server, "to be cancelled"))
        await connection.cancel()
        await victim.ended()
    assert isinstance(victim.error, QueryCanceled)
    assert await connection.fetch_value(number(1)) == 1
    await connection.cancel()  # nothing runs: nothing happens
    assert await connection.fetch_value(number(2)) == 2


@pytest.mark.feature("CA1")
def test_a_long_sleep_is_ended_over_a_unix_socket(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            await cancel_what_runs(backend, server, connection)

    backend.run(body)


@pytest.mark.feature("CA1")
@pytest.mark.parametrize("sslmode", ["disable", "verify-full"])
def test_a_long_sleep_is_ended_over_tcp_and_tls(backend: Backend, tls_server: ListeningServer, sslmode: str) -> None:
    async def body() -> None:
        settings = tls_server.settings("scram_user", sslmode=sslmode, sslrootcert=str(tls_server.ca_file))
        async with backend.connect(**settings) as connection:
            await cancel_what_runs(backend, tls_server, connection)

    backend.run(body)


@pytest.mark.feature("CA1")
@pytest.mark.feature("PR2")
@pytest.mark.parametrize("length", [4, 32, 256])
def test_a_key_of_any_length_is_sent_whole(backend: Backend, length: int) -> None:
    key = bytes(reversed(range(length)))
    scripts = {"SELECT CAST($1 AS int8)": Script(columns=[("n", INT8)], rows=[[1]], hold=True)}

    async def body() -> None:
        with ScriptedServer(scripts, secret_key=key) as server:
            async with backend.connect(server.dsn()) as connection, backend.jobs() as jobs:
                victim = jobs.start(lambda: connection.fetch_value(number(1)))
                await until(backend, lambda: server.held == 1)
                await connection.cancel()
                await victim.ended()
            asked = [each for each in server.received if isinstance(each, CancelRequest)]
        assert isinstance(victim.error, QueryCanceled)
        assert [each.secret_key for each in asked] == [key]
        assert asked[0].process_id == server.connections[0].process_id

    backend.run(body)


@pytest.mark.feature("CA1")
def test_the_statement_behind_a_cancelled_one_is_never_hit(backend: Backend, server: Server) -> None:
    async def body() -> None:
        hits: list[bool] = []
        async with backend.connect(server.dsn) as connection, backend.jobs() as jobs:
            for turn in range(FENCED):
                # Short enough to end by itself now and then, just before the cancel comes.
                victim = jobs.start(partial(connection.script, f"SELECT pg_sleep({turn % 7 * 0.0005})"))
                cancelling = jobs.start(connection.cancel)
                for job in (victim, cancelling):
                    await job.ended()
                hits.append(isinstance(victim.error, QueryCanceled))
                assert cancelling.error is None
                assert await connection.script(f"SELECT {turn}, pg_sleep(0.0005)") == [[(str(turn), "")]]
        assert len(hits) == FENCED

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop", "trio")
@pytest.mark.parametrize("kind", ["connection", "lease", "transaction"])
def test_what_a_caller_who_went_had_asked_for_is_cancelled(backend: Backend, server: Server, kind: str) -> None:
    async def run(connection: Any) -> None:
        if kind != "transaction":
            await connection.script("SELECT pg_sleep(100), 'given up'")
            return
        async with connection.transaction() as transaction:
            await transaction.script("SELECT pg_sleep(100), 'given up'")

    async def body() -> None:
        async with backend.pool(server.dsn, max_size=1) as pool, backend.jobs() as jobs:
            open_one: Callable[[], Any] = pool.acquire if kind == "lease" else partial(backend.connect, server.dsn)
            async with open_one() as connection:
                job = jobs.start(partial(run, connection))
                await until(backend, lambda: is_running(server, "given up"))
                job.cancel()
                await job.ended()
                assert await connection.fetch_value(number(5)) == 5
                assert not is_running(server, "given up")
                assert not connection.is_closed

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_commit_under_way_is_never_cancelled(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE rows (id int)")

    async def commit(connection: Any) -> None:
        async with connection.transaction() as transaction:
            await transaction.execute(Qail.add("rows").values({"id": 1}))

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                cancels = proxy.add(ANY_CANCEL)
                held = proxy.add(Rule("hold", to="client", message="C", containing=b"COMMIT"))
                job = jobs.start(partial(commit, connection))
                await until(backend, lambda: held.done == 1)
                job.cancel()
                await job.ended()
                held.release()
                assert await connection.fetch_value(number(6)) == 6
                assert cancels.fired == 0
        assert fresh_database.sql("SELECT count(*) FROM rows") == [("1",)]

    backend.run(body)


def test_rows_left_early_leave_their_transaction_alone(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(
        "CREATE TABLE many AS SELECT i AS id FROM generate_series(1, 20000) i; CREATE TABLE rows (id int)"
    )

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection, connection.transaction() as transaction:
            await transaction.execute(Qail.add("rows").values({"id": 1}))
            async with transaction.copy_out("many") as rows:
                async for row in rows:
                    assert row == (1,)
                    break
            assert await transaction.fetch_value(number(7)) == 7
        assert fresh_database.sql("SELECT count(*) FROM rows") == [("1",)]

    backend.run(body)


@pytest.mark.parametrize("kind", ["connection", "lease"])
def test_closing_a_busy_connection_ends_what_the_server_runs(backend: Backend, server: Server, kind: str) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn, max_size=1) as pool, backend.jobs() as jobs:
            open_one: Callable[[], Any] = pool.acquire if kind == "lease" else partial(backend.connect, server.dsn)
            async with open_one() as connection:
                busy = jobs.start(lambda: connection.script("SELECT pg_sleep(100), 'closed'"))
                await until(backend, lambda: is_running(server, "closed"))
                await connection.close()
                await busy.ended()
                assert isinstance(busy.error, ConnectionError)
            await until(backend, lambda: not is_running(server, "closed"))

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_block_that_is_cancelled_ends_what_its_connection_ran(backend: Backend, server: Server) -> None:
    async def run() -> None:
        async with backend.connect(server.dsn) as connection:
            await connection.script("SELECT pg_sleep(100), 'in a block'")

    async def body() -> None:
        async with backend.jobs() as jobs:
            job = jobs.start(run)
            await until(backend, lambda: is_running(server, "in a block"))
            job.cancel()
            await job.ended()
        await until(backend, lambda: not is_running(server, "in a block"))

    backend.run(body)
