"""PgType: what qail knows of a PostgreSQL type before any codec: its name, OIDs and family.

`PgType[T]` carries the Python type of its values for type checkers: `INT8` is a `PgType[int]`.
`family` groups the types whose values PostgreSQL compares with each other without a cast.

Source: catalog-pg-type.html; the OIDs are those of pg_type.dat and never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Never, Protocol, TypeAlias, TypeVar

from qail.errors import BuildError

if TYPE_CHECKING:  # a query needs none of them, and importing them takes longer than all nodes together
    from datetime import date, datetime, time
    from decimal import Decimal
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
    from uuid import UUID as PyUUID

    from qail.pg.codec.bit_string import BitString
    from qail.pg.codec.interval import Interval
    from qail.pg.codec.mac import MacAddress
    from qail.pg.codec.multirange import Multirange
    from qail.pg.codec.range import Range
    from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
    from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
    from qail.pg.codec.text_search import TsQuery, TsVector

# As `Unchecked` of qail.ast.name, which is above: our own check of the argument raises, in both builds.
_Unchecked: TypeAlias = Never
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class PgType(Generic[T]):
    """One PostgreSQL type. `array_oid` is 0 where there is no array of it; `element` is set for array types only.

    A type of the database's own has the OID 0, since each database gives it another, and may name its `schema`. `key`
    tells it from any other type of the same name. `modifiers` are its length, or precision and scale. `TEXT | None` is
    the same type where NULL is expected: for what raw SQL returns.
    """

    def __init__(
        self,
        name: str,
        oid: int,
        array_oid: int,
        family: str,
        element: PgType[Any] | None = None,
        schema: str | None = None,
        modifiers: tuple[int, ...] = (),
        *,
        is_nullable: bool = False,
    ) -> None:
        self.name: Final = name
        self.schema: Final = schema
        self.modifiers: Final = modifiers
        self.key: Final = type_key(name, schema, modifiers)
        self.oid: Final = oid
        self.array_oid: Final = array_oid
        self.family: Final = family
        self.element: Final = element
        self.is_nullable: Final = is_nullable

    def __or__(self, other: None) -> PgType[T | None]:
        return or_null(self, other)

    # A compiled class with the forward operator alone calls itself for ever on `None | TEXT`.
    def __ror__(self, other: None) -> PgType[T | None]:
        return or_null(self, other)

    def sized(self, *modifiers: int | _Unchecked) -> PgType[T]:
        """The type with a length or precision, for columns and casts: `VARCHAR.sized(20)`, `NUMERIC.sized(10, 2)`."""
        if not modifiers or any(type(modifier) is not int for modifier in modifiers):
            raise BuildError(f"{self.name} is sized by ints, such as VARCHAR.sized(20) or NUMERIC.sized(10, 2)")
        if self.element is not None:
            raise BuildError(f"an array has no size of its own: array_of({self.element.name.upper()}.sized(...))")
        return PgType(self.name, self.oid, self.array_oid, self.family, None, self.schema, modifiers)

    def __qail_value__(self) -> T:
        raise TypeError("__qail_value__ is for type checkers")

    def __repr__(self) -> str:
        return f"<PgType {self.name}>"


def type_key(name: str, schema: str | None, modifiers: tuple[int, ...]) -> str:
    """What tells a type from any other: no name holds these control characters in these places."""
    plain = name if schema is None else f"{len(schema)}\3{schema}\3{name}"
    return plain if not modifiers else f"{plain}\4{modifiers}"


class TypeOf(Protocol[T_co]):
    """A PgType to type checkers, where the result is `T | None`: it may then be seen as one of `T | None` itself."""

    def __qail_value__(self) -> T_co: ...


def or_null(pg: PgType[T], other: object) -> PgType[T | None]:
    """`pg | None`: the type `pg`, of values that may be NULL."""
    if other is not None:
        raise TypeError(f"{pg.name} | {type(other).__name__}: a type may be NULL, `{pg.name} | None`, and nothing else")
    found: PgType[T | None] = PgType(
        pg.name, pg.oid, pg.array_oid, pg.family, pg.element, pg.schema, pg.modifiers, is_nullable=True
    )
    return found


def array_of(element: PgType[T] | _Unchecked) -> PgType[list[T | None]]:
    """The array type over `element`, of any dimension: `array_of(INT8)` is `bigint[]`."""
    given: object = element
    if not isinstance(given, PgType):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise BuildError(f"array_of() takes a type object such as INT8, not {type(given).__name__}")
    found: PgType[list[T | None]] = PgType(
        element.name + "[]", element.array_oid, 0, "array", element, element.schema, element.modifiers
    )
    return found


BOOL: Final[PgType[bool]] = PgType("bool", 16, 1000, "boolean")
BYTEA: Final[PgType[bytes]] = PgType("bytea", 17, 1001, "binary")
NAME: Final[PgType[str]] = PgType("name", 19, 1003, "string")
INT8: Final[PgType[int]] = PgType("int8", 20, 1016, "number")
INT2: Final[PgType[int]] = PgType("int2", 21, 1005, "number")
INT2VECTOR: Final[PgType[list[int]]] = PgType("int2vector", 22, 1006, "int2vector")
INT4: Final[PgType[int]] = PgType("int4", 23, 1007, "number")
REGPROC: Final[PgType[str]] = PgType("regproc", 24, 1008, "regproc")
TEXT: Final[PgType[str]] = PgType("text", 25, 1009, "string")
OID: Final[PgType[int]] = PgType("oid", 26, 1028, "number")
TID: Final[PgType[Tid]] = PgType("tid", 27, 1010, "tid")
XID: Final[PgType[int]] = PgType("xid", 28, 1011, "xid")
CID: Final[PgType[int]] = PgType("cid", 29, 1012, "cid")
OIDVECTOR: Final[PgType[list[int]]] = PgType("oidvector", 30, 1013, "oidvector")
JSON: Final[PgType[Any]] = PgType("json", 114, 199, "json")
XML: Final[PgType[str]] = PgType("xml", 142, 143, "xml")
POINT: Final[PgType[Point]] = PgType("point", 600, 1017, "point")
LSEG: Final[PgType[LineSegment]] = PgType("lseg", 601, 1018, "lseg")
PATH: Final[PgType[Path]] = PgType("path", 602, 1019, "path")
BOX: Final[PgType[Box]] = PgType("box", 603, 1020, "box")
POLYGON: Final[PgType[Polygon]] = PgType("polygon", 604, 1027, "polygon")
LINE: Final[PgType[Line]] = PgType("line", 628, 629, "line")
CIDR: Final[PgType[IPv4Network | IPv6Network]] = PgType("cidr", 650, 651, "network")
FLOAT4: Final[PgType[float]] = PgType("float4", 700, 1021, "number")
FLOAT8: Final[PgType[float]] = PgType("float8", 701, 1022, "number")
CIRCLE: Final[PgType[Circle]] = PgType("circle", 718, 719, "circle")
MACADDR8: Final[PgType[MacAddress]] = PgType("macaddr8", 774, 775, "macaddr8")
MONEY: Final[PgType[Decimal]] = PgType("money", 790, 791, "money")
MACADDR: Final[PgType[MacAddress]] = PgType("macaddr", 829, 1040, "macaddr")
INET: Final[PgType[IPv4Address | IPv6Address | IPv4Interface | IPv6Interface]] = PgType("inet", 869, 1041, "network")
ACLITEM: Final[PgType[str]] = PgType("aclitem", 1033, 1034, "aclitem")
BPCHAR: Final[PgType[str]] = PgType("bpchar", 1042, 1014, "string")
VARCHAR: Final[PgType[str]] = PgType("varchar", 1043, 1015, "string")
DATE: Final[PgType[date]] = PgType("date", 1082, 1182, "datetime")
TIME: Final[PgType[time]] = PgType("time", 1083, 1183, "time")
TIMESTAMP: Final[PgType[datetime]] = PgType("timestamp", 1114, 1115, "datetime")
TIMESTAMPTZ: Final[PgType[datetime]] = PgType("timestamptz", 1184, 1185, "datetime")
INTERVAL: Final[PgType[Interval]] = PgType("interval", 1186, 1187, "interval")
TIMETZ: Final[PgType[time]] = PgType("timetz", 1266, 1270, "time")
BIT: Final[PgType[BitString]] = PgType("bit", 1560, 1561, "bits")
VARBIT: Final[PgType[BitString]] = PgType("varbit", 1562, 1563, "bits")
NUMERIC: Final[PgType[Decimal]] = PgType("numeric", 1700, 1231, "number")
REFCURSOR: Final[PgType[str]] = PgType("refcursor", 1790, 2201, "refcursor")
REGPROCEDURE: Final[PgType[str]] = PgType("regprocedure", 2202, 2207, "regprocedure")
REGOPER: Final[PgType[str]] = PgType("regoper", 2203, 2208, "regoper")
REGOPERATOR: Final[PgType[str]] = PgType("regoperator", 2204, 2209, "regoperator")
REGCLASS: Final[PgType[str]] = PgType("regclass", 2205, 2210, "regclass")
REGTYPE: Final[PgType[str]] = PgType("regtype", 2206, 2211, "regtype")
RECORD: Final[PgType[tuple[Any, ...]]] = PgType("record", 2249, 2287, "record")
UUID: Final[PgType[PyUUID]] = PgType("uuid", 2950, 2951, "uuid")
TXID_SNAPSHOT: Final[PgType[Snapshot]] = PgType("txid_snapshot", 2970, 2949, "txid_snapshot")
PG_LSN: Final[PgType[PgLsn]] = PgType("pg_lsn", 3220, 3221, "pg_lsn")
TSVECTOR: Final[PgType[TsVector]] = PgType("tsvector", 3614, 3643, "tsvector")
TSQUERY: Final[PgType[TsQuery]] = PgType("tsquery", 3615, 3645, "tsquery")
REGCONFIG: Final[PgType[str]] = PgType("regconfig", 3734, 3735, "regconfig")
REGDICTIONARY: Final[PgType[str]] = PgType("regdictionary", 3769, 3770, "regdictionary")
JSONB: Final[PgType[Any]] = PgType("jsonb", 3802, 3807, "jsonb")
INT4RANGE: Final[PgType[Range[int]]] = PgType("int4range", 3904, 3905, "int4range")
NUMRANGE: Final[PgType[Range[Decimal]]] = PgType("numrange", 3906, 3907, "numrange")
TSRANGE: Final[PgType[Range[datetime]]] = PgType("tsrange", 3908, 3909, "tsrange")
TSTZRANGE: Final[PgType[Range[datetime]]] = PgType("tstzrange", 3910, 3911, "tstzrange")
DATERANGE: Final[PgType[Range[date]]] = PgType("daterange", 3912, 3913, "daterange")
INT8RANGE: Final[PgType[Range[int]]] = PgType("int8range", 3926, 3927, "int8range")
JSONPATH: Final[PgType[str]] = PgType("jsonpath", 4072, 4073, "jsonpath")
REGNAMESPACE: Final[PgType[str]] = PgType("regnamespace", 4089, 4090, "regnamespace")
REGROLE: Final[PgType[str]] = PgType("regrole", 4096, 4097, "regrole")
REGCOLLATION: Final[PgType[str]] = PgType("regcollation", 4191, 4192, "regcollation")
INT4MULTIRANGE: Final[PgType[Multirange[int]]] = PgType("int4multirange", 4451, 6150, "int4multirange")
NUMMULTIRANGE: Final[PgType[Multirange[Decimal]]] = PgType("nummultirange", 4532, 6151, "nummultirange")
TSMULTIRANGE: Final[PgType[Multirange[datetime]]] = PgType("tsmultirange", 4533, 6152, "tsmultirange")
TSTZMULTIRANGE: Final[PgType[Multirange[datetime]]] = PgType("tstzmultirange", 4534, 6153, "tstzmultirange")
DATEMULTIRANGE: Final[PgType[Multirange[date]]] = PgType("datemultirange", 4535, 6155, "datemultirange")
INT8MULTIRANGE: Final[PgType[Multirange[int]]] = PgType("int8multirange", 4536, 6157, "int8multirange")
PG_SNAPSHOT: Final[PgType[Snapshot]] = PgType("pg_snapshot", 5038, 5039, "pg_snapshot")
XID8: Final[PgType[int]] = PgType("xid8", 5069, 271, "xid8")
