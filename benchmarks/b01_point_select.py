"""B1: a point select by key, one task, one connection; the floor beside it.

Bar: wall and CPU no worse than the better of the peers; at most 5 us over the floor.
"""

from __future__ import annotations

import statistics
import struct
from typing import Any

import qail
from benchmarks import peers
from benchmarks.database import POINTS, Point
from benchmarks.floor import Floor
from benchmarks.harness import Contender, at_most, measure
from qail import select

SQL = "select id, name, score from points where id = $1"
OPERATIONS = 5_000


async def main(server: Any) -> None:
    async with qail.connect(server.dsn) as ours:
        query = select(Point.id, Point.name, Point.score).where(Point.id == 42)
        print(f"B1 {query}\n   {await ours.fetch_one(query)}\n   peers: {SQL}")

        async def run_qail(operations: int) -> float:
            total = 0.0
            for i in range(operations):
                row = await ours.fetch_one(select(Point.id, Point.name, Point.score).where(Point.id == i % POINTS + 1))
                total += row[2]
            return total

        theirs = await peers.asyncpg_connection(server)
        print(f"   asyncpg: {tuple(await theirs.fetchrow(SQL, 42))}")

        async def run_asyncpg(operations: int) -> float:
            total = 0.0
            for i in range(operations):
                total += (await theirs.fetchrow(SQL, i % POINTS + 1))[2]
            return total

        other = await peers.psycopg_connection(server)
        cursor = other.cursor(binary=True)
        text = SQL.replace("$1", "%b::int4")

        async def run_psycopg(operations: int) -> float:
            total = 0.0
            for i in range(operations):
                await cursor.execute(text, (i % POINTS + 1,))
                total += (await cursor.fetchone())[2]
            return total

        path = f"{server.host}/.s.PGSQL.{server.port}"
        floor = await Floor.open(path, server.user, server.database, SQL, [struct.pack("!i", 42)])
        timings = await measure(
            "B1 point select, one task",
            [
                Contender("qail", run_qail),
                Contender("asyncpg", run_asyncpg),
                Contender("psycopg", run_psycopg),
                Contender("floor", floor.run),
            ],
            OPERATIONS,
            claims=[at_most("wall", 1.0), at_most("cpu", 1.0)],
        )
        over = [mine - least for mine, least in zip(timings[0].wall, timings[3].wall, strict=True)]
        middle = statistics.median(over)
        print(f"  {'holds ' if middle <= 5 else 'MISSED'} {middle:.2f} us over the floor; bar <= 5")
        floor.close()
        await theirs.close()
        await other.close()
