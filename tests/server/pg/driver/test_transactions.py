"""Transactions and savepoints: what is kept, what is undone, and what is told of it."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from types import NoneType
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import CommitRejected, Outcome, PostgresError, UsageError
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TABLE log (id int PRIMARY KEY, body text);"
        "CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    )
    return fresh_database


def note(number: int) -> Any:
    return Qail.add("log").values({"id": number, "body": "x"})


def ids(database: Database) -> list[int]:
    return [int(row[0] or 0) for row in database.sql("SELECT id FROM log ORDER BY id")]


async def cancel_inside(backend: Backend, db: Any) -> None:
    """Cancel a task that has written inside a scope and is still there."""
    started: list[bool] = []

    async def hang() -> None:
        async with db.transaction() as tx:
            await tx.execute(note(4))
            started.append(True)
            await backend.sleep(3600)

    async with backend.jobs() as jobs:
        job = jobs.start(hang)
        await until(backend, lambda: bool(started))
        job.cancel()
        await job.ended()
    assert job.error is not None
    assert not isinstance(job.error, Exception)


@pytest.mark.feature("TX1")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_scope_commits_on_success_and_rolls_back_on_error_and_cancellation(
    backend: Backend, log: Database, kind: str
) -> None:
    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(log.dsn) as db:
            async with db.transaction() as tx:
                await tx.execute(note(1))
                await tx.execute(note(2))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction() as tx:
                    await tx.execute(note(3))
                    raise ZeroDivisionError
            if backend.can_cancel:
                await cancel_inside(backend, db)
            async with db.transaction():
                pass

            assert await db.execute(note(5)) == 1
        assert ids(log) == [1, 2, 5]

    backend.run(main)


@pytest.mark.feature("TX1")
def test_begin_commit_and_rollback_by_hand(backend: Backend, log: Database) -> None:
    async def main() -> None:
        async with backend.connect(log.dsn) as db:
            kept = db.transaction()
            await kept.begin()
            await kept.execute(note(1))
            await kept.commit()
            undone = db.transaction()
            await undone.begin()
            await undone.execute(note(2))
            await undone.rollback()

            with pytest.raises(UsageError):
                await undone.commit()
            with pytest.raises(UsageError):
                await kept.execute(note(3))
        assert ids(log) == [1]

    backend.run(main)


def test_begin_travels_with_the_first_statement_and_an_empty_scope_sends_nothing(
    backend: Backend, log: Database
) -> None:
    async def main() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as db:
                await db.execute(note(1))
                proxy.audit.forget()

                async with db.transaction():
                    pass
                assert proxy.audit.sent["S"] == 0
                async with db.transaction() as tx:
                    await tx.execute(note(2))
                    assert proxy.audit.round_trips == 1
                assert proxy.audit.round_trips == 2
                assert proxy.audit.sent["S"] == 2

    backend.run(main)


@pytest.mark.feature("TX2")
def test_an_inner_failure_keeps_the_outer_work(backend: Backend, log: Database) -> None:
    async def main() -> None:
        async with backend.connect(log.dsn) as db, db.transaction() as outer:
            await outer.execute(note(1))
            async with outer.transaction() as inner:
                await inner.execute(note(2))
                with pytest.raises(PostgresError):
                    async with inner.transaction() as innermost:
                        await innermost.execute(note(3))
                        await innermost.execute(note(1))
                await inner.execute(note(4))
            with pytest.raises(ZeroDivisionError):
                async with outer.transaction() as inner:
                    await inner.execute(note(5))
                    raise ZeroDivisionError
            async with outer.transaction():
                pass
            await outer.execute(note(6))
        assert ids(log) == [1, 2, 4, 6]

    backend.run(main)


@pytest.mark.feature("TX2")
def test_savepoint_names_are_quoted() -> None:
    from qail.pg.steps.transaction import ScopeSteps

    steps = ScopeSteps(3)

    assert steps.opening == b'SAVEPOINT "qail_3"'


@pytest.mark.feature("TX2")
def test_a_savepoint_whose_failure_was_swallowed_inside_is_rejected_and_the_outer_goes_on(
    backend: Backend, log: Database
) -> None:
    async def main() -> None:
        async with backend.connect(log.dsn) as db, db.transaction() as outer:
            await outer.execute(note(1))
            with pytest.raises(CommitRejected):
                async with outer.transaction() as inner:
                    await inner.execute(note(2))
                    with pytest.raises(PostgresError):
                        await inner.execute(note(2))
            await outer.execute(note(3))
        assert ids(log) == [1, 3]

    backend.run(main)


@pytest.mark.feature("TX4")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_commit_of_an_aborted_transaction_is_rejected(backend: Backend, log: Database, kind: str) -> None:
    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(log.dsn) as db:
            with pytest.raises(CommitRejected) as caught:
                async with db.transaction() as tx:
                    await tx.execute(note(1))
                    with pytest.raises(PostgresError):
                        await tx.execute(note(1))

            assert caught.value.outcome == Outcome.ABORTED
            assert await db.execute(note(2)) == 1
        assert ids(log) == [2]

    backend.run(main)


@pytest.mark.feature("TX4")
def test_a_deferred_constraint_surfaces_at_commit_and_at_sync(backend: Backend, log: Database) -> None:
    late = Qail.add("late").values({"id": 1})

    async def main() -> None:
        async with backend.connect(log.dsn) as db:
            with pytest.raises(PostgresError) as caught:
                async with db.transaction() as tx:
                    await tx.execute(late)
                    await tx.execute(late)
            assert caught.value.sqlstate == "23505"
            # Without BEGIN the constraint is checked at Sync, after CommandComplete.
            assert await db.execute(late) == 1
            with pytest.raises(PostgresError) as caught:
                await db.execute(late)
            assert caught.value.sqlstate == "23505"
            assert caught.value.outcome == Outcome.ABORTED
            assert len(await db.fetch_all(Qail.get("late"))) == 1

    backend.run(main)


@pytest.mark.feature("TX4")
def test_success_waits_for_ready_for_query(backend: Backend, log: Database) -> None:
    """The server's last message of a commit is held back: the scope must not end before it came."""
    ended: list[bool] = []

    async def main() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as db, backend.jobs() as jobs:
                transaction = db.transaction()
                await transaction.begin()
                await transaction.execute(note(1))
                held = proxy.add(Rule("hold", message="Z"))

                async def commit_it() -> None:
                    await transaction.commit()
                    ended.append(True)

                commit = jobs.start(commit_it)
                await backend.blocking(held.wait)
                # CommandComplete is there; only ReadyForQuery is missing. The driver has read what has come.
                await backend.sleep(0.05)
                assert not ended
                held.release()
                await commit.ended()
                assert commit.error is None

    backend.run(main)


