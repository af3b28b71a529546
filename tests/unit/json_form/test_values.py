"""Values in the JSON form: each comes back equal and of the same class."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qail
from qail import BuildError, Qail
from qail.pg.codec.bit_string import BitString
from qail.pg.codec.interval import Interval
from qail.pg.codec.json import Json
from qail.pg.codec.mac import MacAddress
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from qail.pg.codec.shapes import Box, Circle, Point
from qail.pg.codec.snapshot import PgLsn, Tid
from qail.pg.codec.text_search import TsQuery, TsVector
from qail.pg.codec.vector import SparseVector


class Mood(StrEnum):
    SAD = "sad"


VALUES: list[Any] = [
    True, 0, -1, 2**53, 2**53 + 1, -(2**63), 10**400, 0.5, -0.0, 1e300, math.inf, -math.inf, "", "a'\"\\\n\u2028é😀",
    "\0", Decimal("1.500"), Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+10"), Decimal("-0.00"), b"", b"\x00\xff",
    date(1, 1, 1), date(9999, 12, 31), time(23, 59, 59, 999999), time(1, tzinfo=UTC), datetime(2024, 2, 29, 1, 2, 3, 4),
    datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=5, minutes=30))), timedelta(days=-1, microseconds=1),
    Interval(months=1, days=-2, microseconds=3), UUID(int=5), ip_address("10.0.0.1"), ip_address("::1"),
    ip_interface("10.0.0.1/8"), ip_network("10.0.0.0/8"), ip_network("::/0"), [1, [2, None], "x"], [], (1, (None, "a")),
    {"a": [1, {"b": None}], "type": "int"}, {1: "x"}, {}, Range(1, 5), Range(None, Decimal("2.50"), "(]"),
    Range(None, None), Range.empty(), Multirange([Range(1, 2), Range(5, None)]), Point(1.5, -2.0),
    Box(Point(1, 2), Point(0, 0)), Circle(Point(0, 0), 2.0),
    MacAddress("08:00:2b:01:02:03"), PgLsn(2**40), Tid(1, 2), TsQuery("'a' & 'b'"),
    TsVector("'a':1 'b'"), BitString("10110"), SparseVector({0: 1.5, 3: -2.0}, 6),
]  # fmt: skip


def again(value: Any) -> Any:
    query = Qail.values({"v": qail.TEXT}, (value,))
    text = query.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    found: Any = qail.from_json(text, trusted=True)
    return found.node.values[0]


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    found = again(value)

    assert type(found) is type(value)
    assert repr(found) == repr(value)


@pytest.mark.feature("ST9")
def test_a_nan_is_a_nan_and_a_json_document_stays_one() -> None:
    found = again(Json({"a": [1, None]}))

    assert math.isnan(again(math.nan))
    assert type(found) is Json
    assert found.value == {"a": [1, None]}


@pytest.mark.feature("ST9")
def test_a_member_of_an_enum_is_its_value() -> None:
    assert again(Mood.SAD) == "sad"
    assert again(bytearray(b"ab")) == b"ab"


@pytest.mark.feature("ST9")
@pytest.mark.parametrize(
    "value", ["\ud800", 1j, lambda: 0, object()], ids=["surrogate", "complex", "function", "object"]
)
def test_what_has_no_form_is_named(value: Any) -> None:
    with pytest.raises(BuildError, match="no JSON form"):
        Qail.get("t").eq("a", value).to_json()


PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.binary(),
        st.decimals(allow_nan=False),
        st.datetimes().map(lambda moment: moment.replace(fold=0)),
        st.dates(),
        st.uuids(),
    ),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@pytest.mark.feature("ST9")
@given(PLAIN)
def test_any_value_comes_back(value: Any) -> None:
    assert repr(again(value)) == repr(value)
