"""A batch with modes: BEGIN, its statements and COMMIT in one write, and what may become of each of them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import anyio.abc
import pytest

from qail import (
    CommitRejected,
    DeadlineExceeded,
    EncodeError,
    Outcome,
    OutcomeUnknown,
    PipelineAborted,
    PoolTimeout,
    Qail,
    UsageError,
    func,
    select,
)
from qail.sqlstate import ForeignKeyViolation, ReadOnlySqlTransaction, UndefinedTable, UniqueViolation
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.lock_waits import until_waiting, waiting_for_locks
from support.servers import Database
from support.waiting import until

FOLDED = pytest.mark.feature("PI6")
LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")
ONE = select(func.abs(-1))
LEVEL = select(func.current_setting("transaction_isolation"))
MODES = [LEVEL, *(select(func.current_setting(f"transaction_{each}")) for each in ("read_only", "deferrable"))]
TABLES = """
CREATE TABLE log (id int PRIMARY KEY, body text);
CREATE TABLE part (id int PRIMARY KEY, whole int REFERENCES log DEFERRABLE INITIALLY DEFERRED);
"""


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql(TABLES)
    return fresh_database


def add(number: int, body: str = "x") -> Any:
    return Qail.add("log").values({"id": number, "body": body})


def part(number: int, whole: int) -> Any:
    return Qail.add("part").values({"id": number, "whole": whole})


def ids() -> Any:
    return Qail.get("log").columns("id").order_by("id")


def opened(backend: Backend, kind: str, dsn: str, **settings: Any) -> Any:
    """A connection, or a pool of one."""
    return backend.connect(dsn, **settings) if kind == "connection" else backend.pool(dsn, max_size=1, **settings)


@FOLDED
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_begin_statements_and_commit_take_one_round_trip(backend: Backend, log: Database, kind: str) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with opened(backend, kind, proxy.dsn()) as db:
                await db.batch([*MODES, add(0), ids()])
                proxy.audit.forget()
                found = await db.batch(
                    [*MODES, add(1), add(2), ids()], isolation="serializable", deferrable=True, track_outcome=True
                )
                assert found == [[("serializable",)], [("off",)], [("on",)], 1, 1, [(0,), (1,), (2,)]]
                assert proxy.audit.round_trips == 1
                # BEGIN and what is in it; the question for the transaction's id; COMMIT.
                assert proxy.audit.sent["S"] == proxy.audit.received["Z"] == 3
                proxy.audit.forget()
                assert await db.batch([LEVEL, MODES[1]], read_only=True) == [[("read committed",)], [("on",)]]
                assert (proxy.audit.round_trips, proxy.audit.sent["S"], proxy.audit.sent["E"]) == (1, 2, 4)
                # Afterwards nothing of it holds.
                assert await db.fetch_value(LEVEL) == "read committed"
                assert await db.batch([], isolation="serializable") == []
            proxy.audit.check()

    backend.run(body)


class Writes(anyio.abc.ByteStream):
    """A stream that counts what is sent at once."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        self.count = 0

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        self.count += 1
        await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


class WritingSocket(socket.socket):
    """A socket that does."""

    count = 0

    def send(self, data: Any, flags: int = 0, /) -> int:
        self.count += 1
        return super().send(data, flags)


@FOLDED
def test_begin_statements_and_commit_leave_in_one_write(backend: Backend, log: Database) -> None:
    async def body() -> None:
        if backend.name == "sync":
            stream: Any = WritingSocket(socket.AF_UNIX)
            stream.connect(log.server.socket_path)
        else:
            stream = Writes(await anyio.connect_unix(log.server.socket_path))
        async with backend.connect(log.dsn, stream=stream) as connection:
            await connection.batch([add(0), ids()])
            before = stream.count
            assert await connection.batch([add(1), ids()], isolation="repeatable read") == [1, [(0,), (1,)]]
            assert stream.count == before + 1

    backend.run(body)


@FOLDED
@pytest.mark.feature("PI2")
@pytest.mark.feature("PI3")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_the_statement_that_fails_is_named_and_all_is_undone_in_that_flight(
    backend: Backend, log: Database, kind: str
) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with opened(backend, kind, proxy.dsn()) as db:
                await db.batch([add(0), ids()])
                proxy.audit.forget()
                with pytest.raises(UniqueViolation) as caught:
                    await db.batch([add(1), ids(), add(0), add(2)], isolation="serializable")
                error: Any = caught.value
                assert (error.index, error.results, error.outcome) == (2, [1, [(0,), (1,)]], Outcome.ABORTED)
                # No ROLLBACK is sent after it: COMMIT was that.
                assert (proxy.audit.round_trips, proxy.audit.sent["S"]) == (1, 2)
                found = await db.batch([add(1), add(0), add(2)], isolation="serializable", return_errors=True)
                assert [type(each) for each in found] == [int, UniqueViolation, PipelineAborted]
                assert found[2].index == 1
                with pytest.raises(ReadOnlySqlTransaction) as refused:
                    await db.batch([ids(), add(1)], read_only=True)
                assert refused.value.index == 1
                with pytest.raises(UndefinedTable) as unknown:
                    await db.batch([add(1), Qail.get("nowhere")], isolation="serializable")
                assert unknown.value.index == 1
                with pytest.raises(EncodeError) as wrong:
                    await db.batch([add(1), add(2**40)], isolation="serializable")
                assert vars(wrong.value)["index"] == 1
                assert await db.fetch_values(ids()) == [0]
            proxy.audit.check()

    backend.run(body)


