"""Plain values where the server has no type for a parameter: the value's own goes along, in a transaction, too."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from qail import (
    INT4,
    TEXT,
    Interval,
    Json,
    Qail,
    Range,
    array,
    case,
    coalesce,
    col,
    func,
    greatest,
    json_array,
    json_object,
    least,
    literal,
    nullif,
    row,
    select,
)
from support.backends import Backend
from support.servers import Server

DAY, MOMENT = dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3)
AWARE = MOMENT.replace(tzinfo=dt.UTC)
NUMBERS = Qail.values({"n": INT4, "t": TEXT}, (1, "x"), (2, "y")).subquery("v")

ANY: list[tuple[Any, Any]] = [
    (func.concat("a", "b"), "ab"),
    (func.concat("a", 1, None, True, Decimal("1.50")), "a1t1.50"),
    (func.concat(None), ""),
    (func.concat_ws(",", "a", 2, None, DAY), "a,2,2024-01-02"),
    (func.format("%s is %L", "a", 1), "a is '1'"),
    (func.json_build_object("k", 1, "l", None), {"k": 1, "l": None}),
    (func.jsonb_build_object("k", [1, 2], "l", Json({"m": []})), {"k": [1, 2], "l": {"m": []}}),
    (func.json_build_array(1, "x", None, 1.5), [1, "x", None, 1.5]),
    (func.jsonb_build_array(True, UUID(int=1)), [True, str(UUID(int=1))]),
    (func.num_nulls("a", None, 1), 1),
    (func.num_nonnulls(None, b"x"), 1),
    (func.pg_typeof(MOMENT), "timestamp without time zone"),
    (func.pg_typeof(dt.timedelta(1)), "interval"),
    (func.pg_column_size(1), 8),
    (func.count("a"), 1),
    (func.json_object_agg("k", 1), {"k": 1}),
    (func.jsonb_object_agg("k", "v"), {"k": "v"}),
]
POLYMORPHIC: list[tuple[Any, Any]] = [
    (func.to_json("a"), "a"),
    (func.to_jsonb(1), 1),
    (func.to_jsonb(None), None),
    (func.json_agg("a"), ["a"]),
    (func.array_agg(1), [1]),
    (func.array_length([1, 2], 1), 2),
    (func.cardinality([["a"], ["b"]]), 2),
    (func.array_append([1], 2), [1, 2]),
    (func.array_append([1], None), [1, None]),
    (func.array_prepend("a", ["b"]), ["a", "b"]),
    (func.array_cat([1.5], [2.5]), [1.5, 2.5]),
    (func.array_position(["a", "b"], "b"), 2),
    (func.array_remove([1, 2], 1), [2]),
    (func.array_replace([1, 2], 1, 3), [3, 2]),
    (func.array_to_json([1, None]), [1, None]),
    (func.array_to_string([DAY], ","), "2024-01-02"),
    (func.array_fill(0, [2]), [0, 0]),
    (func.array_upper([1, 2.5], 1), 2),
    (func.width_bucket(5, [1, 10]), 1),
    (func.range_merge(Range(1, 2), Range(4, 5)), Range(1, 5)),
    (func.isempty(Range(1, 2)), False),
    (func.upper(Range(DAY, None, "[)")), None),
    (func.first_value("a").over(), "a"),
    (func.lag(1, 1, 0).over(), 0),
    (func.quote_literal(1), "'1'"),
]
SEVERAL_TYPES: list[tuple[Any, Any]] = [
    (func.abs(-1), 1),
    (func.mod(5, 3), 2),
    (func.max(1), 1),
    (func.min("a"), "a"),
    (func.sum(2.5), 2.5),
    (func.lower("A"), "a"),
    (func.length("ab"), 2),
    (func.length(b"abc"), 3),
    (func.date_trunc("day", MOMENT), MOMENT.replace(hour=0)),
    (func.date_part("hour", AWARE), 3.0),
    (func.to_char(5, "9"), " 5"),
    (func.to_char(MOMENT, "YYYY"), "2024"),
    (func.age(MOMENT, MOMENT), Interval()),
    (func.date_bin(dt.timedelta(days=1), MOMENT, MOMENT), MOMENT),
]
CONSTRUCTS: list[tuple[Any, Any]] = [
    (coalesce(None, 1), 1),
    (coalesce("a", "b"), "a"),
    (coalesce(None, None), None),
    (coalesce(None, b"x"), b"x"),
    (coalesce([1], [2]), [1]),
    (coalesce(None, Range(1, 2)), Range(1, 2)),
    (coalesce(dt.time(1), None), dt.time(1)),
    (coalesce(None, dt.timedelta(days=1)), Interval(days=1)),
    (nullif(b"x", b"x"), None),
    (greatest(1, 2.5), 2.5),
    (least(MOMENT, MOMENT), MOMENT),
    (case((literal(1) == 2, b"x"), else_=b"y"), b"y"),
    (case((literal(1) == 1, "x"), else_="y"), "x"),
    (case((1, "x"), (2, "y"), of=literal(2)), "y"),
    (array(1, 2), [1, 2]),
    (array("a", None), ["a", None]),
    (array(DAY), [DAY]),
    (row(1, "a", None), (1, "a", None)),
    (row(1, 2) < row(1, 3), True),
    (row("a", DAY) == row("a", DAY), True),
    (json_object({"a": 1, "b": [1]}), {"a": 1, "b": [1]}),
    (json_array(1, "a", b"x"), [1, "a", "\\x78"]),
]
CASES = [*ANY, *POLYMORPHIC, *SEVERAL_TYPES, *CONSTRUCTS]
QUERIES = [select(expression) for expression, _ in CASES]
VALUES = [value for _, value in CASES]
SERIES: list[tuple[Any, list[Any]]] = [
    (select(func.generate_series(1, 3)), [1, 2, 3]),
    (select(func.generate_series(MOMENT, MOMENT, dt.timedelta(days=1))), [MOMENT]),
    (select(func.unnest(["a", "b"])), ["a", "b"]),
    (
        select(col("v", "n"))
        .from_(NUMBERS)
        .where(func.concat("x", 1) == "x1")
        .order_by(func.concat("a", 1), col("v", "n")),
        [1, 2],
    ),
]


@pytest.mark.feature("PA1")
@pytest.mark.feature("EX5")
def test_plain_arguments_run_everywhere(backend: Backend, server: Server) -> None:
    """Alone, behind another statement in a transaction, in a pipeline and in a batch: each on a connection that has
    never seen them.
    """

    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            assert [await connection.fetch_value(query) for query in QUERIES] == VALUES
            assert [await connection.fetch_values(query) for query, _ in SERIES] == [values for _, values in SERIES]
        async with backend.connect(server.dsn) as connection, connection.transaction() as transaction:
            assert await transaction.fetch_value(select(literal(1))) == 1
            assert [await transaction.fetch_value(query) for query in QUERIES] == VALUES
            assert [await transaction.fetch_values(query) for query, _ in SERIES] == [values for _, values in SERIES]
        async with backend.connect(server.dsn) as connection, connection.transaction() as transaction:
            assert await transaction.fetch_value(select(literal(1))) == 1
            async with transaction.pipeline() as pipeline:
                answers = [pipeline.fetch_value(query) for query in QUERIES]
            assert [answer.result() for answer in answers] == VALUES
        async with backend.connect(server.dsn) as connection, connection.transaction() as transaction:
            assert await transaction.fetch_value(select(literal(1))) == 1
            results = await transaction.batch(QUERIES)
            assert [rows[0][0] for rows in results] == VALUES

    backend.run(body)


@pytest.mark.feature("PA1")
@pytest.mark.feature("PL4")
def test_a_value_of_another_type_in_such_a_place_is_another_plan(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection, connection.transaction() as transaction:
            for value, text in (("a", "a"), (1, "1"), (None, ""), (1.5, "1.5"), (True, "t"), ([1], "{1}"), (2, "2")):
                assert await transaction.fetch_value(select(func.concat(value))) == text
                assert await transaction.fetch_value(select(func.num_nulls(row(value, 1), value))) == (value is None)

    backend.run(body)


@pytest.mark.feature("PA1")
def test_an_argument_beside_an_expression_has_the_type_of_that(backend: Backend, server: Server) -> None:
    n, t = col("v", "n"), col("v", "t")

    async def body() -> None:
        async with backend.connect(server.dsn) as connection, connection.transaction() as transaction:
            # Beside an int4 the int is one, too: an int8 would make the result another type, or find no function.
            for call in (func.mod(n, 2), func.lag(n, 1, 0).over(order_by=n), func.array_append(array(n), 5)):
                types = await transaction.fetch_values(select(func.pg_typeof(call)).from_(NUMBERS))
                assert set(types) <= {"integer", "integer[]"}
            below = select(row(n, t) < row(2, "a")).from_(NUMBERS).order_by(n)
            assert await transaction.fetch_values(below) == [True, False]

    backend.run(body)
