"""Values that a server reads as text only: an empty tsquery, an empty oidvector, and all that holds one. They go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from qail import INT8, TIMESTAMPTZ, TSQUERY, EncodeError, Qail, cast, select
from qail.pgtype import OIDVECTOR
from support.backends import Backend
from support.servers import Database, Server

pytestmark = [pytest.mark.feature("CO17"), pytest.mark.feature("PA1")]
NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
# A composite of types whose text forms are all different, around an array of it and a domain over a query.
TYPES = """
CREATE DOMAIN wish AS tsquery;
CREATE TYPE search AS (query wish, at timestamptz, took interval, answer jsonb, host inet, many int4range[],
  keys oidvector);
CREATE TYPE searches AS (title text, all_of search[]);
CREATE TABLE seen (id int8, query tsquery, searches searches);
"""


def of(query: str, keys: list[int]) -> Any:
    return select(cast(query, TSQUERY), cast(keys, OIDVECTOR), cast(NOW, TIMESTAMPTZ), cast(7, INT8))


def values_of(query: str, keys: list[int]) -> tuple[Any, ...]:
    return query, keys, NOW, 7


@pytest.mark.parametrize("keys", [[], [1]], ids=["no keys", "a key"])
def test_every_verb_sends_it_and_what_runs_next_is_binary(backend: Backend, server: Server, keys: list[int]) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as db:
            prepared = await db.prepare(of("a", keys))
            for query in ("", "a", ""):
                wanted = (f"'{query}'" if query else "", keys, NOW, 7)
                asked, values = of(query, keys), values_of(query, keys)
                assert tuple(await db.fetch_one(asked)) == wanted
                assert [tuple(*rows) for rows in await db.fetch_many(asked, [values] * 2)] == [wanted] * 2
                assert tuple(await prepared.fetch_one(values)) == wanted
                async with db.stream(asked, fetch_size=1) as rows:
                    assert [tuple(row) async for row in rows] == [wanted]
                assert [tuple(*rows) for rows in await db.batch([asked, asked])] == [wanted] * 2
                async with db.transaction() as transaction:
                    assert tuple(await transaction.fetch_one(asked)) == wanted

    backend.run(body)


@pytest.mark.feature("CO16")
def test_what_is_deep_in_a_value_takes_all_around_it_along(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(TYPES)
    answer = {"a": ['"x', None, 1.5]}
    searches: Any = (
        'odd \\ "title", (one)',
        [("", NOW, None, answer, None, [], []), None, ("a", NOW, None, "x", None, [None], [1, 2]), (None,) * 7],
    )

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            insert = Qail.add("seen").values({"id": 1, "query": "", "searches": searches})
            assert await pool.execute(insert) == 1
            assert await pool.execute_many(insert, [(2, "a", searches), (3, "", None)]) == [1, 1]
            rows = await pool.fetch_all(Qail.get("seen").columns("id", "query", "searches").order_by("id"))
            assert [row.query for row in rows] == ["", "'a'", ""]
            found = rows[0].searches
            assert (found.title, len(found.all_of), found.all_of[1]) == (searches[0], 4, None)
            assert tuple(found.all_of[0]) == ("", NOW, None, answer, None, [], [])
            assert tuple(found.all_of[2]) == ("'a'", NOW, None, "x", None, [None], [1, 2])
            assert tuple(found.all_of[3]) == (None,) * 7
            assert (rows[1].searches, rows[2].searches) == (found, None)
            wrong = ("t", [("", datetime(2024, 1, 1), None, None, None, None, None)])
            with pytest.raises(EncodeError, match=r'column "searches"\): in .*searches.*timestamptz'):
                await pool.execute(Qail.add("seen").values({"id": 4, "query": "", "searches": wrong}))
            assert await pool.fetch_values(Qail.get("seen").columns("id").order_by("id")) == [1, 2, 3]

    backend.run(body)
