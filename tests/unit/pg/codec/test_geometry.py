from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip
from support.value_cases import same
from support.values.geometry import STRATEGIES, WRONG

pytestmark = pytest.mark.feature("CO13")
NAMES = ["point", "line", "lseg", "box", "path", "polygon", "circle"]
FIXED = {"point": 16, "line": 24, "lseg": 32, "box": 32, "circle": 24}
ORIGIN, ONE = Point(0.0, 0.0), Point(1.0, 1.0)
ODD: Any = "no number"
each_name = pytest.mark.parametrize("name", NAMES)


@each_name
@given(data=st.data())
def test_shapes_of_any_floats_round_trip_bit_by_bit(name: str, data: st.DataObject) -> None:
    value = data.draw(STRATEGIES[name])

    back = round_trip(CODECS[name], value)

    assert same(back, value)
    assert str(back) == str(value)


def test_every_nan_keeps_its_bits() -> None:
    for bits in (0x7FF8_0000_0000_0001, 0xFFF8_0000_0000_0000, 0x7FF4_0000_0000_0000):
        (number,) = struct.unpack("!d", struct.pack("!Q", bits))
        written = encoded(CODECS["point"], Point(number, 0.0))
        assert written == struct.pack("!d", number) + bytes(8)


@pytest.mark.parametrize(
    ("name", "value", "layout", "numbers"),
    [
        ("point", Point(1.0, 2.0), "!2d", [1, 2]),
        ("line", Line(1.0, 2.0, 3.0), "!3d", [1, 2, 3]),
        ("lseg", LineSegment(Point(1.0, 2.0), Point(3.0, 4.0)), "!4d", [1, 2, 3, 4]),
        ("box", Box(Point(1.0, 4.0), Point(3.0, 2.0)), "!4d", [3, 4, 1, 2]),
        ("path", Path([Point(1.0, 2.0)]), "!Bi2d", [0, 1, 1, 2]),
        ("path", Path([Point(1.0, 2.0), ONE], is_closed=True), "!Bi4d", [1, 2, 1, 2, 1, 1]),
        ("polygon", Polygon([Point(1.0, 2.0), ONE]), "!i4d", [2, 1, 2, 1, 1]),
        ("circle", Circle(Point(1.0, 2.0), 3.0), "!3d", [1, 2, 3]),
    ],
)
def test_the_bytes(name: str, value: object, layout: str, numbers: list[int]) -> None:
    assert encoded(CODECS[name], value) == struct.pack(layout, *numbers)


def test_ints_and_plain_tuples_stand_for_floats_and_points() -> None:
    pair: Any = (1, 2)

    assert round_trip(CODECS["point"], Point(1, 2)) == Point(1.0, 2.0)
    assert type(round_trip(CODECS["line"], Line(1, 2, 3))[0]) is float  # type: ignore[index]  # a Line came back
    assert round_trip(CODECS["polygon"], Polygon([pair])) == Polygon([Point(1.0, 2.0)])
    assert round_trip(CODECS["circle"], Circle(pair, 3)) == Circle(Point(1.0, 2.0), 3.0)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_is_no_value_of_the_type_is_refused_and_nothing_is_written(name: str, value: object) -> None:
    refused(CODECS[name], value, name)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("point", (1.0, 2.0), r"point takes Point, not tuple \(1.0, 2.0\): pass qail.Point\(x, y\)"),
        ("point", Point(ODD, 1.0), "point takes float or int, not str 'no number'"),
        ("point", Point(1.0, True), "point takes float or int, not bool True"),
        ("point", Point(1.0, 10**400), "is outside point"),
        ("line", Line(1e-6, -1e-6, 5.0), r"is outside line \(a or b beyond 1e-6 of 0\)"),
        ("lseg", LineSegment(ORIGIN, ODD), "lseg takes 2 numbers where this stands, not str"),
        ("box", LineSegment(ORIGIN, ONE), r"box takes Box, not LineSegment .*: pass qail.Box\(point, point\)"),
        ("path", Path([]), "is outside path .1 to 67108863 points.: pass None for nothing"),
        ("path", Path([ORIGIN])._replace(points=ODD), "path takes a tuple of points, not str"),
        ("polygon", Polygon([ORIGIN])._replace(points=()), "is outside polygon"),
        ("circle", Circle(ORIGIN, -5e-324), r"is outside circle \(a radius of 0 or more, or NaN\)"),
    ],
)
def test_the_message_says_what_is_wrong_and_what_to_do(name: str, value: object, message: str) -> None:
    refused(CODECS[name], value, message)


