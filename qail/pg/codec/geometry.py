"""point, line, lseg, box, path, polygon, circle: big-endian float8 numbers, bit by bit, as the named tuples of shapes.

Rule 1: only a shape's own class is taken, so that a tuple in a list is always a dimension of an array. Inside a shape
a point may be any tuple of two numbers; an int is taken for a float and a bool is not, as by float8.
Rule 2: what the server refuses is refused here: a path or polygon without points, a negative radius, a line whose `a`
and `b` are both within 1e-6 of 0.
Rule 3: a box is sent as it is made and kept as it comes: the server puts the corners in order, and so does Box.

Source: src/backend/utils/adt/geo_ops.c, point_send to circle_send and point_recv to circle_recv
"""

from __future__ import annotations

from typing import Any, Final, cast

from librt.strings import BytesWriter, read_f64_be, read_i32_be, write_f64_be, write_i32_be
from mypy_extensions import i32, i64, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.floating import float_of
from qail.pg.codec.refusal import out_of_range, wrong_length, wrong_type
from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from qail.pg.codec.text import MAX_FIELD_BYTES

POINT_BYTES: Final = 16
# EPSILON in src/include/utils/geo_decls.h: numbers this close are one number to the server's geometry.
EPSILON: Final = 1.0e-6
LINE_BYTES: Final = 24
CIRCLE_BYTES: Final = 24
TWO_POINTS_BYTES: Final = 32
COUNT_BYTES: Final = 4
# A path's flag and count.
PATH_HEAD_BYTES: Final = 5
MAX_POINTS: Final = (MAX_FIELD_BYTES - PATH_HEAD_BYTES) // POINT_BYTES

# A named tuple is made by its __new__, which is a function of Python; this does what that does, three times as fast.
_TUPLE: Final[Any] = tuple
_NEW: Final[Any] = _TUPLE.__new__
_POINT: Final[Any] = Point
_LINE: Final[Any] = Line
_PATH: Final[Any] = Path
_POLYGON: Final[Any] = Polygon
_CIRCLE: Final[Any] = Circle


class PointCodec(Codec):
    """point as Point: x, y."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append two numbers.

        Raises:
            EncodeError: `value` is no Point of two numbers.
        """
        if not isinstance(value, Point):
            raise wrong_type(self.type_name, value, "Point", "pass qail.Point(x, y)")
        start = len(out)
        write_i32_be(out, POINT_BYTES)
        write_numbers(out, start, self.type_name, value, 2)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Point.

        Raises:
            DecodeError: not sixteen bytes.
        """
        if length != POINT_BYTES:
            raise wrong_length(self.type_name, POINT_BYTES, length)
        return read_point(buffer, position)


class LineCodec(Codec):
    """line as Line: a, b, c."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append three numbers.

        Raises:
            EncodeError: `value` is no Line of three numbers, or its `a` and `b` are both 0 to the server.
        """
        if not isinstance(value, Line):
            raise wrong_type(self.type_name, value, "Line", "pass qail.Line(a, b, c)")
        start = len(out)
        write_i32_be(out, LINE_BYTES)
        write_numbers(out, start, self.type_name, value, 3)
        if abs(value.a) <= EPSILON and abs(value.b) <= EPSILON:
            out.truncate(start)
            raise out_of_range(self.type_name, value, "a or b beyond 1e-6 of 0", "multiply all three numbers")

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Line.

        Raises:
            DecodeError: not 24 bytes, or no line.
        """
        if length != LINE_BYTES:
            raise wrong_length(self.type_name, LINE_BYTES, length)
        a = read_f64_be(buffer, position)
        b = read_f64_be(buffer, position + 8)
        if abs(a) <= EPSILON and abs(b) <= EPSILON:
            raise DecodeError(f"{self.type_name} came with a and b both 0")
        return _NEW(_LINE, (a, b, read_f64_be(buffer, position + 16)))


class TwoPointsCodec(Codec):
    """lseg as LineSegment, or box as Box: two points."""

    def __init__(self, type_name: str, type_oid: int, shape: type[LineSegment | Box]) -> None:
        super().__init__(type_name, type_oid)
        self._shape: Final[Any] = shape

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append four numbers.

        Raises:
            EncodeError: `value` is not the type's class, or not of two points.
        """
        if not isinstance(value, self._shape):
            name = self._shape.__name__
            raise wrong_type(self.type_name, value, name, f"pass qail.{name}(point, point)")
        start = len(out)
        write_i32_be(out, TWO_POINTS_BYTES)
        write_points(out, start, self.type_name, cast("tuple[object, ...]", value))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A LineSegment or a Box.

        Raises:
            DecodeError: not 32 bytes.
        """
        if length != TWO_POINTS_BYTES:
            raise wrong_length(self.type_name, TWO_POINTS_BYTES, length)
        return _NEW(self._shape, (read_point(buffer, position), read_point(buffer, position + POINT_BYTES)))


