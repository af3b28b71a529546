"""B1S: the point select of B1, blocking: one thread, one connection, beside psycopg's blocking client.

Bar: wall and CPU no worse than psycopg's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg

import qail.sync
from benchmarks import peers
from benchmarks.database import POINTS, Point
from benchmarks.harness import Contender, at_most, measure
from qail import select

SQL = "select id, name, score from points where id = $1"
OPERATIONS = 5_000


async def main(server: Any) -> None:
    # Blocking calls are refused where a loop runs; the peer gets a thread of its own, too.
    await asyncio.to_thread(_run, server)


def _run(server: Any) -> None:
    theirs = psycopg.connect(peers.psycopg_dsn(server), autocommit=True, prepare_threshold=0)
    with qail.sync.connect(server.dsn) as ours, qail.sync.create_pool(server.dsn) as pool, theirs:
        query = select(Point.id, Point.name, Point.score).where(Point.id == 42)
        print(f"B1S {query}\n   {ours.fetch_one(query)}\n   peer: {SQL}")
        cursor = theirs.cursor(binary=True)
        text = SQL.replace("$1", "%b::int4")

        def run_psycopg(operations: int) -> float:
            total = 0.0
            for i in range(operations):
                cursor.execute(text, (i % POINTS + 1,))
                total += cursor.fetchone()[2]  # type: ignore[index]  # there is a row for each
            return total

        contenders = [
            Contender("qail", _awaited(lambda operations: _run_qail(ours, operations))),
            Contender("qail, pool", _awaited(lambda operations: _run_qail(pool, operations))),
            Contender("psycopg", _awaited(run_psycopg)),
        ]
        work = measure(
            "B1S point select, one thread, blocking",
            contenders,
            OPERATIONS,
            claims=[at_most("wall", 1.0), at_most("cpu", 1.0)],
        )
        # Nothing in it waits: it is done at the first step.
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("a blocking contender has awaited something")


def _run_qail(db: Any, operations: int) -> float:
    total = 0.0
    for i in range(operations):
        row = db.fetch_one(select(Point.id, Point.name, Point.score).where(Point.id == i % POINTS + 1))
        total += row[2]
    return total


def _awaited(run: Callable[[int], float]) -> Any:
    async def awaited(operations: int) -> float:
        return run(operations)

    return awaited
