"""Random values of each type, for the round trips against a server: what the type can hold, ends and oddities included.

A strategy gives values as they come back: a type that rounds or reorders gets values that are rounded and in order.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from qail import Multirange, PgArray, Range
from qail.pg.codec.far_datetime import PgDate, PgDatetime
from support.values import bits, documents, extensions, geometry, network, searches, system, times
from support.values.user_types import HOMES, INVENTORY, PAIRS

Strategy = st.SearchStrategy[Any]

# PostgreSQL's text holds any character but NUL; a lone surrogate is no character.
CHARACTERS: Final = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXTS: Final = st.text(CHARACTERS, max_size=40)
# timestamp.h: from 4713 BC to 294276 AD, in microseconds from 2000 on; date.h: to 5874897 AD, in days.
TIMESTAMP_MICROSECONDS: Final = (-211_813_488_000_000_000, 9_223_371_331_200_000_000 - 1)
DATE_DAYS: Final = (-2_451_545, 2_145_031_948)
# What datetime and date hold themselves: years 1 to 9999.
NEAR_MICROSECONDS: Final = (-63_082_281_600_000_000, 252_455_616_000_000_000 - 1)
NEAR_DAYS: Final = (-730_119, 2_921_939)


def unsigned(bits: int) -> Strategy:
    return st.integers(0, 2**bits - 1)


def signed(bits: int) -> Strategy:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def float4(bits: int) -> float:
    """The float of these bits; every NaN is one NaN to the server's text."""
    (found,) = struct.unpack("!f", struct.pack("!I", bits))
    return float(found)


def decimals() -> Strategy:
    """Any sign, number of digits and scale, and a few of thousands of digits. numeric has no negative zero."""
    digits = st.one_of(st.integers(1, 10**40), st.integers(1, 10**6), st.integers(10**2000, 10**2010))
    numbers = st.builds("{}{}E-{}".format, st.sampled_from(["", "-"]), digits, st.integers(0, 60))
    zeros = st.integers(0, 60).map("0E-{}".format)
    return st.one_of(numbers, zeros, st.sampled_from(["NaN", "Infinity", "-Infinity"])).map(Decimal)


def far_dates() -> Strategy:
    before = st.integers(DATE_DAYS[0], NEAR_DAYS[0] - 1)
    behind = st.integers(NEAR_DAYS[1] + 1, DATE_DAYS[1])
    return st.one_of(before, behind, st.sampled_from([-(2**31), 2**31 - 1])).map(PgDate)


def far_datetimes(zone: Any) -> Strategy:
    before = st.integers(TIMESTAMP_MICROSECONDS[0], NEAR_MICROSECONDS[0] - 1)
    behind = st.integers(NEAR_MICROSECONDS[1] + 1, TIMESTAMP_MICROSECONDS[1])
    ends = st.sampled_from([-(2**63), 2**63 - 1])
    return st.one_of(before, behind, ends).map(lambda microseconds: PgDatetime(microseconds, zone))


def ranges(ends: Strategy) -> Strategy:
    """Of whole numbers, as the server makes them canonical: from the lower end to before the upper."""
    pairs = st.tuples(ends, ends).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Range(pair[0], pair[1]))
    half = ends.map(lambda end: Range(end, None)) | ends.map(lambda end: Range(None, end))
    return pairs | half.map(with_open_end) | st.just(Range.empty()) | st.just(Range(None, None, "()"))


def with_open_end(found: Range[Any]) -> Range[Any]:
    """A side without an end is exclusive."""
    return Range(found.lower, found.upper, "[)" if found.upper is None else "()")


def any_ranges(ends: Strategy) -> Strategy:
    """Of what has no next value: the ends stay as they are."""
    pairs = st.tuples(ends, ends).filter(lambda pair: bool(pair[0] < pair[1]))
    closed = st.builds(
        lambda pair, bounds: Range(pair[0], pair[1], bounds), pairs, st.sampled_from(["[)", "()", "(]", "[]"])
    )
    return closed | ends.map(lambda end: Range(None, end, "(]")) | st.just(Range.empty())


def multiranges(ends: Strategy) -> Strategy:
    """Apart from each other and in order, as the server makes them."""
    points = st.lists(ends, max_size=8, unique=True).map(sorted)
    return points.map(lambda found: Multirange(map(Range, found[::2], found[1::2])))