class PathCodec(Codec):
    """path as Path: a byte, 1 when it is closed; Int32 count; the points."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the path.

        Raises:
            EncodeError: `value` is no Path of one point or more.
        """
        if not isinstance(value, Path):
            raise wrong_type(self.type_name, value, "Path", "pass qail.Path(points, is_closed=...)")
        fields = cast("tuple[object, ...]", value)
        points = points_of(self.type_name, fields[0])
        count: i64 = len(points)
        start = len(out)
        write_i32_be(out, i32(PATH_HEAD_BYTES + count * POINT_BYTES))
        out.append(u8(1 if fields[1] else 0))
        write_i32_be(out, i32(count))
        write_points(out, start, self.type_name, points)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Path.

        Raises:
            DecodeError: flag, count and bytes disagree.
        """
        if length < PATH_HEAD_BYTES or buffer[position] > 1:
            raise DecodeError(f"{self.type_name} of {length} bytes has no flag of 0 or 1 and no count")
        points = read_points(self.type_name, buffer, position + 1, length - 1)
        return _NEW(_PATH, (points, buffer[position] == 1))


class PolygonCodec(Codec):
    """polygon as Polygon: Int32 count; the points."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the polygon.

        Raises:
            EncodeError: `value` is no Polygon of one point or more.
        """
        if not isinstance(value, Polygon):
            raise wrong_type(self.type_name, value, "Polygon", "pass qail.Polygon(points)")
        fields = cast("tuple[object, ...]", value)
        points = points_of(self.type_name, fields[0])
        count: i64 = len(points)
        start = len(out)
        write_i32_be(out, i32(COUNT_BYTES + count * POINT_BYTES))
        write_i32_be(out, i32(count))
        write_points(out, start, self.type_name, points)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Polygon.

        Raises:
            DecodeError: count and bytes disagree.
        """
        return _NEW(_POLYGON, (read_points(self.type_name, buffer, position, length),))


class CircleCodec(Codec):
    """circle as Circle: the center, the radius."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append three numbers.

        Raises:
            EncodeError: `value` is no Circle of a point and a number, or the radius is negative.
        """
        if not isinstance(value, Circle):
            raise wrong_type(self.type_name, value, "Circle", "pass qail.Circle(Point(x, y), radius)")
        fields = cast("tuple[object, ...]", value)
        start = len(out)
        radius = float_of(self.type_name, fields[1])
        if radius < 0.0:
            raise out_of_range(self.type_name, value, "a radius of 0 or more, or NaN", "correct the radius")
        write_i32_be(out, CIRCLE_BYTES)
        write_numbers(out, start, self.type_name, fields[0], 2)
        write_f64_be(out, radius)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Circle.

        Raises:
            DecodeError: not 24 bytes, or a negative radius.
        """
        if length != CIRCLE_BYTES:
            raise wrong_length(self.type_name, CIRCLE_BYTES, length)
        radius = read_f64_be(buffer, position + POINT_BYTES)
        if radius < 0.0:
            raise DecodeError(f"{self.type_name} came with a negative radius")
        return _NEW(_CIRCLE, (read_point(buffer, position), radius))


def write_numbers(out: BytesWriter, start: i64, type_name: str, value: object, count: i64) -> None:
    """Append the numbers of a tuple that must have `count` of them.

    Raises:
        EncodeError: it is no such tuple; `out` is cut back to `start`.
    """
    shape: object = value
    numbers = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    if len(numbers) != count:
        out.truncate(start)
        raise wrong_type(type_name, shape, f"{count} numbers where this stands", "pass a qail.Point(x, y)")
    for number in numbers:
        if isinstance(number, float):
            write_f64_be(out, number)
            continue
        try:
            write_f64_be(out, float_of(type_name, number))
        except EncodeError:
            out.truncate(start)
            raise


def write_points(out: BytesWriter, start: i64, type_name: str, points: tuple[object, ...]) -> None:
    """Append the numbers of each point.

    Raises:
        EncodeError: one is no tuple of two numbers; `out` is cut back to `start`.
    """
    for point in points:
        write_numbers(out, start, type_name, point, 2)


def points_of(type_name: str, points: object) -> tuple[object, ...]:
    """The points of a path or polygon.

    Raises:
        EncodeError: no tuple, which only `_make` and `_replace` can leave there; none, or more than a field can hold.
    """
    if not isinstance(points, tuple):
        raise wrong_type(type_name, points, "a tuple of points", "make it anew instead of replacing its points")
    found = cast("tuple[object, ...]", points)
    if not found or len(found) > MAX_POINTS:
        raise out_of_range(type_name, found, f"1 to {MAX_POINTS} points", "pass None for nothing, or split it")
    return found


def read_point(buffer: bytes, position: i64) -> object:
    """The Point in the sixteen bytes at `position`; the caller has checked that they are there."""
    return _NEW(_POINT, (read_f64_be(buffer, position), read_f64_be(buffer, position + 8)))


def read_points(type_name: str, buffer: bytes, position: i64, length: i64) -> tuple[object, ...]:
    """The points of a path or polygon: Int32 count, then sixteen bytes each.

    Raises:
        DecodeError: no points, or the count and the number of bytes disagree.
    """
    if length < COUNT_BYTES:
        raise DecodeError(f"{type_name} ends before its count of points")
    count = i64(read_i32_be(buffer, position))
    # Compared by dividing, because a claimed count has no bound.
    if count <= 0 or (length - COUNT_BYTES) % POINT_BYTES != 0 or (length - COUNT_BYTES) // POINT_BYTES != count:
        raise DecodeError(f"{type_name} claims {count} points in {length} bytes")
    position += COUNT_BYTES
    points: list[object] = []
    while count > 0:
        points.append(read_point(buffer, position))
        position += POINT_BYTES
        count -= 1
    return tuple(points)


CODECS: Final[list[Codec]] = [
    PointCodec("point", 600),
    TwoPointsCodec("lseg", 601, LineSegment),
    PathCodec("path", 602),
    TwoPointsCodec("box", 603, Box),
    PolygonCodec("polygon", 604),
    LineCodec("line", 628),
    CircleCodec("circle", 718),
]
