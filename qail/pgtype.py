"""PgType: what qail knows of a PostgreSQL type before any codec: its name, OIDs and family.

`PgType[T]` carries the Python type of its values for type checkers: `INT8` is a `PgType[int]`.
`family` groups the types whose values PostgreSQL compares with each other without a cast.

Source: catalog-pg-type.html; the OIDs are those of pg_type.dat and never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:  # a query needs none of them, and importing them takes longer than all nodes together
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID as PyUUID

T = TypeVar("T")


class PgType(Generic[T]):
    """One PostgreSQL type. `array_oid` is 0 where there is no array of it; `element` is set for array types only."""

    def __init__(self, name: str, oid: int, array_oid: int, family: str, element: PgType[Any] | None = None) -> None:
        self.name: Final = name
        self.oid: Final = oid
        self.array_oid: Final = array_oid
        self.family: Final = family
        self.element: Final = element

    def __repr__(self) -> str:
        return f"<PgType {self.name}>"


def array_of(element: PgType[T]) -> PgType[list[T | None]]:
    """The array type over `element`, of any dimension: `array_of(INT8)` is `bigint[]`."""
    found: PgType[list[T | None]] = PgType(element.name + "[]", element.array_oid, 0, "array", element)
    return found


BOOL: Final[PgType[bool]] = PgType("bool", 16, 1000, "boolean")
BYTEA: Final[PgType[bytes]] = PgType("bytea", 17, 1001, "binary")
NAME: Final[PgType[str]] = PgType("name", 19, 1003, "string")
INT8: Final[PgType[int]] = PgType("int8", 20, 1016, "number")
INT2: Final[PgType[int]] = PgType("int2", 21, 1005, "number")
INT4: Final[PgType[int]] = PgType("int4", 23, 1007, "number")
TEXT: Final[PgType[str]] = PgType("text", 25, 1009, "string")
OID: Final[PgType[int]] = PgType("oid", 26, 1028, "number")
FLOAT4: Final[PgType[float]] = PgType("float4", 700, 1021, "number")
FLOAT8: Final[PgType[float]] = PgType("float8", 701, 1022, "number")
BPCHAR: Final[PgType[str]] = PgType("bpchar", 1042, 1014, "string")
VARCHAR: Final[PgType[str]] = PgType("varchar", 1043, 1015, "string")
DATE: Final[PgType[date]] = PgType("date", 1082, 1182, "datetime")
TIMESTAMP: Final[PgType[datetime]] = PgType("timestamp", 1114, 1115, "datetime")
TIMESTAMPTZ: Final[PgType[datetime]] = PgType("timestamptz", 1184, 1185, "datetime")
NUMERIC: Final[PgType[Decimal]] = PgType("numeric", 1700, 1231, "number")
UUID: Final[PgType[PyUUID]] = PgType("uuid", 2950, 2951, "uuid")
