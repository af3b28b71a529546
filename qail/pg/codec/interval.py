"""interval: months, days and microseconds, three numbers that PostgreSQL keeps apart, and so do we.

A value is Int64 microseconds, Int32 days, Int32 months.

Rule 1: nothing is converted: a month has no fixed number of days, and a day of summer time has no 24 hours.
Rule 2: a timedelta goes in as its days and its rest, and comes out of `timedelta()` as it was.
Rule 3: PostgreSQL 17's infinities are an Interval whose three numbers are the largest, or the smallest, there are.

Source: src/backend/utils/adt/timestamp.c, interval_send, interval_recv and interval_cmp_internal
"""

from __future__ import annotations

import datetime as dt
from typing import Final, final

from librt.strings import BytesWriter, read_i32_be, read_i64_be, write_i32_be, write_i64_be
from mypy_extensions import i32, i64

from qail.pg.codec.base import Codec
from qail.pg.codec.integer import INT4_MAX, INT4_MIN, INT8_MAX, INT8_MIN, SHORT_MAX, SHORT_MIN
from qail.pg.codec.refusal import wrong_length, wrong_type

INTERVAL_BYTES: Final = 16
MICROSECONDS_A_SECOND: Final = 1_000_000
MICROSECONDS_A_DAY: Final = 86_400_000_000
# What PostgreSQL's comparison takes a month for; src/include/datatype/timestamp.h, DAYS_PER_MONTH.
DAYS_A_MONTH: Final = 30
TIMEDELTA: Final = dt.timedelta
NO_TIME: Final = dt.timedelta()


@final
class Interval:
    """A span of time as PostgreSQL keeps it: `months`, `days` and `microseconds`, each with a sign of its own.

    Equal means equal in all three. The order is PostgreSQL's, which takes a month for 30 days and a day for 24 hours;
    two intervals that are as long by that, and not equal, are in the order of their months, then of their days.

    >>> print(Interval(14, 3, 14_706_789_000), Interval(-1, 1), Interval(days=30) < Interval(months=1))
    1 year 2 mons 3 days 04:05:06.789 -1 mons +1 day True
    """

    __slots__ = ("_days", "_microseconds", "_months")

    def __init__(self, months: int = 0, days: int = 0, microseconds: int = 0) -> None:
        """Raises ValueError where `months` or `days` exceed an int4, or `microseconds` an int8."""
        if not INT4_MIN <= months <= INT4_MAX:
            raise ValueError(f"{months} months are outside interval ({INT4_MIN} to {INT4_MAX})")
        if not INT4_MIN <= days <= INT4_MAX:
            raise ValueError(f"{days} days are outside interval ({INT4_MIN} to {INT4_MAX})")
        if not SHORT_MIN <= microseconds <= SHORT_MAX and not INT8_MIN <= microseconds <= INT8_MAX:
            raise ValueError(f"{microseconds} microseconds are outside interval ({INT8_MIN} to {INT8_MAX})")
        # `| 0` is a TypeError for a float, which the conversion would round; compiled, the signature refuses it.
        self._months: Final[i32] = i32(months | 0)
        self._days: Final[i32] = i32(days | 0)
        self._microseconds: Final[i64] = i64(microseconds | 0)

    @property
    def months(self) -> int:
        """Months, years among them: 12 each."""
        return int(self._months)

    @property
    def days(self) -> int:
        """Days, weeks among them: 7 each."""
        return int(self._days)

    @property
    def microseconds(self) -> int:
        """Everything shorter than a day."""
        return int(self._microseconds)

    @property
    def is_infinite(self) -> bool:
        """Whether this is PostgreSQL 17's `infinity` or `-infinity`; an older server takes it for a long interval."""
        if self._months > 0:
            return self._months == INT4_MAX and self._days == INT4_MAX and self.microseconds == INT8_MAX
        return self._months == INT4_MIN and self._days == INT4_MIN and self.microseconds == INT8_MIN

    @staticmethod
    def from_timedelta(delta: dt.timedelta) -> Interval:
        """The days of `delta` as days, its seconds and microseconds as microseconds."""
        return Interval(0, delta.days, delta.seconds * MICROSECONDS_A_SECOND + delta.microseconds)

    def timedelta(self) -> dt.timedelta:
        """The same span where Python can say it exactly, a day being 24 hours as it is in any timedelta.

        Raises:
            ValueError: there are months, or more than timedelta's 999,999,999 days.
        """
        if self._months != 0:
            raise ValueError(f"interval {self} has months, and no timedelta has: they have no fixed length")
        try:
            return TIMEDELTA(self.days, 0, self.microseconds)
        except OverflowError:
            raise ValueError(f"interval {self} is longer than any timedelta") from None

    def write(self, out: BytesWriter) -> None:
        """Append the field as it travels: its length, the microseconds, the days, the months."""
        write_i32_be(out, INTERVAL_BYTES)
        write_i64_be(out, self._microseconds)
        write_i32_be(out, self._days)
        write_i32_be(out, self._months)

    def _sort_key(self) -> tuple[int, int, int]:
        """The length that PostgreSQL compares, in microseconds, and what sets apart intervals that are as long."""
        days = self.months * DAYS_A_MONTH + self.days
        return days * MICROSECONDS_A_DAY + self.microseconds, self.months, self.days

    def _key_of(self, other: object) -> tuple[int, int, int]:
        if not isinstance(other, Interval):
            raise TypeError(f"an Interval compares with Intervals, not with {type(other).__name__}")
        return other._sort_key()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Interval):
            return False
        if self._microseconds != other._microseconds:
            return False
        return self._days == other._days and self._months == other._months

    def __hash__(self) -> int:
        return hash((self.months, self.days, self.microseconds))

    def __lt__(self, other: object) -> bool:
        return self._sort_key() < self._key_of(other)

    def __le__(self, other: object) -> bool:
        return self._sort_key() <= self._key_of(other)

    def __gt__(self, other: object) -> bool:
        return self._sort_key() > self._key_of(other)

    def __ge__(self, other: object) -> bool:
        return self._sort_key() >= self._key_of(other)

    def __str__(self) -> str:
        if self.is_infinite:
            return "infinity" if self._months > 0 else "-infinity"
        return interval_text(self.months, self.days, self.microseconds)

    def __repr__(self) -> str:
        return f"Interval(months={self.months}, days={self.days}, microseconds={self.microseconds})"

    def __reduce__(self) -> tuple[type[Interval], tuple[int, int, int]]:
        return Interval, (self.months, self.days, self.microseconds)


