"""Ranges and multiranges: empty, unbounded, each kind of bound, the subtypes' ends, canonical forms; user ranges."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from qail.pg.codec.far_datetime import PgDate, PgDatetime
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from support.values.case import Case, cases

EMPTY: Final[Range[Any]] = Range.empty()
ALL: Final[Range[Any]] = Range(None, None, "()")
ONE: Final = Decimal("1.50")
TWO: Final = Decimal("2.0")
NOON: Final = datetime(2024, 2, 29, 12)
LATER: Final = datetime(2024, 3, 1, 0, 0, 0, 1)
NOON_UTC: Final = NOON.replace(tzinfo=UTC)
LATER_UTC: Final = LATER.replace(tzinfo=UTC)
LEAP: Final = date(2024, 2, 29)
MAY: Final = date(2024, 5, 1)
SETUP: Final = """
CREATE TYPE hours AS RANGE (subtype = time);
CREATE TYPE words AS RANGE (subtype = text, collation = "C");
CREATE TYPE speeds AS ENUM ('slow', 'fast', 'faster');
CREATE TYPE speedrange AS RANGE (subtype = speeds);
"""
CASES: Final[list[Case]] = [
    *cases("CO14", "int4range", ("'[1,5)'", Range(1, 5)), ("'empty'", EMPTY), ("'(,)'", ALL), ("'[5,5)'", EMPTY)),
    *cases("CO14", "int4range", ("'(,5)'", Range(None, 5)), ("'[1,)'", Range(1)), ("'(1,1]'", EMPTY)),
    *cases("CO14", "int4range", ("'[-2147483648,2147483647)'", Range(-(2**31), 2**31 - 1))),
    *cases("CO14", "int8range", ("'[-9223372036854775808,0)'", Range(-(2**63), 0)), ("'empty'", EMPTY), ("'(,)'", ALL)),
    *cases("CO14", "int8range", ("'[9223372036854775806,9223372036854775807)'", Range(2**63 - 2, 2**63 - 1))),
    *cases("CO14", "numrange", ("'[1.50,2.0]'", Range(ONE, TWO, "[]")), ("'(1.50,2.0)'", Range(ONE, TWO, "()"))),
    *cases("CO14", "numrange", ("'(1.50,2.0]'", Range(ONE, TWO, "(]")), ("'[1.50,2.0)'", Range(ONE, TWO))),
    *cases("CO14", "numrange", ("'[1.50,1.50]'", Range(ONE, ONE, "[]")), ("'(1.50,1.50]'", EMPTY), ("'empty'", EMPTY)),
    *cases("CO14", "numrange", ("'[,2.0]'", Range(None, TWO, "[]")), ("'(1.50,]'", Range(ONE, None, "(]"))),
    *cases("CO14", "numrange", ("'[1.50,NaN]'", Range(ONE, Decimal("NaN"), "[]"))),
    *cases("CO14", "numrange", ("'[-Infinity,Infinity]'", Range(Decimal("-Infinity"), Decimal("Infinity"), "[]"))),
    *cases("CO14", "daterange", ("'[2024-02-29,2024-05-01)'", Range(LEAP, MAY)), ("'empty'", EMPTY), ("'(,)'", ALL)),
    *cases("CO14", "daterange", ("'(,2024-05-01)'", Range(None, MAY)), ("'[2024-02-29,)'", Range(LEAP))),
    *cases("CO14", "daterange", ("'[2024-02-29,infinity]'", Range(LEAP, PgDate(2**31 - 1), "[]"))),
    *cases("CO14", "daterange", ("'[0045-03-13 BC,2024-02-29)'", Range(PgDate(-746_484), LEAP))),
    *cases("CO14", "tsrange", ("'[2024-02-29 12:00,2024-03-01 00:00:00.000001)'", Range(NOON, LATER))),
    *cases("CO14", "tsrange", ("'(2024-02-29 12:00,]'", Range(NOON, None, "(]")), ("'empty'", EMPTY)),
    *cases("CO14", "tsrange", ("'[-infinity,2024-02-29 12:00]'", Range(PgDatetime(-(2**63)), NOON, "[]"))),
    *cases("CO14", "tstzrange", ("'[2024-02-29 12:00+00,2024-03-01 00:00:00.000001+00)'", Range(NOON_UTC, LATER_UTC))),
    *cases("CO14", "tstzrange", ("'[2024-02-29 17:30+05:30,2024-02-29 12:00+00]'", Range(NOON_UTC, NOON_UTC, "[]"))),
    *cases(
        "CO14", "tstzrange", ("'(,)'", ALL), ("'empty'", EMPTY), ("'(,2024-02-29 12:00+00)'", Range(None, NOON_UTC))
    ),
    *cases(
        "CO14", "int4multirange", ("'{}'", Multirange()), ("'{[1,3),[7,9)}'", Multirange([Range(1, 3), Range(7, 9)]))
    ),
    *cases("CO14", "int4multirange", ("'{(,)}'", Multirange([ALL])), ("'{[1,2),[2,3)}'", Multirange([Range(1, 3)]))),
    *cases("CO14", "int4multirange", ("'{(,1),[9,)}'", Multirange([Range(None, 1), Range(9)]))),
    *cases("CO14", "int8multirange", ("'{[1,9223372036854775807)}'", Multirange([Range(1, 2**63 - 1)]))),
    *cases("CO14", "nummultirange", ("'{[1.50,2.0]}'", Multirange([Range(ONE, TWO, "[]")])), ("'{}'", Multirange())),
    *cases("CO14", "nummultirange", ("'{(,1.50),(2.0,)}'", Multirange([Range(None, ONE), Range(TWO, None, "()")]))),
    *cases("CO14", "datemultirange", ("'{[2024-02-29,2024-05-01)}'", Multirange([Range(LEAP, MAY)]))),
    *cases("CO14", "datemultirange", ("'{}'", Multirange()), ("'{(,2024-02-29)}'", Multirange([Range(None, LEAP)]))),
    *cases("CO14", "tsmultirange", ("'{[2024-02-29 12:00,)}'", Multirange([Range(NOON)])), ("'{}'", Multirange())),
    *cases("CO14", "tstzmultirange", ("'{(,2024-02-29 12:00+00]}'", Multirange([Range(None, NOON_UTC, "(]")]))),
    *cases("CO14", "words", ("'[a,b)'", Range("a", "b")), ("'empty'", EMPTY), ("'(,\"\"]'", Range(None, "", "(]"))),
    *cases("CO14", "words", ('\'["(,\\\\","a b"]\'', Range("(,\\", "a b", "[]")), ("'[B,a]'", Range("B", "a", "[]"))),
    *cases("CO14", "speedrange", ("'[slow,faster)'", Range("slow", "faster"))),
    *cases("CO14", "speedrange", ("'empty'", EMPTY), ("'(,fast]'", Range(None, "fast", "[]"))),
]
INPUTS: Final[list[Case]] = [
    *cases("CO14", "int4range", ("'[1,5]'", Range(1, 5, "[]")), ("'(1,5]'", Range(1, 5, "(]"))),
    *cases("CO14", "daterange", ("'(2024-02-29,2024-05-01]'", Range(LEAP, MAY, "(]"))),
    *cases("CO14", "int4multirange", ("'{[1,3),[7,9)}'", [Range(7, 9), Range(1, 3)]), ("'{}'", [EMPTY])),
    *cases("CO14", "int4multirange", ("'{[1,4)}'", (Range(1, 3), Range(2, 3, "[]")))),
]
WRONG: Final[dict[str, list[object]]] = {
    "int4range": ["[1,5)", 5, (1, 5), Range("a", "b"), Range(1, 2**31), Range(True, None), Multirange()],
    "numrange": [Range(1.5, 2.5), "empty"],
    "daterange": [Range(NOON, None), Range(1, 2)],
    "tsrange": [Range(NOON_UTC, None)],
    "tstzrange": [Range(None, NOON)],
    "int4multirange": [Range(1, 5), "{}", [1, 2], [None], [Range("a", "b")]],
    "words": [Range(1, 2), Range("a\0", None)],
}
