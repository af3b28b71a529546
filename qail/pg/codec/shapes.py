"""Point, Line, LineSegment, Box, Path, Polygon, Circle: the values of PostgreSQL's seven geometric types.

Rule 1: they are named tuples of floats: immutable, and equal when all their numbers are. PostgreSQL's own `=` on shapes
compares areas or lengths, or allows for 1e-6; ours compares what was written. A NaN equals nothing, as ever.
Rule 2: the text of each is PostgreSQL's literal, which the server reads as the very value; its repr evaluates.
Rule 3: a Box has its upper right corner first and its lower left one second, whichever two opposite corners it was
made of: the server keeps no other order. So a Box equals what comes back for it. (`_make` and `_replace`, which every
named tuple has, put nothing in order; the server still does.)

Source: datatype-geometric.html; src/backend/utils/adt/geo_ops.c
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self

from mypy_extensions import mypyc_attr

_TUPLE: Final[Any] = tuple
_NEW: Final[Any] = _TUPLE.__new__


@mypyc_attr(native_class=False)
class Point(NamedTuple):
    """A point of the plane: point.

    >>> print(Point(1.0, -2.5))
    (1,-2.5)
    """

    x: float
    y: float

    def __str__(self) -> str:
        return f"({float_text(self.x)},{float_text(self.y)})"


@mypyc_attr(native_class=False)
class Line(NamedTuple):
    """The infinite line of all points where a*x + b*y + c is 0: line. `a` and `b` are not both 0.

    >>> print(Line(1.0, -1.0, 0.0))
    {1,-1,0}
    """

    a: float
    b: float
    c: float

    def __str__(self) -> str:
        return f"{{{float_text(self.a)},{float_text(self.b)},{float_text(self.c)}}}"


@mypyc_attr(native_class=False)
class LineSegment(NamedTuple):
    """What lies between two points, which keep their order: lseg.

    >>> print(LineSegment(Point(0.0, 0.0), Point(1.0, 2.0)))
    [(0,0),(1,2)]
    """

    start: Point
    end: Point

    def __str__(self) -> str:
        return f"[{points_text((self.start, self.end))}]"


@mypyc_attr(native_class=False)
class Corners(NamedTuple):
    """The fields of a Box."""

    high: Point
    low: Point


@mypyc_attr(native_class=False)
class Box(Corners):
    """A rectangle by two opposite corners: box. `high` is the upper right corner and `low` the lower left one.

    >>> print(Box(Point(0.0, 3.0), Point(2.0, 1.0)))
    (2,3),(0,1)
    """

    __slots__ = ()

    def __new__(cls, high: Point, low: Point) -> Self:
        """The box between any two opposite corners; which is which is found here, as the server would."""
        left, right = in_order(low[0], high[0])
        bottom, top = in_order(low[1], high[1])
        found: Self = _NEW(cls, (Point(right, top), Point(left, bottom)))
        return found

    def __str__(self) -> str:
        return points_text((self.high, self.low))


@mypyc_attr(native_class=False)
class PathFields(NamedTuple):
    """The fields of a Path."""

    points: tuple[Point, ...]
    is_closed: bool


@mypyc_attr(native_class=False)
class Path(PathFields):
    """Points joined by lines, one or more: path. A closed one goes back to its first point.

    >>> print(Path([Point(0.0, 0.0), Point(1.0, 2.0)]), Path([Point(0.0, 0.0)], is_closed=True))
    [(0,0),(1,2)] ((0,0))
    """

    __slots__ = ()

    def __new__(cls, points: Iterable[Point], is_closed: bool = False) -> Self:
        """Any iterable of points, kept as a tuple."""
        found: Self = _NEW(cls, (tuple(points), is_closed))
        return found

    def __str__(self) -> str:
        inner = points_text(self.points)
        return f"({inner})" if self.is_closed else f"[{inner}]"


@mypyc_attr(native_class=False)
class PolygonFields(NamedTuple):
    """The field of a Polygon."""

    points: tuple[Point, ...]


@mypyc_attr(native_class=False)
class Polygon(PolygonFields):
    """The area within a closed path, of one point or more: polygon.

    >>> print(Polygon([Point(0.0, 0.0), Point(1.0, 0.0), Point(0.0, 1.0)]))
    ((0,0),(1,0),(0,1))
    """

    __slots__ = ()

    def __new__(cls, points: Iterable[Point]) -> Self:
        """Any iterable of points, kept as a tuple."""
        found: Self = _NEW(cls, (tuple(points),))
        return found

    def __str__(self) -> str:
        return f"({points_text(self.points)})"


@mypyc_attr(native_class=False)
class Circle(NamedTuple):
    """A center and a radius that is not negative: circle.

    >>> print(Circle(Point(0.5, 0.0), 2.0))
    <(0.5,0),2>
    """

    center: Point
    radius: float

    def __str__(self) -> str:
        return f"<{points_text((self.center,))},{float_text(self.radius)}>"


def in_order(first: float, second: float) -> tuple[float, float]:
    """The two, the smaller one first; by PostgreSQL's order, in which NaN is the greatest. Equal ones stay."""
    is_greater = first > second or (first != first and second == second)
    return (second, first) if is_greater else (first, second)


def points_text(points: Iterable[Point]) -> str:
    """`(x,y),(x,y)`, of anything that has two numbers each."""
    return ",".join([f"({float_text(x)},{float_text(y)})" for x, y in points])


def float_text(number: float) -> str:
    """The shortest digits that read back as `number`, as PostgreSQL writes them: whole numbers without a point."""
    text = repr(float(number)).removesuffix(".0")
    return NAMES.get(text, text)


NAMES: Final = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