def test_modes_are_those_that_were_asked_for(backend: Backend, log: Database) -> None:
    async def main() -> None:
        async with backend.connect(log.dsn) as db:
            async with db.transaction(isolation="serializable", read_only=True, deferrable=True) as tx:
                assert await db.script("SHOW transaction_isolation") == [[("serializable",)]]
                assert await db.script("SHOW transaction_read_only") == [[("on",)]]
                assert await db.script("SHOW transaction_deferrable") == [[("on",)]]
                with pytest.raises(PostgresError):
                    async with tx.transaction() as inner:
                        await inner.execute(note(1))
            with pytest.raises(UsageError):
                db.transaction(isolation="chaos")
            async with db.transaction() as tx:
                with pytest.raises(UsageError):
                    tx.transaction(read_only=True)

    backend.run(main)


# The pause is faked in asyncio's transport; on trio the sweep of tests/chaos cancels at this place, too.
@pytest.mark.backends("asyncio", "uvloop")
def test_a_first_statement_that_is_cancelled_before_it_left_stays_inside_its_transaction(
    backend: Backend, log: Database
) -> None:
    async def main() -> None:
        async with backend.connect(log.dsn) as db:
            await db.execute(note(0))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction() as tx:
                    link = db._link
                    assert link is not None
                    # As when the server does not read: what is submitted stays queued.
                    link.transport.is_paused = True  # the fake pause of a test
                    async with backend.jobs() as jobs:
                        job = jobs.start(lambda: tx.execute(note(1)))
                        await until(backend, lambda: bool(link.openings))
                        job.cancel()
                        await job.ended()
                    assert not isinstance(job.error, (Exception, NoneType))
                    # It was taken back, so nothing has to be cancelled at the server: BEGIN rides with the next one.
                    assert (link.session.depth, link.is_fenced, link.unsent_scopes) == (0, False, 1)
                    link.transport.is_paused = False  # and its end
                    link.transport.flush()
                    await tx.execute(note(2))
                    assert await tx.script("SELECT id FROM log ORDER BY id") == [[("0",), ("2",)]]
                    raise ZeroDivisionError
        assert ids(log) == [0]

    backend.run(main)


@pytest.mark.backends("asyncio", "uvloop")
def test_a_second_statement_stays_inside_the_transaction_that_a_cancelled_first_one_opens(
    backend: Backend, log: Database
) -> None:
    async def main() -> None:
        async with backend.connect(log.dsn) as db:
            await db.execute(note(0))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction() as tx:
                    link = db._link
                    assert link is not None
                    link.transport.is_paused = True  # the fake pause of a test
                    async with backend.jobs() as jobs:
                        first = jobs.start(lambda: tx.execute(note(1)))
                        await until(backend, lambda: link.session.depth == 1)
                        second = jobs.start(lambda: tx.execute(note(2)))
                        await until(backend, lambda: link.session.depth == 2)
                        first.cancel()
                        await first.ended()
                        link.transport.is_paused = False  # and its end
                        link.transport.flush()
                        await second.ended()
                    assert second.error is None
                    raise ZeroDivisionError
        assert ids(log) == [0]

    backend.run(main)
