"""B11: 1,000 rows of 7 columns: one insert with 1,000 sets of values, and one insert of 1,000 rows.

Bar: CPU and wall time no worse than the better peer's executemany; the insert of 1,000 rows 1.5 times as fast.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID as PyUUID

import qail
from benchmarks import peers
from benchmarks.harness import Contender, at_most, faster, measure
from qail import BOOL, FLOAT8, INT4, INT8, TEXT, TIMESTAMPTZ, UUID, Col, Columns, Qail, Table, col

ROWS = 1_000
OPERATIONS = 5
CREATE = """
create unlogged table many (a int4 not null, b int8 not null, c float8 not null, d text not null,
                            e timestamptz not null, f bool not null, g uuid not null)
"""
INSERT = "insert into many (a, b, c, d, e, f, g) values ($1, $2, $3, $4, $5, $6, $7)"
START = datetime(2024, 1, 1, tzinfo=UTC)


class _Many(Columns):
    a: Col[int] = col(INT4)
    b: Col[int] = col(INT8)
    c: Col[float] = col(FLOAT8)
    d: Col[str] = col(TEXT)
    e: Col[datetime] = col(TIMESTAMPTZ)
    f: Col[bool] = col(BOOL)
    g: Col[PyUUID] = col(UUID)


class Many(_Many, Table, name="many"):
    """Empty at the start of each operation."""


NAMES = ("a", "b", "c", "d", "e", "f", "g")
SETS = [
    (i, i * 1_000_000_007, i * 0.25, f"row number {i}", START + timedelta(hours=i), i % 2 == 0, PyUUID(int=i))
    for i in range(ROWS)
]
DICTS = [dict(zip(NAMES, row, strict=True)) for row in SETS]


async def main(server: Any) -> None:
    asyncpg = await peers.asyncpg_connection(server)
    psycopg = await peers.psycopg_connection(server)
    await asyncpg.execute("drop table if exists many")
    await asyncpg.execute(CREATE)
    form = Qail.add(Many).values(DICTS[0])
    text = INSERT
    for number in range(7, 0, -1):
        text = text.replace(f"${number}", "%b")
    async with qail.connect(server.dsn) as ours:
        print(f"B11 {form}\n   {await ours.execute_many(form, SETS[:1])}")

        async def emptied(insert: Any, operations: int) -> int:
            total = 0
            for _ in range(operations):
                await asyncpg.execute("truncate many")
                await insert()
                total += await asyncpg.fetchval("select count(*) + sum(a) from many")
            return total

        async def run_qail(operations: int) -> int:
            return await emptied(lambda: ours.execute_many(form, SETS), operations)

        async def run_qail_values(operations: int) -> int:
            return await emptied(lambda: ours.execute(Qail.add(Many).values(*DICTS)), operations)

        async def run_asyncpg(operations: int) -> int:
            return await emptied(lambda: asyncpg.executemany(INSERT, SETS), operations)

        async def run_psycopg(operations: int) -> int:
            async def insert() -> None:
                async with psycopg.cursor() as cursor:
                    await cursor.executemany(text, SETS)

            return await emptied(insert, operations)

        theirs = [Contender("asyncpg executemany", run_asyncpg), Contender("psycopg executemany", run_psycopg)]
        await measure(
            f"B11 execute_many, {ROWS:,} sets of 7 columns",
            [Contender("qail execute_many", run_qail), *theirs],
            OPERATIONS,
            claims=[at_most("wall", 1.0), at_most("cpu", 1.0)],
        )
        await measure(
            f"B11 one insert of {ROWS:,} rows of 7 columns",
            [Contender("qail values", run_qail_values), *theirs],
            OPERATIONS,
            claims=[faster(1.5)],
        )
    await asyncpg.close()
    await psycopg.close()
