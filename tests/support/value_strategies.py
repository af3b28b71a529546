"""Random values of each type, for the round trips against a server: what the type can hold, ends and oddities included.

A strategy gives values as they come back: a type that rounds or reorders gets values that are rounded and in order.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.far_datetime import PgDate, PgDatetime
from support.values import bits, geometry, network, system, times

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
    **times.STRATEGIES,
    **bits.STRATEGIES,
    **network.STRATEGIES,
    **geometry.STRATEGIES,
    **system.STRATEGIES,
}
"""By type name; a family adds its own."""