def test_a_bad_point_behind_good_ones_leaves_nothing_behind() -> None:
    refused(CODECS["path"], Path([ORIGIN] * 1000 + [ODD]), "path takes 2 numbers")
    refused(CODECS["polygon"], Polygon([ORIGIN] * 1000 + [Point(0.0, ODD)]), "polygon takes float or int")


def test_negative_zero_is_no_negative_radius() -> None:
    assert math.copysign(1.0, round_trip(CODECS["circle"], Circle(ORIGIN, -0.0))[1]) == -1.0  # type: ignore[index]  # a Circle came back


@pytest.mark.parametrize(("name", "size"), FIXED.items())
def test_another_size_is_refused(name: str, size: int) -> None:
    for wrong in {0, 1, 8, size - 1, size + 1, size + 8}:
        with pytest.raises(DecodeError, match=f"{name} has {size} bytes, and {wrong} came"):
            decoded(CODECS[name], bytes(wrong))


@pytest.mark.parametrize("count", [*hostile_lengths(2), 2**28])
def test_a_count_that_does_not_fit_the_bytes_is_refused(count: int) -> None:
    body = struct.pack("!i", count) + bytes(32)

    for name, data in (("polygon", body), ("path", b"\1" + body)):
        if count == 2:
            assert len(decoded(CODECS[name], data)[0]) == 2  # type: ignore[index]  # a shape came back
            continue
        with pytest.raises(DecodeError, match=f"{name} claims {count} points"):
            decoded(CODECS[name], data)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 4])
def test_a_path_without_its_head_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="has no flag of 0 or 1 and no count"):
        decoded(CODECS["path"], data)


def test_a_flag_of_two_is_refused() -> None:
    with pytest.raises(DecodeError, match="no flag of 0 or 1"):
        decoded(CODECS["path"], b"\2" + struct.pack("!i2d", 1, 0, 0))


@pytest.mark.parametrize("data", [b"", b"\0" * 3])
def test_a_polygon_without_its_count_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="ends before its count"):
        decoded(CODECS["polygon"], data)


def test_what_no_server_makes_is_refused() -> None:
    with pytest.raises(DecodeError, match="line came with a and b both 0"):
        decoded(CODECS["line"], struct.pack("!3d", 0.0, -1e-7, 1.0))
    with pytest.raises(DecodeError, match="circle came with a negative radius"):
        decoded(CODECS["circle"], struct.pack("!3d", 0.0, 0.0, -1.0))


def test_a_box_is_kept_as_it_comes() -> None:
    found = decoded(CODECS["box"], struct.pack("!4d", 0.0, 1.0, 2.0, 3.0))

    assert isinstance(found, Box)
    assert (found.high, found.low) == (Point(0.0, 1.0), Point(2.0, 3.0))


@each_name
@given(data=st.data())
def test_any_bytes_are_a_value_that_encodes_again_or_a_decode_error(name: str, data: st.DataObject) -> None:
    head = data.draw(st.sampled_from([b"", b"\0\0\0\1", b"\1\0\0\0\1", b"\0\0\0\2", b"\0\0\0\0\2"]))
    size = data.draw(st.sampled_from([0, 15, 16, 24, 32, 33]))
    given_bytes = head + data.draw(st.binary(min_size=size, max_size=size))

    try:
        found = decoded(CODECS[name], given_bytes)
    except DecodeError:
        return
    assert encoded(CODECS[name], found) == given_bytes


@each_name
def test_arrays_of_several_dimensions_keep_their_shapes(name: str) -> None:
    value = next(iter(SAMPLES[name]))
    codec = CODECS[name + "[]"]

    for many in ([value, None], [[value, value], [None, value]], []):
        assert round_trip(codec, many) == many
    refused(codec, [tuple(value)], f"in {name}")


SAMPLES: dict[str, list[Any]] = {
    "point": [ONE],
    "line": [Line(1.0, 2.0, 3.0)],
    "lseg": [LineSegment(ORIGIN, ONE)],
    "box": [Box(ORIGIN, ONE)],
    "path": [Path([ORIGIN, ONE])],
    "polygon": [Polygon([ORIGIN, ONE])],
    "circle": [Circle(ONE, 2.0)],
}
