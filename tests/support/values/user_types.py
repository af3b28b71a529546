"""Enums, domains, composite types and rows of tables, in each other; anonymous records."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any, Final

from qail.pg.codec.array import PgArray
from qail.pg.codec.composite import tuple_class
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from support.values.case import Case, cases


class Mood(Enum):
    """An enum of Python whose values are labels."""

    SAD = "sad"


SETUP: Final = """
CREATE TYPE moods AS ENUM ('sad', 'ok', 'very happy', 'q"q', '', 'grün');
CREATE DOMAIN positive AS int4 CHECK (VALUE > 0);
CREATE DOMAIN smaller AS positive CHECK (VALUE < 100);
CREATE DOMAIN spans AS int4range;
CREATE TYPE nothing_at_all AS ();
CREATE TYPE pairs AS (a int4, "two words" text);
CREATE TYPE homes AS (street text, numbers positive[], mood moods, "class" pairs, many pairs[]);
CREATE TYPE nested AS (home homes, spans spans, days datemultirange, price numeric(6,2));
CREATE DOMAIN paired AS pairs;
CREATE TABLE inventory (name text, gone int4, supplier_id int4, price numeric);
ALTER TABLE inventory DROP COLUMN gone;
"""
PAIRS: Final[Any] = tuple_class("public.pairs", ("a", "two words"))
HOMES: Final[Any] = tuple_class("public.homes", ("street", "numbers", "mood", "class", "many"))
NESTED: Final[Any] = tuple_class("public.nested", ("home", "spans", "days", "price"))
INVENTORY: Final[Any] = tuple_class("public.inventory", ("name", "supplier_id", "price"))
NOTHING: Final[Any] = tuple_class("public.nothing_at_all", ())
HOME: Final = HOMES("a,b", [1, None], "sad", PAIRS(None, 'q"\\'), [PAIRS(1, ""), None])
HOME_SQL: Final = """ROW('a,b', '{1,NULL}', 'sad', ROW(NULL, 'q"\\'), ARRAY[ROW(1, '')::pairs, NULL])::homes"""
CASES: Final[list[Case]] = [
    *cases("CO16", "moods", ("'sad'", "sad"), ("'very happy'", "very happy"), ("""'q"q'""", 'q"q'), ("''", "")),
    *cases("CO16", "moods", ("'grün'", "grün")),
    *cases("CO16", "moods[]", ("""'{sad,"",NULL,"very happy"}'""", ["sad", "", None, "very happy"])),
    *cases("CO16", "positive", ("1", 1), ("2147483647", 2**31 - 1)),
    *cases("CO16", "positive[]", ("'{1,NULL}'", [1, None]), ("'[0:0]={5}'", PgArray([5], [0]))),
    *cases("CO16", "smaller", ("99", 99)),
    *cases("CO16", "smaller[]", ("'{{1},{2}}'", [[1], [2]])),
    *cases("CO16", "spans", ("'[1,3)'", Range(1, 3)), ("'empty'", Range.empty())),
    *cases("CO16", "nothing_at_all", ("ROW()", NOTHING())),
    *cases("CO16", "pairs", ("ROW(1, 'x')", PAIRS(1, "x")), ("ROW(NULL, NULL)", PAIRS(None, None))),
    *cases("CO16", "pairs", ("""ROW(-1, '"(),\\')""", PAIRS(-1, '"(),\\'))),
    *cases("CO16", "pairs[]", ("ARRAY[ROW(1, 'x')::pairs, NULL]", [PAIRS(1, "x"), None]), ("'{}'", [])),
    *cases("CO16", "pairs[]", ("ARRAY[[ROW(1, NULL)::pairs]]", PgArray([[PAIRS(1, None)]], [1, 1]))),
    *cases("CO16", "paired", ("ROW(2, 'y')::pairs", PAIRS(2, "y"))),
    *cases("CO16", "homes", (HOME_SQL, HOME), ("ROW(NULL, NULL, NULL, NULL, NULL)", HOMES(*[None] * 5))),
    *cases(
        "CO16",
        "nested",
        (f"ROW({HOME_SQL}, '[1,3)', '{{}}', 1.5)", NESTED(HOME, Range(1, 3), Multirange(), Decimal("1.50"))),
    ),
    *cases("CO16", "inventory", ("ROW('nut', 42, 1.99)", INVENTORY("nut", 42, Decimal("1.99")))),
    *cases("CO16", "record", ("ROW(1, 'x'::text, NULL::int4)", (1, "x", None)), ("ROW()", ())),
    *cases("CO16", "record", ("ROW(1::int8, ROW('sad'::moods, ARRAY[1.5]))", (1, ("sad", [Decimal("1.5")])))),
    *cases("CO16", "record", ("ROW(ROW(1, 'x')::pairs, 3::positive)", (PAIRS(1, "x"), 3))),
    *cases("CO16", "record", ("ROW(ARRAY[ROW(1, true), ROW(2, NULL::bool)])", ([(1, True), (2, None)],))),
]
INPUTS: Final[list[Case]] = [
    *cases("CO16", "moods", ("'sad'", Mood.SAD)),
    *cases("CO16", "pairs", ("ROW(1, 'x')", (1, "x")), ("ROW(1, 'x')", [1, "x"])),
    *cases("CO16", "pairs", ("ROW(1, 'x')", {"a": 1, "two words": "x"})),
    *cases(
        "CO16", "homes", (HOME_SQL, ("a,b", (1, None), Mood.SAD, {"a": None, "two words": 'q"\\'}, [(1, ""), None]))
    ),
]
WRONG: Final[dict[str, list[object]]] = {
    "moods": [5, b"sad", "a\0", "\ud800"],
    "positive": [2**31, "1", True],
    "spans": [(1, 3), Range("a", "b")],
    "nothing_at_all": [(1,), 5],
    "pairs": ["(1,x)", 5, (1,), (1, "x", 2), {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "two words": "x", "c": 3}, ("x", 1)],
    "homes": [("a", [1], "sad", (1, 2), []), ("a", [1], "sad", None, [(1,)]), ("a", ["1"], None, None, None)],
    "paired": [(1,), (1, 2)],
}
