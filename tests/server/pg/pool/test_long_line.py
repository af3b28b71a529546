"""A long line for shared connections: it is served in its order, and those who come back are behind it."""

from __future__ import annotations

import pytest

from qail import Qail
from support.backends import Backend
from support.servers import Database
from support.waiting import until

CALLERS = 100
ROUNDS = 3
NUMBER = Qail.get("numbers").columns("number")


@pytest.mark.feature("PO1")
@pytest.mark.backends("asyncio", "uvloop")
def test_nobody_who_comes_back_overtakes_a_line(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(f"CREATE TABLE numbers AS SELECT number FROM generate_series(1, {CALLERS}) AS number")

    async def body() -> None:
        served: list[tuple[int, int]] = []
        async with backend.pool(fresh_database.dsn, max_size=1) as pool, backend.jobs() as jobs:
            await pool.fetch_value(NUMBER.eq("number", 1))

            async def work(number: int) -> None:
                for turn in range(ROUNDS):
                    assert await pool.fetch_value(NUMBER.eq("number", number)) == number
                    served.append((turn, number))

            async with pool.acquire():
                waiting = []
                for number in range(1, CALLERS + 1):
                    waiting.append(jobs.start(lambda number=number: work(number)))  # type: ignore[misc]
                    await until(backend, lambda number=number: pool.stats().waiting == number)  # type: ignore[misc]
            for each in waiting:
                await each.ended()
        first_turns = served[:CALLERS]
        assert first_turns == [(0, number) for number in range(1, CALLERS + 1)]
        assert len(served) == CALLERS * ROUNDS

    backend.run(body)
