from __future__ import annotations

import array
import copy
import pickle
import struct
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import ArrayCodec, PgArray
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO15")
INT4 = CODECS["int4[]"]
TEXT = CODECS["text[]"]
SAMPLES: Final[dict[str, object]] = {
    "bool": True,
    "bytea": b"\0\xff",
    '"char"': "x",
    "name": "n",
    "int8": 2**62,
    "int2": -1,
    "int4": 7,
    "text": "é",
    "oid": 2**32 - 1,
    "xid": 3,
    "xml": "<a/>",
    "float4": 0.5,
    "float8": 0.1,
    "bpchar": "b ",
    "varchar": "v",
    "date": date(2024, 2, 29),
    "timestamp": datetime(2024, 2, 29, 1, 2, 3, 4),
    "timestamptz": datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC),
    "numeric": Decimal("1.20"),
    "uuid": UUID(int=5),
    "xid8": 2**64 - 1,
}


def array_bytes(sizes: list[int], bounds: list[int], *fields: bytes | None, oid: int = 23, flag: int = 0) -> bytes:
    """An array's binary form, as it is said, right or wrong."""
    parts = [struct.pack("!iiI", len(sizes), flag, oid)]
    parts += [struct.pack("!ii", size, bound) for size, bound in zip(sizes, bounds, strict=True)]
    parts += [b"\xff\xff\xff\xff" if field is None else struct.pack("!i", len(field)) + field for field in fields]
    return b"".join(parts)


def int4(value: int) -> bytes:
    return struct.pack("!i", value)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_type_has_its_array(name: str) -> None:
    value = [SAMPLES[name], None, SAMPLES[name]]

    assert round_trip(CODECS[name + "[]"], value) == value
    assert round_trip(CODECS[name + "[]"], []) == []


@given(st.lists(st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)), max_size=20))
def test_lists_round_trip(value: list[int | None]) -> None:
    assert round_trip(INT4, value) == value


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.data())
def test_every_dimension_round_trips(sizes: list[int], data: st.DataObject) -> None:
    elements = st.one_of(st.none(), st.text("ab", max_size=2))
    value: list[object] = data.draw(nested(elements, sizes))

    assert round_trip(TEXT, value) == value


def nested(elements: st.SearchStrategy[object], sizes: list[int]) -> st.SearchStrategy[list[object]]:
    inner = elements if len(sizes) == 1 else nested(elements, sizes[1:])
    return st.lists(inner, min_size=sizes[0], max_size=sizes[0])


def test_the_form_is_the_servers() -> None:
    assert encoded(INT4, []) == array_bytes([], [])
    assert encoded(INT4, [1, None]) == array_bytes([2], [1], int4(1), None, flag=1)
    assert encoded(INT4, [[1], [2]]) == array_bytes([2, 1], [1, 1], int4(1), int4(2))


@pytest.mark.parametrize("value", [(1, 2), range(1, 3), deque([1, 2]), array.array("i", [1, 2])])
def test_any_sequence_is_taken(value: object) -> None:
    assert round_trip(INT4, value) == [1, 2]


def test_tuples_nest_like_lists() -> None:
    assert round_trip(INT4, ((1, 2), [3, 4])) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("value", ["ab", b"ab", {1, 2}, {1: 2}, 5, None, iter([1]), memoryview(b"ab")])
def test_what_is_no_sequence_is_refused(value: object) -> None:
    refused(INT4, value, r"int4\[\] takes a list or another sequence, not")


@pytest.mark.parametrize(
    "value",
    [[[1], [2, 3]], [[1], 2], [[1, 2], None], [[[1]], [[2], [3]]], [1, [2]], [None, [1]], [[]], [[], []], [[1], []]],
)
def test_ragged_input_is_refused(value: object) -> None:
    refused(INT4, value, r"int4\[\]")


def test_seven_dimensions_are_refused() -> None:
    refused(INT4, [[[[[[[1]]]]]]], "at most 6 dimensions")
    endless: list[object] = []
    endless.append(endless)
    refused(INT4, endless, "at most 6 dimensions")


@pytest.mark.parametrize("value", [["a"], [1, 2**31], [True], [1, [2]], [[1], ["a"]]])
def test_a_bad_element_is_refused_and_the_array_named(value: object) -> None:
    refused(INT4, value, r"in int4\[\]: int4|in int4\[\]: int")


