"""SQL/JSON and the operators of jsonb, against hand-written SQL."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import (
    BYTEA,
    DATE,
    INT4,
    INT8,
    JSON,
    JSONB,
    JSONPATH,
    NUMERIC,
    TEXT,
    BuildError,
    Expr,
    Outcome,
    array_of,
    cast,
    func,
    json_array,
    json_arrayagg,
    json_column,
    json_exists,
    json_exists_column,
    json_nested,
    json_object,
    json_objectagg,
    json_ordinality,
    json_parse,
    json_query,
    json_scalar,
    json_serialize,
    json_table,
    json_value,
    literal,
    select,
)
from support.finishing import finish
from support.library import Loan, Reader, assert_same
from support.servers import Database, Server


def text(value: Expr[Any]) -> Expr[str]:
    """In PostgreSQL's own form, as the SQL beside it gives it."""
    return cast(value, TEXT)


ORDER = {"items": [{"sku": "pen", "n": 3, "tags": ["a", "b"]}, {"sku": "ink", "n": 12}, {"n": "x"}], "note": "it's"}
ORDER_SQL = """'{"items": [{"sku": "pen", "n": 3, "tags": ["a", "b"]}, {"sku": "ink", "n": 12}, {"n": "x"}],
 "note": "it''s"}'::jsonb"""
DOC = cast(ORDER, JSONB)
PLAIN = cast({"a": [1, 2], "b": "x"}, JSON).json
SKU, NUMBER = json_column("sku", TEXT, on_empty=literal("none")), json_column("n", INT4, on_error=literal(-1))
ITEMS = json_table(
    ORDER,
    "$.items[*]",
    json_ordinality("line"),
    SKU,
    NUMBER,
    json_column("raw", TEXT, path="$", format_json=True),
    json_exists_column("big", path="$.n ? (@ > $least)"),
    json_nested("$.tags[*]", json_ordinality("tag_line"), json_column("tag", TEXT, path="$")),
    alias="i",
    passing={"least": 10},
)
PER_READER = json_table(
    func.to_jsonb(func.array_fill(Reader.id, cast([2], array_of(INT4)))),
    "$[*]",
    json_ordinality("line"),
    json_column("n", INT8, path="$"),
    alias="j",
)
LOANS = select(Loan.title).where(Loan.reader_id == Reader.id).order_by(Loan.id)