@FOLDED
@pytest.mark.feature("TX4")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_what_fails_at_commit_is_no_statements_own(backend: Backend, log: Database, kind: str) -> None:
    async def body() -> None:
        async with opened(backend, kind, log.dsn) as db:
            for modes in ({"isolation": "serializable"}, {}):
                with pytest.raises(ForeignKeyViolation) as caught:
                    await db.batch([add(1), part(1, 99), ids()], **modes)
                error: Any = caught.value
                assert (error.index, error.results, error.outcome) == (None, [], Outcome.ABORTED)
                found = await db.batch([add(1), part(1, 99)], return_errors=True, **modes)
                assert [type(each) for each in found] == [ForeignKeyViolation] * 2
            assert await db.fetch_values(ids()) == []
            assert await db.batch([part(1, 5), add(5)], isolation="serializable") == [1, 1]

    backend.run(body)


@FOLDED
@pytest.mark.feature("TX4")
def test_a_batch_that_ends_its_own_transaction_is_no_success(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection:
            for number, ending in ((1, "commit"), (2, "rollback")):
                with pytest.raises(CommitRejected) as caught:
                    await connection.batch([add(number), Qail.sql(ending), ONE], isolation="serializable")
                assert caught.value.outcome is Outcome.UNKNOWN
            assert await connection.fetch_values(ids()) == [1]

    backend.run(body)


@FOLDED
@pytest.mark.feature("TX5")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_connection_lost_behind_commit_leaves_the_outcome_unknown(backend: Backend, log: Database, kind: str) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with opened(backend, kind, proxy.dsn()) as db, backend.connect(log.dsn) as other:
                await db.batch([add(0), ids()])
                for number, is_tracked in ((1, True), (2, False)):
                    # Whatever is ahead of it comes through, the transaction's id among it.
                    proxy.add(Rule("rst", message="C", containing=b"COMMIT"))
                    with pytest.raises(OutcomeUnknown) as caught:
                        await db.batch([add(number), ids()], isolation="serializable", track_outcome=is_tracked)
                    known = caught.value.transaction_id
                    assert (known is not None) is is_tracked
                    if known is not None:
                        assert await other.transaction_status(known) == "committed"
                    # Nothing was sent again.
                    assert await other.fetch_values(ids()) == list(range(number + 1))
                    if kind == "connection":
                        return

    backend.run(body)


async def blocked(
    backend: Backend, log: Database, db: Any, act: Callable[[Any], Any], **settings: Any
) -> BaseException | None:
    """Run a batch that cannot get past a lock, `act` on it meanwhile, and what it raised."""
    async with backend.connect(log.dsn) as other, other.transaction() as tx:
        await tx.execute(add(7))
        async with backend.jobs() as jobs:
            job = jobs.start(partial(db.batch, [add(1), add(7), add(8)], isolation="read committed", **settings))
            await act(job)
            await job.ended()
        # Till then the lock is held: what it waited for is cancelled, not granted.
        await until(backend, lambda: not waiting_for_locks(log))
        await tx.rollback()
    error: BaseException | None = job.error
    return error


@FOLDED
@pytest.mark.feature("CA2")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_deadline_in_the_middle_leaves_nothing_of_it(backend: Backend, log: Database, kind: str) -> None:
    async def wait(job: Any) -> None:
        await job.ended()

    async def body() -> None:
        async with opened(backend, kind, log.dsn) as db:
            await db.batch([add(0), ids()])
            error = await blocked(backend, log, db, wait, timeout=0.5)
            # Where the machine is slow it may pass before anything is sent.
            assert isinstance(error, (DeadlineExceeded, PoolTimeout))
            assert error.outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT)
            assert await db.fetch_values(ids()) == [0]
            assert await db.batch([add(1), ids()], isolation="serializable") == [1, [(0,), (1,)]]

    backend.run(body)


@FOLDED
@pytest.mark.feature("TX1")
@LOOPS
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_cancellation_in_the_middle_undoes_all_of_it(backend: Backend, log: Database, kind: str) -> None:
    told: list[Any] = []

    async def cancel(job: Any) -> None:
        await until_waiting(backend, log)
        job.cancel()

    async def body() -> None:
        async with opened(backend, kind, log.dsn, on_abandoned=told.append) as db:
            await db.batch([add(0), ids()])
            error = await blocked(backend, log, db, cancel)
            assert error is not None
            assert not isinstance(error, Exception)
            assert await db.fetch_values(ids()) == [0]
            assert await db.batch([add(1), ids()], isolation="serializable") == [1, [(0,), (1,)]]
        # What became of a COMMIT that nobody waits for.
        assert [each.outcome for each in told] == [Outcome.ABORTED]

    backend.run(body)


@FOLDED
def test_modes_are_refused_where_they_cannot_be_had_and_nothing_is_sent(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, backend.pool(log.dsn) as pool:
            for db in (connection, pool):
                with pytest.raises(UsageError, match="not atomic"):
                    await db.batch([add(1)], atomic=False, read_only=True)
                with pytest.raises(UsageError, match="isolation"):
                    await db.batch([add(1)], isolation="perfect")
                with pytest.raises(TypeError):
                    await db.batch([add(1)], isolated="serializable")
            async with connection.transaction() as tx:
                for db in (connection, tx):
                    with pytest.raises(UsageError, match="outermost"):
                        await db.batch([add(1)], isolation="serializable")
                async with tx.transaction() as inner:
                    with pytest.raises(UsageError, match="outermost"):
                        await inner.batch([add(1)], track_outcome=True)
                assert await tx.batch([add(2), ids()]) == [1, [(2,)]]
            assert await connection.fetch_values(ids()) == [2]

    backend.run(body)
