"""A statement that the server refuses to describe fails its own savepoint, not the transaction around it."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import PostgresError, Qail, select
from support.finishing import finish
from support.servers import Database


@pytest.mark.feature("TX2")
@pytest.mark.parametrize("verb", ["execute", "fetch_all", "batch"])
def test_the_outer_transaction_goes_on_when_the_first_statement_of_a_savepoint_is_refused(
    fresh_database: Database, verb: str
) -> None:
    fresh_database.sql("CREATE TABLE kept (id int4)")
    refused: Any = Qail.get("no_such_table")

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection, connection.transaction() as outer:
            await outer.execute(Qail.add("kept").values({"id": 1}))
            with pytest.raises(PostgresError):
                async with outer.transaction() as inner:
                    await getattr(inner, verb)([refused] if verb == "batch" else refused)
            assert await outer.fetch_values(Qail.get("kept")) == [1]

    finish(main)

    assert fresh_database.sql("SELECT id FROM kept") == [("1",)]


def test_a_refused_first_statement_opens_nothing(fresh_database: Database) -> None:
    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            with pytest.raises(PostgresError):
                async with connection.transaction() as outer, outer.transaction() as inner:
                    await inner.fetch_all(Qail.get("no_such_table"))
            assert await connection.fetch_value(select(qail.literal(1))) == 1

    finish(main)
