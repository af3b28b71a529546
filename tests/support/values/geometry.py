"""Values of the seven geometric types, and what each must refuse."""

from __future__ import annotations

import math
from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from support.values.case import Case, cases

INF, NAN = math.inf, math.nan
MAX: Final = 1.7976931348623157e308
ORIGIN: Final = Point(0.0, 0.0)
ONE: Final = Point(1.0, 1.0)
ODD: Final[Any] = "no number"
SQUARE: Final = [ORIGIN, Point(0.0, 1.0), ONE, Point(1.0, 0.0)]
# Out of order, as only `_make` and `_replace` leave them: the server puts them in order.
LOW_FIRST: Final = Box._make([Point(0.0, 1.0), Point(2.0, 2.0)])


def plain(x: float, y: float) -> Any:
    """A tuple where a Point belongs."""
    return (x, y)


# Where an area is NaN, PostgreSQL's `=` of boxes and circles says no: STRATEGIES has those, which are not compared so.
CASES: Final[list[Case]] = [
    *cases("CO13", "point", ("'(0,0)'", ORIGIN), ("'(1.5,-2.25)'", Point(1.5, -2.25)), ("'(-0,0)'", Point(-0.0, 0.0))),
    *cases("CO13", "point", ("'(Infinity,-Infinity)'", Point(INF, -INF)), ("'(NaN,0)'", Point(NAN, 0.0))),
    *cases("CO13", "point", ("'(5e-324,1.7976931348623157e308)'", Point(5e-324, MAX))),
    *cases("CO13", "point", ("'(0.1,0.30000000000000004)'", Point(0.1, 0.1 + 0.2))),
    *cases("CO13", "point", ("'(1e15,123456789012345678)'", Point(1e15, 123456789012345678.0))),
    *cases("CO13", "point", ("'(1e-5,-1e-4)'", Point(1e-5, -1e-4))),
    *cases("CO13", "line", ("'{1,-1,0}'", Line(1.0, -1.0, 0.0)), ("'{0,1,2}'", Line(0.0, 1.0, 2.0))),
    *cases("CO13", "line", ("'{-1,0,-0}'", Line(-1.0, 0.0, -0.0)), ("'{0,1.1e-6,0}'", Line(0.0, 1.1e-6, 0.0))),
    *cases("CO13", "line", ("'{Infinity,NaN,-Infinity}'", Line(INF, NAN, -INF))),
    *cases("CO13", "line", ("'{1e300,1e-300,5e-324}'", Line(1e300, 1e-300, 5e-324))),
    *cases(
        "CO13", "lseg", ("'[(0,0),(1,1)]'", LineSegment(ORIGIN, ONE)), ("'[(1,1),(0,0)]'", LineSegment(ONE, ORIGIN))
    ),
    *cases("CO13", "lseg", ("'[(1,1),(1,1)]'", LineSegment(ONE, ONE))),
    *cases("CO13", "lseg", ("'[(-0,NaN),(Infinity,0.1)]'", LineSegment(Point(-0.0, NAN), Point(INF, 0.1)))),
    *cases("CO13", "box", ("'(1,1),(0,0)'", Box(ONE, ORIGIN)), ("'(0,0),(1,1)'", Box(ONE, ORIGIN))),
    *cases("CO13", "box", ("'(0,1),(1,0)'", Box(ORIGIN, ONE)), ("'(1,1),(1,1)'", Box(ONE, ONE))),
    *cases("CO13", "box", ("'(-1,5),(3,-2.5)'", Box(Point(-1.0, 5.0), Point(3.0, -2.5)))),
    *cases("CO13", "box", ("'(-Infinity,-1),(Infinity,1)'", Box(Point(-INF, 1.0), Point(INF, -1.0)))),
    *cases("CO13", "box", ("'(0,5e-324),(-0,-0)'", Box(Point(0.0, 5e-324), Point(-0.0, -0.0)))),
    *cases("CO13", "path", ("'[(0,0)]'", Path([ORIGIN])), ("'((0,0))'", Path([ORIGIN], is_closed=True))),
    *cases("CO13", "path", ("'[(0,0),(0,1),(1,1),(1,0)]'", Path(SQUARE))),
    *cases("CO13", "path", ("'((0,0),(0,1),(1,1),(1,0))'", Path(SQUARE, is_closed=True))),
    *cases("CO13", "path", ("'[(NaN,-0),(Infinity,1e-5)]'", Path([Point(NAN, -0.0), Point(INF, 1e-5)]))),
    *cases("CO13", "polygon", ("'((0,0),(0,1),(1,1),(1,0))'", Polygon(SQUARE)), ("'((1,1))'", Polygon([ONE]))),
    *cases("CO13", "polygon", ("'((1,1),(1,1),(0,0))'", Polygon([ONE, ONE, ORIGIN]))),
    *cases("CO13", "polygon", ("'((-0,0),(Infinity,NaN))'", Polygon([Point(-0.0, 0.0), Point(INF, NAN)]))),
    *cases("CO13", "circle", ("'<(0,0),1>'", Circle(ORIGIN, 1.0)), ("'<(1,1),0>'", Circle(ONE, 0.0))),
    *cases("CO13", "circle", ("'<(0.1,-0),Infinity>'", Circle(Point(0.1, -0.0), INF))),
    *cases("CO13", "circle", ("'<(NaN,-Infinity),2>'", Circle(Point(NAN, -INF), 2.0))),
]
# What is taken, and comes back as the value that says the same.
INPUTS: Final[list[Case]] = [
    *cases("CO13", "point", ("'(1,-2)'", Point(1, -2))),
    *cases("CO13", "line", ("'{1,2,3}'", Line(1, 2, 3))),
    *cases("CO13", "lseg", ("'[(0,0),(1,2)]'", LineSegment(plain(0, 0), plain(1, 2)))),
    *cases("CO13", "box", ("'(2,2),(0,1)'", LOW_FIRST), ("'(3,4),(1,2)'", Box(plain(1, 4), plain(3, 2)))),
    *cases("CO13", "path", ("'[(0,0),(1,2)]'", Path([plain(0, 0), plain(1, 2)]))),
    *cases("CO13", "polygon", ("'((0,0),(1,2))'", Polygon([plain(0, 0), plain(1, 2)]))),
    *cases("CO13", "circle", ("'<(1,2),3>'", Circle(plain(1, 2), 3))),
]
FLOATS: Final = st.floats()
POINTS: Final = st.builds(Point, FLOATS, FLOATS)
MANY: Final = st.lists(POINTS, min_size=1, max_size=12)