def arrays(items: Strategy, *, are_sequences: bool = False) -> Strategy:
    """Of one dimension with NULLs, of two, and of shifted bounds; items that are sequences need the bounds for two."""
    flat = st.lists(items | st.none(), max_size=6)
    deep: Strategy = st.lists(st.lists(items | st.none(), min_size=3, max_size=3), min_size=1, max_size=3)
    if are_sequences:
        deep = deep.map(lambda found: PgArray(found, [1, 1]))
    shifted = st.builds(lambda found, bound: PgArray(found, [bound]), st.lists(items, min_size=1), st.integers(2, 99))
    return flat | deep | shifted


WORDS: Final = st.from_regex("[a-z]{1,8}", fullmatch=True)
MOODS: Final = st.sampled_from(["sad", "ok", "very happy", 'q"q', "", "grün"])
PAIRS_OF: Final = st.builds(PAIRS, signed(32) | st.none(), TEXTS | st.none())
STRATEGIES: Final[dict[str, Strategy]] = {
    "bool": st.booleans(),
    "int2": signed(16),
    "int4": signed(32),
    "int8": signed(64),
    "oid": unsigned(32),
    "xid": unsigned(32),
    "xid8": unsigned(64),
    "float4": unsigned(32).map(float4),
    "float8": st.floats(),
    "numeric": decimals(),
    "text": TEXTS,
    "varchar": TEXTS,
    # The server's text of a bpchar has no padding.
    "bpchar": TEXTS.map(lambda text: text.rstrip(" ")),
    "name": st.text(CHARACTERS, max_size=15),
    '"char"': st.characters(min_codepoint=1, max_codepoint=127) | st.just(""),
    "bytea": st.binary(max_size=300),
    "uuid": st.uuids(),
    "date": st.dates(date.min, date.max) | far_dates(),
    "timestamp": st.datetimes(datetime.min, datetime.max) | far_datetimes(None),
    "timestamptz": st.datetimes(timezones=st.just(UTC)) | far_datetimes(UTC),
    "int4range": ranges(st.integers(-(2**31), 2**31 - 1)),
    "int8range": ranges(st.integers(-(2**63), 2**63 - 1)),
    "daterange": ranges(st.dates()),
    "tsrange": any_ranges(st.datetimes()),
    "tstzrange": any_ranges(st.datetimes(timezones=st.just(UTC))),
    "numrange": any_ranges(st.decimals(-1000, 1000, places=3)),
    "words": any_ranges(WORDS),
    "int4multirange": multiranges(signed(32)),
    "int8multirange": multiranges(signed(64)),
    "nummultirange": multiranges(st.decimals(-1000, 1000, places=3)),
    "datemultirange": multiranges(st.dates()),
    "tsmultirange": multiranges(st.datetimes()),
    "tstzmultirange": multiranges(st.datetimes(timezones=st.just(UTC))),
    "moods": MOODS,
    "feelings": arrays(MOODS),
    "positive": st.integers(1, 2**31 - 1),
    "smaller": st.integers(1, 99),
    "spans": ranges(signed(32)),
    "pairs": PAIRS_OF,
    "paired": PAIRS_OF,
    "homes": st.builds(
        HOMES,
        TEXTS | st.none(),
        arrays(st.integers(1, 9)),
        MOODS | st.none(),
        PAIRS_OF,
        arrays(PAIRS_OF, are_sequences=True),
    ),
    "inventory": st.builds(INVENTORY, TEXTS | st.none(), signed(32), decimals()),
    "int4[]": arrays(signed(32)),
    "text[]": arrays(TEXTS),
    "numeric[]": arrays(decimals()),
    "bytea[]": arrays(st.binary(max_size=20)),
    "bool[]": arrays(st.booleans()),
    "moods[]": arrays(MOODS),
    "positive[]": arrays(st.integers(1, 2**31 - 1)),
    "pairs[]": arrays(PAIRS_OF, are_sequences=True),
    "int4range[]": arrays(ranges(signed(32))),
    **times.STRATEGIES,
    **bits.STRATEGIES,
    **searches.STRATEGIES,
    **extensions.STRATEGIES,
    **documents.STRATEGIES,
    **network.STRATEGIES,
    **geometry.STRATEGIES,
    **system.STRATEGIES,
}
"""By type name. What is not here has few values: names in a catalog, or the syntax of a language."""
