"""Cancelling and deadlines: the victim ends, its neighbours and the next statement do not."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import DeadlineExceeded, Outcome, PostgresError
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.listening import ListeningServer
from support.servers import Database, Server
from support.waiting import until


def is_asleep(server: Server, connection: Any) -> bool:
    where = f"pid = {connection.info.process_id} AND wait_event = 'PgSleep'"
    return server.sql(f"SELECT count(*) FROM pg_stat_activity WHERE {where}") == [("1",)]


async def _cancel_and_go_on(backend: Backend, server: Server, connection: Any) -> None:
    for _ in range(5):
        async with backend.jobs() as jobs:
            victim = jobs.start(lambda: connection.script("SELECT pg_sleep(60)"))
            await until(backend, lambda: is_asleep(server, connection))
            await connection.cancel()
            await victim.ended()
        assert isinstance(victim.error, PostgresError)
        assert victim.error.sqlstate == "57014"
        # Never hit, however soon it follows.
        assert await connection.script("SELECT 1") == [[("1",)]]
    await connection.cancel()
    assert await connection.script("SELECT 2") == [[("2",)]]


@pytest.mark.feature("CA1")
def test_cancel_ends_what_runs_and_never_the_next(backend: Backend, fresh_database: Database) -> None:
    async def main() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            await _cancel_and_go_on(backend, fresh_database.server, connection)

    backend.run(main)


def test_a_cancel_that_comes_late_does_not_hit_the_next_statement(backend: Backend, fresh_database: Database) -> None:
    async def main() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.connect(fresh_database.dsn) as holder, backend.connect(proxy.dsn()) as connection:
                late = proxy.add(Rule("hold", "server", message="cancel", on="any"))
                # The victim runs until the cancel request is on its way, and ends before that comes.
                await holder.script("SELECT pg_advisory_lock(1)")
                async with backend.jobs() as jobs:
                    victim = jobs.start(lambda: connection.script("SELECT pg_advisory_xact_lock(1)"))
                    await until(backend, lambda: proxy.audit.sent["Q"] == 1)
                    cancelling = jobs.start(connection.cancel)
                    await backend.blocking(late.wait)
                    await holder.script("SELECT pg_advisory_unlock(1)")
                    await victim.ended()
                    next_one = jobs.start(lambda: connection.script("SELECT pg_sleep(0.1)"))
                    late.release()
                    await cancelling.ended()
                    await next_one.ended()
                assert victim.result == [[("",)]]
                assert next_one.result == [[("",)]]
            proxy.audit.check()

    backend.run(main)


@pytest.mark.feature("CA1")
@pytest.mark.parametrize("sslmode", ["disable", "verify-full"])
def test_cancel_goes_over_tcp_and_tls(backend: Backend, tls_server: ListeningServer, sslmode: str) -> None:
    async def main() -> None:
        settings = tls_server.settings("scram_user", sslmode=sslmode, sslrootcert=str(tls_server.ca_file))
        async with backend.connect(**settings) as connection:
            await _cancel_and_go_on(backend, tls_server, connection)

    backend.run(main)


@pytest.mark.feature("CA2")
@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_a_deadline_ends_the_call_and_the_executor_goes_on(
    backend: Backend, fresh_database: Database, kind: str
) -> None:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY)")
    blocked = Qail.add("log").values({"id": 1})

    async def main() -> None:
        async with backend.connect(fresh_database.dsn) as other, other.transaction() as holder:
            await holder.execute(blocked)
            async with backend.connect(fresh_database.dsn) as connection, backend.pool(fresh_database.dsn) as pool:
                if kind == "transaction":
                    with pytest.raises(DeadlineExceeded):
                        async with pool.transaction() as transaction:
                            await transaction.execute(blocked, timeout=0.1)
                    assert await pool.fetch_all(Qail.get("log")) == []
                    return
                db: Any = connection if kind == "connection" else pool
                await db.fetch_all(Qail.get("log"))
                with pytest.raises(DeadlineExceeded) as caught:
                    await db.execute(blocked, timeout=0.5)
                assert caught.value.outcome == Outcome.UNKNOWN
                if kind == "connection":
                    await connection.cancel()
                assert await db.fetch_all(Qail.get("log"), timeout=60) == []

    backend.run(main)


def test_a_lease_left_with_a_running_statement_comes_back_clean(backend: Backend, fresh_database: Database) -> None:
    async def main() -> None:
        async with backend.pool(fresh_database.dsn, max_size=1) as pool:
            with pytest.raises(DeadlineExceeded):
                async with pool.acquire() as connection:
                    first = connection.info.process_id
                    await connection.script("SELECT pg_sleep(60)", timeout=0.05)
            async with pool.acquire() as connection:
                assert connection.info.process_id == first
                assert await connection.script("SELECT 1") == [[("1",)]]

    backend.run(main)
