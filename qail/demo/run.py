"""The demo itself: create five tables, load 367,687 rows, ask, page, look up, update; then say what was done.

Read it from `run` downwards. It uses nothing that is not in the documentation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import qail
from qail import Qail, embedded
from qail.demo import queries
from qail.demo.load import SOURCES, records
from qail.demo.schema import SCHEMA, Plane
from qail.demo.show import heading, note, progress, stopwatch, table

TASKS = 100
LOOKUPS = 20_000
UPDATES = 1_000
PAGE_SIZE = 5
BUSY_PLANE = "N725MQ"
T = TypeVar("T")


async def run(dsn: str | None = None) -> None:
    """All of it, on an embedded server that is gone afterwards, or on the server that `dsn` names."""
    async with server(dsn) as found, qail.create_pool(found, max_size=4) as pool, tables(pool):
        await load(pool)
        await ask(pool)
        await page(pool)
        await look_up(pool)
        await update(pool)
        explain()
        summary(pool)


@asynccontextmanager
async def server(dsn: str | None) -> AsyncGenerator[str, None]:
    """The DSN of the server to use; an embedded one lives as long as the block."""
    if dsn is not None:
        yield dsn
        return
    heading("Starting an embedded PostgreSQL")
    async with embedded.start() as started:
        note(f"PostgreSQL {started.version} at {started.host}; qail is {qail.IMPLEMENTATION}")
        yield started.dsn


@asynccontextmanager
async def tables(pool: qail.Pool) -> AsyncGenerator[None, None]:
    """The five tables in a schema of their own, which is dropped again, whatever happens."""
    async with pool.acquire() as connection:
        await connection.script(f'create schema "{SCHEMA}"')
    try:
        await pool.batch([Qail.create(source.table) for source in SOURCES])
        yield
    finally:
        async with pool.acquire() as connection:
            await connection.script(f'drop schema "{SCHEMA}" cascade')


async def load(pool: qail.Pool) -> None:
    """Binary COPY: records go in as they are read from the files, whatever their number."""
    total = sum(source.row_count for source in SOURCES)
    heading(f"Loading {total:,} rows by binary COPY")
    with stopwatch() as watch, progress(total) as bar:
        async with pool.acquire() as connection:
            for source in SOURCES:
                task = bar.add_task(source.file_name.split(".")[0], total=source.row_count)
                counted = ticking(records(source), partial(bar.advance, task, 1_000))
                bar.update(task, completed=await connection.copy_in(source.table, counted))
            await connection.script(f'create index on "{SCHEMA}".flights (tailnum, time_hour, flight); analyze')
    note(f"{total:,} rows in {watch.seconds:.1f} s, {total / watch.seconds:,.0f} rows/s, parsing the files included")


async def ask(pool: qail.Pool) -> None:
    """Three questions. Every row is a tuple whose types the checker knows."""
    with stopwatch() as watch:
        routes = await pool.fetch_all(queries.worst_routes(10))
    table("Ten worst routes by mean delay", ("carrier", "from", "to", "flights", "mean delay"), routes, watch.seconds)
    with stopwatch() as watch:
        carriers = await pool.fetch_all(queries.carriers())
    headings = ("rank", "carrier", "flights", "late", "cancelled", "mean delay")
    table("Carriers by punctuality", headings, carriers, watch.seconds)
    with stopwatch() as watch:
        weather = await pool.fetch_all(queries.delay_by_visibility())
    table(
        "The weather at departure", ("miles in sight", "departures", "mean delay", "cancelled"), weather, watch.seconds
    )


async def page(pool: qail.Pool) -> None:
    """Keyset paging: each page begins behind the last row of the one before, at the same cost for each."""
    first = queries.flights_of(BUSY_PLANE, PAGE_SIZE)
    with stopwatch() as watch:
        rows = page = await pool.fetch_all(first)
        pages = 1
        while len(page) == PAGE_SIZE:
            time_hour, flight, _, _ = page[-1]
            page = await pool.fetch_all(first.after(time_hour, flight))
            rows = rows + page
            pages += 1
    title = f"{BUSY_PLANE}'s {len(rows)} flights in {pages} pages, the last {len(rows[-PAGE_SIZE:])}"
    table(title, ("hour", "flight", "from", "to"), rows[-PAGE_SIZE:], watch.seconds)


async def look_up(pool: qail.Pool) -> None:
    """Point lookups by many tasks: they share the pool's connections, and nobody waits for a connection of his own."""
    tailnums = await pool.fetch_values(qail.select(Plane.tailnum))

    async def work(number: int) -> int:
        seats = 0
        for i in range(number, LOOKUPS, TASKS):
            plane = await pool.fetch_one(queries.plane(tailnums[i % len(tailnums)]))
            seats += plane.seats
        return seats

    with stopwatch() as watch:
        seats = sum(await asyncio.gather(*[work(number) for number in range(TASKS)]))
    rate = LOOKUPS / watch.seconds
    heading(f"{LOOKUPS:,} point lookups by {TASKS} tasks: {watch.seconds:.2f} s, {rate:,.0f} a second")
    note(f"{seats:,} seats in the planes they found, on {pool.stats().size} connections")


async def update(pool: qail.Pool) -> None:
    """A batch: many commands leave in one flight, and either all of them hold or none."""
    tailnums = await pool.fetch_values(qail.select(Plane.tailnum).limit(UPDATES))
    with stopwatch() as watch:
        counts = await pool.batch([queries.add_seats(tailnum, 1) for tailnum in tailnums], atomic=True)
    heading(f"{UPDATES:,} updates in one flight: {sum(counts):,} rows changed in {watch.seconds * 1000:,.1f} ms")


def explain() -> None:
    """What one query is before it leaves: SQL with $n, its parameters, its frames."""
    heading("One query, as it leaves")
    note(queries.flights_of(BUSY_PLANE, PAGE_SIZE).explain_shape())


def summary(pool: qail.Pool) -> None:
    """What was done, in numbers."""
    plans, stats = qail.plan_cache_statistics(), pool.stats()
    heading("What that took")
    note(f"{plans.misses} query shapes were compiled, once each; {plans.hits:,} queries found their plan in the cache")
    note(f"{stats.opened_total} connections were opened for {TASKS} tasks; {stats.lost_total} were lost")


def ticking(rows: Iterable[T], tick: Callable[[], None]) -> Iterable[T]:
    """The same rows; `tick()` is called once in a thousand."""
    for number, row in enumerate(rows, start=1):
        yield row
        if number % 1_000 == 0:
            tick()
