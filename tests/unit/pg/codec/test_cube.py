from __future__ import annotations

import math
import pickle
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.cube import EXTENSION_CODECS, MAX_CUBE_DIMENSIONS, Cube
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO17")
CODEC = EXTENSION_CODECS["cube"]("cube", 99_999)
POINT = 2**31
floats = st.floats(allow_nan=False)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (Cube(()), struct.pack("!I", POINT)),
        (Cube([1, 2]), struct.pack("!Idd", POINT + 2, 1, 2)),
        (Cube([1, 2], [1, 2]), struct.pack("!Idd", POINT + 2, 1, 2)),
        (Cube([1, 2], [0, 3.5]), struct.pack("!Idddd", 2, 1, 2, 0, 3.5)),
        (Cube([0.0], [-0.0]), struct.pack("!Idd", 1, 0.0, -0.0)),
    ],
)
def test_corners_follow_the_header(value: Cube, data: bytes) -> None:
    assert encoded(CODEC, value) == data
    assert decoded(CODEC, data) == value


@given(st.lists(st.tuples(floats, floats), max_size=MAX_CUBE_DIMENSIONS))
def test_any_box_round_trips(pairs: list[tuple[float, float]]) -> None:
    value = Cube([first for first, _ in pairs], [second for _, second in pairs])

    assert repr(round_trip(CODEC, value)) == repr(value)


def test_a_cube_is_a_value() -> None:
    value, point = Cube([1, 2], (3, 4.5)), Cube([0.1])

    assert (value.corner, value.opposite, value.is_point) == ((1.0, 2.0), (3.0, 4.5), False)
    assert (point.corner, point.opposite, point.is_point) == ((0.1,), (0.1,), True)
    assert {value: 1}[Cube([1, 2], [3, 4.5])] == 1
    assert value != Cube([3, 4.5], [1, 2])
    assert value != ((1.0, 2.0), (3.0, 4.5))
    assert eval(repr(value)) == value
    assert eval(repr(point)) == point
    assert pickle.loads(pickle.dumps(value)) == value
    assert (str(value), str(point), str(Cube(()))) == ("(1.0, 2.0),(3.0, 4.5)", "(0.1)", "()")


@pytest.mark.parametrize("corners", [([1], [1, 2]), ([0.0] * 101,)])
def test_corners_that_cannot_be_are_refused(corners: tuple[list[float], ...]) -> None:
    with pytest.raises(ValueError, match="one number of dimensions, at most 100"):
        Cube(*corners)


@pytest.mark.parametrize("value", [(1, 2), [1.0], "(1)", 5])
def test_only_cubes_are_taken(value: object) -> None:
    refused(CODEC, value, "cube takes Cube, not")


def test_nan_is_kept() -> None:
    found = round_trip(CODEC, Cube([math.nan], [1]))

    assert isinstance(found, Cube)
    assert math.isnan(found.corner[0])


@given(st.binary(max_size=64))
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        return
    assert repr(round_trip(CODEC, value)) == repr(value)


@pytest.mark.parametrize("header", [0, 2, 2**31 - 1, POINT, POINT + 1, POINT + 3, 2**32 - 1])
def test_a_hostile_header_is_refused(header: int) -> None:
    with pytest.raises(DecodeError, match="cube claims"):
        decoded(CODEC, struct.pack("!Idd", header, 1, 2))


def test_too_many_dimensions_are_refused() -> None:
    with pytest.raises(DecodeError, match="cube claims 101 dimensions"):
        decoded(CODEC, struct.pack("!I101d", POINT + 101, *[0.0] * 101))
    with pytest.raises(DecodeError, match="at least 4 bytes"):
        decoded(CODEC, b"\0\0\0")
