"""The example batch job on a tenth of its million rows: interrupted, resumed, complete, in flat memory."""

from __future__ import annotations

import resource
from typing import Any

import batch_job
import pytest
from batch_job import Cleaned, Progress, Reading, celsius_of

from qail import count, select, sum_
from support.backends import Backend
from support.servers import Database

pytestmark = [pytest.mark.server, pytest.mark.backends("asyncio", "uvloop", "trio")]
ROWS = 100_000


async def state_of(pool: Any) -> tuple[int, int, int]:
    """How far the job has come: the last key, the rows read, the rows written."""
    last_id, rows_read = await pool.fetch_one(select(Progress.last_id, Progress.rows_read))
    return last_id, rows_read, await pool.fetch_value(select(count()).from_(Cleaned))


@pytest.mark.feature("SR1")
def test_the_job_is_interrupted_resumed_and_complete(backend: Backend, fresh_database: Database) -> None:
    told: list[str] = []

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, max_size=2) as pool:
            await batch_job.set_up(pool, ROWS)
            await batch_job.set_up(pool, 7)
            assert await pool.fetch_value(select(count()).from_(Reading)) == ROWS

            for at_least in (1, 40_000):
                async with backend.jobs() as jobs:
                    job = jobs.start(lambda: batch_job.run(pool, told.append))
                    while (await state_of(pool))[1] < at_least:
                        await backend.sleep(0.005)
                    job.cancel()
                    await job.ended()
                last_id, rows_read, rows_written = await state_of(pool)
                assert at_least <= rows_read < ROWS
                # What is written is what the progress says, whenever it was stopped.
                assert last_id == rows_read
                assert rows_written == rows_read * 9 // 10

            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            assert await batch_job.run(pool, told.append) == ROWS
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000
            assert await state_of(pool) == (ROWS, ROWS, ROWS * 9 // 10)
            expected = sum(found for _, _, text in batch_job.readings(ROWS) if (found := celsius_of(text)) is not None)
            assert await pool.fetch_value(select(sum_(Cleaned.celsius))) == pytest.approx(expected)
            assert await batch_job.run(pool, told.append) == ROWS

    backend.run(body)
    assert [line for line in told if "going on" in line]
    assert "100%" in told[-2] + told[-1]


@pytest.mark.parametrize(
    ("text", "celsius"), [("21C", 21.0), ("50F", 10.0), ("n/a", None), ("", None), ("99C", None), ("999F", None)]
)
def test_a_reading_makes_sense_or_none(text: str, celsius: float | None) -> None:
    assert celsius_of(text) == (None if celsius is None else pytest.approx(celsius))
