"""B9: `select 1 + 1`, no parameters, 100 tasks over a pool of 10.

In a query of qail's the numbers are values: it is built in the loop, and sends two parameters. The prepared one has
them as literals, in the text as the peers' query has.

Bar: five times the better peer's throughput.
"""

from __future__ import annotations

from typing import Any

from benchmarks import peers
from benchmarks.b02_pooled_selects import runner
from benchmarks.harness import Contender, faster, measure
from qail import INT4, Query, cast, literal, select

SQL = "select 1 + 1"
OPERATIONS = 5_000
TASKS = 100


def one_and_one() -> Query[tuple[int]]:
    return select(cast(1, INT4) + 1)


async def main(server: Any) -> None:
    async with peers.pools(server) as (ours, plain, bare, theirs):
        prepared = await ours.prepare(select(cast(literal(1), INT4) + literal(1)))

        async def fetch_qail(_: int) -> float:
            return float(await ours.fetch_value(one_and_one()))

        async def fetch_prepared(_: int) -> float:
            return float(await prepared.fetch_value())

        async def fetch_asyncpg(_: int) -> float:
            return float(await plain.fetchval(SQL))

        async def fetch_asyncpg_bare(_: int) -> float:
            return float(await bare.fetchval(SQL))

        async def fetch_psycopg(_: int) -> float:
            async with theirs.connection() as connection:
                cursor = connection.cursor(binary=True)
                await cursor.execute(SQL)
                return float((await cursor.fetchone())[0])

        print(f"B9 {one_and_one()}, {prepared}\n   qail {await fetch_qail(0)}, asyncpg {await fetch_asyncpg(0)}")
        await measure(
            f"B9 {SQL}, {TASKS} tasks over a pool of 10",
            [
                Contender("qail pool", runner(fetch_qail, TASKS)),
                Contender("qail pool, prepared", runner(fetch_prepared, TASKS)),
                Contender("asyncpg pool", runner(fetch_asyncpg, TASKS)),
                Contender("asyncpg pool, no reset", runner(fetch_asyncpg_bare, TASKS)),
                Contender("psycopg pool", runner(fetch_psycopg, TASKS)),
            ],
            OPERATIONS,
            claims=[faster(5.0)],
        )
