"""A batch job: a million rows read as a stream, transformed, and written back in pipelined batches. It can be resumed.

    python examples/batch_job.py --rows 1000000 --data ./batch-data       # an embedded PostgreSQL, kept in a folder
    QAIL_DSN=postgresql://... python examples/batch_job.py

Stop it with Ctrl-C and start it again: it goes on where it was. What it shows: a stream is ordered by the key and
starts behind the last one done; a batch and the job's progress are written in the same transaction, so they can never
differ; memory does not grow with the table, because two pages and one batch are all there is at any time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress

import qail
from qail import FLOAT8, INT4, INT8, TEXT, Col, Columns, Qail, Table, col, count, select

JOB = "clean readings"
PAGE_ROWS = 5_000
MOST_CELSIUS = 60.0


class _Reading(Columns):
    id: Col[int] = col(INT8, pk=True)
    sensor: Col[int] = col(INT4)
    text: Col[str] = col(TEXT)


class Reading(_Reading, Table, name="readings"):
    """What sensors sent, as they sent it: `21.5C`, `70.7F`, or rubbish."""


class _Cleaned(Columns):
    id: Col[int] = col(INT8, pk=True)
    sensor: Col[int] = col(INT4)
    celsius: Col[float] = col(FLOAT8)


class Cleaned(_Cleaned, Table, name="cleaned"):
    """The readings that make sense, in degrees Celsius."""


class _Progress(Columns):
    job: Col[str] = col(TEXT, pk=True)
    last_id: Col[int] = col(INT8)
    rows_read: Col[int] = col(INT8)


class Progress(_Progress, Table, name="progress"):
    """How far a job has come."""


def celsius_of(text: str) -> float | None:
    """The transformation: what a reading says, or None where it cannot be true."""
    try:
        number = float(text[:-1])
    except ValueError:
        return None
    celsius = (number - 32) / 1.8 if text.endswith("F") else number
    return celsius if abs(celsius) <= MOST_CELSIUS else None


def readings(number: int) -> Iterator[tuple[int, int, str]]:
    """Readings to work on; every tenth is rubbish."""
    for i in range(1, number + 1):
        text = "n/a" if i % 10 == 0 else f"{40 + i % 50}F" if i % 2 else f"{i % 45}C"
        yield i, i % 100, text


async def set_up(pool: qail.Pool, number: int) -> None:
    """The tables and what is in them, all or nothing; nothing when they are there."""
    with suppress(qail.sqlstate.DuplicateTable):
        async with pool.transaction() as transaction:
            await transaction.batch([Qail.create(table) for table in (Reading, Cleaned, Progress)])
            await transaction.copy_in(Reading, readings(number))
            await transaction.execute(Qail.add(Progress).values({"job": JOB, "last_id": 0, "rows_read": 0}))


async def write(pool: qail.Pool, page: list[tuple[int, int, str]], rows_read: int) -> None:
    """One batch: its rows and the progress they are, together or not at all."""
    form = Qail.add(Cleaned).values({"id": 0, "sensor": 0, "celsius": 0.0})
    rows = (
        {"id": id_, "sensor": sensor, "celsius": celsius}
        for id_, sensor, text in page
        if (celsius := celsius_of(text)) is not None
    )
    done = Qail.set(Progress).values({"last_id": page[-1][0], "rows_read": rows_read}).where(Progress.job == JOB)
    async with pool.transaction() as transaction:
        await transaction.execute_many(form, rows)
        await transaction.execute(done)


async def run(pool: qail.Pool, show: Callable[[str], None] = print) -> int:
    """Do what is left to do; how many rows the job has read in all its runs."""
    total = await pool.fetch_value(select(count()).from_(Reading))
    last_id, rows_read = await pool.fetch_one(select(Progress.last_id, Progress.rows_read).where(Progress.job == JOB))
    if rows_read:
        show(f"going on behind row {rows_read:,}")
    left = select(Reading.id, Reading.sensor, Reading.text).where(Reading.id > last_id).order_by(Reading.id)
    began, rows_before = time.monotonic(), rows_read
    async with pool.stream(left, fetch_size=PAGE_ROWS) as rows:
        async for page in rows.pages():
            rows_read += len(page)
            await write(pool, page, rows_read)
            if rows_read // PAGE_ROWS % 10 == 0 or rows_read == total:
                speed = (rows_read - rows_before) / (time.monotonic() - began)
                show(f"{rows_read:>11,} of {total:,} rows  {rows_read / total:4.0%}  {speed:,.0f} rows/s")
    return rows_read


async def main(rows: int, data: str | None) -> None:
    async with AsyncExitStack() as stack:
        dsn = os.environ.get("QAIL_DSN")
        if dsn is None:
            dsn = (await stack.enter_async_context(qail.embedded.start(data))).dsn
        # One connection reads, one writes.
        pool = await stack.enter_async_context(qail.create_pool(dsn, max_size=2))
        await set_up(pool, rows)
        await run(pool)
        print(f"{await pool.fetch_value(select(count()).from_(Cleaned)):,} readings make sense")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Clean readings, a page at a time.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many readings there are, on the first run")
    parser.add_argument("--data", help="the folder of an embedded server's data; without it, it is gone afterwards")
    arguments = parser.parse_args()
    try:
        asyncio.run(main(arguments.rows, arguments.data))
    except KeyboardInterrupt:
        print("stopped; start it again to go on")
