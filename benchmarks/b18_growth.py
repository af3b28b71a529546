"""B18: cost as work grows: B2 with 1 to 1,000 tasks, results of 10 to 100,000 rows, B13 with 1 to 1,000 predicates.

Compared with nothing but itself: client CPU time per unit. Bar: it never rises by more than 20 % from one size to a
larger one. What a call costs whatever its size is spread over more units as work grows, so figures fall, then lie flat.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import qail
from benchmarks.b02_pooled_selects import spread
from benchmarks.database import Point
from benchmarks.harness import ROUNDS, SCALE
from benchmarks.segments import segment_of
from qail import INT4, any_of, cast, func, select

BAR = 1.2
TASKS = (1, 10, 100, 1_000)
ROWS = (10, 100, 1_000, 10_000, 100_000)
PREDICATES = (1, 10, 100, 1_000)
Run = Callable[[], Awaitable[int]]
"""Does the work of one size and returns how many units that were."""


async def main(server: Any) -> None:
    async with qail.create_pool(server.dsn, max_size=10) as pool:
        await grow("B18 B2: CPU of a point select, by tasks", {size: selects(pool, size) for size in TASKS})
        await grow("B18 B6: CPU of a row of one int4, by rows of the result", {size: rows(pool, size) for size in ROWS})
    await grow("B18 B13: CPU of a predicate, by predicates of the query", {size: builds(size) for size in PREDICATES})


def selects(pool: Any, tasks: int) -> Run:
    async def fetch(key: int) -> float:
        score: float = (await pool.fetch_one(select(Point.id, Point.name, Point.score).where(Point.id == key)))[2]
        return score

    async def run() -> int:
        operations = max(tasks * 2, int(10_000 * SCALE))
        await spread(fetch, operations, tasks)
        return operations

    return run


def rows(pool: Any, size: int) -> Run:
    repeats = max(1, int(200_000 * SCALE) // size)
    # A result of few rows is mostly a call: fewer of them take as long.
    repeats = min(repeats, int(2_000 * SCALE) + 1)

    async def run() -> int:
        for _ in range(repeats):
            await pool.fetch_values(select(func.generate_series(cast(1, INT4), cast(size, INT4))))
        return size * repeats

    return run


def builds(size: int) -> Run:
    repeats = max(1, int(20_000 * SCALE) // size)

    async def run() -> int:
        for number in range(repeats):
            segment_of(select(Point.id).where(any_of(*[Point.id == number + i for i in range(size)])))
        return size * repeats

    return run


async def grow(case: str, runs: dict[int, Run]) -> None:
    """Time each size in turn, in rounds; print microseconds of CPU a unit, and whether they rise."""
    figures: dict[int, list[float]] = {size: [] for size in runs}
    for number in range(ROUNDS + 1):
        for size, run in runs.items():
            # As the harness times B2 and B6: what the collector walks through grows with all that is alive.
            gc.collect()
            gc.disable()
            begun = time.process_time()
            units = await run()
            spent = time.process_time() - begun
            gc.enable()
            if number:
                figures[size].append(spent / units * 1_000_000)
    print(f"\n{case}  ({ROUNDS} rounds)")
    middles = {size: statistics.median(each) for size, each in figures.items()}
    for size, each in figures.items():
        print(f"  {size:>9,}{middles[size]:>12.3f} us  ({min(each):.3f} .. {max(each):.3f})")
    sizes = list(middles)
    rises = [middles[larger] / middles[smaller] for smaller, larger in pairwise(sizes)]
    word = "holds " if max(rises) <= BAR else "MISSED"
    print(f"  {word} steepest step {max(rises):.2f}; bar <= {BAR}")
    print("  raw " + json.dumps(figures))
