"""Prepared statements that the server has lost or that no longer fit: sent again once, or told inside a transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import StatementInvalidated
from qail.pg.driver.connection import Connection, connect
from qail.pg.driver.segment import simple
from qail.pg.pool.pool import create_pool
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
HEALED = pytest.mark.feature("PS3")
ROWS = Qail.get("things").columns("id", "what")
DROPS = ["DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"]


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE things (id int, what text); INSERT INTO things VALUES (1, '7')")
    return fresh_database


@HEALED
@pytest.mark.parametrize("drop", DROPS)
def test_statements_dropped_by_the_session_are_sent_again(run: Run, things: Database, drop: str) -> None:
    async def main() -> None:
        async with connect(things.dsn) as connection:
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            await connection.script(drop)
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            await connection.script(drop)
            async with connection.transaction() as transaction:
                assert await transaction.fetch_all(ROWS) == [(1, "7")]

    run(main)


async def _drop_unseen(connection: Connection) -> None:
    """DEALLOCATE inside EXECUTE, beneath the verbs: no tag says so, and nobody here knows."""
    link = connection._link
    assert link is not None
    await link.run(simple("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"))


@HEALED
@pytest.mark.parametrize("kind", ["fetch", "execute", "batch", "with a deadline"])
def test_a_statement_that_is_gone_is_healed_once_outside_a_transaction(run: Run, things: Database, kind: str) -> None:
    async def main() -> None:
        async with connect(things.dsn) as connection:

            async def read() -> Any:
                if kind == "execute":
                    return await connection.execute(Qail.set("things").values({"what": "7"}).eq("id", 1))
                return await connection.fetch_all(ROWS, timeout=60 if kind == "with a deadline" else None)

            first = await read()
            await _drop_unseen(connection)
            assert await read() == first
            assert await read() == first

    run(main)


@HEALED
def test_a_statement_that_is_gone_is_told_inside_a_transaction_which_then_runs_again(
    run: Run, things: Database
) -> None:
    async def main() -> None:
        async with connect(things.dsn) as connection:
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            await _drop_unseen(connection)
            with pytest.raises(StatementInvalidated, match="again") as caught:
                async with connection.transaction() as transaction:
                    await transaction.fetch_all(ROWS)
            assert not caught.value.connection_spent
            async with connection.transaction() as transaction:
                assert await transaction.fetch_all(ROWS) == [(1, "7")]
            assert await connection.fetch_all(ROWS) == [(1, "7")]

    run(main)


@HEALED
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_changed_result_type_is_healed_once_outside_a_transaction(run: Run, things: Database, kind: str) -> None:
    async def main() -> None:
        open_it: Any = connect if kind == "connection" else create_pool
        async with open_it(things.dsn) as db:
            assert await db.fetch_all(ROWS) == [(1, "7")]
            things.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            assert await db.fetch_all(ROWS) == [(1, 7)]
            things.sql("ALTER TABLE things ALTER what TYPE float8")
            assert await db.fetch_all(ROWS, timeout=60) == [(1, 7.0)]
            assert await db.execute(Qail.add("things").values({"id": 2, "what": 0.5})) == 1

    run(main)


@HEALED
def test_a_changed_result_type_is_told_inside_a_transaction_which_then_runs_again(run: Run, things: Database) -> None:
    async def main() -> None:
        async with connect(things.dsn) as connection:
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            things.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            with pytest.raises(StatementInvalidated):
                async with connection.transaction() as transaction:
                    await transaction.fetch_all(ROWS)
            async with connection.transaction() as transaction:
                assert await transaction.fetch_all(ROWS) == [(1, 7)]

    run(main)


@HEALED
def test_a_name_that_is_taken_is_replaced(run: Run, things: Database) -> None:
    async def main() -> None:
        async with connect(things.dsn) as connection:
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            link = connection._link
            assert link is not None
            # The server has the name, and nobody here knows.
            link.session.statements.forget_all()
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            assert await connection.fetch_all(ROWS) == [(1, "7")]

    run(main)


@HEALED
@pytest.mark.parametrize("by", ["fetch", "batch", "pipeline", "fetch_many"])
def test_a_type_of_the_same_width_is_never_read_as_the_old_one(run: Run, things: Database, by: str) -> None:
    things.sql("ALTER TABLE things ALTER id TYPE int8; UPDATE things SET id = 4607182418800017408")
    ids = Qail.get("things").columns("id")

    async def read(db: Any) -> Any:
        if by == "batch":
            return (await db.batch([ids]))[0]
        if by == "fetch_many":
            return (await db.fetch_many(ids, [()]))[0]
        if by == "pipeline":
            async with db.pipeline() as pipeline:
                answer = pipeline.fetch_all(ids)
            return answer.result()
        return await db.fetch_all(ids)

    async def main() -> None:
        async with create_pool(things.dsn, max_size=2) as pool:
            assert await read(pool) == [(4607182418800017408,)]
            # The bits of that number are those of the float 1.0.
            things.sql("ALTER TABLE things ALTER id TYPE float8 USING 1.5")
            async with pool.acquire() as first, pool.acquire() as second:
                known, new = (first, second) if _knows(first) else (second, first)
                assert await read(new) == [(1.5,)]
                assert await new.fetch_all(ids) == [(1.5,)]
                assert await known.fetch_all(ids) == [(1.5,)]
            assert await read(pool) == [(1.5,)]

    run(main)


def _knows(connection: Connection) -> bool:
    link = connection._link
    assert link is not None
    return bool(len(link.session.statements))