SQL_JSON: list[tuple[str, Any, str]] = [
    (
        "json_exists",
        select(
            json_exists(ORDER, "$.items[*] ? (@.n > $n)", passing={"n": 5}),
            json_exists(DOC, "$.gone"),
            json_exists(DOC, "strict $.gone", on_error="true"),
            json_exists(DOC, cast("$.note", JSONPATH)),
        ),
        "VALUES (true, false, true, true)",
    ),
    (
        "json_value",
        select(
            json_value(DOC, "$.note"),
            text(json_value(DOC, "$.items[0].n", returning=NUMERIC)),
            json_value(DOC, "$.gone", returning=INT4, on_empty=literal(7)),
            json_value(DOC, "$.items", on_error=literal("many")),
            json_value(DOC, "$.items[$i].sku", passing={"i": 1}),
            text(json_value(DOC, "$.d", returning=DATE, on_empty=cast("2024-02-29", DATE))),
        ),
        "VALUES ('it''s', '3', 7, 'many', 'ink', '2024-02-29')",
    ),
    (
        "json_query",
        select(
            text(json_query(DOC, "$.items[0].tags")),
            text(json_query(DOC, "$.items[*].n", wrapper="unconditional")),
            text(json_query(DOC, "$.note", wrapper="conditional")),
            json_query(DOC, "$.note", returning=TEXT, quotes="omit"),
            text(json_query(DOC, "$.gone", on_empty="empty array")),
            text(json_query(DOC, "strict $.gone", on_error="empty object")),
            func.cardinality(json_query(DOC, "$.items[0].tags", returning=array_of(TEXT))),
        ),
        """VALUES ('["a", "b"]', '[3, 12, "x"]', '"it''s"', 'it''s', '[]', '{}', 2)""",
    ),
    (
        "json_table",
        select(
            ITEMS["line"], ITEMS[SKU], ITEMS[NUMBER], ITEMS["raw"], ITEMS["big"], ITEMS["tag_line"], ITEMS["tag"]
        ).from_(ITEMS),
        f"""SELECT * FROM JSON_TABLE({ORDER_SQL}, '$.items[*]' PASSING 10 AS least COLUMNS (
            line FOR ORDINALITY, sku text DEFAULT 'none' ON EMPTY, n int DEFAULT -1 ON ERROR,
            raw text FORMAT JSON PATH '$', big bool EXISTS PATH '$.n ? (@ > $least)',
            NESTED PATH '$.tags[*]' COLUMNS (tag_line FOR ORDINALITY, tag text PATH '$')))""",
    ),
    (
        "json_table of each row",
        select(Reader.id, PER_READER["line"], PER_READER["n"]).cross_join(PER_READER),
        "SELECT id, line, id FROM readers, generate_series(1, 2) line",
    ),
    (
        "json_table joined outside",
        select(Reader.id, PER_READER.outer("n")).left_join(PER_READER, on=Reader.id < 3),
        "SELECT id, CASE WHEN id < 3 THEN id END FROM readers, generate_series(1, 2) n WHERE id < 3 OR n = 1",
    ),
    (
        "objects and arrays",
        select(
            text(json_object({"id": Reader.id, "city": Reader.city}, on_null="absent", returning=JSONB)),
            text(json_object([(Reader.name, True), ("n", 1.5)], unique_keys=True)),
            text(json_array(Reader.id, None, "x", on_null="null", returning=JSONB)),
            text(json_array(LOANS, returning=JSONB)),
            json_object({"a": {"b": [1]}}, returning=TEXT),
        ),
        """SELECT jsonb_strip_nulls(jsonb_build_object('id', id, 'city', city))::text,
            '{' || to_json(name)::text || ' : true, "n" : 1.5}', jsonb_build_array(id, null, 'x')::text,
            (SELECT jsonb_agg(title ORDER BY id) FROM loans WHERE reader_id = r.id)::text,
            '{"a" : {"b": [1]}}' FROM readers r""",
    ),
    (
        "aggregates",
        select(
            Reader.active,
            text(json_arrayagg(Reader.city, order_by=[Reader.age.desc(), Reader.id], on_null="null", returning=JSONB)),
            text(json_objectagg(Reader.name, Reader.score, on_null="absent", returning=JSONB)),
            text(json_arrayagg(Reader.id, order_by=Reader.id, returning=JSONB).filter(Reader.age > 40)),
        ).group_by(Reader.active),
        """SELECT active, jsonb_agg(city ORDER BY age DESC, id)::text,
            jsonb_object_agg(name, score) FILTER (WHERE score IS NOT NULL)::text,
            jsonb_agg(id ORDER BY id) FILTER (WHERE age > 40)::text FROM readers GROUP BY active""",
    ),
    (
        "aggregates over a window",
        select(Reader.id, text(json_arrayagg(Reader.id, returning=JSONB).over(order_by=Reader.id))),
        "SELECT id, jsonb_agg(id) OVER (ORDER BY id)::text FROM readers",
    ),
    (
        "texts",
        select(
            text(json_parse('{"a": 1}', unique_keys=True)),
            text(json_scalar(1.5)),
            text(json_scalar("x")),
            json_serialize({"b": [1, 2]}),
            func.encode(json_serialize(cast("[1]", JSON), returning=BYTEA), "escape"),
        ),
        """VALUES ('{"a": 1}', '1.5', '"x"', '{"b":[1,2]}', '"[1]"')""",
    ),
    (
        "is json",
        select(
            cast('{"a": 1, "a": 2}', TEXT).json.is_json(),
            cast('{"a": 1, "a": 2}', TEXT).json.is_json(unique_keys=True),
            cast("[1]", TEXT).json.is_json("array"),
            cast("[1]", TEXT).json.is_not_json("object"),
            cast("1", TEXT).json.is_json("scalar"),
            cast("nonsense", TEXT).json.is_json(),
        ),
        "VALUES (true, false, true, true, true, false)",
    ),
    (
        "json that is no jsonb",
        select(
            text(PLAIN.get("a").json.get(1)),
            PLAIN.text("b"),
            text(PLAIN.path("a", 0)),
            PLAIN.path_text("a", -1),
            PLAIN.get("gone").is_null(),
        ),
        "VALUES ('2', 'x', '1', '2', true)",
    ),
    (
        "subscripts and changes",
        select(
            text(DOC.json.at("items", 0, "sku")),
            text(DOC.json.at("gone", 1)),
            text(func.jsonb_set(cast({"a": [1]}, JSONB), cast(["a", "0"], array_of(TEXT)), cast(2, JSONB))),
            text(cast({"a": 1, "b": [1, 2]}, JSONB).json.without_keys(["a"]).json.without_path("b", 0)),
            text(cast([1, 2], JSONB).json.without(0).json.merge([3])),
            DOC.json.path_matches('$.items[0].sku == "pen"'),
        ),
        """VALUES ('"pen"', NULL, '{"a": [2]}', '{"b": [2]}', '[2, 3]', true)""",
    ),
]


@pytest.mark.feature("EX7")
@pytest.mark.needs(version=17)
@pytest.mark.parametrize(("query", "sql"), [pytest.param(query, sql, id=name) for name, query, sql in SQL_JSON])
def test_documents_are_those_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql)


NEWER: list[tuple[Any, str, int]] = [
    (json_exists({}, "$"), "JSON_EXISTS", 17),
    (json_value({}, "$"), "JSON_VALUE", 17),
    (json_query({}, "$"), "JSON_QUERY", 17),
    (json_parse("1"), "JSON\\(\\)", 17),
    (json_scalar(1), "JSON_SCALAR", 17),
    (json_serialize({}), "JSON_SERIALIZE", 17),
    (ITEMS["line"], "JSON_TABLE", 17),
    (json_object({"a": 1}), "JSON_OBJECT", 16),
    (json_array(1), "JSON_ARRAY", 16),
    (json_array(select(literal(1))), "JSON_ARRAY", 16),
    (json_objectagg("a", 1), "JSON_OBJECTAGG", 16),
    (json_arrayagg(1), "JSON_ARRAYAGG", 16),
    (cast("1", TEXT).json.is_json(), "IS JSON", 16),
]


@pytest.mark.feature("EX7")
def test_what_is_newer_than_the_server_names_its_version_and_is_not_sent(any_server: Server) -> None:
    async def main() -> None:
        async with qail.connect(any_server.dsn) as connection:
            for item, name, needs in NEWER:
                query = select(item).from_(ITEMS) if name == "JSON_TABLE" else select(item)
                if any_server.version >= needs:
                    assert await connection.fetch_all(query)
                    continue
                with pytest.raises(BuildError, match=f"{name} needs PostgreSQL {needs}, and the server is") as refused:
                    await connection.fetch_all(query)
                assert refused.value.outcome is Outcome.NOT_SENT

    finish(main)
