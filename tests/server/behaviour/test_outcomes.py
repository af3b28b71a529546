"""What became of the work: COMMIT judged by its tag, outcomes that nobody knows, and how they are found out."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from typing import Any

import pytest

from qail import (
    CommitRejected,
    ConnectionLost,
    DeadlineExceeded,
    OutcomeUnknown,
    PostgresError,
    Qail,
    UsageError,
    func,
    select,
    sqlstate,
)
from qail.sqlstate import AdminShutdown, UniqueViolation
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.lock_waits import terminate, until_waiting
from support.servers import Database, Server
from support.waiting import until

LOCK = 77
NOTES = (
    "CREATE TABLE notes (id int PRIMARY KEY);"
    # A COMMIT that takes as long as somebody else holds the lock.
    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NULL; END $$;"
    "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW WHEN (NEW.id < 0) EXECUTE FUNCTION wait()"
)


@pytest.fixture
def notes(fresh_database: Database) -> Database:
    fresh_database.sql(NOTES)
    return fresh_database


def note(number: int) -> Any:
    return Qail.add("notes").values({"id": number})


def ids(database: Database) -> list[int]:
    return [int(row[0] or 0) for row in database.sql("SELECT id FROM notes ORDER BY id")]


async def killed_in_commit(backend: Backend, database: Database, pool: Any) -> OutcomeUnknown:
    """What the caller of a COMMIT is told whose backend is ended while it waits."""

    async def work() -> None:
        async with pool.transaction(track_outcome=True) as tx:
            await tx.execute(note(-1))

    async with backend.connect(database.dsn) as holder, backend.jobs() as jobs, holder.advisory_lock(LOCK):
        job = jobs.start(work)
        (process_id,) = await until_waiting(backend, database)
        terminate(database, process_id)
        await job.ended()
    assert isinstance(job.error, OutcomeUnknown)
    return job.error


@pytest.mark.feature("TX5")
def test_the_id_comes_ahead_of_a_commit_that_never_ends_and_tells_that_it_was_undone(
    backend: Backend, notes: Database
) -> None:
    async def body() -> None:
        async with backend.pool(notes.dsn, max_size=1) as pool:
            unknown = await killed_in_commit(backend, notes, pool)

            assert (unknown.outcome, unknown.connection_spent) == ("unknown", True)
            assert isinstance(unknown.__cause__, AdminShutdown)
            assert unknown.transaction_id is not None
            assert await pool.transaction_status(unknown.transaction_id) == "aborted"
        assert ids(notes) == []

    backend.run(body)


@pytest.mark.feature("TX5")
@pytest.mark.backends("asyncio")  # a fact about servers
def test_the_id_arrives_before_commit_on_every_server(any_fresh_database: Database, backend: Backend) -> None:
    any_fresh_database.sql(NOTES)

    async def body() -> None:
        async with backend.pool(any_fresh_database.dsn) as pool:
            assert (await killed_in_commit(backend, any_fresh_database, pool)).transaction_id is not None

    backend.run(body)


@pytest.mark.feature("TX5")
def test_a_commit_whose_answer_is_lost_is_found_out_by_its_id(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        with ChaosProxy(notes.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.pool(notes.dsn) as pool:
                with pytest.raises(OutcomeUnknown) as caught:
                    async with connection.transaction(track_outcome=True) as tx:
                        await tx.execute(note(1))
                        proxy.add(Rule("rst", to="client", message="C", containing=b"COMMIT"))
                assert ids(notes) == [1]
                assert caught.value.transaction_id is not None
                assert await pool.transaction_status(caught.value.transaction_id) == "committed"

    backend.run(body)


@pytest.mark.feature("TX5")
def test_a_commit_that_was_lost_on_its_way_is_found_out_too(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        with ChaosProxy(notes.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.pool(notes.dsn) as pool:
                with pytest.raises(OutcomeUnknown) as caught:
                    async with connection.transaction(track_outcome=True) as tx:
                        await tx.execute(note(1))
                        rule = Rule("rst", to="server", message="P", containing=b"COMMIT")
                        proxy.add(rule)
                assert ids(notes) == []
                # Its id may not have come; if it has, it tells.
                found = caught.value.transaction_id
                status = "aborted" if found is None else "in progress"
                while status == "in progress":
                    # Its backend may not have heard of the end yet.
                    status = await pool.transaction_status(found)
                assert status == "aborted"

    backend.run(body)


@pytest.mark.feature("TX5")
def test_a_transaction_that_still_runs_is_in_progress(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.pool(notes.dsn, max_size=2) as pool:
            async with pool.transaction() as tx:
                await tx.execute(note(1))
                ((text,),) = (await tx.script("SELECT pg_current_xact_id()"))[0]
                assert await pool.transaction_status(int(text)) == "in progress"
                async with pool.acquire() as connection:
                    assert await connection.transaction_status(int(text)) == "in progress"
            assert await pool.transaction_status(int(text)) == "committed"
            for senseless in (0, -1, 2**64, True, "7", None):
                with pytest.raises(UsageError, match="transaction id"):
                    await pool.transaction_status(senseless)
            with pytest.raises(PostgresError, match="future"):
                await pool.transaction_status(2**40 + 12345)

    backend.run(body)


@pytest.mark.feature("TX5")
def test_asking_for_the_id_costs_no_round_trip(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        with ChaosProxy(notes.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                tx = connection.transaction(track_outcome=True)
                await tx.begin()
                await tx.execute(note(1))
                seen = proxy.audit.connections[0]
                syncs = seen.sent["S"]
                held = proxy.add(Rule("hold", to="client"))
                job = jobs.start(tx.commit)
                # The id's answer does not come, and COMMIT has left all the same.
                await backend.blocking(lambda: proxy.wait_until(lambda: seen.sent["S"] == syncs + 2))
                held.release()
                await job.ended()
                assert job.error is None
            proxy.audit.check()
        assert ids(notes) == [1]

    backend.run(body)


@pytest.mark.feature("TX5")
def test_asking_for_the_id_changes_no_verdict(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        with ChaosProxy(notes.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.execute(note(1))
                with pytest.raises(CommitRejected):
                    async with connection.transaction(track_outcome=True) as tx:
                        with pytest.raises(UniqueViolation):
                            await tx.execute(note(1))
                async with connection.transaction(track_outcome=True):
                    pass
                async with connection.transaction(track_outcome=True) as tx:
                    await tx.fetch_all(Qail.get("notes"))
                    with pytest.raises(UsageError, match="savepoint"):
                        tx.transaction(track_outcome=True)
            proxy.audit.check()
        assert ids(notes) == [1]

    backend.run(body)


@pytest.mark.feature("TX5")
def test_a_deadline_that_passes_in_commit_leaves_the_outcome_open(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.connect(notes.dsn) as holder, backend.pool(notes.dsn, command_timeout=0.6) as pool:
            async with holder.advisory_lock(LOCK):
                with pytest.raises(DeadlineExceeded) as caught:
                    async with pool.transaction(track_outcome=True) as tx:
                        await tx.execute(note(-1), timeout=60)
            assert caught.value.outcome == "unknown"
            assert caught.value.transaction_id is not None
            status = "in progress"
            while status == "in progress":
                status = await pool.transaction_status(caught.value.transaction_id, timeout=60)
            assert ids(notes) == ([-1] if status == "committed" else [])

    backend.run(body)


@pytest.mark.feature("ER2")
def test_a_syntax_error_of_the_server_shows_the_spot(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            with pytest.raises(sqlstate.SyntaxError) as caught:
                await connection.script("SELECT 1;\nSELECT frm frm frm")
            assert caught.value.context_text == "LINE 2: SELECT frm frm frm\n" + " " * 23 + "^"
            with pytest.raises(PostgresError) as undefined:
                await connection.fetch_all(Qail.get("pg_am").columns("amname", "nam"))
            assert undefined.value.context_text == 'LINE 1: SELECT "amname", "nam" FROM "pg_am"\n' + " " * 25 + "^"
            assert (undefined.value.file, undefined.value.routine) == ("parse_relation.c", "errorMissingColumn")
            assert undefined.value.line is not None

    backend.run(body)


@pytest.mark.feature("ER3")
def test_the_last_words_of_the_server_are_the_cause_of_a_lost_connection(backend: Backend, server: Server) -> None:
    async def body() -> None:
        with server.fresh_database() as database:
            async with backend.connect(database.dsn) as connection:
                terminate(database, connection.info.process_id)
                await backend.sleep(0.01)
                with pytest.raises(ConnectionLost) as caught:
                    await connection.fetch_value(select(func.now()))
                assert isinstance(caught.value.__cause__, AdminShutdown)
                assert caught.value.__cause__.severity == "FATAL"
                assert "terminating connection" in str(caught.value)

    backend.run(body)


@pytest.mark.feature("ER3")
def test_an_error_of_a_batch_names_its_item_and_what_came_before(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.pool(notes.dsn) as pool:
            for atomic in (True, False):
                with pytest.raises(UniqueViolation) as caught:
                    await pool.batch([note(5), note(6), note(5), note(7)], atomic=atomic)
                assert caught.value.outcome == "aborted"
                assert caught.value.index == (2 if atomic else caught.value.index)
            async with pool.acquire(settings={"app.tenant": "a"}) as connection:
                with pytest.raises(UniqueViolation) as caught:
                    await connection.execute(note(6))
                assert caught.value.index is None
                assert caught.value.transaction_status == "I"
                with pytest.raises(UniqueViolation) as caught:
                    await connection.batch([note(8), note(6)])
                assert caught.value.index == 1

    backend.run(body)


def test_reads_run_once_more_where_that_was_chosen(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        with ChaosProxy(notes.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1, retry_reads=True) as pool:
                await pool.execute(note(1))
                proxy.add(Rule("rst", to="client", message="D"))
                assert await pool.fetch_all(Qail.get("notes")) == [(1,)]
                proxy.add(Rule("rst", to="client", message="C"))
                with pytest.raises(OutcomeUnknown):
                    await pool.execute(note(2))
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                proxy.add(Rule("rst", to="client", message="D"))
                with pytest.raises(ConnectionLost) as caught:
                    await pool.fetch_all(Qail.get("notes"))
                assert caught.value.outcome == "no_effect"

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_what_became_of_a_commit_whose_caller_was_cancelled_is_logged(
    backend: Backend, notes: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        return [each.getMessage() for each in caplog.records if "whose caller was cancelled" in each.getMessage()]

    async def body() -> None:
        async with backend.pool(notes.dsn, max_size=1) as pool:

            async def work() -> None:
                async with pool.transaction() as tx:
                    await tx.execute(note(-1))

            async with backend.connect(notes.dsn) as holder, backend.jobs() as jobs:
                async with holder.advisory_lock(LOCK):
                    job = jobs.start(work)
                    await until_waiting(backend, notes)
                    job.cancel()
                    await job.ended()
                    assert not isinstance(job.error, Exception)
                    assert told() == []
                await until(backend, lambda: bool(told()))
            assert await pool.execute(note(1)) == 1

    backend.run(body)
    assert [each.endswith(": committed") for each in told()] == [True]
    assert ids(notes) == [-1, 1]
