from __future__ import annotations

import copy
import pickle
import struct
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qail
from qail import Range
from qail.errors import DecodeError
from qail.pg.codec.range import EMPTY, LOWER_INCLUSIVE, UPPER_INFINITE, RangeCodec
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO14")

INT4RANGE, NUMRANGE = CODECS["int4range"], CODECS["numrange"]
numbers = st.integers(-(2**31), 2**31 - 1)
bounds = st.sampled_from(["[)", "[]", "(]", "()"])


def ranges() -> st.SearchStrategy[Range[int]]:
    pairs = st.tuples(numbers | st.none(), numbers | st.none()).filter(
        lambda pair: pair[0] is None or pair[1] is None or pair[0] <= pair[1]
    )
    return st.builds(lambda pair, kind: Range(pair[0], pair[1], kind), pairs, bounds)


@given(ranges())
def test_ranges_round_trip(value: Range[int]) -> None:
    assert round_trip(INT4RANGE, value) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_a_range_or_a_decode_error(data: bytes) -> None:
    for codec in (INT4RANGE, CODECS["tstzrange"]):
        try:
            value = decoded(codec, data)
        except DecodeError:
            continue
        assert round_trip(codec, value) == value


def test_the_bytes_are_flags_and_bounds() -> None:
    assert encoded(INT4RANGE, Range(1, 5)) == bytes([LOWER_INCLUSIVE]) + struct.pack("!iiii", 4, 1, 4, 5)
    assert encoded(INT4RANGE, Range.empty()) == bytes([EMPTY])
    assert encoded(INT4RANGE, Range(7)) == bytes([LOWER_INCLUSIVE | UPPER_INFINITE]) + struct.pack("!ii", 4, 7)
    assert encoded(INT4RANGE, Range(None, None)) == b"\x18"


@pytest.mark.parametrize("length", hostile_lengths(4))
def test_a_hostile_length_of_a_bound_is_a_decode_error(length: int) -> None:
    data = bytes([LOWER_INCLUSIVE | UPPER_INFINITE]) + struct.pack("!i", length) + b"\0\0\0\1"
    if length == 4:
        assert decoded(INT4RANGE, data) == Range(1)
        return
    with pytest.raises(DecodeError, match="int4range"):
        decoded(INT4RANGE, data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x20",
        b"\x03",
        b"\x41",
        b"\x02",
        b"\x02\0\0",
        b"\x18\0",
        b"\x01\0",
        b"\x10" + struct.pack("!iib", 4, 1, 0),
    ],
)
def test_wrong_flags_missing_bounds_and_trailing_bytes_are_decode_errors(data: bytes) -> None:
    with pytest.raises(DecodeError, match="int4range"):
        decoded(INT4RANGE, data)


def test_a_bound_that_is_no_value_of_the_subtype_says_which() -> None:
    with pytest.raises(DecodeError, match="in the upper bound of int4range: a value of int4 has 4 bytes, and 2 came"):
        decoded(INT4RANGE, b"\x08" + struct.pack("!ih", 2, 1))


def test_what_is_no_range_or_does_not_fit_is_refused_and_nothing_is_written() -> None:
    refused(INT4RANGE, "[1,5)", r"int4range takes a Range, not str '\[1,5\)': pass qail.Range")
    refused(INT4RANGE, (1, 5), "int4range takes a Range, not tuple")
    refused(INT4RANGE, Range("a"), "in the lower bound of int4range: int4 takes int, not str 'a'")
    refused(INT4RANGE, Range(1, 2**31), "in the upper bound of int4range: int 2147483648 is outside int4")


def test_what_postgresql_makes_of_every_range_is_made_here_too() -> None:
    assert Range(5, 5) == Range(5, 5, "(]") == Range(5, 5, "()") == Range.empty()
    assert not Range(5, 5, "[]").is_empty
    unbounded: Range[int] = Range(None, None, "[]")
    assert (unbounded.lower_inc, unbounded.upper_inc, unbounded.bounds) == (False, False, "()")
    assert (unbounded.lower_inf, unbounded.upper_inf, Range.empty().lower_inf) == (True, True, False)
    nan = Range(Decimal(1), Decimal("NaN"))
    assert nan.lower == Decimal(1)
    assert not nan.upper_inc


@pytest.mark.parametrize("kind", ["", "[", "[[", "][", "[)x"])
def test_bounds_that_are_none_are_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="the bounds of a range"):
        Range(1, 2, kind)


def test_bounds_the_wrong_way_round_are_refused_but_for_text_whose_order_the_server_knows() -> None:
    with pytest.raises(ValueError, match="lower bound is at most its upper bound, not 5 to 1"):
        Range(5, 1)
    assert Range("b", "A").upper == "A"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Range(1, 5), "[1,5)"),
        (Range(1, 5, "(]"), "(1,5]"),
        (Range(None, 5, "[]"), "(,5]"),
        (Range(1), "[1,)"),
        (Range(), "(,)"),
        (Range.empty(), "empty"),
        (Range("a b", 'q"q\\'), '["a b","q""q\\\\")'),
        (Range("", ","), '["",",")'),
        (Range(date(2024, 2, 29), None), "[2024-02-29,)"),
    ],
)
def test_str_is_postgresqls_literal_and_repr_evaluates(value: Range[Any], text: str) -> None:
    assert str(value) == text
    assert eval(repr(value), {"Range": Range, "datetime": __import__("datetime")}) == value


@given(ranges(), ranges(), numbers)
def test_ranges_hold_what_lies_between_their_bounds(one: Range[int], other: Range[int], number: int) -> None:
    inside = set(range(-3, 4))
    held = {each for each in inside if each in one}
    if other in one:
        assert {each for each in inside if each in other} <= held
    assert (number in one) == (Range(number, number, "[]") in one)
    assert Range.empty() in one
    assert one in Range()
    assert None not in one


@given(st.lists(ranges(), max_size=6))
def test_ranges_are_ordered_empty_first_then_by_their_bounds(values: list[Range[int]]) -> None:
    ordered = sorted(values)

    for one, other in pairwise(ordered):
        assert one <= other
        assert other >= one
        assert not other < one
        assert (one == other) == (not one < other)
    if values:
        assert Range.empty() <= ordered[0]


def test_a_range_is_immutable_hashable_and_travels() -> None:
    for value in (Range(1, 5), Range(None, Decimal("1.5"), "(]"), Range.empty()):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
        assert hash(value) == hash(copy.copy(value))
    untyped: Any = Range(1, 5)
    with pytest.raises(AttributeError, match="does not change"):
        untyped.lower = 3
    with pytest.raises(AttributeError, match="does not change"):
        del untyped.lower
    with pytest.raises(AttributeError):
        untyped.other = 3
    assert Range(1, 5) != "[1,5)"
    assert bool(Range(1, 5)) is not bool(Range.empty())
    with pytest.raises(TypeError):
        _ = untyped < 5


def test_a_range_is_generic_at_run_time() -> None:
    @dataclass
    class Booking:
        nights: Range[date]

    assert Booking(Range(date(2024, 1, 1), date(2024, 1, 2))).nights.upper == date(2024, 1, 2)
    assert Range[int] == qail.Range[int]


def test_a_range_over_anything_else_is_a_range_codec() -> None:
    codec = RangeCodec("app.flags", 50_000, CODECS["bool"])

    assert round_trip(codec, Range(False, True)) == Range(False, True)
