"""Faults of a peer that is there and does not answer: frozen, stopped, or no longer reading."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from chaos.registry import FaultRun, fault
from chaos.sweep import open_sockets
from qail import INT8, ConnectError, DeadlineExceeded, Outcome, PoolTimeout, Qail, cast, select
from qail.pg.wire.authentication import AuthenticationSASL
from qail.sqlstate import QueryCanceled
from qail.testing import ArmedRule, ChaosProxy, Expect, HostileServer, Rule, Send, Stall, Step
from support.servers import Database
from support.waiting import until

ONE = select(cast(1, INT8))
ROW = Qail.add("rows").values({"id": 1})
SHORT_SECONDS = 0.1
BIG = "x" * 8_000_000


@contextmanager
def database_with_rows(run: FaultRun) -> Iterator[Database]:
    with run.server.fresh_database() as database:
        database.sql("CREATE TABLE rows (id int, word text)")
        yield database


async def _read(block: Any) -> None:
    async with block as rows:
        async for _ in rows:
            pass


READ = (Outcome.NO_EFFECT, Outcome.NOT_SENT)
MANY = (Outcome.NO_EFFECT, Outcome.NOT_SENT, Outcome.UNKNOWN)
WRITE = (Outcome.UNKNOWN, Outcome.NOT_SENT)
VERBS: dict[str, tuple[Callable[[Any], Awaitable[Any]], tuple[Outcome, ...]]] = {
    "fetch_all": (lambda db: db.fetch_all(ONE, timeout=SHORT_SECONDS), READ),
    "fetch_value": (lambda db: db.fetch_value(ONE, timeout=SHORT_SECONDS), READ),
    "execute": (lambda db: db.execute(ROW, timeout=SHORT_SECONDS), WRITE),
    "execute_many": (lambda db: db.execute_many(ROW, [(1,), (2,)], timeout=SHORT_SECONDS), WRITE),
    "fetch_many": (lambda db: db.fetch_many(ONE, [(1,), (2,)], timeout=SHORT_SECONDS), MANY),
    "batch": (lambda db: db.batch([ROW, ONE], timeout=SHORT_SECONDS), WRITE),
    "script": (lambda db: db.script("SELECT 1", timeout=SHORT_SECONDS), WRITE),
    "copy_in": (lambda db: db.copy_in("rows", [(1, "a")], timeout=SHORT_SECONDS), MANY),
    "copy_out": (lambda db: _read(db.copy_out("rows", timeout=SHORT_SECONDS)), MANY),
    "stream": (lambda db: _read(db.stream(ONE, timeout=SHORT_SECONDS)), MANY),
}
"""Each verb with a deadline, and what may be said of a call that was not answered in time."""


@fault("F06")
async def a_frozen_peer_that_acknowledges_behind_connections(run: FaultRun) -> None:
    ready: list[str] = []
    frozen: list[ArmedRule] = []

    async def end_late(name: str) -> None:
        work, outcomes = VERBS[name]
        async with run.backend.connect(proxy.dsn()) as connection:
            assert await connection.fetch_value(ONE) == 1
            ready.append(name)
            await until(run.backend, lambda: bool(frozen))
            with pytest.raises(DeadlineExceeded) as caught:
                await work(connection)
            assert caught.value.outcome in outcomes, name
        # Closing, too, has come to its end.

    async def freeze() -> None:
        await until(run.backend, lambda: len(ready) == len(VERBS))
        frozen.append(proxy.add(Rule("freeze")))

    with database_with_rows(run) as database, ChaosProxy(database.dsn) as proxy:
        ended = await run.backend.together(freeze, *(partial(end_late, name) for name in VERBS))
    assert ended == [None] * (len(VERBS) + 1)


@fault("F06")
async def a_frozen_peer_that_acknowledges_behind_a_pool(run: FaultRun) -> None:
    with database_with_rows(run) as database, ChaosProxy(database.dsn) as proxy:
        async with run.backend.pool(proxy.dsn(), max_size=2) as pool:
            for name, (work, outcomes) in VERBS.items():
                assert await pool.fetch_value(ONE, timeout=30) == 1
                frozen = proxy.add(Rule("freeze"))
                with pytest.raises((DeadlineExceeded, PoolTimeout)) as caught:
                    await work(pool)
                assert getattr(caught.value, "outcome", None) in outcomes, name
                frozen.release()
            assert await pool.fetch_value(ONE, timeout=30) == 1


@fault("F06")
async def a_peer_that_freezes_before_a_transaction_is_ended(run: FaultRun) -> None:
    with database_with_rows(run) as database, ChaosProxy(database.dsn) as proxy:
        async with run.backend.connect(proxy.dsn(), command_timeout=SHORT_SECONDS) as connection:
            with pytest.raises(DeadlineExceeded) as caught:  # noqa: PT012  # its end is what raises
                async with connection.transaction() as transaction:
                    await transaction.execute(ROW, timeout=60)
                    proxy.add(Rule("freeze"))
            assert caught.value.outcome is Outcome.UNKNOWN
        proxy.release_all()
        async with run.backend.connect(proxy.dsn()) as connection:
            with pytest.raises(ZeroDivisionError):  # noqa: PT012  # its end must not hang
                async with connection.transaction() as transaction:
                    await transaction.execute(ROW)
                    proxy.add(Rule("freeze"))
                    raise ZeroDivisionError
        proxy.release_all()


@fault("F07")
async def a_peer_that_freezes_while_a_connection_is_made(run: FaultRun) -> None:
    mute: tuple[tuple[Step, ...], ...] = (
        (Stall(),),
        (Expect("ssl"), Send(b"S")),
        (Expect("ssl"), Send(b"N"), Expect("startup")),
        (Expect("startup"),),
        (Expect("startup"), Send(AuthenticationSASL(["SCRAM-SHA-256"]))),
        (Expect("startup"), Send(AuthenticationSASL(["SCRAM-SHA-256"])), Expect("p")),
    )
    before = open_sockets()
    await _meet(run, mute)
    await until(run.backend, lambda: open_sockets() <= before)


async def _meet(run: FaultRun, mute: tuple[tuple[Step, ...], ...]) -> None:
    for steps in mute:
        with HostileServer(list(steps)) as server:
            mode = "require" if isinstance(steps[0], Expect) and steps[0].kind == "ssl" else "disable"
            if mode == "require" and len(steps) == 3:
                mode = "prefer"
            with pytest.raises(ConnectError) as caught:
                async with run.backend.connect(
                    server.dsn(tcp=True), sslmode=mode, connect_timeout=SHORT_SECONDS, password="secret"
                ):
                    pass
            assert caught.value.reason == "timeout", steps


@fault("F07")
async def a_peer_whose_backlog_is_full(run: FaultRun) -> None:
    before = open_sockets()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = [_dialling(port) for _ in range(8)]
        with pytest.raises(ConnectError) as caught:
            async with run.backend.connect(
                host="127.0.0.1", port=port, user="nobody", sslmode="disable", connect_timeout=SHORT_SECONDS
            ):
                pass
        assert caught.value.reason == "timeout"
        for each in waiting:
            each.close()
    await until(run.backend, lambda: open_sockets() <= before)


def _dialling(port: int) -> socket.socket:
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", port))
    return client


@fault("F12")
async def a_backend_that_is_stopped_and_goes_on_later(run: FaultRun) -> None:
    with database_with_rows(run) as database:
        async with run.backend.pool(database.dsn, max_size=2) as pool:
            async with pool.acquire() as connection:
                process_id = connection.info.process_id
            os.kill(process_id, signal.SIGSTOP)
            try:
                with pytest.raises(DeadlineExceeded):
                    await pool.fetch_value(ONE, timeout=SHORT_SECONDS)
                assert await pool.fetch_value(ONE, timeout=30) == 1
                await until(run.backend, lambda: pool.stats().lost_total >= 1)
            finally:
                os.kill(process_id, signal.SIGCONT)
            for value in range(20):
                assert await pool.fetch_value(select(cast(value, INT8)), timeout=30) == value
        backends = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.name}' AND pid = {process_id}"
        await until(run.backend, lambda: run.server.sql(backends) == [("0",)])


@fault("F21")
async def a_statement_that_the_server_ends_in_the_middle_of_its_rows(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql(
            "CREATE VIEW slow AS SELECT i AS id, repeat('x', 5000) AS word, pg_sleep(0.05)::text AS slept "
            "FROM generate_series(1, 1000) i"
        )
        limit = "-c statement_timeout=300"
        async with run.backend.connect(database.dsn, options=limit) as connection:
            found = await run.backend.together(
                lambda: connection.fetch_all(Qail.get("slow").columns("id", "word", "slept")),
                lambda: connection.fetch_value(ONE),
            )
            assert isinstance(found[0], QueryCanceled)
            assert found[0].outcome is Outcome.ABORTED
            assert found[1] == 1
            assert await connection.fetch_all(ONE) == [(1,)]


@fault("F70")
async def a_peer_that_stops_reading_in_the_middle_of_a_message(run: FaultRun) -> None:
    insert = Qail.add("rows").values({"id": 1, "word": BIG})
    with database_with_rows(run) as database, ChaosProxy(database.dsn, buffer_bytes=4096) as proxy:
        async with run.backend.pool(proxy.dsn(), max_size=1) as pool:
            assert await pool.fetch_value(ONE) == 1
            stalled = proxy.add(Rule("stall", to="server", offset=100_000))
            with pytest.raises(DeadlineExceeded) as caught:
                await pool.execute(insert, timeout=1.5)
            assert caught.value.outcome is Outcome.UNKNOWN
            await until(run.backend, lambda: pool.stats().lost_total == 1)
            stalled.release()
            assert await pool.fetch_value(ONE, timeout=30) == 1
        assert database.sql("SELECT count(*) FROM rows") == [("0",)]
