"""B12: COPY in, binary, of 1M rows of 7 columns, and COPY out of the same.

asyncpg cannot decode a COPY, so its way out is `fetch`, which is how its users read a table.
Bar: wall and CPU no worse than the better of the peers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import qail
from benchmarks import peers
from benchmarks.harness import Contender, at_most, measure

ROWS = 1_000_000
ROUNDS = 4
COLUMNS = ("a", "b", "c", "d", "e", "f", "g")
TYPES = ("int4", "int8", "float8", "text", "timestamptz", "bool", "int2")
CREATE = (
    "create unlogged table copied (" + ", ".join(f"{n} {t} not null" for n, t in zip(COLUMNS, TYPES, strict=True)) + ")"
)


def make_records(count: int) -> list[tuple[Any, ...]]:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return [
        (i, i * 1_000_003, i * 0.5, f"row {i}", start + timedelta(seconds=i), i % 2 == 0, i % 30_000)
        for i in range(count)
    ]


async def main(server: Any) -> None:
    theirs = await peers.asyncpg_connection(server)
    other = await peers.psycopg_connection(server)
    await theirs.execute("drop table if exists copied")
    await theirs.execute(CREATE)
    records = make_records(ROWS)
    print(f"B12 {CREATE}\n   {records[0]}")
    async with qail.connect(server.dsn) as ours:

        async def truncate() -> None:
            await theirs.execute("truncate copied")

        async def in_qail(operations: int) -> None:
            await truncate()
            await ours.copy_in("copied", records[:operations], columns=COLUMNS)

        async def in_asyncpg(operations: int) -> None:
            await truncate()
            await theirs.copy_records_to_table("copied", records=records[:operations], columns=COLUMNS)

        async def in_psycopg(operations: int) -> None:
            await truncate()
            async with other.cursor().copy("copy copied from stdin (format binary)") as copy:
                copy.set_types(TYPES)
                for record in records[:operations]:
                    await copy.write_row(record)

        bars = [at_most("cpu", 1.0), at_most("wall", 1.0)]
        ways_in = [
            Contender("qail", in_qail),
            Contender("asyncpg", in_asyncpg),
            Contender("psycopg", in_psycopg),
        ]
        await measure("B12 COPY in", ways_in, ROWS, claims=bars, rounds=ROUNDS)
        await in_qail(ROWS)

        async def out_qail(operations: int) -> int:
            total = 0
            async for row in ours.copy_out("copied", columns=COLUMNS):
                total += row[1]
            return total

        async def out_asyncpg(operations: int) -> int:
            return sum([row[1] for row in await theirs.fetch("select * from copied")])

        async def out_psycopg(operations: int) -> int:
            total = 0
            async with other.cursor().copy("copy copied to stdout (format binary)") as copy:
                copy.set_types(TYPES)
                async for row in copy.rows():
                    total += row[1]
            return total

        ways_out = [
            Contender("qail", out_qail),
            Contender("asyncpg fetch", out_asyncpg),
            Contender("psycopg", out_psycopg),
        ]
        await measure("B12 COPY out", ways_out, ROWS, claims=bars, rounds=ROUNDS)
    await theirs.execute("drop table copied")
    await theirs.close()
    await other.close()
