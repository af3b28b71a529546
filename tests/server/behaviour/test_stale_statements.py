"""Statements the server has lost or that no longer fit, in batches, pipelines and many sets: sent again, or told."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from typing import Any

import pytest

from qail import Outcome, PipelineAborted, Qail, StatementInvalidated, col
from qail.compile.cache import lookup
from qail.pg.driver.segment import simple
from qail.sqlstate import UniqueViolation
from support.backends import Backend
from support.servers import Database

HEALED = pytest.mark.feature("PS3")
# It reaches beneath the verbs, where the blocking facade has no await.
LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")
ROWS = Qail.get("things").columns("id", "what").order_by("id")
MANY = ("atomic batch", "separate batch", "pipeline", "fetch_many")


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE things (id int PRIMARY KEY, what text); INSERT INTO things VALUES (1, '7')")
    return fresh_database


def add(number: int, what: str = "x") -> Any:
    return Qail.add("things").values({"id": number, "what": what})


async def read(db: Any, by: str, times: int = 3) -> list[Any]:
    """The rows of ROWS, as many times."""
    if by == "fetch_many":
        found = await db.fetch_many(ROWS, [()] * times)
    elif by == "pipeline":
        async with db.pipeline() as pipeline:
            answers = [pipeline.fetch_all(ROWS) for _ in range(times)]
        found = [answer.result() for answer in answers]
    else:
        found = await db.batch([ROWS] * times, atomic=by == "atomic batch")
    return [[tuple(row) for row in rows] for rows in found]


async def drop_unseen(connection: Any) -> None:
    """DEALLOCATE inside EXECUTE: no tag says so, and nobody here knows."""
    await connection._link.run(simple("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"))


@LOOPS
@HEALED
@pytest.mark.parametrize("by", MANY)
def test_what_is_gone_is_sent_again(backend: Backend, things: Database, by: str) -> None:
    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            assert await read(connection, by) == [[(1, "7")]] * 3
            await drop_unseen(connection)
            assert await read(connection, by, 300) == [[(1, "7")]] * 300
            assert await read(connection, by) == [[(1, "7")]] * 3

    backend.run(body)


@HEALED
@pytest.mark.parametrize("by", MANY)
def test_a_changed_type_is_read_as_what_it_is_and_parsed_once(backend: Backend, things: Database, by: str) -> None:
    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            assert await read(connection, by) == [[(1, "7")]] * 3
            things.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            assert await read(connection, by) == [[(1, 7)]] * 3
            assert await read(connection, by) == [[(1, 7)]] * 3

    backend.run(body)


@LOOPS
@HEALED
@pytest.mark.parametrize("by", MANY)
def test_a_change_that_another_connection_meets_first_is_learnt_by_all(
    backend: Backend, things: Database, by: str
) -> None:
    """The second connection parses anew, without complaint: what it is told is kept, and not asked again."""

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=2) as pool, pool.acquire() as one, pool.acquire() as two:
            assert await read(one, by) == [[(1, "7")]] * 3
            things.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            assert await read(two, by) == [[(1, 7)]] * 3
            bound = two._namespace.find(list(two._namespace._bound)[-1])
            assert bound.described.is_current
            assert await read(one, by) == [[(1, 7)]] * 3

    backend.run(body)


@LOOPS
@HEALED
@pytest.mark.parametrize("by", MANY)
def test_inside_a_transaction_it_is_told(backend: Backend, things: Database, by: str) -> None:
    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            await read(connection, by)
            await drop_unseen(connection)
            with pytest.raises(StatementInvalidated):
                async with connection.transaction() as tx:
                    await read(tx, by)
            async with connection.transaction() as tx:
                assert await read(tx, by) == [[(1, "7")]] * 3

    backend.run(body)


@HEALED
@pytest.mark.parametrize("change", ["enum", "domain", "composite"])
@pytest.mark.parametrize("by", ["fetch", *MANY])
def test_a_type_that_was_made_anew_is_met_by_its_new_oid(
    backend: Backend, things: Database, change: str, by: str
) -> None:
    made = {
        "enum": "CREATE TYPE kind AS ENUM ('a', 'b')",
        "domain": "CREATE DOMAIN kind AS text",
        "composite": "CREATE TYPE kind AS (x text)",
    }[change]
    text, value = ("(a)", ("a",)) if change == "composite" else ("a", "a")
    anew = (
        "ALTER TABLE things ALTER what TYPE text; DROP TYPE IF EXISTS kind CASCADE;"
        f"{made}; ALTER TABLE things ALTER what TYPE kind USING what::kind"
    )
    things.sql(f"UPDATE things SET what = '{text}'; {made}; ALTER TABLE things ALTER what TYPE kind USING what::kind")
    write = Qail.set("things").values({"what": value}).eq("id", 1)

    async def once(db: Any) -> Any:
        if by == "fetch":
            return [[tuple(row) for row in await db.fetch_all(ROWS)]]
        return await read(db, by, 1)

    async def body() -> None:
        async with backend.connect(things.dsn) as connection, backend.pool(things.dsn, max_size=2) as pool:
            for db in (connection, pool):
                first = await once(db)
                assert first[0][0] == (1, value)
                assert await db.execute(write) == 1
                things.sql(anew)
                assert await once(db) == first
                assert await db.execute(write) == 1
                assert await once(db) == first

    backend.run(body)


@LOOPS
@HEALED
@pytest.mark.parametrize("atomic", [True, False], ids=["atomic", "separate"])
def test_writes_that_were_refused_are_sent_again_in_order_and_once(
    backend: Backend, things: Database, atomic: bool
) -> None:
    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            await connection.batch([add(2)])
            await drop_unseen(connection)
            assert await connection.batch([add(3), add(4), add(5)], atomic=atomic) == [1, 1, 1]
            await drop_unseen(connection)
            assert await connection.execute_many(add(0), [(number, "y") for number in range(6, 9)]) == [1, 1, 1]
            assert await connection.fetch_values(Qail.get("things").columns("id")) == [*range(1, 9)]

    backend.run(body)


@LOOPS
@HEALED
@pytest.mark.parametrize("by", ["batch", "pipeline"])
def test_nothing_is_sent_again_behind_a_later_write_that_took_effect(
    backend: Backend, things: Database, by: str
) -> None:
    first = Qail.set("things").values({"what": "first"}).eq("id", 1)
    last = Qail.set("things").values({"what": "last"}).where(col("id") < 2)

    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            await connection.batch([first])
            await drop_unseen(connection)
            if by == "batch":
                results = await connection.batch([first, last], atomic=False, return_errors=True)
                error = results[0]
                assert results[1] == 1
            else:
                with pytest.raises(StatementInvalidated) as caught:
                    async with connection.pipeline() as pipeline:
                        pipeline.execute(first)
                        pipeline.execute(last)
                error = caught.value
            assert isinstance(error, StatementInvalidated)
            assert error.outcome is Outcome.ABORTED
            assert await connection.fetch_value(Qail.get("things").columns("what")) == "last"
            assert await connection.execute(first) == 1

    backend.run(body)


@pytest.mark.feature("PI2")
@pytest.mark.parametrize("opening", [True, False], ids=["with BEGIN", "behind it"])
def test_indexes_count_the_callers_items_alone(backend: Backend, things: Database, opening: bool) -> None:
    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            with pytest.raises(UniqueViolation) as caught:
                async with connection.transaction(settings={"app.tenant": "7"}) as tx:
                    if not opening:
                        await tx.fetch_all(ROWS)
                    results: list[Any] = await tx.batch([add(2), add(2), ROWS], return_errors=True)
                    assert results[0] == 1
                    assert results[1].index == 1
                    assert isinstance(results[2], PipelineAborted)
                    assert results[2].index == 1
                    assert results[2].cause is results[1]
                    error: Any = results[1]
                    raise error
            assert caught.value.index == 1

    backend.run(body)


@HEALED
@LOOPS
def test_a_binding_that_was_learnt_too_late_reads_nothing_of_another_statement(
    backend: Backend, things: Database
) -> None:
    query = Qail.get("things").columns("what")

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool:
            assert await pool.fetch_value(query) == "7"
            namespace, plan = pool._namespace, lookup(query).plan
            old = namespace.find(plan)
            things.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            assert await pool.fetch_value(query) == 7
            # As an answer of another connection does that was on its way all the time.
            namespace.keep(plan, old)
            assert await pool.fetch_value(query) == 7
            assert await pool.fetch_value(query) == 7

    backend.run(body)


@HEALED
@LOOPS
def test_a_name_whose_statement_returns_other_columns_is_not_counted_on(backend: Backend, things: Database) -> None:
    query = Qail.get("things").columns("what")

    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            assert await connection.fetch_value(query) == "7"
            old: Any = connection._namespace.find(lookup(query).plan)
            statements = connection._link.session.statements
            assert statements.is_proven(old.statement_name)
            things.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            # As when another connection was told of it first: it is parsed anew, under its old name.
            old.described.expire()
            assert await connection.fetch_value(query) == 7
            assert not statements.is_proven(old.statement_name)

    backend.run(body)