def is_line(line: Line) -> bool:
    return not (abs(line.a) <= 1e-6 and abs(line.b) <= 1e-6)


STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "point": POINTS,
    "line": st.builds(Line, FLOATS, FLOATS, FLOATS).filter(is_line),
    "lseg": st.builds(LineSegment, POINTS, POINTS),
    "box": st.builds(Box, POINTS, POINTS),
    "path": st.builds(Path, MANY, st.booleans()),
    "polygon": st.builds(Polygon, MANY),
    "circle": st.builds(Circle, POINTS, st.floats(min_value=0.0) | st.just(NAN)),
}
WRONG: Final[dict[str, list[object]]] = {
    "point": [(1.0, 2.0), "(1,2)", 1.0, Point(ODD, 1.0), Point(True, 1.0), Point(1.0, 10**400), {"x": 1.0, "y": 2.0}],
    "line": [Line(0.0, 0.0, 1.0), Line(1e-7, -1e-6, 1.0), Line(ODD, 1.0, 1.0), (1.0, 1.0, 1.0), "{1,1,1}"],
    "lseg": [Box(ORIGIN, ONE), (ORIGIN, ONE), LineSegment(ORIGIN, ODD), LineSegment(ORIGIN, Point(0.0, ODD)), "[]"],
    "box": [LineSegment(ORIGIN, ONE), (ONE, ORIGIN), "(1,1),(0,0)", 5],
    "path": [Path([]), Polygon(SQUARE), [ORIGIN], Path([ORIGIN, ODD]), "[(0,0)]", Path(ODD)],
    "polygon": [Polygon([]), Path(SQUARE), Polygon([Point(1.0, ODD)]), "((0,0))", (ORIGIN, ONE)],
    "circle": [Circle(ORIGIN, -1.0), Circle(ORIGIN, -INF), Circle(ORIGIN, ODD), Circle(ODD, 1.0), "<(0,0),1>", ORIGIN],
}
