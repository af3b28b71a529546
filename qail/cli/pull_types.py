"""Which Python type the values of a PostgreSQL type have, as source text."""

from __future__ import annotations

from typing import Any, Final

import qail.pgtype
from qail.pgtype import PgType

# Constants of `qail.pgtype` whose annotation says no more than the name here. A test holds this against that file.
PYTHON_TYPES: Final[dict[str, str]] = {
    "ACLITEM": "str",
    "BIT": "BitString",
    "BOOL": "bool",
    "BOX": "Box",
    "BPCHAR": "str",
    "BYTEA": "bytes",
    "CID": "int",
    "CIDR": "IPv4Network | IPv6Network",
    "CIRCLE": "Circle",
    "DATE": "date",
    "DATEMULTIRANGE": "Multirange[date]",
    "DATERANGE": "Range[date]",
    "FLOAT4": "float",
    "FLOAT8": "float",
    "INET": "IPv4Address | IPv6Address | IPv4Interface | IPv6Interface",
    "INT2": "int",
    "INT2VECTOR": "list[int]",
    "INT4": "int",
    "INT4MULTIRANGE": "Multirange[int]",
    "INT4RANGE": "Range[int]",
    "INT8": "int",
    "INT8MULTIRANGE": "Multirange[int]",
    "INT8RANGE": "Range[int]",
    "INTERVAL": "Interval",
    "JSON": "Any",
    "JSONB": "Any",
    "JSONPATH": "str",
    "LINE": "Line",
    "LSEG": "LineSegment",
    "MACADDR": "MacAddress",
    "MACADDR8": "MacAddress",
    "MONEY": "Decimal",
    "NAME": "str",
    "NUMERIC": "Decimal",
    "NUMMULTIRANGE": "Multirange[Decimal]",
    "NUMRANGE": "Range[Decimal]",
    "OID": "int",
    "OIDVECTOR": "list[int]",
    "PATH": "Path",
    "PG_LSN": "PgLsn",
    "PG_SNAPSHOT": "Snapshot",
    "POINT": "Point",
    "POLYGON": "Polygon",
    "REFCURSOR": "str",
    "REGCLASS": "str",
    "REGCOLLATION": "str",
    "REGCONFIG": "str",
    "REGDICTIONARY": "str",
    "REGNAMESPACE": "str",
    "REGOPER": "str",
    "REGOPERATOR": "str",
    "REGPROC": "str",
    "REGPROCEDURE": "str",
    "REGROLE": "str",
    "REGTYPE": "str",
    "TEXT": "str",
    "TID": "Tid",
    "TIME": "time",
    "TIMESTAMP": "datetime",
    "TIMESTAMPTZ": "datetime",
    "TIMETZ": "time",
    "TSMULTIRANGE": "Multirange[datetime]",
    "TSQUERY": "TsQuery",
    "TSRANGE": "Range[datetime]",
    "TSTZMULTIRANGE": "Multirange[datetime]",
    "TSTZRANGE": "Range[datetime]",
    "TSVECTOR": "TsVector",
    "TXID_SNAPSHOT": "Snapshot",
    "UUID": "PyUUID",
    "VARBIT": "BitString",
    "VARCHAR": "str",
    "XID": "int",
    "XID8": "int",
    "XML": "str",
}
EXTENSION_TYPES: Final[dict[str, str]] = {
    "citext": "str",
    "cube": "Cube",
    "geography": "bytes",
    "geometry": "bytes",
    "halfvec": "list[float]",
    "hstore": "dict[str, str | None]",
    "lquery": "str",
    "ltree": "str",
    "ltxtquery": "str",
    "query_int": "str",
    "seg": "str",
    "sparsevec": "SparseVector",
    "vector": "list[float]",
}
"""Types of extensions that qail has codecs for; those of others arrive as Unknown."""

# Where the names above come from; those that are not here are Python's own.
_QAIL_NAMES: Final = (
    "BitString Box Circle Cube Interval Line LineSegment MacAddress Multirange Path PgLsn Point Polygon Range Snapshot "
    "SparseVector Tid TsQuery TsVector Unknown"
)
MODULES: Final[dict[str, str]] = {
    "Any": "typing",
    "Decimal": "decimal",
    "PyUUID": "uuid",
    "date": "datetime",
    "datetime": "datetime",
    "time": "datetime",
    **dict.fromkeys(("IPv4Address", "IPv4Interface", "IPv4Network"), "ipaddress"),
    **dict.fromkeys(("IPv6Address", "IPv6Interface", "IPv6Network"), "ipaddress"),
    **dict.fromkeys(_QAIL_NAMES.split(), "qail"),
}
REAL_NAMES: Final = {"PyUUID": "UUID"}
"""What a name is called in its module, where that is another."""


class BuiltIn:
    """A type that a constant stands for. With `is_array` it is the array of it."""

    def __init__(self, constant: str, pg: PgType[Any], *, is_array: bool) -> None:
        self.constant: Final = constant
        self.pg: Final = pg
        self.is_array: Final = is_array


def _built_in() -> dict[int, BuiltIn]:
    found: dict[int, BuiltIn] = {}
    for constant in PYTHON_TYPES:
        pg: PgType[Any] = getattr(qail.pgtype, constant)
        found[pg.oid] = BuiltIn(constant, pg, is_array=False)
        if pg.array_oid:
            found[pg.array_oid] = BuiltIn(constant, pg, is_array=True)
    return found


BUILT_IN: Final[dict[int, BuiltIn]] = _built_in()
"""By OID."""
