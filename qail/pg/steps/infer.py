"""The type OID a Python value has by itself, for parameters whose type the server cannot infer (`select $1`).

Source: datatype.html; the OIDs are those of `pgtype`
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID as PyUUID

from qail.pgtype import BOOL, BYTEA, DATE, FLOAT8, INT8, NUMERIC, TEXT, TIMESTAMP, TIMESTAMPTZ, UUID, PgType

_TYPES: Final[dict[type, PgType[Any]]] = {
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
}


def own_type(value: object) -> PgType[Any] | None:
    """The PostgreSQL type a Python value stands for by itself; None where nothing says."""
    if isinstance(value, datetime):
        return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
    for python_type in type(value).__mro__:
        if python_type in _TYPES:
            return _TYPES[python_type]
    return None


def own_oid(value: object) -> int:
    """The type OID of `value`; 0 where nothing says. A list is an array of the type of its first element not None."""
    if isinstance(value, (list, tuple)):
        elements = cast("Iterable[object]", value)
        element = next((own_type(each) for each in elements if each is not None), None)
        return element.array_oid if element is not None else 0
    found = own_type(value)
    return found.oid if found is not None else 0
