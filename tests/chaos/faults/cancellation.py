"""Faults of cancellation: callers who go at any moment, and cancel requests that come late, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from chaos.registry import CANCELLABLE, FaultRun, fault
from chaos.stepping import attempt
from chaos.sweep import sweep
from chaos.sweep_operations import OPERATIONS
from qail import INT8, ConnectionLost, DeadlineExceeded, cast, select
from qail.sqlstate import QueryCanceled
from qail.testing import ChaosProxy, Rule
from support.listening import ListeningServer
from support.servers import Database
from support.waiting import until

SCOPES = ("begin_and_commit_by_hand", "begin_and_roll_back_by_hand", "nested_transaction", "transaction")
GIVING_BACK = ("acquire_and_release", "close_a_pool_with_work_left", "dirty_lease", "open_and_close_a_pool")
CALLERS = 50
LOCK = 37


def number(value: int) -> Any:
    return select(cast(value, INT8))


@contextmanager
def swept_database(run: FaultRun) -> Iterator[Database]:
    with run.server.fresh_database() as database:
        database.sql(
            "CREATE TABLE pairs (run int8, part int8); "
            "CREATE TABLE thousands AS SELECT id FROM generate_series(1, 3000) id"
        )
        yield database


def scope_kind(run: FaultRun) -> str:
    return "trio" if run.backend.name == "trio" else "scope"


@fault("F32", backends=CANCELLABLE)
async def a_caller_cancelled_at_any_await_by_a_scope_around_it(run: FaultRun) -> None:
    with swept_database(run) as database:
        for name in ("acquire_and_release", "atomic_batch", "copy_in", "execute", "fetch", "pipeline"):
            assert await sweep(run.backend, database, scope_kind(run), OPERATIONS[name]) > 0


@fault("F34", backends=CANCELLABLE)
async def a_waiter_cancelled_in_the_tick_of_the_hand_off(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        async with run.backend.pool(database.dsn, max_size=1) as pool:
            for at in range(1, 30):
                if not await _hand_over(run, pool, at):
                    break
            else:
                pytest.fail("the waiter never came to its end")


async def _hand_over(run: FaultRun, pool: Any, at: int) -> bool:
    """Whether the waiter was cancelled at its step `at`, while the only connection was handed to it."""

    async def wait_and_use() -> None:
        async with pool.acquire(timeout=30) as connection:
            assert await connection.fetch_value(number(at)) == at

    async def release() -> None:
        await until(run.backend, lambda: pool.stats().waiting == 1 or not held)
        if held:
            await pool.release(held.pop())

    held = [await pool.acquire()]
    async with run.backend.jobs() as jobs:
        jobs.start(release)
        ended = await attempt("completion", wait_and_use, at)
        if held:
            await pool.release(held.pop())
    assert ended.error is None
    await until(run.backend, lambda: pool.stats().idle == pool.stats().size == 1)
    assert pool.stats().leased == pool.stats().waiting == 0
    assert await pool.fetch_value(number(-at)) == -at
    return ended.is_fired


@fault("F35", backends=CANCELLABLE)
async def a_transaction_cancelled_while_it_begins_or_ends(run: FaultRun) -> None:
    with swept_database(run) as database:
        for name in SCOPES:
            assert await sweep(run.backend, database, scope_kind(run), OPERATIONS[name]) > 0


@fault("F36", backends=CANCELLABLE)
async def a_caller_cancelled_twice_while_it_gives_back_resets_and_closes(run: FaultRun) -> None:
    kind = "trio" if run.backend.name == "trio" else "twice"
    with swept_database(run) as database:
        for name in GIVING_BACK:
            assert await sweep(run.backend, database, kind, OPERATIONS[name]) > 0


@fault("F37")
async def a_cancel_that_comes_after_its_victim_has_ended(run: FaultRun) -> None:
    with ChaosProxy(run.server.dsn) as proxy:
        async with (
            run.backend.connect(run.server.dsn) as holder,
            run.backend.connect(proxy.dsn()) as connection,
            run.backend.jobs() as jobs,
        ):
            for _ in range(5):
                late = proxy.add(Rule("hold", to="server", message="cancel", on="any"))
                # It runs until the cancel request is on its way, and ends before that comes.
                await holder.script(f"SELECT pg_advisory_lock({LOCK})")
                victim = jobs.start(lambda: connection.script(f"SELECT pg_advisory_xact_lock({LOCK})"))
                await until(run.backend, lambda: connection_depth(connection) == 1)
                cancelling = jobs.start(connection.cancel)
                await until(run.backend, lambda late=late: late.done == 1)  # type: ignore[misc]
                await holder.script(f"SELECT pg_advisory_unlock({LOCK})")
                await victim.ended()
                assert victim.error is None
                following = jobs.start(lambda: connection.script("SELECT pg_sleep(0.05)"))
                late.release()
                await cancelling.ended()
                await following.ended()
                assert following.result == [[("",)]], following.error
        proxy.audit.check()


def connection_depth(connection: Any) -> int:
    """How much is under way."""
    return int(connection._link.session.depth)


async def _cancel_fails(run: FaultRun, connection: Any, log: pytest.LogCaptureFixture) -> None:
    """A deadline passes, the cancel request fails: the caller is told of the deadline, and the end is bounded."""
    log.clear()
    with pytest.raises(DeadlineExceeded):
        await connection.script("SELECT pg_sleep(30)", timeout=0.2)
    await until(run.backend, lambda: connection.is_closed)
    assert [record.levelname for record in log.records if "cancelling on" in record.getMessage()] == ["WARNING"]
    with pytest.raises(ConnectionLost):
        await connection.script("SELECT 1")


@fault("F38")
async def a_cancel_request_that_is_refused_hangs_or_has_the_wrong_key(run: FaultRun) -> None:
    log: pytest.LogCaptureFixture = run.request.getfixturevalue("caplog")
    log.set_level(logging.WARNING, "qail")
    rules = (
        Rule("hold", to="server", message="cancel", on="any", every=True),
        Rule("mutate", to="server", message="cancel", on="any", every=True, change=_with_another_key),
    )
    for rule in (None, *rules):
        with ChaosProxy(run.server.dsn) as proxy:
            async with run.backend.connect(proxy.dsn()) as connection:
                if rule is None:
                    proxy.refuse()
                else:
                    proxy.add(rule)
                await _cancel_fails(run, connection, log)


def _with_another_key(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


@fault("F38")
async def a_cancel_request_whose_tls_fails(run: FaultRun) -> None:
    log: pytest.LogCaptureFixture = run.request.getfixturevalue("caplog")
    log.set_level(logging.WARNING, "qail")
    server: ListeningServer = run.request.getfixturevalue("tls_server")
    settings = server.settings("scram_user", sslmode="verify-full", sslrootcert=str(server.ca_file))
    async with run.backend.connect(**settings) as connection:
        with server.presenting("unknown-ca"):
            await _cancel_fails(run, connection, log)


@fault("F39", backends=CANCELLABLE)
async def one_of_many_callers_on_one_connection_goes(run: FaultRun) -> None:
    async with (
        run.backend.connect(run.server.dsn) as holder,
        run.backend.connect(run.server.dsn) as connection,
        run.backend.jobs() as jobs,
    ):
        await holder.script(f"SELECT pg_advisory_lock({LOCK})")
        head = jobs.start(lambda: connection.script(f"SELECT pg_advisory_xact_lock({LOCK})"))
        await until(run.backend, lambda: connection_depth(connection) == 1)
        callers = [jobs.start(partial(connection.fetch_value, number(value))) for value in range(CALLERS)]
        await until(run.backend, lambda: connection_depth(connection) == CALLERS + 1)
        gone = (callers[7], callers[CALLERS - 1], head)
        for each in gone:
            each.cancel()
        await holder.script(f"SELECT pg_advisory_unlock({LOCK})")
        for value, caller in enumerate(callers):
            await caller.ended()
            if caller not in gone:
                assert caller.result == value, caller.error
        await head.ended()
        assert not isinstance(head.error, (Exception, type(None)))
        assert await connection.fetch_value(number(-1)) == -1


@fault("F39", backends=CANCELLABLE)
async def the_only_caller_goes_and_what_it_ran_is_cancelled(run: FaultRun) -> None:
    async with run.backend.connect(run.server.dsn) as connection, run.backend.jobs() as jobs:
        process_id = connection.info.process_id
        for kind in ("alone", "in a transaction"):
            only = jobs.start(partial(_sleep_for_long, connection, kind))
            await until(run.backend, lambda: connection_depth(connection) >= 1)
            only.cancel()
            await only.ended()
            assert not isinstance(only.error, (Exception, type(None)))
            assert not isinstance(only.error, QueryCanceled)
            assert await connection.fetch_value(number(1), timeout=20) == 1
            assert connection.info.process_id == process_id


async def _sleep_for_long(connection: Any, kind: str) -> None:
    if kind == "alone":
        await connection.script("SELECT pg_sleep(60)")
        return
    async with connection.transaction() as transaction:
        await transaction.script("SELECT pg_sleep(60)")
