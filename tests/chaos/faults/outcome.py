"""Faults that leave the outcome of work in question: what the caller is told, and what is true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chaos.registry import FaultRun, fault
from qail import CommitRejected, ConnectionLost, Outcome, OutcomeUnknown, PostgresError, Qail, col, func, select
from qail.sqlstate import (
    AdminShutdown,
    DeadlockDetected,
    LockNotAvailable,
    SerializationFailure,
    UniqueViolation,
)
from qail.testing import ChaosProxy, Rule
from support.lock_waits import terminate, until_waiting
from support.servers import Database
from support.waiting import until

LOCK = 4
# Nothing waits for this: a loop takes a turn, and hears what has come already.
HEARING_SECONDS = 0.02
OURS = "the pool"
TABLES = (
    "CREATE TABLE notes (id int PRIMARY KEY);"
    "CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
    # Whoever inserts a negative number waits in COMMIT for the lock.
    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NULL; END $$;"
    "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW WHEN (NEW.id < 0) EXECUTE FUNCTION wait()"
)


@asynccontextmanager
async def notes_and_pool(run: FaultRun, size: int = 1) -> AsyncIterator[tuple[Database, Any]]:
    """A database of its own, and a pool on it."""
    with run.server.fresh_database() as database:
        database.sql(TABLES)
        async with run.backend.pool(database.dsn, max_size=size, application_name=OURS) as pool:
            yield database, pool


def note(number: int) -> Any:
    return Qail.add("notes").values({"id": number})


def ids(database: Database) -> list[int]:
    return [int(row[0] or 0) for row in database.sql("SELECT id FROM notes ORDER BY id")]


def backends_of(database: Database) -> list[int]:
    """Those of the pool; another look's own session may still be on its way out."""
    rows = database.sql(
        f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{OURS}'"
    )
    return [int(row[0] or 0) for row in rows]


async def told(work: Callable[[], Any]) -> Any:
    with pytest.raises(ConnectionLost) as caught:
        await work()
    return caught.value


# F10: an idle connection is ended, then used.


@fault("F10")
async def an_idle_connection_of_the_pool_that_was_ended_is_replaced(run: FaultRun) -> None:
    async with notes_and_pool(run) as (database, pool):
        await pool.execute(note(1))
        (process_id,) = backends_of(database)
        terminate(database, process_id)
        await run.backend.sleep(HEARING_SECONDS)

        assert await pool.execute(note(2)) == 1
        assert ids(database) == [1, 2]


