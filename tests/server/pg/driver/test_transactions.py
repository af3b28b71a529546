"""Transactions and savepoints: what is kept, what is undone, and what is told of it."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import CommitRejected, Outcome, PostgresError, UsageError
from qail.pg.driver.connection import connect
from qail.pg.pool.pool import create_pool
from support.delaying_proxy import delaying_proxy
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


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


@pytest.mark.feature("TX1")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_scope_commits_on_success_and_rolls_back_on_error_and_cancellation(
    run: Run, log: Database, kind: str
) -> None:
    async def main() -> None:
        open_it = connect if kind == "connection" else create_pool
        async with open_it(log.dsn) as db:
            async with db.transaction() as tx:
                await tx.execute(note(1))
                await tx.execute(note(2))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction() as tx:
                    await tx.execute(note(3))
                    raise ZeroDivisionError
            started = asyncio.Event()

            async def hang() -> None:
                async with db.transaction() as tx:
                    await tx.execute(note(4))
                    started.set()
                    await asyncio.sleep(60)

            task = asyncio.ensure_future(hang())
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with db.transaction():
                pass

            assert await db.execute(note(5)) == 1
        assert ids(log) == [1, 2, 5]

    run(main)


@pytest.mark.feature("TX1")
def test_begin_commit_and_rollback_by_hand(run: Run, log: Database) -> None:
    async def main() -> None:
        async with connect(log.dsn) as db:
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

    run(main)


def test_begin_travels_with_the_first_statement_and_an_empty_scope_sends_nothing(run: Run, log: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(log.server.socket_path) as proxy:
            where = {"host": proxy.host, "port": 5432, "user": log.server.user, "dbname": log.name}
            async with connect(**where) as db:
                await db.execute(note(1))
                proxy.forget()

                async with db.transaction():
                    pass
                assert proxy.sent.messages["S"] == 0
                async with db.transaction() as tx:
                    await tx.execute(note(2))
                    assert proxy.round_trips == 1
                assert proxy.round_trips == 2
                assert proxy.sent.messages["S"] == 2

    run(main)


@pytest.mark.feature("TX2")
def test_an_inner_failure_keeps_the_outer_work(run: Run, log: Database) -> None:
    async def main() -> None:
        async with connect(log.dsn) as db, db.transaction() as outer:
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

    run(main)


@pytest.mark.feature("TX2")
def test_savepoint_names_are_quoted(run: Run, log: Database) -> None:
    from qail.pg.steps.transaction import ScopeSteps

    steps = ScopeSteps(3)

    assert steps.opening == b'SAVEPOINT "qail_3"'


@pytest.mark.feature("TX2")
def test_a_savepoint_whose_failure_was_swallowed_inside_is_rejected_and_the_outer_goes_on(
    run: Run, log: Database
) -> None:
    async def main() -> None:
        async with connect(log.dsn) as db, db.transaction() as outer:
            await outer.execute(note(1))
            with pytest.raises(CommitRejected):
                async with outer.transaction() as inner:
                    await inner.execute(note(2))
                    with pytest.raises(PostgresError):
                        await inner.execute(note(2))
            await outer.execute(note(3))
        assert ids(log) == [1, 3]

    run(main)


@pytest.mark.feature("TX4")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_commit_of_an_aborted_transaction_is_rejected(run: Run, log: Database, kind: str) -> None:
    async def main() -> None:
        open_it = connect if kind == "connection" else create_pool
        async with open_it(log.dsn) as db:
            with pytest.raises(CommitRejected) as caught:
                async with db.transaction() as tx:
                    await tx.execute(note(1))
                    with pytest.raises(PostgresError):
                        await tx.execute(note(1))

            assert caught.value.outcome == Outcome.ABORTED
            assert await db.execute(note(2)) == 1
        assert ids(log) == [2]

    run(main)


@pytest.mark.feature("TX4")
def test_a_deferred_constraint_surfaces_at_commit_and_at_sync(run: Run, log: Database) -> None:
    late = Qail.add("late").values({"id": 1})

    async def main() -> None:
        async with connect(log.dsn) as db:
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

    run(main)


@pytest.mark.feature("TX4")
def test_success_waits_for_ready_for_query(run: Run, log: Database) -> None:
    """The server's last message of a commit is held back: the scope must not end before it came."""

    async def main() -> None:
        from support.delaying_proxy import HoldingProxy, holding_proxy

        proxy: HoldingProxy
        async with holding_proxy(log.server.socket_path) as proxy:
            where = {"host": proxy.host, "port": 5432, "user": log.server.user, "dbname": log.name}
            async with connect(**where) as db:
                transaction = db.transaction()
                await transaction.begin()
                await transaction.execute(note(1))
                proxy.hold("Z")
                task = asyncio.ensure_future(transaction.commit())
                await proxy.held.wait()
                # CommandComplete is there; only ReadyForQuery is missing.
                for _ in range(10):
                    await asyncio.sleep(0.005)
                assert not task.done()
                proxy.release()
                await task

    run(main)


def test_modes_are_those_that_were_asked_for(run: Run, log: Database) -> None:
    async def main() -> None:
        async with connect(log.dsn) as db:
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

    run(main)


def test_a_first_statement_that_is_cancelled_before_it_left_stays_inside_its_transaction(
    run: Run, log: Database
) -> None:
    async def main() -> None:
        async with connect(log.dsn) as db:
            await db.execute(note(0))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction() as tx:
                    assert db._link is not None
                    # As when the server does not read: what is submitted stays queued.
                    db._link.transport.is_paused = True  # type: ignore[misc]  # the fake pause of a test
                    task = asyncio.ensure_future(tx.execute(note(1)))
                    await asyncio.sleep(0.01)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                    db._link.transport.is_paused = False  # type: ignore[misc]  # and its end
                    db._link.transport.flush()
                    await tx.execute(note(2))
                    raise ZeroDivisionError
        assert ids(log) == [0]

    run(main)
