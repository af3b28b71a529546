"""Two tasks that open scopes of one transaction at once: the one that is not innermost is told, and nothing hangs."""

from __future__ import annotations

from typing import Any

import pytest

from qail import Qail, UsageError
from support.backends import Backend
from support.servers import Database
from support.waiting import until


@pytest.fixture
def notes(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE notes (id int PRIMARY KEY)")
    return fresh_database


def note(number: int) -> Any:
    return Qail.add("notes").values({"id": number})


@pytest.mark.feature("TX2")
@pytest.mark.parametrize("kind", ["savepoint", "transaction"])
def test_who_ends_a_scope_under_an_open_one_is_told_and_all_of_it_is_undone(
    backend: Backend, notes: Database, kind: str
) -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def body() -> None:
        async with backend.connect(notes.dsn) as connection:

            async def both(db: Any) -> list[Any]:
                async def first() -> None:
                    async with db.transaction() as scope:
                        await scope.execute(note(1))
                        begun.append(1)
                        # It ends while the scope of the other task is open inside it.
                        await until(backend, lambda: 2 in begun)

                async def second() -> None:
                    await until(backend, lambda: 1 in begun)
                    async with db.transaction() as scope:
                        await scope.execute(note(2))
                        begun.append(2)
                        await until(backend, lambda: 1 in ended)

                async def ending(work: Any, number: int) -> None:
                    try:
                        await work()
                    finally:
                        ended.append(number)

                return await backend.together(lambda: ending(first, 1), lambda: ending(second, 2))

            if kind == "transaction":
                told = await both(connection)
            else:
                outer = connection.transaction()
                await outer.begin()
                await outer.execute(note(0))
                told = await both(outer)
                await outer.commit()
            # What either wrote is gone, so both are told.
            for each in told:
                assert isinstance(each, UsageError)
                assert each.outcome == "aborted"
            assert await connection.execute(note(9)) == 1

    backend.run(body)
    kept = ["9"] if kind == "transaction" else ["0", "9"]
    assert [row[0] for row in notes.sql("SELECT id FROM notes ORDER BY id")] == kept
