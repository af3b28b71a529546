"""Shapes as the server sees them: what it prints, what it computes, and the order of a box's corners."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qail import BOX, POINT, Box, Circle, LineSegment, Path, Point, Polygon, Qail, cast, func, select
from qail.pg.codec.shapes import Line
from support.backends import Backend
from support.binary_client import BinaryClient
from support.codecs import CODECS
from support.conformance import Conformance
from support.servers import Server
from support.value_cases import same
from support.values.geometry import CASES, STRATEGIES

pytestmark = pytest.mark.feature("CO13")
ORIGIN, ONE = Point(0.0, 0.0), Point(1.0, 1.0)
TEXT_OID: Final = 25
NAMES: Final = ["point", "line", "lseg", "box", "path", "polygon", "circle"]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_the_server_reads_the_text_of_a_shape_as_the_shape(
    conformance_with: Callable[[str], Conformance], name: str, data: st.DataObject
) -> None:
    values: list[Any] = data.draw(st.lists(STRATEGIES[name], min_size=1, max_size=20))
    client = conformance_with(name).client
    places = ", ".join(f"${number + 1}::text::{name}" for number in range(len(values)))

    (found,) = client.fetch(f"SELECT {places}", list(map(str, values)), [TEXT_OID] * len(values))

    assert all(map(same, found, values)), found


def test_the_text_of_a_shape_is_what_the_server_prints(client: BinaryClient) -> None:
    for case in CASES:
        if case.row == "CO13" and not any(digits in case.literal for digits in ("1e15", "123456789012345678")):
            assert str(case.value) == client.value(f"SELECT {case.literal}::{case.name}::text")


def test_a_box_comes_back_with_its_corners_in_order(client: BinaryClient) -> None:
    oid = CODECS["box"].type_oid
    for first, second in (((0.0, 0.0), (1.0, 2.0)), ((1.0, 0.0), (0.0, 2.0)), ((0.0, math.nan), (math.nan, 0.0))):
        made = Box(Point(*first), Point(*second))
        unordered = Box._make([Point(*first), Point(*second)])

        assert same(client.value("SELECT $1", made, oid), made)
        assert same(client.value("SELECT $1", unordered, oid), made)


def test_a_box_that_the_server_left_out_of_order_is_kept(client: BinaryClient) -> None:
    found = client.value("SELECT '(0,0),(-Infinity,0)'::box + '(Infinity,0)'::point")

    assert isinstance(found, Box)
    assert same(tuple(found), (Point(math.inf, 0.0), Point(math.nan, 0.0)))


def test_what_the_server_computes_arrives(client: BinaryClient) -> None:
    square = Polygon([ORIGIN, Point(0.0, 2.0), Point(2.0, 2.0), Point(2.0, 0.0)])
    oid = CODECS["polygon"].type_oid

    assert client.value("SELECT box($1)", square, oid) == Box(ORIGIN, Point(2.0, 2.0))
    assert client.value("SELECT path($1)", square, oid) == Path(square.points, is_closed=True)
    assert client.value("SELECT popen(path($1))", square, oid) == Path(square.points)
    assert client.value("SELECT diagonal(box($1))", square, oid) == LineSegment(Point(2.0, 2.0), ORIGIN)
    assert client.value("SELECT circle(box($1))", square, oid) == Circle(ONE, math.sqrt(2))
    assert client.value("SELECT line(point '(0,0)', point '(1,1)')") == Line(1.0, -1.0, -0.0)
    assert client.value("SELECT $1 @> point '(1,1)'", square, oid) is True


def test_lines_of_every_slope_that_the_server_makes_arrive(client: BinaryClient) -> None:
    rows = client.fetch(
        "SELECT line(point(0, 0), point(x, y)) FROM unnest(array[1e-300, 0, 1e300, -5], array[1, 1, 1e-300, 0]) "
        "AS u(x, y)",
        [],
        [],
    )

    assert len(rows) == 4
    assert all(isinstance(row[0], Line) for row in rows)


def test_shapes_go_through_a_table(backend: Backend, server: Server) -> None:
    rows: list[tuple[object, ...]] = [
        (1, ONE, Circle(ORIGIN, 0.5), Path([ORIGIN, ONE]), [Box(ORIGIN, ONE), None]),
        (2, None, None, None, [[Box(ONE, ONE)], [Box(ORIGIN, ONE)]]),
    ]
    columns = ["id", "place", "area", "way", "boxes"]

    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            await connection.script(
                "CREATE TEMP TABLE shapes (id int4, place point, area circle, way path, boxes box[])"
            )
            await connection.copy_in("shapes", rows, columns=columns)
            query = Qail.get("shapes").columns(*columns).order_by("id")
            assert [tuple(row) for row in await connection.fetch_all(query)] == rows
            made = await connection.fetch_one(select(cast(ONE, POINT), cast(Box(ORIGIN, ONE), BOX)))
            assert made == (ONE, Box(ORIGIN, ONE))
            assert await connection.fetch_value(select(func.pg_typeof(ONE))) == "point"

    backend.run(body)