def test_a_shifted_lower_bound_is_a_pg_array() -> None:
    back = decoded(INT4, array_bytes([2, 1], [0, -3], int4(1), int4(2)))

    assert isinstance(back, PgArray)
    assert back.lower_bounds == (0, -3)
    assert list(back) == [[1], [2]]
    assert encoded(INT4, back) == array_bytes([2, 1], [0, -3], int4(1), int4(2))


def test_a_plain_list_has_lower_bounds_of_one() -> None:
    assert type(round_trip(INT4, PgArray([1], [1]))) is list


def test_a_pg_array_travels() -> None:
    value = PgArray([1, 2], [5])

    assert repr(value) == "PgArray([1, 2], lower_bounds=(5,))"
    others: list[PgArray] = [pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)]
    for other in others:
        assert isinstance(other, PgArray)
        assert (type(other), other, other.lower_bounds) == (PgArray, [1, 2], (5,))


@pytest.mark.parametrize("bounds", [[], [1, 1], [2**31], [2**31 - 1], [-(2**31) - 1]])
def test_lower_bounds_must_fit(bounds: list[int]) -> None:
    out = BytesWriter()
    with pytest.raises(EncodeError, match="lower bounds"):
        INT4.encode(out, PgArray([1, 2], bounds))
    assert out.getvalue() == b""


def test_an_empty_vector_of_one_dimension_is_empty() -> None:
    assert decoded(INT4, array_bytes([0], [1])) == []
    assert decoded(INT4, array_bytes([0, 2**31 - 1], [1, 1])) == []


@pytest.mark.parametrize("dimensions", [-(2**31), -1, 7, 2**31 - 1])
def test_a_number_of_dimensions_that_cannot_be_is_refused(dimensions: int) -> None:
    with pytest.raises(DecodeError, match="dimensions"):
        decoded(INT4, struct.pack("!iii", dimensions, 0, 23) + bytes(64))


@pytest.mark.parametrize("size", [-(2**31), -2, -1, 2, 3, 2**30, 2**31 - 1])
def test_a_size_that_the_bytes_cannot_hold_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="elements"):
        decoded(INT4, array_bytes([size], [1], b""))


def test_sizes_whose_product_overflows_are_refused() -> None:
    with pytest.raises(DecodeError, match="elements"):
        decoded(INT4, array_bytes([2**31 - 1] * 6, [1] * 6, int4(1)))
    with pytest.raises(DecodeError, match="elements"):
        decoded(INT4, array_bytes([2**22, 2**21, 2**21], [1] * 3, int4(1)))


@pytest.mark.parametrize("length", [each for each in hostile_lengths(4) if each not in (-1, 4)])
def test_an_element_length_that_cannot_be_is_refused(length: int) -> None:
    with pytest.raises(DecodeError):
        decoded(INT4, array_bytes([1], [1]) + struct.pack("!i", length) + int4(1))


def test_bytes_that_are_left_over_or_missing_are_refused() -> None:
    whole = array_bytes([2], [1], int4(1), int4(2))

    for end in range(len(whole)):
        with pytest.raises(DecodeError):
            decoded(INT4, whole[:end])
    with pytest.raises(DecodeError, match="follow"):
        decoded(INT4, whole + b"\0")
    with pytest.raises(DecodeError, match="follow an empty"):
        decoded(INT4, array_bytes([], []) + b"\0")


def test_elements_of_another_type_are_refused() -> None:
    with pytest.raises(DecodeError, match="elements of the type with OID 25"):
        decoded(INT4, array_bytes([1], [1], int4(1), oid=25))


@given(st.binary(max_size=80))
def test_any_bytes_give_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(INT4, array_bytes([], [])[:4] + data)
    except DecodeError:
        return
    assert isinstance(value, list)


def test_a_large_element_oid_is_unsigned() -> None:
    codec = ArrayCodec("mine[]", 4_000_000_001, CODECS["text"])
    large = ArrayCodec("mine[]", 5, ArrayCodec("x", 4_000_000_000, CODECS["int4"]).element)

    assert round_trip(codec, ["a"]) == ["a"]
    assert round_trip(large, [1]) == [1]