@fault("F10")
async def an_idle_connection_of_ones_own_that_was_ended_says_why(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql(TABLES)
        async with run.backend.connect(database.dsn) as connection:
            terminate(database, connection.info.process_id)
            await run.backend.sleep(HEARING_SECONDS)

            lost = await told(lambda: connection.execute(note(1)))
            assert (lost.outcome, lost.connection_spent) == (Outcome.NOT_SENT, True)
            assert isinstance(lost.__cause__, AdminShutdown)
        assert ids(database) == []


# F18: ended in the middle of a statement, and of a transaction.


async def _ended_while_it_runs(run: FaultRun, database: Database, work: Callable[[], Any]) -> Any:
    """The error of `work`, whose backend is ended while it waits for a lock."""
    async with run.backend.connect(database.dsn) as holder, holder.transaction() as transaction:
        await transaction.script("LOCK TABLE notes")
        async with run.backend.jobs() as jobs:
            job = jobs.start(work)
            (process_id,) = await until_waiting(run.backend, database)
            terminate(database, process_id)
            await job.ended()
    assert isinstance(job.error, ConnectionLost)
    assert isinstance(job.error.__cause__, AdminShutdown)
    return job.error


@fault("F18")
async def a_read_has_no_effect_and_a_write_is_unknown(run: FaultRun) -> None:
    async with notes_and_pool(run, size=2) as (database, pool):
        reading, writing = Qail.get("notes"), note(1)
        await pool.fetch_all(reading)
        await pool.execute(note(0))

        lost = await _ended_while_it_runs(run, database, lambda: pool.fetch_all(reading))
        assert lost.outcome is Outcome.NO_EFFECT
        lost = await _ended_while_it_runs(run, database, lambda: pool.execute(writing))
        assert isinstance(lost, OutcomeUnknown)
        assert await pool.execute(note(2)) == 1


@fault("F18")
async def a_transaction_that_loses_its_backend_is_aborted(run: FaultRun) -> None:
    async with notes_and_pool(run, size=2) as (database, pool):

        async def work() -> None:
            async with pool.transaction() as transaction:
                await transaction.execute(note(1))
                await transaction.execute(Qail.set("late").values({"id": 1}).all_rows())
                waits.append(1)
                await transaction.fetch_all(select(func.pg_advisory_xact_lock(LOCK)))

        waits: list[int] = []
        async with (
            run.backend.connect(database.dsn) as holder,
            holder.advisory_lock(LOCK),
            run.backend.jobs() as jobs,
        ):
            job = jobs.start(work)
            (process_id,) = await until_waiting(run.backend, database)
            terminate(database, process_id)
            await job.ended()
        assert isinstance(job.error, ConnectionLost)
        assert job.error.outcome is Outcome.ABORTED
        assert waits
        assert ids(database) == []


@fault("F18")
async def a_commit_on_a_connection_that_has_gone_is_not_sent(run: FaultRun) -> None:
    async with notes_and_pool(run) as (database, pool):
        with pytest.raises(ConnectionLost) as caught:  # noqa: PT012  # the end of the block is what it is about
            async with pool.transaction() as transaction:
                await transaction.execute(note(1))
                (process_id,) = backends_of(database)
                terminate(database, process_id)
                await run.backend.sleep(HEARING_SECONDS)
        assert caught.value.outcome is Outcome.ABORTED
        assert isinstance(caught.value.__cause__, AdminShutdown)
        assert ids(database) == []


# F19, F20: between COMMIT and its reply.


@fault("F19")
async def a_backend_ended_in_commit_leaves_the_outcome_unknown(run: FaultRun) -> None:
    async with notes_and_pool(run, size=2) as (database, pool):

        async def work() -> None:
            async with pool.transaction(track_outcome=True) as transaction:
                await transaction.execute(note(-1))

        async with (
            run.backend.connect(database.dsn) as holder,
            holder.advisory_lock(LOCK),
            run.backend.jobs() as jobs,
        ):
            job = jobs.start(work)
            (process_id,) = await until_waiting(run.backend, database)
            terminate(database, process_id)
            await job.ended()
        assert isinstance(job.error, OutcomeUnknown)
        assert isinstance(job.error.__cause__, AdminShutdown)
        assert await pool.transaction_status(job.error.transaction_id) == "aborted"
        assert ids(database) == []


@fault("F19")
async def a_backend_ended_behind_its_commit_leaves_the_outcome_unknown_too(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql(TABLES)
        with ChaosProxy(database.dsn) as proxy:
            async with run.backend.pool(proxy.dsn(), max_size=1, application_name=OURS) as pool:

                async def work() -> None:
                    async with pool.transaction(track_outcome=True) as transaction:
                        await transaction.execute(note(1))
                        held.append(proxy.add(Rule("hold", to="client", message="C", containing=b"COMMIT")))

                held: list[Any] = []
                async with run.backend.jobs() as jobs:
                    job = jobs.start(work)
                    await until(run.backend, lambda: ids(database) == [1])
                    await run.backend.blocking(held[0].wait)
                    (process_id,) = backends_of(database)
                    terminate(database, process_id)
                    # What was held is lost with the connection.
                    proxy.stop()
                    await job.ended()
            assert isinstance(job.error, OutcomeUnknown)
            async with run.backend.pool(database.dsn) as other:
                assert await other.transaction_status(job.error.transaction_id) == "committed"
            assert ids(database) == [1]


@fault("F20")
async def only_the_reply_to_commit_is_lost_and_nothing_is_sent_again(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql(TABLES)
        with ChaosProxy(database.dsn) as proxy:
            async with run.backend.pool(proxy.dsn(), max_size=1) as pool:

                async def work(transaction: Any) -> None:
                    runs.append(transaction.attempt)
                    await transaction.execute(note(1))
                    proxy.add(Rule("rst", to="client", message="C", containing=b"COMMIT"))

                runs: list[int] = []
                lost = await told(lambda: pool.run_transaction(work, track_outcome=True))
                assert isinstance(lost, OutcomeUnknown)
                assert await pool.transaction_status(lost.transaction_id) == "committed"
            assert runs == [1]
            assert ids(database) == [1]


# F23: lock timeout, deadlock, serialization.


@fault("F23")
async def each_conflict_has_its_class_and_whole_functions_run_again(run: FaultRun) -> None:
    async with notes_and_pool(run, size=4) as (database, pool):
        database.sql("INSERT INTO notes VALUES (1), (2)")
        database.sql(f"ALTER DATABASE \"{database.name}\" SET deadlock_timeout = '20ms'")
        touch = [Qail.set("notes").values({"id": col("id")}).eq("id", number) for number in (1, 2)]
        async with pool.transaction() as holder:
            await holder.execute(touch[0])
            async with pool.transaction(settings={"lock_timeout": "20ms"}) as transaction:
                with pytest.raises(LockNotAvailable):
                    await transaction.execute(touch[0])
                await transaction.rollback()
        async with pool.transaction(isolation="repeatable read") as reader:
            await reader.fetch_all(Qail.get("notes"))
            await pool.execute(touch[0])
            with pytest.raises(SerializationFailure) as serialization:
                await reader.execute(touch[0])
            assert serialization.value.outcome is Outcome.ABORTED
            await reader.rollback()
        await _deadlock(run, database.dsn, touch)


async def _deadlock(run: FaultRun, dsn: str, touch: list[Any]) -> None:
    """Two functions lock two rows crosswise; one is chosen to fail, and runs again."""
    async with run.backend.pool(dsn, min_size=2, max_size=2) as pool:
        entered: list[int] = []
        errors: list[Exception] = []

        def crossing(first: Any, second: Any) -> Any:
            async def work(transaction: Any) -> int:
                await transaction.execute(first)
                entered.append(1)
                await until(run.backend, lambda: len(entered) >= 2)
                try:
                    await transaction.execute(second)
                except DeadlockDetected as error:
                    errors.append(error)
                    raise
                return int(transaction.attempt)

            return lambda: pool.run_transaction(work, retries=10)

        attempts = await run.backend.together(crossing(*touch), crossing(*reversed(touch)))
        assert errors
        assert max(attempts) > 1


# F41: a failure at Sync. F42: COMMIT of an aborted transaction.


@fault("F41")
async def a_failure_at_sync_is_no_acknowledgement(run: FaultRun) -> None:
    async with notes_and_pool(run, size=2) as (database, pool):
        late = Qail.add("late").values({"id": 1})
        await pool.execute(late)
        with pytest.raises(UniqueViolation) as caught:
            await pool.execute(late)
        assert caught.value.outcome is Outcome.ABORTED
        with pytest.raises(UniqueViolation):
            await pool.batch([late, note(1)])
        async with pool.pipeline() as pipeline:
            answers = [pipeline.execute(each) for each in (note(2), late, note(3))]
            await pipeline.flush()
            with pytest.raises(UniqueViolation):
                answers[1].result()
        assert [answers[0].result(), answers[2].result()] == [1, 1]
        assert ids(database) == [2, 3]
        assert database.sql("SELECT count(*) FROM late") == [("1",)]


@fault("F41")
async def write_skew_is_found_at_the_latest_at_commit(run: FaultRun) -> None:
    async with notes_and_pool(run, size=2) as (database, pool):
        counting = Qail.get("notes")
        first, second = pool.transaction(isolation="serializable"), pool.transaction(isolation="serializable")
        errors: list[Exception] = []
        for number, scope in enumerate((first, second)):
            transaction = await scope.__aenter__()
            await transaction.fetch_all(counting)
            await transaction.execute(note(number))
        for scope in (first, second):
            try:
                await scope.__aexit__(None, None, None)
            except PostgresError as error:
                errors.append(error)
        assert [type(each) for each in errors] == [SerializationFailure]
        assert len(ids(database)) == 1


@fault("F42")
async def commit_of_an_aborted_transaction_is_rejected(run: FaultRun) -> None:
    async with notes_and_pool(run) as (database, pool):

        async def swallow() -> None:
            async with pool.transaction() as transaction:
                await transaction.execute(note(1))
                with pytest.raises(UniqueViolation):
                    await transaction.execute(note(1))

        with pytest.raises(CommitRejected) as caught:
            await swallow()
        assert caught.value.outcome is Outcome.ABORTED
        assert ids(database) == []
        assert await pool.execute(note(2)) == 1
