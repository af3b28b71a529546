"""What asyncpg and psycopg make of values that qail reads otherwise: one table, for the differential tests and docs.

Rule 1: a difference says exactly what the other driver gives (`agrees`): a changed one is found, here or there.
Rule 2: what is not in the table is equal in value and class, by `same`.
Rule 3: psycopg is asked for binary results, asyncpg as it comes; neither has extra codecs registered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import qail
from qail.pg.codec.base import BINARY_FORMAT, Codec
from qail.pg.codec.far_datetime import PgDate, PgDatetime
from support.codecs import decoded
from support.value_cases import same

ASYNCPG: Final = "asyncpg"
PSYCOPG: Final = "psycopg"
MONTHS_A_YEAR: Final = 12


class Came(NamedTuple):
    """One value as the other driver gave it, or the error it raised, beside what is known of it."""

    theirs: Any
    ours: Any
    text: str
    """The server's own text of it."""
    codec: Codec
    """qail's codec of the type."""


class Difference(NamedTuple):
    """One line of the table."""

    driver: str
    types: tuple[str, ...]
    which: str
    """Of which values; empty for all."""
    gives: str
    agrees: Callable[[Came], bool]


def raises(name: str) -> Callable[[Came], bool]:
    """An error of this class, and of no other."""
    return lambda came: isinstance(came.theirs, Exception) and type(came.theirs).__name__ == name


def is_text(came: Came) -> bool:
    return bool(came.theirs == came.text)


def is_raw(came: Came) -> bool:
    """The bytes that qail's codec reads as the value, or the text where qail asks for that."""
    if type(came.theirs) is not bytes:
        return False
    if came.codec.format_code == BINARY_FORMAT:
        return same(decoded(came.codec, came.theirs), came.ours)
    return came.theirs == came.text.encode()


def is_oid(came: Came) -> bool:
    return type(came.theirs) is bytes and len(came.theirs) == 4


def points(items: Any) -> tuple[Any, ...]:
    """asyncpg's points as plain tuples."""
    return tuple(tuple(item) for item in items)


def shape(make: Callable[[Any], Any]) -> Callable[[Came], bool]:
    """The numbers of asyncpg's own class are those of ours."""
    return lambda came: type(came.theirs).__module__.startswith("asyncpg") and same(make(came.theirs), came.ours)


def is_timedelta(came: Came) -> bool:
    """A year is 365 days and a month 30."""
    years, months = divmod(abs(came.ours.months), MONTHS_A_YEAR)
    sign = -1 if came.ours.months < 0 else 1
    days = sign * (years * 365 + months * 30) + came.ours.days
    return type(came.theirs) is timedelta and came.theirs == timedelta(days, microseconds=came.ours.microseconds)


def is_other_timedelta(came: Came) -> bool:
    """Some arithmetic has wrapped."""
    largest = max(abs(came.ours.months), abs(came.ours.microseconds) >> 32)
    return type(came.theirs) is timedelta and largest >= 2**31 - 1


def as_plain(value: Any) -> Any:
    """Anybody's records as tuples, multiranges as lists, and ranges as qail's."""
    kind = type(value).__name__
    if kind in ("list", "Multirange"):
        return [as_plain(item) for item in value]
    if kind == "Record" or isinstance(value, tuple):
        return tuple(as_plain(item) for item in value)
    if kind != "Range" or isinstance(value, qail.Range):
        return value
    if value.isempty:
        return qail.Range.empty()
    bounds: Any = ("[" if value.lower_inc else "(") + ("]" if value.upper_inc else ")")
    return qail.Range(value.lower, value.upper, bounds)


def is_alike(came: Came) -> bool:
    """Another class, and the same in it. NaN is equal to itself by its repr alone."""
    theirs, ours = as_plain(came.theirs), as_plain(came.ours)
    return bool(theirs == ours) or repr(theirs) == repr(ours)


def is_range_to_end(came: Came) -> bool:
    """A range with Python's last or first moment where there is an infinity."""
    ends = {date.min, date.max, datetime.min, datetime.max}
    return "infinity" in came.text and bool({came.theirs.lower, came.theirs.upper} & ends)


def is_unbound(came: Came) -> bool:
    """A list whose lower bounds are gone."""
    return type(came.theirs) is list and type(came.ours) is not list and as_plain(came.theirs) == list(came.ours)


def is_tuple(came: Came) -> bool:
    return type(came.theirs) is tuple and len(came.theirs) == len(came.ours)


def is_end(came: Came) -> bool:
    """An infinity is the last or the first moment that Python has, naive."""
    ends: dict[type, tuple[Any, Any]] = {PgDate: (date.min, date.max), PgDatetime: (datetime.min, datetime.max)}
    if not isinstance(came.ours, (PgDate, PgDatetime)) or "infinity" not in came.text:
        return False
    return bool(came.theirs == ends[type(came.ours)][not came.text.startswith("-")])


