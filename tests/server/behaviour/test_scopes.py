"""Scopes by hand, as functions, with modes, and in disorder: each is told what became of it."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from typing import Any

import pytest

from qail import CommitRejected, Qail, UsageError
from support.backends import Backend
from support.servers import Database, Server


@pytest.fixture
def notes(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE notes (id int PRIMARY KEY)")
    return fresh_database


def note(number: int) -> Any:
    return Qail.add("notes").values({"id": number})


def ids(database: Database) -> list[int]:
    return [int(row[0] or 0) for row in database.sql("SELECT id FROM notes ORDER BY id")]


@pytest.mark.feature("TX3")
def test_modes_are_confirmed_by_show(backend: Backend, server: Server) -> None:
    async def body() -> None:
        shown = "SHOW transaction_isolation; SHOW transaction_read_only; SHOW transaction_deferrable"
        async with backend.pool(server.dsn) as pool:
            for level in ("read uncommitted", "read committed", "repeatable read", "serializable"):
                async with pool.transaction(isolation=level) as tx:
                    assert await tx.script(shown) == [[(level,)], [("off",)], [("off",)]]
            async with pool.transaction(isolation="serializable", read_only=True, deferrable=True) as tx:
                assert await tx.script(shown) == [[("serializable",)], [("on",)], [("on",)]]
            async with pool.transaction() as tx:
                assert await tx.script(shown) == [[("read committed",)], [("off",)], [("off",)]]

    backend.run(body)


@pytest.mark.feature("TX1")
def test_the_closure_form_commits_and_rolls_back(backend: Backend, notes: Database) -> None:
    async def keep(tx: Any) -> str:
        await tx.execute(note(1))
        return "kept"

    async def undo(tx: Any) -> None:
        await tx.execute(note(2))
        raise ZeroDivisionError

    async def body() -> None:
        async with backend.pool(notes.dsn) as pool:
            assert await pool.run_transaction(keep) == "kept"
            with pytest.raises(ZeroDivisionError):
                await pool.run_transaction(undo)

    backend.run(body)
    assert ids(notes) == [1]


@pytest.mark.feature("TX1")
def test_begin_commit_and_rollback_by_hand(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.connect(notes.dsn) as connection:
            kept, undone = connection.transaction(), connection.transaction()
            await kept.begin()
            await kept.execute(note(1))
            await kept.commit()
            await undone.begin()
            await undone.execute(note(2))
            await undone.rollback()
            for ended in (kept, undone):
                for call in (ended.commit, ended.rollback, ended.begin):
                    with pytest.raises(UsageError):
                        await call()
                with pytest.raises(UsageError, match="not open"):
                    await ended.execute(note(3))

    backend.run(body)
    assert ids(notes) == [1]


def test_two_tasks_in_one_transaction_are_pipelined_and_commit_waits_for_both(
    backend: Backend, notes: Database
) -> None:
    async def body() -> None:
        async with backend.connect(notes.dsn) as connection:
            async with connection.transaction() as tx:
                await tx.execute(note(0))
                answers = await backend.together(*(lambda n=n: tx.execute(note(n)) for n in range(1, 20)))
            assert answers == [1] * 19

    backend.run(body)
    assert ids(notes) == list(range(20))


def test_a_block_that_ends_around_an_open_inner_one_undoes_all_of_it(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.connect(notes.dsn) as connection:
            with pytest.raises(UsageError, match="inner transaction was still open"):
                async with connection.transaction() as outer:
                    await outer.execute(note(1))
                    inner = outer.transaction()
                    await inner.begin()
                    await inner.execute(note(2))
            with pytest.raises(UsageError, match="not open"):
                await inner.execute(note(3))
            with pytest.raises(UsageError, match="not open"):
                await inner.commit()
            # The connection is as before.
            async with connection.transaction() as tx:
                await tx.execute(note(4))

    backend.run(body)
    assert ids(notes) == [4]


def test_ending_the_outer_one_by_hand_first_is_told(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.connect(notes.dsn) as connection:
            outer = connection.transaction()
            await outer.begin()
            inner = outer.transaction()
            await inner.begin()
            with pytest.raises(UsageError, match="inner transaction is still open"):
                await outer.commit()
            await inner.execute(note(1))
            await inner.commit()
            await outer.commit()

    backend.run(body)
    assert ids(notes) == [1]


def test_a_transaction_ended_by_a_script_is_not_said_to_be_kept(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.connect(notes.dsn) as connection:
            with pytest.raises(CommitRejected) as caught:
                async with connection.transaction() as tx:
                    await tx.execute(note(1))
                    await tx.script("ROLLBACK")
            assert caught.value.outcome == "unknown"

    backend.run(body)
    assert ids(notes) == []


def test_a_lease_given_back_inside_a_transaction_ends_it(backend: Backend, notes: Database) -> None:
    async def body() -> None:
        async with backend.pool(notes.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            tx = connection.transaction()
            await tx.begin()
            await tx.execute(note(1))
            await pool.release(connection)
            with pytest.raises(UsageError):
                await tx.commit()
            assert await pool.fetch_all(Qail.get("notes")) == []

    backend.run(body)