class IntervalCodec(Codec):
    """interval as Interval; a timedelta is taken too."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the microseconds, days and months.

        Raises:
            EncodeError: `value` is neither Interval nor timedelta.
        """
        if isinstance(value, Interval):
            value.write(out)
            return
        if not isinstance(value, TIMEDELTA):
            fix = "give Interval(months, days, microseconds)"
            raise wrong_type(self.type_name, value, "Interval or datetime.timedelta", fix)
        # A subclass may say `days` of something else; the sum is a plain timedelta.
        delta: dt.timedelta = value if type(value) is TIMEDELTA else TIMEDELTA.__add__(value, NO_TIME)
        microseconds: i64 = i64(delta.seconds) * MICROSECONDS_A_SECOND + i64(delta.microseconds)
        days: i64 = delta.days
        write_i32_be(out, INTERVAL_BYTES)
        write_i64_be(out, microseconds)
        write_i32_be(out, i32(days))
        write_i32_be(out, 0)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """An Interval.

        Raises:
            DecodeError: not sixteen bytes.
        """
        if length != INTERVAL_BYTES:
            raise wrong_length(self.type_name, INTERVAL_BYTES, length)
        microseconds = read_i64_be(buffer, position)
        days = i64(read_i32_be(buffer, position + 8))
        months = i64(read_i32_be(buffer, position + 12))
        return Interval(months, days, microseconds)


def interval_text(months: int, days: int, microseconds: int) -> str:
    """PostgreSQL's text in the style `postgres`: a sign is shown where it is minus, and after a minus.

    Source: src/backend/utils/adt/datetime.c, EncodeInterval
    """
    parts: list[str] = []
    years = abs(months) // 12
    units = ((-years if months < 0 else years, "year"), (-(-months % 12) if months < 0 else months % 12, "mon"))
    is_behind_minus = False
    for count, unit in (*units, (days, "day")):
        if count != 0:
            sign = "+" if is_behind_minus and count > 0 else ""
            parts.append(f"{sign}{count} {unit}{'' if count == 1 else 's'}")
            is_behind_minus = count < 0
    if microseconds != 0 or not parts:
        seconds, fraction = divmod(abs(microseconds), MICROSECONDS_A_SECOND)
        sign = "-" if microseconds < 0 else "+" if is_behind_minus else ""
        text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        parts.append(f"{text}.{fraction:06d}".rstrip("0") if fraction else text)
    return " ".join(parts)


CODECS: Final[list[Codec]] = [IntervalCodec("interval", 1186)]