def is_cut_offset(came: Came) -> bool:
    """The seconds of the offset are gone."""
    offset = came.ours.utcoffset()
    return (
        type(came.theirs) is time
        and type(came.ours) is time
        and came.theirs.replace(tzinfo=None) == came.ours.replace(tzinfo=None)
        and came.theirs.utcoffset() == timedelta(minutes=int(offset / timedelta(minutes=1)))
    )


def is_equal_number(came: Came) -> bool:
    return type(came.theirs) is Decimal and came.theirs == came.ours


RANGES: Final = (
    *("daterange", "int4range", "int8range", "numrange", "spans", "speedrange", "tsrange", "tstzrange", "words"),
    "int4range[]",
)
TIME_RANGES: Final = ("daterange", "tsrange", "tstzrange")
MULTIRANGES: Final = (
    *("datemultirange", "int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange"),
    "int4multirange[]",
)
COMPOSITES: Final = ("homes", "inventory", "nested", "nothing_at_all", "paired", "pairs", "pairs[]")
ARRAYS: Final = ("aclitem[]", "int4[]", "positive[]", "text[]")
USER_TYPES: Final = (*COMPOSITES, "moods", "moods[]", "positive[]", "smaller[]", "speedrange", "speeds[]", "words")
DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(ASYNCPG, RANGES, "", "`asyncpg.Range`", is_alike),
    Difference(PSYCOPG, RANGES, "", "`psycopg.types.range.Range`", is_alike),
    Difference(ASYNCPG, MULTIRANGES, "", "a list of `asyncpg.Range`", is_alike),
    Difference(PSYCOPG, MULTIRANGES, "", "`psycopg.types.multirange.Multirange`", is_alike),
    Difference(ASYNCPG, (*COMPOSITES, "record"), "", "`asyncpg.Record`", is_alike),
    Difference(PSYCOPG, ("record",), "with enums, domains or composites in it", "a tuple with bytes in it", is_tuple),
    Difference(PSYCOPG, USER_TYPES, "", "the bytes that came; classes can be registered", is_raw),
    Difference(ASYNCPG, ("nothing_at_all",), "", "`InternalClientError`", raises("InternalClientError")),
    Difference(ASYNCPG, ("record",), "with arrays of records", "`InternalClientError`", raises("InternalClientError")),
    Difference(ASYNCPG, TIME_RANGES, "infinity", "Python's first or last at that end", is_range_to_end),
    Difference(ASYNCPG, ("daterange",), "BC, far years", "`ValueError`", raises("ValueError")),
    Difference(ASYNCPG, ARRAYS, "shifted lower bounds", "a list, without the bounds", is_unbound),
    Difference(PSYCOPG, ARRAYS, "shifted lower bounds", "a list, without the bounds", is_unbound),
    Difference(
        PSYCOPG, (*TIME_RANGES, "datemultirange"), "infinity, BC, far years", "`DataError`", raises("DataError")
    ),
    Difference(
        ASYNCPG,
        ("bit", "varbit"),
        "",
        "`asyncpg.BitString`",
        lambda came: came.theirs.as_string().replace(" ", "") == str(came.ours),
    ),
    Difference(ASYNCPG, ('"char"',), "", "bytes", lambda came: came.theirs == (came.ours or "\0").encode("latin-1")),
    Difference(
        ASYNCPG, ("box",), "", "`asyncpg.Box`", shape(lambda v: qail.Box(qail.Point(*v.high), qail.Point(*v.low)))
    ),
    Difference(
        ASYNCPG, ("circle",), "", "`asyncpg.Circle`", shape(lambda v: qail.Circle(qail.Point(*v.center), v.radius))
    ),
    Difference(ASYNCPG, ("line",), "", "`asyncpg.Line`", shape(lambda v: qail.Line(v.A, v.B, v.C))),
    Difference(
        ASYNCPG,
        ("lseg",),
        "",
        "`asyncpg.LineSegment`",
        shape(lambda v: qail.LineSegment(qail.Point(*v.p1), qail.Point(*v.p2))),
    ),
    Difference(
        ASYNCPG,
        ("path",),
        "",
        "`asyncpg.Path`",
        shape(lambda v: qail.Path([qail.Point(*p) for p in v.points], v.is_closed)),
    ),
    Difference(ASYNCPG, ("point",), "", "`asyncpg.Point`", shape(lambda v: qail.Point(*v))),
    Difference(
        ASYNCPG,
        ("polygon",),
        "",
        "`asyncpg.Polygon`",
        shape(lambda v: qail.Polygon([qail.Point(*p) for p in v.points])),
    ),
    Difference(
        ASYNCPG,
        ("cube", "halfvec", "hstore", "macaddr", "macaddr8", "sparsevec", "tsquery", "tsvector", "vector"),
        "",
        "the server's text",
        is_text,
    ),
    Difference(
        ASYNCPG,
        ("json", "jsonb"),
        "",
        "the JSON text; a codec can be set",
        lambda came: type(came.theirs) is str and same(json.loads(came.theirs), came.ours),
    ),
    Difference(
        ASYNCPG,
        ("geometry", "geography"),
        "",
        "EWKB as hexadecimal text",
        lambda came: bytes.fromhex(came.theirs) == came.ours,
    ),
    Difference(ASYNCPG, ("date",), "BC, far years", "`ValueError`", raises("ValueError")),
    Difference(ASYNCPG, ("timestamp", "timestamptz"), "BC, far years", "`OverflowError`", raises("OverflowError")),
    Difference(ASYNCPG, ("date", "timestamp", "timestamptz"), "infinity", "Python's first or last, naive", is_end),
    Difference(ASYNCPG, ("time", "timetz"), "24:00", "`ValueError`", raises("ValueError")),
    Difference(ASYNCPG, ("timetz",), "offsets with seconds", "the offset cut to minutes", is_cut_offset),
    Difference(ASYNCPG, ("interval",), "", "timedelta; a year is 365 days, a month 30", is_timedelta),
    Difference(ASYNCPG, ("interval",), "the largest there are", "another timedelta", is_other_timedelta),
    Difference(ASYNCPG, ("interval",), "beyond timedelta", "`OverflowError`", raises("OverflowError")),
    Difference(
        ASYNCPG, ("numeric",), "whole numbers that end in zeros", "Decimal with an exponent: `1E+4`", is_equal_number
    ),
    Difference(
        ASYNCPG,
        ("pg_lsn",),
        "",
        "int, negative from 80000000/0 on",
        lambda came: type(came.theirs) is int and came.theirs % 2**64 == int(came.ours),
    ),
    Difference(
        ASYNCPG,
        ("pg_snapshot", "txid_snapshot", "tid"),
        "",
        "a plain tuple",
        lambda came: came.theirs == tuple(came.ours),
    ),
    Difference(
        ASYNCPG, ("uuid",), "", "a UUID class of its own, equal to `uuid.UUID`", lambda came: came.theirs == came.ours
    ),
    Difference(
        PSYCOPG,
        ('"char"',),
        "the byte 0",
        'str of U+0000, where qail gives ""',
        lambda came: (came.theirs, came.ours) == ("\0", ""),
    ),
    Difference(
        PSYCOPG,
        ("date", "time", "timetz", "timestamp", "timestamptz"),
        "infinity, BC, far years, 24:00",
        "`DataError`",
        raises("DataError"),
    ),
    Difference(PSYCOPG, ("interval",), "", "timedelta; a year is 365 days, a month 30", is_timedelta),
    Difference(PSYCOPG, ("interval",), "the largest there are", "another timedelta", is_other_timedelta),
    Difference(PSYCOPG, ("interval",), "beyond timedelta", "`DataError`", raises("DataError")),
    Difference(
        PSYCOPG,
        (
            *("bit", "varbit", "box", "cid", "circle", "citext", "cube", "halfvec", "hstore", "jsonpath", "line"),
            *(
                "lquery",
                "lseg",
                "ltree",
                "ltxtquery",
                "macaddr",
                "macaddr8",
                "path",
                "pg_lsn",
                "pg_snapshot",
                "point",
                "polygon",
            ),
            *("int2vector", "oidvector"),
            *("refcursor", "sparsevec", "tid", "tsquery", "tsvector", "txid_snapshot", "vector", "xid", "xid8", "xml"),
        ),
        "",
        "the bytes that came; classes can be registered for some",
        is_raw,
    ),
    Difference(
        PSYCOPG,
        (
            *("regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator"),
            *("regproc", "regprocedure", "regrole", "regtype"),
        ),
        "",
        "the four bytes of the OID",
        is_oid,
    ),
    Difference(
        PSYCOPG,
        ("aclitem", "aclitem[]", "query_int", "seg"),
        "",
        "`UndefinedFunction`: they have no binary form",
        raises("UndefinedFunction"),
    ),
)


def found_for(driver: str, type_name: str, came: Came) -> Difference | None:
    """The line of the table that says what came."""
    for difference in DIFFERENCES:
        if difference.driver == driver and type_name in difference.types and _agrees(difference, came):
            return difference
    return None


def _agrees(difference: Difference, came: Came) -> bool:
    try:
        return difference.agrees(came)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return False  # of another class than this line is about


def table() -> str:
    """The differences as a table of Markdown."""
    lines = ["| PostgreSQL | values | driver | what it gives |", "| --- | --- | --- | --- |"]
    for each in DIFFERENCES:
        names = " ".join(f"`{name}`" for name in each.types)
        lines.append(f"| {names} | {each.which or 'all'} | {each.driver} | {each.gives} |")
    return "\n".join(lines)
