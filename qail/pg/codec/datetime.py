"""date, timestamp, timestamptz: day arithmetic in native integers and one constructor call.

Rule 1: a timestamp is naive and a timestamptz is aware; the other one is refused, because it would be a guess.
timestamptz arrives in UTC, whatever the session's TimeZone.
Rule 2: infinities, BC and years beyond 9999 are `PgDate` and `PgDatetime`: nothing is clamped, nothing is lost.
Rule 3: a datetime is no date and a date is no timestamp: one would lose the time of day, the other invent it.

Days are counted from 2000-01-01, microseconds from its midnight, in the proleptic Gregorian calendar.

Source: src/backend/utils/adt/date.c, date_send; timestamp.c, timestamp_send and timestamptz_send
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from librt.strings import BytesWriter, read_i32_be, read_i64_be, write_i32_be, write_i64_be
from mypy_extensions import i32, i64, u8

from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.far_datetime import EPOCH, EPOCH_UTC, PgDate, PgDatetime, is_day, is_microsecond
from qail.pg.codec.refusal import wrong_length, wrong_type

MICROSECONDS_A_SECOND: Final = 1_000_000
MICROSECONDS_A_DAY: Final = 86_400_000_000
# 0001-01-01 and 9999-12-31: what Python's calendar holds.
LEAST_DAY: Final = -730_119
LAST_DAY: Final = 2_921_939
# 2000-01-01 as date counts: the ordinal of 0001-01-01 is 1.
EPOCH_DAY: Final = 730_120
LEAST_MICROSECOND: Final = LEAST_DAY * MICROSECONDS_A_DAY
BEYOND_MICROSECOND: Final = (LAST_DAY + 1) * MICROSECONDS_A_DAY
# From 0000-03-01 to 2000-01-01: a year that begins in March has its leap day last.
MARCH_EPOCH_DAYS: Final = 730_425
DAYS_IN_400_YEARS: Final = 146_097
DAYS_IN_100_YEARS: Final = 36_524
DAYS_IN_4_YEARS: Final = 1_461
UTC: Final = dt.UTC
# Final: compiled, a class is then one load, where `dt.date` would be two dictionary look-ups per value.
DATE: Final = dt.date
DATETIME: Final = dt.datetime
PG_DATE: Final = PgDate
PG_DATETIME: Final = PgDatetime
# date and datetime also take their own pickled state, 4 and 10 bytes; that form cannot change, since old pickles must
# load. It takes half the time of seven ints, which would each be boxed, packed and parsed.
DATE_FROM_STATE: Final[Any] = dt.date
# The method itself, not looked up by name for each value; a subclass may count days in a way of its own.
TO_ORDINAL: Final[Any] = dt.date.toordinal
DATETIME_FROM_STATE: Final[Any] = dt.datetime
# The dates of a hundred years from 1950 on, each made when it is met first, in pages of 256: at most 1.5 MB.
FIRST_KEPT_DAY: Final = -18_262
KEPT_PAGES: Final = 143
DATES_A_PAGE: Final = 256
_DATES: Final[list[list[object] | None]] = [None] * KEPT_PAGES


class DateCodec(Codec):
    """date as datetime.date, or PgDate."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the days.

        Raises:
            EncodeError: `value` is no date, or a datetime.
        """
        days: i64
        if type(value) is DATE:
            ordinal: int = TO_ORDINAL(value)
            days = i64(ordinal) - EPOCH_DAY
        else:
            days = self._days_of(value)
        write_i32_be(out, 4)
        write_i32_be(out, i32(days))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A date.

        Raises:
            DecodeError: not four bytes, or a day that PostgreSQL has not.
        """
        if length != 4:
            raise wrong_length(self.type_name, 4, length)
        days = i64(read_i32_be(buffer, position))
        if days < LEAST_DAY or days > LAST_DAY:
            if not is_day(days):
                raise DecodeError(f"{self.type_name} came as day {days}, which PostgreSQL has not")
            return PG_DATE(days)
        kept = days - FIRST_KEPT_DAY
        if kept < 0 or kept >= KEPT_PAGES * DATES_A_PAGE:
            return date_at(days)
        page = _DATES[kept >> 8]
        if page is None:
            page = new_page()
            _DATES[kept >> 8] = page
        found = page[kept & 255]
        if found is None:
            found = date_at(days)
            page[kept & 255] = found
        return found

    def _days_of(self, value: object) -> i64:
        """The days from 2000-01-01 to a PgDate, or to a date of a subclass.

        Raises:
            EncodeError: `value` is no date, or a datetime.
        """
        if not isinstance(value, DATE) or isinstance(value, DATETIME):
            fix = "take its .date()" if isinstance(value, DATETIME) else "convert it with date.fromisoformat()"
            raise wrong_type(self.type_name, value, "datetime.date", fix)
        if isinstance(value, PG_DATE):
            return i64(value.days)
        ordinal: int = TO_ORDINAL(value)
        return i64(ordinal) - EPOCH_DAY


