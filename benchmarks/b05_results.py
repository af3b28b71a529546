"""B5, B6 and B7: whole results by 10 tasks over 10 connections: pg_type, int4, eight types wide.

Every contender sums a column of what it decoded.
Bar: client CPU at most 0.85 (B5), 0.9 (B6) and 0.7 (B7) of the better peer's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import peers
from benchmarks.database import Wide
from benchmarks.harness import Contender, at_most, measure
from qail import INT4, Fetchable, Qail, cast, func, select

TASKS = 10
TYPE_COLUMNS = (
    *("typname", "typnamespace", "typowner", "typlen", "typbyval", "typtype"),
    *("typisdefined", "typdelim", "typrelid", "typelem", "typarray", "typnotnull"),
)
Rows = Callable[[], Awaitable[list[Any]]]


@dataclass(frozen=True)
class Case:
    """One result: as qail's query, as the peers' SQL, the column that is summed, and the bar for CPU."""

    name: str
    query: Callable[[], Fetchable[Any]]
    sql: str
    summed: int
    bar: float
    operations: int


CASES = (
    Case(
        "B5 pg_type x 12 columns",
        lambda: Qail.get(("pg_catalog", "pg_type")).columns(*TYPE_COLUMNS),
        f"select {', '.join(TYPE_COLUMNS)} from pg_catalog.pg_type",
        3,
        0.85,
        400,
    ),
    Case(
        "B6 1,000 x 1 int4",
        lambda: select(func.generate_series(cast(1, INT4), cast(1000, INT4))),
        "select generate_series(1, 1000)",
        0,
        0.9,
        1_000,
    ),
    Case(
        "B7 1,000 x 8 wide",
        lambda: select(Wide.a, Wide.b, Wide.c, Wide.d, Wide.e, Wide.f, Wide.g, Wide.h),
        "select a, b, c, d, e, f, g, h from wide",
        0,
        0.7,
        200,
    ),
)


async def main(server: Any) -> None:
    async with peers.pools(server) as (ours, _, bare, theirs):
        for case in CASES:
            # The query is built inside the timed loop.
            async def fetch_qail(case: Case = case) -> list[Any]:
                return list(await ours.fetch_all(case.query()))

            async def fetch_asyncpg(case: Case = case) -> list[Any]:
                return list(await bare.fetch(case.sql))

            async def fetch_psycopg(case: Case = case) -> list[Any]:
                async with theirs.connection() as connection:
                    cursor = connection.cursor(binary=True)
                    await cursor.execute(case.sql)
                    return list(await cursor.fetchall())

            contenders: dict[str, Rows] = {"qail": fetch_qail, "asyncpg": fetch_asyncpg, "psycopg": fetch_psycopg}
            print(f"{case.name[:2]} {case.query()}")
            for name, fetch in contenders.items():
                print(f"   {name}: {tuple((await fetch())[0])}")
            await measure(
                f"{case.name}, {TASKS} tasks over 10 connections",
                [Contender(name, runner(fetch, case.summed)) for name, fetch in contenders.items()],
                case.operations,
                claims=[at_most("cpu", case.bar), at_most("wall", 1.0)],
            )


def runner(fetch: Rows, summed: int) -> Callable[[int], Awaitable[object]]:
    async def work(operations: int) -> int:
        total = 0
        for _ in range(operations):
            total += sum([row[summed] for row in await fetch()])
        return total

    async def run(operations: int) -> int:
        return sum(await asyncio.gather(*[work(max(1, operations // TASKS)) for _ in range(TASKS)]))

    return run
