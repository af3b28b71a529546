"""B14: a transaction of five statements, 0.5 ms away: an update, two selects, an insert, a delete.

qail in three forms: statement by statement (BEGIN rides with the first), five in one flight inside `transaction()`, and
an atomic batch, which is one round trip. Peers: asyncpg; psycopg plainly and in its pipeline mode.
Bar: at least four times asyncpg's BEGIN ... COMMIT, and no slower than psycopg's pipeline.
"""

from __future__ import annotations

from typing import Any

import asyncpg
import psycopg

import qail
from benchmarks.database import POINTS, Point
from benchmarks.delay import delayed
from benchmarks.harness import Contender, faster, measure
from qail import Qail, select

ROUND_TRIP_SECONDS = 0.0005
OPERATIONS = 300
NEW = 1_000_000

UPDATE = "update points set score = $2 where id = $1"
SELECT = "select id, name, score from points where id = $1"
INSERT = "insert into points (id, name, score) values ($1, $2, $3)"
DELETE = "delete from points where id = $1"


def statements(key: int) -> list[Any]:
    return [
        Qail.set(Point).values({"score": key * 0.5}).where(Point.id == key),
        select(Point.id, Point.name, Point.score).where(Point.id == key),
        Qail.add(Point).values({"id": NEW + key, "name": "new", "score": 1.0}),
        select(Point.id, Point.name, Point.score).where(Point.id == NEW + key),
        Qail.delete(Point).where(Point.id == NEW + key),
    ]


def total(first: list[Any], second: list[Any]) -> float:
    return float(first[0][2] + second[0][2])


async def main(server: Any) -> None:
    target = f"{server.host}/.s.PGSQL.{server.port}"
    with delayed(target, ROUND_TRIP_SECONDS) as folder:
        away = {"host": folder, "port": 5432, "user": server.user, "database": server.database}
        print("B14 " + "\n    ".join(str(query) for query in statements(42)))
        async with qail.connect(**away) as ours:
            theirs = await asyncpg.connect(**away)
            conninfo = f"host={folder} port=5432 user={server.user} dbname={server.database}"
            other = await psycopg.AsyncConnection.connect(conninfo, prepare_threshold=0)
            await measure(
                f"B14 transaction of 5 statements, {ROUND_TRIP_SECONDS * 1000} ms away",
                [
                    Contender("qail, atomic batch", batch(ours)),
                    Contender("qail, one flight inside", flight(ours)),
                    Contender("qail, one by one", one_by_one(ours)),
                    Contender("asyncpg BEGIN ... COMMIT", plain(theirs)),
                    Contender("psycopg BEGIN ... COMMIT", psycopg_plain(other, is_pipelined=False)),
                    Contender("pipeline of psycopg", psycopg_plain(other, is_pipelined=True)),
                ],
                OPERATIONS,
                claims=[faster(4.0, peers=("asyncpg", "psycopg")), faster(1.0, peers=("pipeline",))],
            )
            await theirs.close()
            await other.close()


def batch(ours: Any) -> Any:
    async def run(operations: int) -> float:
        out = 0.0
        for i in range(operations):
            results = await ours.batch(statements(i % POINTS + 1), atomic=True)
            out += total(results[1], results[3])
        return out

    return run


def flight(ours: Any) -> Any:
    async def run(operations: int) -> float:
        out = 0.0
        for i in range(operations):
            async with ours.transaction() as transaction:
                results = await transaction.batch(statements(i % POINTS + 1))
            out += total(results[1], results[3])
        return out

    return run


def one_by_one(ours: Any) -> Any:
    async def run(operations: int) -> float:
        out = 0.0
        for i in range(operations):
            update, first, insert, second, delete = statements(i % POINTS + 1)
            async with ours.transaction() as transaction:
                await transaction.execute(update)
                one = await transaction.fetch_all(first)
                await transaction.execute(insert)
                two = await transaction.fetch_all(second)
                await transaction.execute(delete)
            out += total(one, two)
        return out

    return run


def plain(theirs: Any) -> Any:
    async def run(operations: int) -> float:
        out = 0.0
        for i in range(operations):
            key = i % POINTS + 1
            async with theirs.transaction():
                await theirs.execute(UPDATE, key, key * 0.5)
                one = await theirs.fetch(SELECT, key)
                await theirs.execute(INSERT, NEW + key, "new", 1.0)
                two = await theirs.fetch(SELECT, NEW + key)
                await theirs.execute(DELETE, NEW + key)
            out += total(one, two)
        return out

    return run


def psycopg_plain(other: Any, *, is_pipelined: bool) -> Any:
    async def transaction(key: int) -> float:
        cursors = [other.cursor(binary=True) for _ in range(5)]
        async with other.transaction():
            await cursors[0].execute("update points set score = %b where id = %b::int4", (key * 0.5, key))
            await cursors[1].execute("select id, name, score from points where id = %b::int4", (key,))
            await cursors[2].execute("insert into points values (%b::int4, %b, %b)", (NEW + key, "new", 1.0))
            await cursors[3].execute("select id, name, score from points where id = %b::int4", (NEW + key,))
            await cursors[4].execute("delete from points where id = %b::int4", (NEW + key,))
            if not is_pipelined:
                return total(await cursors[1].fetchall(), await cursors[3].fetchall())
        return total(await cursors[1].fetchall(), await cursors[3].fetchall())

    async def run(operations: int) -> float:
        out = 0.0
        for i in range(operations):
            if is_pipelined:
                async with other.pipeline():
                    out += await transaction(i % POINTS + 1)
            else:
                out += await transaction(i % POINTS + 1)
        return out

    return run
