"""JSON and text search through the driver: columns typed by Describe, own functions, errors that stay local."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest

import qail
from qail import JSON, JSONB, JSONPATH, TEXT, Json, Qail, cast, func, select
from qail.errors import DecodeError, EncodeError
from support.backends import Backend
from support.servers import Database

DOCUMENT = {"a": [1, 2.5, None, {"b": True}], "ü": "\U0001f427", "big": 2**64 + 1}
TABLE = """
CREATE TABLE kept (id int PRIMARY KEY, plain json, value jsonb, many jsonb[]);
CREATE VIEW deep AS SELECT (repeat('[', 3000) || repeat(']', 3000))::jsonb AS value;
CREATE VIEW wide AS SELECT '1e400'::json AS value;
CREATE VIEW long AS SELECT '1e5000'::jsonb AS value;
CREATE VIEW exact AS SELECT '1e400'::jsonb AS value;
CREATE VIEW small AS SELECT '1.10'::json AS value;
CREATE VIEW searches AS SELECT to_tsvector('simple', 'a fat cat') AS vector,
  websearch_to_tsquery('simple', 'fat -dog') AS query, to_tsquery('english', 'the') AS empty;
"""


def value_of(view: str) -> Any:
    return Qail.get(view).columns("value")


@pytest.fixture
def kept(fresh_database: Database) -> Database:
    fresh_database.sql(TABLE)
    return fresh_database


def read_decimal(data: bytes) -> Any:
    return json.loads(data, parse_float=Decimal)


def write_decimal(value: Any) -> str:
    return json.dumps(value, default=lambda each: f"decimal {each}" if isinstance(each, Decimal) else NotImplemented)


@pytest.mark.feature("CO7")
def test_a_builder_sends_documents_to_json_columns(backend: Backend, kept: Database) -> None:
    values: list[Any] = [DOCUMENT, [1, [2]], "a str is a JSON string", 5, 1.5, True, {}, [], None, Json(None)]

    async def main() -> None:
        async with backend.connect(kept.dsn) as db:
            for number, value in enumerate(values):
                row = {"id": number, "plain": value, "value": value, "many": [value, None]}
                await db.execute(Qail.add("kept").values(row))
            rows = await db.fetch_all(Qail.get("kept").columns("id", "plain", "value", "many").order_by("id"))

            for number, *found, many in rows:
                value = None if isinstance(values[number], Json) else values[number]
                assert (found, many) == ([value, value], [value, None])
            nulls = Qail.get("kept").columns("id").is_null("value")
            assert await db.fetch_values(nulls) == [8]
            await db.execute(Qail.set("kept").values({"value": {"new": [None]}}).eq("id", 0))
            assert await db.fetch_value(Qail.get("kept").columns("value").eq("id", 0)) == {"new": [None]}
            assert await db.fetch_values(Qail.get("kept").columns("id").eq("value", {"new": [None]})) == [0]

    backend.run(main)


@pytest.mark.feature("CO7")
def test_copy_and_execute_many_write_documents(backend: Backend, kept: Database) -> None:
    async def main() -> None:
        async with backend.connect(kept.dsn) as db:
            await db.copy_in("kept", [(1, DOCUMENT, DOCUMENT, [[1], {}])])
            many = [{"id": number, "value": [number]} for number in (2, 3)]
            await db.execute_many(Qail.add("kept").values({"id": 0, "value": None}), many)

            found = await db.fetch_all(Qail.get("kept").columns("id", "value", "many").order_by("id"))

            assert [tuple(row) for row in found] == [(1, DOCUMENT, [[1], {}]), (2, [2], None), (3, [3], None)]

    backend.run(main)


@pytest.mark.feature("CO7")
@pytest.mark.feature("PA3")
@pytest.mark.parametrize("value", [math.nan, {"a": math.inf}, {1, 2}, "a\0", "\ud800", Decimal(1)])
def test_what_jsonb_cannot_hold_is_refused_and_the_connection_goes_on(
    backend: Backend, kept: Database, value: object
) -> None:
    async def main() -> None:
        async with backend.connect(kept.dsn) as db:
            with pytest.raises(EncodeError, match=r'parameter \$\d \(column "value"\): jsonb '):
                await db.execute(Qail.add("kept").values({"id": 1, "value": value}))
            assert await db.fetch_all(Qail.get("kept").columns("id")) == []

    backend.run(main)


@pytest.mark.feature("CO7")
def test_what_the_loader_cannot_read_is_an_error_of_its_column_and_the_next_query_works(
    backend: Backend, server_dsn: str
) -> None:
    async def main() -> None:
        async with backend.connect(server_dsn) as db:
            # The server keeps six thousand levels; Python reads fewer.
            with pytest.raises(DecodeError, match=r'column "value" of row 1: .*nested too deep'):
                await db.fetch_all(value_of("deep"))
            with pytest.raises(DecodeError, match=r'column "value" of row 1: .*beyond float'):
                await db.fetch_all(value_of("wide"))
            with pytest.raises(DecodeError, match="more digits than Python reads"):
                await db.fetch_all(value_of("long"))
            assert await db.fetch_value(value_of("exact")) == 10**400

    backend.run(main)


@pytest.fixture
def server_dsn(kept: Database) -> str:
    return kept.dsn


@pytest.mark.feature("CO7")
@pytest.mark.parametrize("of_pool", [False, True], ids=["connection", "pool"])
def test_own_functions_load_and_dump(backend: Backend, kept: Database, of_pool: bool) -> None:
    async def main() -> None:
        settings: dict[str, Any] = {"json_loads": read_decimal, "json_dumps": write_decimal}
        opened = backend.pool(kept.dsn, **settings) if of_pool else backend.connect(kept.dsn, **settings)
        async with opened as db:
            await db.execute(Qail.add("kept").values({"id": 1, "value": Decimal("1.10"), "many": [[1.5], None]}))

            found = await db.fetch_one(Qail.get("kept").columns("value", "many"))

            assert tuple(found) == ("decimal 1.10", [[Decimal("1.5")], None])
            assert await db.fetch_value(value_of("small")) == Decimal("1.10")
        async with backend.connect(kept.dsn) as plain:
            assert await plain.fetch_value(value_of("small")) == 1.1

    backend.run(main)


def boom(value: object) -> Any:
    raise KeyError("boom")


@pytest.mark.feature("CO7")
def test_what_own_functions_raise_stays_ours(backend: Backend, kept: Database) -> None:
    async def main() -> None:
        async with backend.connect(kept.dsn, json_loads=boom, json_dumps=boom) as db:
            with pytest.raises(EncodeError, match="json_dumps raised KeyError"):
                await db.execute(Qail.add("kept").values({"id": 1, "value": {}}))
            with pytest.raises(DecodeError, match="json_loads raised KeyError"):
                await db.fetch_all(value_of("small"))
            assert await db.fetch_values(Qail.get("kept").columns("id")) == []

    backend.run(main)


@pytest.mark.feature("CO7")
def test_types_can_be_named_and_json_says_its_own(backend: Backend, server_dsn: str) -> None:
    async def main() -> None:
        async with backend.connect(server_dsn) as db:
            row = await db.fetch_one(select(cast([1, {}], JSONB), cast({}, JSON), cast("$.a", JSONPATH)))
            assert tuple(row) == ([1, {}], {}, '$."a"')
            typed = select(cast(func.pg_typeof(Json([1])), TEXT), cast(func.pg_typeof([Json(1), None]), TEXT))
            assert tuple(await db.fetch_one(typed)) == ("jsonb", "jsonb[]")
            found = await db.fetch_value(
                select(func.jsonb_path_exists(cast(DOCUMENT, JSONB), cast("$.a[3].b", JSONPATH)))
            )
            assert found is True

    backend.run(main)


@pytest.mark.feature("CO17")
def test_text_search_says_what_it_is(backend: Backend, server_dsn: str) -> None:
    async def main() -> None:
        async with backend.connect(server_dsn) as db:
            vector, query, empty = await db.fetch_one(Qail.get("searches").columns("vector", "query", "empty"))
            assert (vector, query) == ("'a':1 'cat':3 'fat':2", "'fat' & !'dog'")
            assert (type(vector), type(query), type(empty), empty) == (qail.TsVector, qail.TsQuery, qail.TsQuery, "")
            assert await db.fetch_value(select(func.ts_match_vq(vector, query))) is True
            # It goes as text, alone of its statement's parameters.
            assert await db.fetch_value(select(func.ts_match_vq(vector, empty))) is False

    backend.run(main)
