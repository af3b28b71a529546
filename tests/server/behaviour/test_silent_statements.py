"""A blocking statement that says nothing: where no limit was set, the wait for its answer has none, however it waits.

On loops a clock that leaps shows it: test_deadlines.py.
"""

from __future__ import annotations

import select as selects
import threading
from typing import Any

import pytest

from qail import Qail
from support.backends import Backend
from support.lock_waits import until_waiting
from support.servers import Database

BLOCKED = Qail.add("rows").values({"id": 1})


class Recording:
    """poll(2), and what it was given, by thread."""

    given: dict[int, list[tuple[Any, ...]]] = {}  # replaced by each test

    def __init__(self, poll: Any) -> None:
        self._poll = poll
        self.register = poll.register
        self.unregister = poll.unregister

    def poll(self, *arguments: Any) -> Any:
        self.given.setdefault(threading.get_ident(), []).append(arguments)
        return self._poll.poll(*arguments)


@pytest.mark.feature("CA4")
@pytest.mark.backends("sync")
@pytest.mark.skipif(not hasattr(selects, "poll"), reason="there is no poll(2) here")
@pytest.mark.parametrize("timeout", [None, 3600.0], ids=["no limit", "an hour"])
def test_a_silent_statement_is_waited_for_as_long_as_was_said(
    backend: Backend, fresh_database: Database, monkeypatch: pytest.MonkeyPatch, timeout: float | None
) -> None:
    fresh_database.sql("CREATE TABLE rows (id int PRIMARY KEY)")
    make_poll = selects.poll
    monkeypatch.setattr(Recording, "given", {})
    monkeypatch.setattr(selects, "poll", lambda: Recording(make_poll()))
    waiting: list[int] = []

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as holder, backend.connect(fresh_database.dsn) as connection:

            async def wait_for_the_lock() -> Any:
                waiting.append(threading.get_ident())
                return await connection.execute(BLOCKED, timeout=timeout)

            async with backend.jobs() as jobs:
                tx = holder.transaction()
                await tx.begin()
                await tx.execute(BLOCKED)
                job = jobs.start(wait_for_the_lock)
                await until_waiting(backend, fresh_database)
                await tx.rollback()
                await job.ended()
            assert job.result == 1

    backend.run(body)
    # A look whether anything has come already is no wait.
    given = [each for each in Recording.given[waiting[0]] if each != (0,)]
    assert given
    # Milliseconds, or none at all: it neither looks up now and then nor gives up by itself.
    assert all(not each if timeout is None else each[0] > 3_000_000 for each in given)
