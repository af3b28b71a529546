"""Prepared statements go on when a statement of their own segment may change what names mean."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import Qail
from support.finishing import finish
from support.servers import Database


@pytest.mark.parametrize("is_in_transaction", [True, False])
@pytest.mark.parametrize("way", ["execute", "batch"])
def test_a_definition_runs_again_and_again_beside_queries(
    fresh_database: Database, way: str, is_in_transaction: bool
) -> None:
    fresh_database.sql("CREATE TABLE t (id int4)")
    queries: list[Any] = [Qail.get("t"), Qail.truncate("t"), Qail.get("t")]

    async def repeat(db: Any) -> None:
        for _ in range(4):
            if way == "batch":
                assert await db.batch(queries) == [[], 0, []]
            else:
                assert [await db.execute(query) for query in queries] == [0, 0, 0]

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            if is_in_transaction:
                async with connection.transaction() as transaction:
                    await repeat(transaction)
            else:
                await repeat(connection)
            assert await connection.fetch_all(Qail.get("t")) == []

    finish(main)
