"""The type a plain value says by itself: the same as where a description asks for it, and a part of the shape."""

from __future__ import annotations

import datetime as dt
import ipaddress
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import pytest

import qail
from qail import Qail, col, func, row, select
from qail.ast.expression.own_type import ALIKE, EACH_FROM, own_type, sent_type
from qail.compile.cache import lookup
from qail.pg.codec.snapshot import PgLsn, Tid
from qail.pg.steps.infer import own_oid

DAY, MOMENT = dt.date(2024, 1, 2), dt.datetime(2024, 1, 2)


class Word(StrEnum):
    A = "a"


class Number(IntEnum):
    ONE = 1


class Pair(NamedTuple):
    left: int
    right: int


VALUES: list[Any] = [
    True,
    1,
    Number.ONE,
    1.5,
    Decimal(1),
    b"x",
    bytearray(b"x"),
    memoryview(b"x"),
    DAY,
    MOMENT,
    MOMENT.replace(tzinfo=dt.UTC),
    dt.time(1),
    dt.time(1, tzinfo=dt.UTC),
    dt.timedelta(1),
    UUID(int=1),
    ipaddress.ip_address("10.0.0.1"),
    ipaddress.ip_address("::1"),
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("::/8"),
    qail.Interval(days=1),
    qail.Json({}),
    qail.BitString("101"),
    qail.MacAddress("08:00:2b:01:02:03"),
    qail.MacAddress("08:00:2b:01:02:03:04:05"),
    qail.Point(1, 2),
    qail.Box(qail.Point(1, 2), qail.Point(0, 0)),
    qail.Circle(qail.Point(1, 2), 3),
    PgLsn(1),
    Tid(1, 2),
    qail.PgDate(-746_444),
    qail.TsVector("'a'"),
    qail.TsQuery("'a'"),
    qail.Range(1, 2),
    qail.Range(None, Decimal(1)),
    qail.Range(DAY, None),
    qail.Range(MOMENT, None),
    qail.Multirange([qail.Range(1, 2)]),
    [1, None],
    [None, 1.5],
    [DAY],
]


@pytest.mark.feature("PA1")
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_it_is_the_type_that_a_description_would_ask_with(value: Any) -> None:
    found = own_type(value)

    assert found is not None
    assert found.oid == own_oid(value)
    assert sent_type(value) is found or isinstance(value, list)


@pytest.mark.feature("PA1")
@pytest.mark.parametrize("value", ["x", Word.A])
def test_text_says_so_only_where_nothing_else_does(value: str) -> None:
    found = sent_type(value)

    assert own_type(value) is None
    assert found is not None
    assert found.oid == own_oid(value)


@pytest.mark.feature("PA1")
@pytest.mark.parametrize(
    "value", [object(), {"a": 1}, [], [None], [1, "a"], [object()], qail.Unknown("x"), qail.Range(), Pair(1, 2)]
)
def test_what_says_nothing_is_left_to_the_server(value: Any) -> None:
    assert sent_type(value) is None


def names_of(expression: Any) -> list[str | None]:
    return [None if pg is None else pg.name for pg in lookup(select(expression)).plan.parameter_types]


@pytest.mark.feature("PA1")
def test_arguments_that_nothing_else_types_say_their_own() -> None:
    assert names_of(func.concat("a", 1, None)) == ["text", "int8", "text"]
    assert names_of(func.concat_ws(",", 1)) == [None, "int8"]
    assert names_of(func.array_append([1], 2)) == ["int8[]", "int8"]
    assert names_of(func.array_append([1.5], None)) == ["float8[]", None]
    assert names_of(func.array_append(None, None)) == ["text", "text"]
    assert names_of(func.lag(1, 2, 3).over()) == ["int8", None, "int8"]
    assert names_of(func.named("concat", schema="pg_catalog")("a")) == ["text"]
    assert names_of(row(1, "a")) == ["int8", "text"]
    assert names_of(func.percentile_cont([0.25, 0.75]).within_group(col("n"))) == ["float8[]"]
    assert names_of(func.percentile_disc(0.5).within_group(col("n"))) == ["float8"]


@pytest.mark.feature("PA1")
def test_others_are_left_to_the_server() -> None:
    n = col("n")
    assert names_of(func.array_append(n, 2)) == [None]
    assert names_of(func.mod(7, n)) == [None]
    assert names_of(func.substr("abc", 1, 2)) == [None, None, None]
    assert names_of(func.named("concat", schema="mine")("a")) == [None]
    assert names_of(func.make_interval(days=1)) == [None]
    assert names_of(row(n, 2) < row(1, n)) == [None, None]


@pytest.mark.feature("PL4")
def test_a_plan_has_values_of_one_type_in_such_a_place() -> None:
    def plan(*values: Any) -> object:
        return lookup(select(func.concat(*values))).plan

    assert plan("a", 1) is plan("b", 2)
    assert len({id(plan(value)) for value in ("a", 1, 1.5, True, DAY, MOMENT, [1], ["a"], b"x")}) == 9
    assert plan(None) is plan("a")


@pytest.mark.feature("PL3")
def test_elsewhere_the_type_of_a_value_makes_no_other_plan() -> None:
    query = Qail.get("t")

    assert lookup(query.where(func.f(1) == "x")).plan is lookup(query.where(func.f("y") == 2)).plan
    assert lookup(select(func.substr("a", 1))).plan is lookup(select(func.substr("b", 2))).plan


def test_a_function_is_in_one_of_the_tables() -> None:
    assert not EACH_FROM.keys() & ALIKE.keys()
