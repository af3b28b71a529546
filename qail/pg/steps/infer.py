"""The type OID a Python value has by itself, for parameters whose type the server cannot infer (`select $1`).

Source: datatype.html; the OIDs are those of `pgtype`
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final, cast
from uuid import UUID as PyUUID

from qail.pg.codec.bit_string import BitString
from qail.pg.codec.interval import Interval
from qail.pg.codec.json import Json
from qail.pg.codec.mac import MAC_BYTES, MacAddress
from qail.pg.codec.multirange import is_multirange
from qail.pg.codec.range import Range, is_range
from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
from qail.pg.codec.text_search import TsQuery, TsVector
from qail.pgtype import (
    BOOL,
    BOX,
    BYTEA,
    CIDR,
    CIRCLE,
    DATE,
    DATEMULTIRANGE,
    DATERANGE,
    FLOAT8,
    INET,
    INT8,
    INT8MULTIRANGE,
    INT8RANGE,
    INTERVAL,
    JSONB,
    LINE,
    LSEG,
    MACADDR,
    MACADDR8,
    NUMERIC,
    NUMMULTIRANGE,
    NUMRANGE,
    PATH,
    PG_LSN,
    PG_SNAPSHOT,
    POINT,
    POLYGON,
    TEXT,
    TID,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    TSMULTIRANGE,
    TSQUERY,
    TSRANGE,
    TSTZMULTIRANGE,
    TSTZRANGE,
    TSVECTOR,
    UUID,
    VARBIT,
    PgType,
)

_TYPES: Final[dict[type, PgType[Any]]] = {
    Json: JSONB,
    TsQuery: TSQUERY,
    TsVector: TSVECTOR,
    bool: BOOL,
    int: INT8,
    float: FLOAT8,
    str: TEXT,
    bytes: BYTEA,
    bytearray: BYTEA,
    memoryview: BYTEA,
    Decimal: NUMERIC,
    date: DATE,
    PyUUID: UUID,
    timedelta: INTERVAL,
    Interval: INTERVAL,
    BitString: VARBIT,
    IPv4Address: INET,
    IPv6Address: INET,
    IPv4Network: CIDR,
    IPv6Network: CIDR,
    MacAddress: MACADDR,
    Point: POINT,
    Line: LINE,
    LineSegment: LSEG,
    Box: BOX,
    Path: PATH,
    Polygon: POLYGON,
    Circle: CIRCLE,
    PgLsn: PG_LSN,
    Tid: TID,
    Snapshot: PG_SNAPSHOT,
}


_RANGES: Final[dict[PgType[Any], tuple[PgType[Any], PgType[Any]]]] = {
    INT8: (INT8RANGE, INT8MULTIRANGE),
    NUMERIC: (NUMRANGE, NUMMULTIRANGE),
    DATE: (DATERANGE, DATEMULTIRANGE),
    TIMESTAMP: (TSRANGE, TSMULTIRANGE),
    TIMESTAMPTZ: (TSTZRANGE, TSTZMULTIRANGE),
}
"""The range and the multirange type of values of a type."""


def own_type(value: object) -> PgType[Any] | None:
    """The PostgreSQL type a Python value stands for by itself; None where nothing says."""
    if is_range(value):
        found = _range_types(value)
        return None if found is None else found[0]
    if is_multirange(value):
        both = next(filter(None, map(_range_types, value)), None)
        return None if both is None else both[1]
    if isinstance(value, datetime):
        return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
    if isinstance(value, time):
        return TIME if value.tzinfo is None else TIMETZ
    if isinstance(value, MacAddress) and len(value.octets) > MAC_BYTES:
        return MACADDR8
    for python_type in type(value).__mro__:
        if python_type in _TYPES:
            return _TYPES[python_type]
    return None


def _range_types(value: Range[Any]) -> tuple[PgType[Any], PgType[Any]] | None:
    """The types of a range and its multirange by a bound; None where it has none, or one without a range type."""
    bound = value.upper if value.lower is None else value.lower
    subtype = None if bound is None else own_type(bound)
    return None if subtype is None else _RANGES.get(subtype)


def own_oid(value: object) -> int:
    """The type OID of `value`; 0 where nothing says. A list is an array of the type of its first element not None."""
    found = own_type(value)  # first, since a Point and a Multirange are tuples
    if found is None and isinstance(value, (list, tuple)):
        elements = cast("Iterable[object]", value)
        element = next((own_type(each) for each in elements if each is not None), None)
        return element.array_oid if element is not None else 0
    return found.oid if found is not None else 0
