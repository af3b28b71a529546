"""A parameter whose type no context tells takes that of its Python value, wherever the statement stands."""

# ruff: noqa: PT012  # what a transaction's block raises is what one test is about

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from qail import DATE, INT8, Qail, cast, func, rows_from, select
from qail.sqlstate import UndefinedFunction, UndefinedTable
from support.backends import Backend
from support.servers import Database

SERIES = rows_from(func.generate_series(1, 3), alias="series", columns=[("n", INT8)])
# Of a function of the user's nobody but the server knows that it takes any type.
OWN = "CREATE FUNCTION same(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1'"
UNTYPED: list[tuple[Any, Any]] = [
    (select(func.same("a")), ["a"]),
    (select(func.concat(1, "x")), ["1x"]),
    (select(func.jsonb_build_object("a", 1)), [{"a": 1}]),
    (Qail.get(SERIES).columns(SERIES["n"]), [1, 2, 3]),
    (select(func.array_length([1, 2], 1)), [2]),
]


@pytest.mark.feature("PA1")
def test_a_statement_of_plain_values_runs_alone_in_a_transaction_in_a_savepoint_and_in_a_batch(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(f"CREATE TABLE kept (id int4); {OWN}")
    kept = Qail.get("kept").columns("id").order_by("id")
    queries = [query for query, _ in UNTYPED]

    async def body() -> None:
        # A connection each: what one has learnt, its next statement need not ask.
        async with backend.connect(fresh_database.dsn) as connection:
            assert [await connection.fetch_values(query) for query in queries] == [found for _, found in UNTYPED]
        async with backend.connect(fresh_database.dsn) as connection, connection.transaction() as transaction:
            await transaction.execute(Qail.add("kept").values({"id": 1}))
            assert [await transaction.fetch_values(query) for query in queries] == [found for _, found in UNTYPED]
            async with transaction.transaction() as inner:
                await inner.execute(Qail.add("kept").values({"id": 2}))
                assert await inner.fetch_values(select(func.concat(2, "y", 3))) == ["2y3"]
                # Another name, another statement.
                assert await inner.fetch_values(select(func.same(7).as_("number"))) == [7]
        async with backend.connect(fresh_database.dsn) as connection, connection.transaction() as transaction:
            assert await transaction.fetch_values(kept) == [1, 2]
            batch = await transaction.batch([*queries, Qail.add("kept").values({"id": 3})])
            assert [[row[0] for row in rows] for rows in batch[:-1]] == [found for _, found in UNTYPED]
        assert fresh_database.sql("SELECT id FROM kept ORDER BY id") == [("1",), ("2",), ("3",)]

    backend.run(body)


def test_what_is_refused_with_its_types_fails_its_transaction_as_any_other(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql("CREATE TABLE kept (id int4)")

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            for refused, kind in [
                (select(func.generate_series(1, 2.5)), UndefinedFunction),
                (Qail.get("no"), UndefinedTable),
            ]:
                with pytest.raises(kind) as caught:
                    async with connection.transaction() as transaction:
                        await transaction.execute(Qail.add("kept").values({"id": 1}))
                        await transaction.fetch_all(refused)
                assert caught.value.sqlstate != "25P02"
            assert await connection.fetch_values(Qail.get("kept")) == []

    backend.run(body)


def test_days_are_added_to_a_date(backend: Backend, fresh_database: Database) -> None:
    day = cast(date(2024, 2, 28), DATE)

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            found = await connection.fetch_one(select(day + 2, day - 28, day + 1 + 1, day - date(2024, 2, 1)))
            assert found == (date(2024, 3, 1), date(2024, 1, 31), date(2024, 3, 1), 27)

    backend.run(body)
