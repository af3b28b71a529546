"""B17: 95 tasks loop point selects while 5 tasks loop a query of 100 ms, over a pool of at most 10.

Bar: the 99th percentile of the point selects no worse than that of asyncpg's pool, and their throughput three times it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import peers
from benchmarks.b02_pooled_selects import SQL
from benchmarks.database import POINTS, Point
from benchmarks.harness import ROUNDS, SCALE
from qail import func, select

OPERATIONS = 10_000
FAST_TASKS = 95
SLOW_TASKS = 5
SLOW_SECONDS = 0.1
P99_BAR = 1.0
THROUGHPUT_BAR = 3.0


@dataclass
class Driver:
    """One contender: the point select, the slow query, and a figure a round of each measure."""

    name: str
    fetch: Callable[[int], Awaitable[float]]
    sleep: Callable[[], Awaitable[object]]
    p99_ms: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)

    async def round(self, operations: int) -> float:
        """Run the point selects beside the slow ones; the sum of what they returned."""
        seconds: list[float] = []
        is_over = False

        async def fast(first: int) -> float:
            total = 0.0
            for i in range(first, operations, FAST_TASKS):
                begun = time.perf_counter()
                total += await self.fetch(i % POINTS + 1)
                seconds.append(time.perf_counter() - begun)
            return total

        async def slow() -> None:
            while not is_over:
                await self.sleep()

        slow_ones = [asyncio.ensure_future(slow()) for _ in range(SLOW_TASKS)]
        # The slow ones are under way before the clock starts.
        await asyncio.sleep(SLOW_SECONDS / 2)
        begun = time.perf_counter()
        total = sum(await asyncio.gather(*[fast(first) for first in range(FAST_TASKS)]))
        spent = time.perf_counter() - begun
        is_over = True
        await asyncio.gather(*slow_ones)
        self.p99_ms.append(statistics.quantiles(seconds, n=100)[98] * 1000)
        self.per_second.append(operations / spent)
        return total


async def main(server: Any) -> None:
    operations = max(FAST_TASKS * 2, int(OPERATIONS * SCALE))
    async with peers.pools(server) as (ours, plain, bare, _):

        async def fetch_qail(key: int) -> float:
            row = await ours.fetch_one(select(Point.id, Point.name, Point.score).where(Point.id == key))
            score: float = row[2]
            return score

        async def sleep_qail() -> object:
            rows: object = await ours.fetch_all(select(func.pg_sleep(SLOW_SECONDS)))
            return rows

        drivers = [
            Driver("qail pool", fetch_qail, sleep_qail),
            Driver("asyncpg pool", *_asyncpg(plain)),
            Driver("asyncpg pool, no reset", *_asyncpg(bare)),
        ]
        print(f"B17 {select(Point.id, Point.name, Point.score).where(Point.id == 42)}")
        print(f"    beside {select(func.pg_sleep(SLOW_SECONDS))}")
        for number in range(ROUNDS + 1):
            sums = set[float]()
            for driver in drivers if number % 2 == 0 else list(reversed(drivers)):
                gc.collect()
                sums.add(await driver.round(operations))
            assert len(sums) == 1, f"the contenders decoded different values: {sums}"
            if number == 0:
                for driver in drivers:
                    driver.p99_ms.clear()
                    driver.per_second.clear()
        report(drivers, operations)
        print(f"  qail's pool used {ours.stats()}")


def _asyncpg(pool: Any) -> tuple[Callable[[int], Awaitable[float]], Callable[[], Awaitable[object]]]:
    async def fetch(key: int) -> float:
        score: float = (await pool.fetchrow(SQL, key))[2]
        return score

    async def sleep() -> object:
        rows: object = await pool.fetch("select pg_sleep($1)", SLOW_SECONDS)
        return rows

    return fetch, sleep


def report(drivers: list[Driver], operations: int) -> None:
    print(f"\nB17 {FAST_TASKS} tasks of point selects beside {SLOW_TASKS} of {SLOW_SECONDS * 1000:.0f} ms")
    print(f"    ({operations:,} point selects a round, {len(drivers[0].p99_ms)} rounds)")
    for driver in drivers:
        p99, rate = statistics.median(driver.p99_ms), statistics.median(driver.per_second)
        span = f"({min(driver.p99_ms):.2f} .. {max(driver.p99_ms):.2f})"
        print(f"  {driver.name:<28}p99 {p99:>8.2f} ms {span:>18}{rate:>12,.0f} op/s")
    ours, *theirs = drivers
    best = min(theirs, key=lambda driver: statistics.median(driver.p99_ms))
    late = [mine / other for mine, other in zip(ours.p99_ms, best.p99_ms, strict=True)]
    _verdict(statistics.median(late) <= P99_BAR, late, "times the p99 of the better peer", f"<= {P99_BAR}")
    best = max(theirs, key=lambda driver: statistics.median(driver.per_second))
    more = [mine / other for mine, other in zip(ours.per_second, best.per_second, strict=True)]
    _verdict(statistics.median(more) >= THROUGHPUT_BAR, more, "times its throughput", f">= {THROUGHPUT_BAR}")
    print("  raw " + json.dumps({d.name: {"p99_ms": d.p99_ms, "per_second": d.per_second} for d in drivers}))


def _verdict(is_held: bool, ratios: list[float], what: str, bar: str) -> None:
    word = "holds " if is_held else "MISSED"
    print(f"  {word} {statistics.median(ratios):.2f} ({min(ratios):.2f} .. {max(ratios):.2f}) {what}; bar {bar}")
