"""`max_result_bytes`: what is fetched whole may be so large, and no larger."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import pickle
from functools import partial
from typing import Any

import pytest

import qail
from qail import INT4, INT8, TEXT, ConfigError, Outcome, Qail, ResultTooLarge, cast, col, func, select
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.memory import resident_bytes
from support.servers import Database, Server

LIMIT = pytest.mark.feature("SR1")
LIMIT_BYTES = 100_000
KIB = 1024


@pytest.fixture
def lines(fresh_database: Database) -> Database:
    """10,000 rows of 115 bytes, as they come in DataRows: 7 each, 4 and 4 for the number, 4 and 96 for the text."""
    fresh_database.sql("CREATE TABLE lines AS SELECT i AS id, repeat('x', 96) AS body FROM generate_series(1, 10000) i")
    return fresh_database


def first(count: int) -> Any:
    return Qail.get("lines").columns("id", "body").where(col("id") <= count).order_by("id")


async def refused(work: Any) -> ResultTooLarge:
    with pytest.raises(ResultTooLarge, match=r"stream\(\)") as caught:
        await work
    assert caught.value.outcome == Outcome.DONE
    assert not caught.value.connection_spent
    return caught.value


@LIMIT
@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_a_result_above_the_limit_is_told_with_its_size_and_the_next_is_fine(
    backend: Backend, lines: Database, kind: str
) -> None:
    fitting = LIMIT_BYTES // 115

    async def ask(db: Any) -> None:
        assert len(await db.fetch_all(first(fitting))) == fitting
        for count in (fitting + 1, 10_000):
            error = await refused(db.fetch_all(first(count)))
            assert (error.row_count, error.result_bytes) == (count, count * 115)
            assert error.max_result_bytes == LIMIT_BYTES
            assert f"{count * 115} bytes in {count} rows" in str(error)
            assert str(pickle.loads(pickle.dumps(error))) == str(error)
        await refused(db.fetch_optional(first(10_000)))
        await refused(db.fetch_values(Qail.get("lines").columns("body")))
        await refused(db.fetch_all(first(10_000), timeout=60))
        await refused(db.script("SELECT * FROM lines"))
        assert await db.execute(Qail.set("lines").values({"body": "y" * 96}).all_rows()) == 10_000
        assert len(await db.fetch_all(first(fitting))) == fitting

    async def body() -> None:
        settings: dict[str, Any] = {"max_result_bytes": LIMIT_BYTES}
        async with (
            backend.pool(lines.dsn, max_size=1, **settings) as pool,
            backend.connect(f"{lines.dsn}&max_result_bytes={LIMIT_BYTES}") as connection,
        ):
            process_id = connection.info.process_id
            if kind == "transaction":
                async with connection.transaction() as transaction:
                    await ask(transaction)
            else:
                await ask(pool if kind == "pool" else connection)
            assert connection.info.process_id == process_id
            assert pool.stats().lost_total == 0

    backend.run(body)


@LIMIT
def test_neighbours_get_their_rows(backend: Backend, lines: Database) -> None:
    async def body() -> None:
        async with backend.pool(lines.dsn, max_size=1, max_result_bytes=LIMIT_BYTES) as pool:
            await pool.fetch_all(first(1))
            answers = await backend.together(
                *[partial(pool.fetch_all, first(10_000 if i % 3 else i)) for i in range(30)]
            )
            for i, answer in enumerate(answers):
                if i % 3:
                    assert isinstance(answer, ResultTooLarge)
                else:
                    assert [row[0] for row in answer] == list(range(1, i + 1))
            assert pool.stats().lost_total == 0

            separate = await pool.batch([first(2), first(10_000), first(3)], atomic=False, return_errors=True)
            atomic = await pool.batch([first(2), first(10_000), first(3)], return_errors=True)
            for few, many, more in (separate, atomic):
                assert (len(few), len(more)) == (2, 3)
                assert isinstance(many, ResultTooLarge)
            assert len(await pool.fetch_many(first(0), [(5,), (6,)])) == 2
            with pytest.raises(ResultTooLarge):
                await pool.fetch_many(first(0), [(5,), (10_000,)])
            with pytest.raises(ResultTooLarge):
                async with pool.pipeline() as pipeline:
                    few = pipeline.fetch_all(first(4))
                    pipeline.fetch_all(first(10_000))
            assert len(few.result()) == 4

    backend.run(body)


@LIMIT
def test_streams_and_copies_are_not_limited(backend: Backend, lines: Database) -> None:
    async def body() -> None:
        async with backend.connect(lines.dsn, max_result_bytes=1000) as db:
            async with db.stream(first(10_000), fetch_size=500) as rows:
                assert sum([1 async for _ in rows]) == 10_000
            assert len([row async for row in db.copy_out("lines")]) == 10_000

    backend.run(body)


@LIMIT
@pytest.mark.parametrize("how", ["whole", "trickled"])
def test_a_single_row_above_the_limit_is_never_gathered(backend: Backend, server: Server, how: str) -> None:
    large, limit = (60_000_000, LIMIT_BYTES) if how == "whole" else (20_000, 1_000)
    query = select(cast(1, INT4), func.repeat("x", cast(large, INT4)).as_("body"))
    most = 0

    async def body() -> None:
        nonlocal most
        with ChaosProxy(server.dsn) as proxy:
            dsn = proxy.dsn() if how == "trickled" else server.dsn
            async with backend.connect(dsn, max_result_bytes=limit) as db, backend.jobs() as jobs:
                assert tuple(await db.fetch_one(select(cast(1, INT8), cast("x", TEXT)))) == (1, "x")
                if how == "trickled":
                    proxy.add(Rule("split", "client", size=7))
                before = resident_bytes()
                asking = jobs.start(lambda: refused(db.fetch_all(query)))
                behind = jobs.start(lambda: db.fetch_value(select(cast(7, INT8))))
                while not ended(asking):
                    most = max(most, resident_bytes() - before)
                    await backend.sleep(0.002)
                await behind.ended()
                assert asking.error is None
                assert asking.result.row_count == 1
                assert large < asking.result.result_bytes < large + 100
                assert behind.result == 7
                assert most < 25 * KIB * KIB

    def ended(job: Any) -> bool:
        return job.result is not None or job.error is not None

    backend.run(body)


def test_without_a_limit_there_is_none(backend: Backend, lines: Database) -> None:
    async def body() -> None:
        async with backend.connect(lines.dsn) as db:
            assert len(await db.fetch_all(first(10_000))) == 10_000
            assert len(await db.fetch_value(select(func.repeat("x", cast(5_000_000, INT4))))) == 5_000_000

    backend.run(body)


@pytest.mark.parametrize("limit", [0, -1, "many", 2**62])
def test_a_limit_that_cannot_be_is_refused(limit: Any) -> None:
    with pytest.raises(ConfigError, match="max_result_bytes"):
        qail.connect("postgresql://localhost/", max_result_bytes=limit)
