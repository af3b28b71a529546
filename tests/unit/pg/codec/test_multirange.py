from __future__ import annotations

import pickle
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import Multirange, Range
from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO14")

CODEC = CODECS["int4multirange"]
numbers = st.integers(-(2**31), 2**31 - 1)
ranges = st.tuples(numbers, numbers).map(lambda pair: Range(min(pair), max(pair)))


@given(st.lists(ranges, max_size=5))
def test_multiranges_round_trip(values: list[Range[int]]) -> None:
    value = Multirange(values)

    assert round_trip(CODEC, value) == value
    assert round_trip(CODEC, values) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_a_multirange_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        return
    assert round_trip(CODEC, value) == value


def test_the_bytes_are_a_count_and_ranges_as_fields() -> None:
    assert encoded(CODEC, Multirange()) == b"\0\0\0\0"
    assert encoded(CODEC, [Range.empty()]) == struct.pack("!iiB", 1, 1, 1)


@pytest.mark.parametrize("count", [-(2**31), -1, 2, 2**31 - 1])
def test_a_hostile_count_is_a_decode_error(count: int) -> None:
    with pytest.raises(DecodeError, match="int4multirange"):
        decoded(CODEC, struct.pack("!iiB", count, 1, 1))


@pytest.mark.parametrize("length", hostile_lengths(1))
def test_a_hostile_length_of_a_range_is_a_decode_error(length: int) -> None:
    data = struct.pack("!iiB", 1, length, 1)
    if length == 1:
        assert decoded(CODEC, data) == Multirange([Range.empty()])
        return
    with pytest.raises(DecodeError, match="int4multirange"):
        decoded(CODEC, data)


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\0\0\0\0\0", struct.pack("!iiBB", 1, 1, 1, 1)])
def test_bytes_too_few_and_too_many_are_decode_errors(data: bytes) -> None:
    with pytest.raises(DecodeError, match="int4multirange"):
        decoded(CODEC, data)


def test_what_holds_no_ranges_is_refused_and_nothing_is_written() -> None:
    refused(CODEC, Range(1, 5), "int4multirange takes a Multirange or a list of Range objects, not Range")
    refused(CODEC, [1], "in int4multirange: int4range takes a Range, not int 1")
    refused(CODEC, [None], "in int4multirange: int4range takes a Range, not NoneType")
    refused(CODEC, [Range(1, 2), Range("a")], "in int4multirange: in the lower bound of int4range: int4 takes int")


def test_a_multirange_is_a_tuple_of_ranges() -> None:
    value = Multirange([Range(1, 3), Range(7, 9, "[]")])

    assert str(value) == "{[1,3),[7,9]}"
    assert str(Multirange()) == "{}"
    assert eval(repr(value)) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert type(pickle.loads(pickle.dumps(value))) is Multirange
    assert hash(value) == hash(Multirange(list(value)))
    assert [each in value for each in (0, 1, 3, 9, Range(1, 2), Range(2, 8), Range.empty())] == [
        *(False, True, False, True, True, False, True)
    ]
    assert value < Multirange([Range(1, 4)])
    assert value[0] == Range(1, 3)
    numbers_only: Any = [1]
    with pytest.raises(TypeError, match="is of Range objects, and int is none"):
        Multirange(numbers_only)
    assert len({Multirange[int], Multirange[str]}) == 2
