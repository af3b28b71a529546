"""Of which classes the values of PostgreSQL's own types are: what a field can be compared with before the first row.

Rule 1: every class a value may have is listed, so that what fits all of them needs no look at the values.
Rule 2: what is not here (json, types of users and extensions) is known by its values only.
Rule 3: a class is imported when a column of its type first meets a field.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import qail.pgtype as pgtypes
from qail.pgtype import PgType

_NETWORKS: Final = ("ipaddress:IPv4Network", "ipaddress:IPv6Network")
_ADDRESSES: Final = (
    "ipaddress:IPv4Address",
    "ipaddress:IPv6Address",
    "ipaddress:IPv4Interface",
    "ipaddress:IPv6Interface",
)
_DATES: Final = ("datetime:date", "qail.pg.codec.far_datetime:PgDate")
_DATETIMES: Final = ("datetime:datetime", "qail.pg.codec.far_datetime:PgDatetime")
_TIMES: Final = ("datetime:time", "qail.pg.codec.time:PgTime")
_LISTS: Final = ("builtins:list", "qail.pg.codec.array:PgArray")

_CLASSES: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("BOOL",): ("builtins:bool",),
    ("INT2", "INT4", "INT8", "OID", "XID", "XID8", "CID"): ("builtins:int",),
    ("FLOAT4", "FLOAT8"): ("builtins:float",),
    ("NUMERIC",): ("decimal:Decimal",),
    ("TEXT", "VARCHAR", "BPCHAR", "NAME", "XML", "JSONPATH"): ("builtins:str",),
    ("BYTEA",): ("builtins:bytes",),
    ("UUID",): ("uuid:UUID",),
    ("DATE",): _DATES,
    ("TIMESTAMP", "TIMESTAMPTZ"): _DATETIMES,
    ("TIME", "TIMETZ"): _TIMES,
    ("INTERVAL",): ("qail.pg.codec.interval:Interval",),
    ("INET",): _ADDRESSES,
    ("CIDR",): _NETWORKS,
    ("MACADDR", "MACADDR8"): ("qail.pg.codec.mac:MacAddress",),
    ("BIT", "VARBIT"): ("qail.pg.codec.bit_string:BitString",),
}

_NAMES: Final[dict[int, tuple[str, ...]]] = {}
_PLAIN: Final[dict[int, PgType[Any]]] = {}
_FOUND: Final[dict[int, tuple[type, ...] | None]] = {}


def _fill() -> None:
    for found in vars(pgtypes).values():
        if isinstance(found, PgType):
            _PLAIN[found.oid] = found
            if found.array_oid:
                _NAMES[found.array_oid] = _LISTS
    for constants, classes in _CLASSES.items():
        for constant in constants:
            _NAMES[getattr(pgtypes, constant).oid] = classes


def classes_of_oid(type_oid: int) -> tuple[type, ...] | None:
    """The classes of the values of a type; None where only the values tell."""
    if not _NAMES:
        _fill()
    if type_oid not in _NAMES:
        return None
    found = _FOUND.get(type_oid)
    if found is None:
        found = tuple([_imported(name) for name in _NAMES[type_oid]])
        _FOUND[type_oid] = found
    return found


def classes_of_type(pg: PgType[Any] | None) -> tuple[type, ...] | None:
    """As `classes_of_oid`, of a type that a query declares.

    Only qail's own constants say what their values are: a codec of the user's may give numeric as float, and a
    `PgType[float]` of the user's own says so.
    """
    if pg is None:
        return None
    if pg.element is not None:
        return classes_of_oid(pg.oid)
    found = classes_of_oid(pg.oid)
    return found if _PLAIN.get(pg.oid) is pg else None


def _imported(name: str) -> type:
    module, attribute = name.split(":")
    found: type = getattr(import_module(module), attribute)
    return found
