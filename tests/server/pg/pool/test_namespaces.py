"""What a lease calls a table is its own affair: another search_path, role or temporary table never misleads others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.ast.expression.function import func
from qail.pg.pool.pool import create_pool
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
FEATURE = pytest.mark.feature("PS3")
ROWS = Qail.get("things")
HERE = [(1, "here")]
THERE = [(dt.date(2024, 2, 29), 1.5)]


@pytest.fixture
def twice(fresh_database: Database) -> Database:
    """`things` in two schemas, with other types in the same columns."""
    fresh_database.sql(
        "CREATE TABLE things (id int, what text); INSERT INTO things VALUES (1, 'here');"
        "CREATE SCHEMA there; CREATE TABLE there.things (id date, what float8);"
        "INSERT INTO there.things VALUES ('2024-02-29', 1.5)"
    )
    return fresh_database


@FEATURE
@pytest.mark.parametrize("in_transaction", [False, True], ids=["autocommit", "transaction"])
@pytest.mark.parametrize("is_known", [False, True], ids=["first there", "first here"])
def test_a_lease_with_another_search_path_reads_its_own_table(
    run: Run, twice: Database, in_transaction: bool, is_known: bool
) -> None:
    async def read(db: Any, expected: list[Any]) -> None:
        if not in_transaction:
            assert await db.fetch_all(ROWS) == expected
            return
        async with db.transaction() as transaction:
            assert await transaction.fetch_all(ROWS) == expected

    async def main() -> None:
        async with create_pool(twice.dsn, max_size=1) as pool:
            if is_known:
                await read(pool, HERE)
            async with pool.acquire() as connection:
                first = connection.info.process_id
                if is_known:
                    await read(connection, HERE)
                await connection.script("SET search_path = there")
                await read(connection, THERE)
                await connection.script("SET search_path = public")
                await read(connection, HERE)
                await connection.script("SET search_path = there")
                await read(connection, THERE)
            async with pool.acquire() as connection:
                assert connection.info.process_id == first
                await read(connection, HERE)
            await read(pool, HERE)

    run(main)


@FEATURE
def test_values_are_written_for_the_table_that_is_meant(run: Run, twice: Database) -> None:
    async def main() -> None:
        async with create_pool(twice.dsn, max_size=1) as pool:
            await pool.execute(Qail.add("things").values({"id": 2, "what": "two"}))
            async with pool.acquire() as connection:
                await connection.script("SET search_path = there")
                await connection.execute(Qail.add("things").values({"id": dt.date(2024, 3, 1), "what": 2.5}))
                assert await connection.copy_in("things", [(dt.date(2024, 3, 2), 3.5)]) == 1
                assert len(await connection.fetch_all(ROWS)) == 3
            await pool.execute(Qail.add("things").values({"id": 3, "what": "three"}))
            assert await pool.fetch_all(ROWS) == [*HERE, (2, "two"), (3, "three")]

    run(main)


@FEATURE
def test_an_open_transaction_follows_what_its_connection_runs(run: Run, twice: Database) -> None:
    async def main() -> None:
        async with create_pool(twice.dsn, max_size=1) as pool, pool.acquire() as connection:
            async with connection.transaction() as transaction:
                assert await transaction.fetch_all(ROWS) == HERE
                await connection.script("SET LOCAL search_path = there")
                assert await transaction.fetch_all(ROWS) == THERE
            assert await connection.fetch_all(ROWS) == HERE

    run(main)


@FEATURE
def test_a_function_that_changes_the_session_counts_as_well(run: Run, twice: Database) -> None:
    change = Qail.get("one").columns(func.set_config("search_path", "there, public", False).as_("path"))
    twice.sql("CREATE TABLE one AS SELECT 1 AS id")

    async def main() -> None:
        async with create_pool(twice.dsn, max_size=1) as pool:
            assert await pool.fetch_all(ROWS) == HERE
            async with pool.acquire() as connection:
                assert await connection.fetch_value(change) == "there, public"
                assert await connection.fetch_all(ROWS) == THERE
            assert await pool.fetch_all(ROWS) == HERE

    run(main)
