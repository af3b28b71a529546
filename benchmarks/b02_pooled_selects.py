"""B2 and B3: the point select of B1 by 100 and by 10 tasks over a pool of at most 10 connections.

Bar: throughput of the better peer's pool times 7 (100 tasks) and times 4 (10 tasks).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks import peers
from benchmarks.database import POINTS, Point
from benchmarks.harness import Contender, faster, measure
from qail import select

SQL = "select id, name, score from points where id = $1"
OPERATIONS = 20_000


async def spread(fetch: Callable[[int], Awaitable[float]], operations: int, tasks: int) -> float:
    """`operations` fetches by `tasks` tasks; the sum of what they return."""

    async def work(first: int) -> float:
        total = 0.0
        for i in range(first, operations, tasks):
            total += await fetch(i % POINTS + 1)
        return total

    return sum(await asyncio.gather(*[work(first) for first in range(tasks)]))


async def main(server: Any) -> None:
    async with peers.pools(server) as (ours, plain, bare, theirs):
        text = SQL.replace("$1", "%b::int4")

        async def fetch_qail(key: int) -> float:
            row = await ours.fetch_one(select(Point.id, Point.name, Point.score).where(Point.id == key))
            score: float = row[2]
            return score

        async def fetch_asyncpg(key: int) -> float:
            score: float = (await plain.fetchrow(SQL, key))[2]
            return score

        async def fetch_asyncpg_bare(key: int) -> float:
            score: float = (await bare.fetchrow(SQL, key))[2]
            return score

        async def fetch_psycopg(key: int) -> float:
            async with theirs.connection() as connection:
                cursor = connection.cursor(binary=True)
                await cursor.execute(text, (key,))
                score: float = (await cursor.fetchone())[2]
                return score

        print(f"B2 {select(Point.id, Point.name, Point.score).where(Point.id == 42)}")
        print(f"   qail {await fetch_qail(42)}, asyncpg {await fetch_asyncpg(42)}, psycopg {await fetch_psycopg(42)}")
        contenders = {
            "qail pool": fetch_qail,
            "asyncpg pool": fetch_asyncpg,
            "asyncpg pool, no reset": fetch_asyncpg_bare,
            "psycopg pool": fetch_psycopg,
        }
        for case, tasks, bar in (("B2", 100, 7.0), ("B3", 10, 4.0)):
            await measure(
                f"{case} point select, {tasks} tasks over a pool of 10",
                [Contender(name, runner(fetch, tasks)) for name, fetch in contenders.items()],
                OPERATIONS,
                claims=[faster(bar)],
            )
        print(f"  qail's pool used {ours.stats()}")


def runner(fetch: Callable[[int], Awaitable[float]], tasks: int) -> Callable[[int], Awaitable[object]]:
    async def run(operations: int) -> float:
        return await spread(fetch, operations, tasks)

    return run