class TimestampCodec(Codec):
    """timestamp as naive datetime.datetime, or PgDatetime."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the microseconds.

        Raises:
            EncodeError: `value` is no datetime, or aware.
        """
        if not isinstance(value, DATETIME):
            raise wrong_type(self.type_name, value, "a naive datetime", datetime_fix(value))
        microseconds: i64
        try:
            microseconds = microseconds_since(EPOCH, value)
        except TypeError:  # it is aware
            fix = "drop the zone with .replace(tzinfo=None), or use timestamptz"
            raise wrong_type(self.type_name, value, "a naive datetime", fix) from None
        write_i32_be(out, 8)
        write_i64_be(out, microseconds)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A naive datetime.

        Raises:
            DecodeError: not eight bytes, or a moment that PostgreSQL has not.
        """
        if length != 8:
            raise wrong_length(self.type_name, 8, length)
        return datetime_at(self.type_name, read_i64_be(buffer, position), None)


class TimestamptzCodec(Codec):
    """timestamptz as aware datetime.datetime in UTC, or PgDatetime in UTC."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the microseconds.

        Raises:
            EncodeError: `value` is no datetime, or naive, or its zone gives no offset.
        """
        if not isinstance(value, DATETIME):
            raise wrong_type(self.type_name, value, "an aware datetime", datetime_fix(value))
        microseconds: i64
        try:
            microseconds = microseconds_since(EPOCH_UTC, value)
        except (TypeError, ValueError, OverflowError):  # it is naive, or its zone gives no offset or an impossible one
            fix = "say which zone it is in, with .replace(tzinfo=...)"
            raise wrong_type(self.type_name, value, "an aware datetime", fix) from None
        write_i32_be(out, 8)
        write_i64_be(out, microseconds)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """An aware datetime in UTC.

        Raises:
            DecodeError: not eight bytes, or a moment that PostgreSQL has not.
        """
        if length != 8:
            raise wrong_length(self.type_name, 8, length)
        return datetime_at(self.type_name, read_i64_be(buffer, position), UTC)


def new_page() -> list[object]:
    """A page of dates, none of which is made yet."""
    nothing: object = None
    return [nothing] * DATES_A_PAGE


def date_at(days: i64) -> object:
    """The date of a day of Python's calendar, counted from 2000-01-01."""
    state = BytesWriter()
    write_i32_be(state, i32(date_state(days)))
    return DATE_FROM_STATE(state.getvalue())


def datetime_fix(value: object) -> str:
    """How to make a datetime of `value`."""
    if isinstance(value, DATE):
        return "combine it with a time: datetime.combine(value, time())"
    return "convert it with datetime.fromisoformat()"


def microseconds_since(epoch: dt.datetime, value: dt.datetime) -> i64:
    """The microseconds from `epoch` to `value`.

    Raises:
        TypeError: one of the two is naive and the other aware.
    """
    if type(value) is DATETIME:
        return microseconds_of(value - epoch)
    if isinstance(value, PG_DATETIME):
        return i64(value.microseconds_from(epoch))
    # A subclass may subtract in a way of its own; datetime's is of its fields and zone.
    return microseconds_of(DATETIME.__sub__(value, epoch))


def microseconds_of(delta: dt.timedelta) -> i64:
    """A timedelta of at most 10,000 years in microseconds."""
    seconds: i64 = i64(delta.days) * 86_400 + i64(delta.seconds)
    return seconds * MICROSECONDS_A_SECOND + i64(delta.microseconds)


def datetime_at(type_name: str, microseconds: i64, zone: dt.timezone | None) -> object:
    """The datetime that many microseconds after 2000-01-01, naive or in UTC.

    Raises:
        DecodeError: PostgreSQL has none there.
    """
    if microseconds < LEAST_MICROSECOND or microseconds >= BEYOND_MICROSECOND:
        if not is_microsecond(microseconds):
            raise DecodeError(f"{type_name} came as microsecond {microseconds}, which PostgreSQL has not")
        return PG_DATETIME(microseconds, zone)
    days = microseconds // MICROSECONDS_A_DAY
    time_of_day = microseconds - days * MICROSECONDS_A_DAY
    seconds = time_of_day // MICROSECONDS_A_SECOND
    minutes = seconds // 60
    # The state: date, hour, minute, second, and the microsecond in three bytes.
    state = BytesWriter()
    write_i32_be(state, i32(date_state(days)))
    state.append(u8(minutes // 60))
    state.append(u8(minutes % 60))
    second = seconds - minutes * 60
    write_i32_be(state, i32(second << 24 | (time_of_day - seconds * MICROSECONDS_A_SECOND)))
    if zone is None:
        return DATETIME_FROM_STATE(state.getvalue())
    return DATETIME_FROM_STATE(state.getvalue(), zone)


def date_state(days: i64) -> i64:
    """A day of Python's calendar, counted from 2000-01-01, as date's state: year << 16 | month << 8 | day."""
    # In years that begin on 1 March, counted from the year 0, within a cycle of 400 years.
    day = days + MARCH_EPOCH_DAYS
    cycle = day // DAYS_IN_400_YEARS
    day -= cycle * DAYS_IN_400_YEARS
    year = (day - day // (DAYS_IN_4_YEARS - 1) + day // DAYS_IN_100_YEARS - day // (DAYS_IN_400_YEARS - 1)) // 365
    day -= 365 * year + year // 4 - year // 100
    # Months from March on have 31, 30, 31, 30, 31 days, twice, and what is left: 153 days each five months.
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * cycle
    if month < 10:
        month += 3
    else:
        month -= 9
        year += 1
    return year << 16 | month << 8 | (day + 1)


CODECS: Final[list[Codec]] = [
    DateCodec("date", 1082),
    TimestampCodec("timestamp", 1114),
    TimestamptzCodec("timestamptz", 1184),
]
