from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon, float_text, in_order

pytestmark = pytest.mark.feature("CO13")
INF, NAN = math.inf, math.nan
ORIGIN, ONE = Point(0.0, 0.0), Point(1.0, 1.0)
SHAPES: list[tuple[Any, str]] = [
    (Point(1.5, -2.0), "(1.5,-2)"),
    (Line(1.0, -1.0, 0.5), "{1,-1,0.5}"),
    (LineSegment(ORIGIN, ONE), "[(0,0),(1,1)]"),
    (Box(ORIGIN, Point(2.0, 1.0)), "(2,1),(0,0)"),
    (Path([ORIGIN, ONE]), "[(0,0),(1,1)]"),
    (Path([ORIGIN], is_closed=True), "((0,0))"),
    (Polygon([ORIGIN, ONE]), "((0,0),(1,1))"),
    (Circle(ONE, 2.5), "<(1,1),2.5>"),
]
each_shape = pytest.mark.parametrize(("shape", "text"), SHAPES, ids=[text for _, text in SHAPES])


@each_shape
def test_the_text_is_postgresqls_and_the_repr_evaluates(shape: Any, text: str) -> None:
    assert str(shape) == f"{shape}" == text
    again = eval(repr(shape))
    assert again == shape
    assert type(again) is type(shape)


@each_shape
def test_a_shape_is_a_tuple_that_travels_and_cannot_be_changed(shape: Any, text: str) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(shape, protocol))
        assert (back, type(back), str(back)) == (shape, type(shape), text)
    assert copy.copy(shape) == copy.deepcopy(shape) == shape
    assert {shape: 1}[copy.deepcopy(shape)] == 1
    assert tuple in type(shape).__mro__
    with pytest.raises(AttributeError):
        setattr(shape, shape._fields[0], ONE)
    with pytest.raises(AttributeError):
        shape.other = 1


def test_fields_have_names() -> None:
    path, box = Path([ORIGIN]), Box(ORIGIN, ONE)

    assert (Point(1.0, 2.0).x, Point(1.0, 2.0).y, Line(1.0, 2.0, 3.0).c) == (1.0, 2.0, 3.0)
    assert (path.points, path.is_closed) == ((ORIGIN,), False)
    assert (box.high, box.low) == (ONE, ORIGIN)
    assert (Circle(ONE, 2.0).center, Circle(ONE, 2.0).radius) == (ONE, 2.0)
    match box:
        case Box(high=Point(x, _), low=_):
            assert x == 1.0


@pytest.mark.parametrize(
    ("first", "second", "high", "low"),
    [
        ((0, 0), (1, 2), (1, 2), (0, 0)),
        ((1, 2), (0, 0), (1, 2), (0, 0)),
        ((0, 2), (1, 0), (1, 2), (0, 0)),
        ((1, 0), (0, 2), (1, 2), (0, 0)),
        ((NAN, 0), (0, NAN), (NAN, NAN), (0, 0)),
        ((0, NAN), (NAN, 0), (NAN, NAN), (0, 0)),
        ((NAN, 0), (NAN, INF), (NAN, INF), (NAN, 0)),
        ((-INF, INF), (INF, -INF), (INF, INF), (-INF, -INF)),
        ((-0.0, 0.0), (0.0, -0.0), (-0.0, 0.0), (0.0, -0.0)),
    ],
)
def test_the_corners_of_a_box_are_in_order(first: Any, second: Any, high: Any, low: Any) -> None:
    box = Box(Point(*map(float, first)), Point(*map(float, second)))

    assert repr(tuple(box)) == repr((Point(*map(float, high)), Point(*map(float, low))))
    assert repr(Box(*box)) == repr(box)


@given(st.floats(), st.floats())
def test_the_order_is_that_in_which_nan_is_the_greatest(first: float, second: float) -> None:
    low, high = in_order(first, second)

    assert not low > high
    assert not (math.isnan(low) and not math.isnan(high))
    assert sorted(map(repr, (low, high))) == sorted(map(repr, (first, second)))


@given(st.floats())
def test_the_text_of_a_float_reads_back(number: float) -> None:
    assert repr(float(float_text(number))) == repr(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1e14, "100000000000000"),
        (1e15, "1000000000000000"),
        (1e16, "1e+16"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (5e-324, "5e-324"),
        (INF, "Infinity"),
        (-INF, "-Infinity"),
        (NAN, "NaN"),
        (7, "7"),
    ],
)
def test_a_float_is_written_as_postgresql_reads_it(number: float, text: str) -> None:
    assert float_text(number) == text


def test_points_are_kept_as_a_tuple_whatever_they_came_in() -> None:
    points = [ORIGIN, ONE]
    path, polygon = Path(iter(points)), Polygon(points)
    points.clear()

    assert path == Path((ORIGIN, ONE))
    assert polygon == Polygon((ORIGIN, ONE))
    assert path != Path((ORIGIN, ONE), is_closed=True)
