from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from ipaddress import ip_address, ip_interface, ip_network
from typing import NamedTuple
from uuid import UUID

import pytest

from qail.pg.codec.bit_string import BitString
from qail.pg.codec.far_datetime import PgDate, PgDatetime
from qail.pg.codec.interval import Interval
from qail.pg.codec.json import Json
from qail.pg.codec.mac import MacAddress
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
from qail.pg.codec.text_search import TsQuery, TsVector
from qail.pg.codec.time import PgTime
from qail.pg.codec.unknown import Unknown
from qail.pg.steps.infer import own_oid


class Pair(NamedTuple):
    left: int
    right: int


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "oid"),
    [
        (True, 16),
        (1, 20),
        (1.5, 701),
        ("a", 25),
        (Colour.RED, 25),
        (b"a", 17),
        (Decimal(1), 1700),
        (dt.date(2024, 1, 1), 1082),
        (dt.datetime(2024, 1, 1), 1114),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), 1184),
        (UUID(int=1), 2950),
        (dt.time(1), 1083),
        (dt.time(1, tzinfo=dt.UTC), 1266),
        (PgTime(), 1083),
        (PgTime(dt.UTC), 1266),
        (dt.timedelta(1), 1186),
        (Interval(1), 1186),
        (BitString("1"), 1562),
        (PgDate(2**31 - 1), 1082),
        (PgDatetime(2**63 - 1), 1114),
        (ip_address("10.0.0.1"), 869),
        (ip_interface("::1/64"), 869),
        (ip_network("10.0.0.0/8"), 650),
        (ip_network("::/8"), 650),
        (MacAddress(bytes(6)), 829),
        (MacAddress(bytes(8)), 774),
        (Json(None), 3802),
        ([None, Json({})], 3807),
        (Range(1, 5), 3926),
        (Range(None, Decimal(5)), 3906),
        (Range(dt.date(2024, 1, 1)), 3912),
        (Range(dt.datetime(2024, 1, 1)), 3908),
        (Range(None, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)), 3910),
        (Range("a", "b"), 0),
        (Range(1.5), 0),
        (Range(), 0),
        (Range.empty(), 0),
        (Multirange([Range(), Range(1)]), 4536),
        (Multirange([Range(Decimal(1))]), 4532),
        (Multirange(), 0),
        ([None, Range(1)], 3927),
        ([Multirange([Range(1)])], 6157),
        (TsVector("'a'"), 3614),
        (TsQuery("'a'"), 3615),
        ({}, 0),
        ([[1]], 1016),
        ([["a"], [None]], 1009),
        ((1, 1.5), 1022),
        ([1, Decimal(1)], 1231),
        ([Range.empty(), Range(1)], 3927),
        ([1, "a"], 1016),
        (["a", 1], 1009),
        ([True, 1], 1000),
        ([None, object()], 0),
        ((1, "a"), 0),
        (Pair(1, 2), 0),
        (Unknown("x"), 0),
        ([Unknown("x")], 0),
        (Point(1.0, 2.0), 600),
        (Line(1.0, 2.0, 3.0), 628),
        (LineSegment(Point(1.0, 2.0), Point(1.0, 2.0)), 601),
        (Box(Point(1.0, 2.0), Point(1.0, 2.0)), 603),
        (Path([Point(1.0, 2.0)]), 602),
        (Polygon([Point(1.0, 2.0)]), 604),
        (Circle(Point(1.0, 2.0), 3.0), 718),
        (PgLsn(1), 3220),
        (Tid(0, 1), 27),
        (Snapshot(1, 2), 5038),
        ([Point(1.0, 2.0)], 1017),
        ([ip_address("::1"), None], 1041),
        ((Tid(0, 1),), 1010),
        ([dt.timedelta(1)], 1187),
        ([None, dt.time(1, tzinfo=dt.UTC)], 1270),
        ([None, 1], 1016),
        ((True,), 1000),
        ([], 0),
        (None, 0),
        (object(), 0),
    ],
)
def test_a_value_stands_for_its_own_type(value: object, oid: int) -> None:
    assert own_oid(value) == oid
