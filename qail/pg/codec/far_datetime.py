"""PgDate and PgDatetime: what PostgreSQL's calendar holds and Python's does not, lossless and in order.

Both are instances of date and datetime, so that a column has one type, and they hold the server's own number: days or
microseconds from 2000-01-01. They compare and hash by it, with each other and with ordinary dates; they pickle; their
text is PostgreSQL's ISO text. Python's calendar functions refuse them, since they could only give a wrong answer.

Source: src/include/datatype/timestamp.h; datatype-datetime.html#DATATYPE-DATETIME-SPECIAL-VALUES
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Self

from mypy_extensions import mypyc_attr

EPOCH: Final = dt.datetime(2000, 1, 1)
EPOCH_UTC: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
EPOCH_ORDINAL: Final = EPOCH.toordinal()
INT4_MAX: Final = 2**31 - 1
INT8_MAX: Final = 2**63 - 1
DAY: Final = 86_400_000_000
DAYS_IN_400_YEARS: Final = 146_097
# What PostgreSQL's calendar holds, in days: 4714-11-24 BC, Julian day 0, to 5874897-12-31.
FIRST_DAY: Final = -2_451_545
FINAL_DAY: Final = 2_145_031_948
# And in microseconds: from the same day to the one before 294277-01-01.
FIRST_MICROSECOND: Final = FIRST_DAY * DAY
END_MICROSECOND: Final = 9_223_371_331_200_000_000


def is_day(days: int) -> bool:
    """Whether PostgreSQL has a date that many days from 2000-01-01, or an infinity there."""
    return FIRST_DAY <= days <= FINAL_DAY or days == INT4_MAX or days == -INT4_MAX - 1


def is_microsecond(microseconds: int) -> bool:
    """Whether PostgreSQL has a timestamp that many microseconds from 2000-01-01, or an infinity there."""
    if FIRST_MICROSECOND <= microseconds < END_MICROSECOND:
        return True
    return microseconds == INT8_MAX or microseconds == -INT8_MAX - 1


def iso_text(days: int, suffix: str = "") -> str:
    """PostgreSQL's text for a day that many days from 2000-01-01, with ` BC` behind `suffix` where it belongs."""
    # The calendar repeats every 400 years: move the day into 2000 to 2399 and count the cycles.
    cycles, day = divmod(days, DAYS_IN_400_YEARS)
    near = dt.date.fromordinal(day + EPOCH_ORDINAL)
    year = near.year + 400 * cycles
    if year > 0:
        return f"{year:04d}-{near.month:02d}-{near.day:02d}{suffix}"
    # There is no year 0: the year before 1 is 1 BC.
    return f"{1 - year:04d}-{near.month:02d}-{near.day:02d}{suffix} BC"


@mypyc_attr(native_class=False)
class PgDate(dt.date):
    """A date beyond Python's years 1 to 9999, or an infinity: `days` from 2000-01-01.

    >>> print(PgDate(-746_444), PgDate(2**31 - 1))
    0045-04-22 BC infinity
    """

    days: int

    def __new__(cls, days: int) -> Self:
        """Raises ValueError where the day has an ordinary date, or none in PostgreSQL either."""
        if not is_day(days) or 1 <= days + EPOCH_ORDINAL <= dt.date.max.toordinal():
            raise ValueError(f"day {days} is no PgDate: datetime.date has it, or PostgreSQL has it not")
        near = dt.date.min if days < 0 else dt.date.max
        found = dt.date.__new__(cls, near.year, near.month, near.day)
        found.days = days
        return found

    @property
    def is_infinite(self) -> bool:
        """Whether this is `infinity` or `-infinity`."""
        return self.days == INT4_MAX or self.days == -INT4_MAX - 1

    def isoformat(self) -> str:
        """PostgreSQL's text: `12345-01-31`, `0044-03-15 BC`, `infinity`."""
        if self.is_infinite:
            return "infinity" if self.days > 0 else "-infinity"
        return iso_text(self.days)

    def __str__(self) -> str:
        return self.isoformat()

    def __repr__(self) -> str:
        return f"PgDate({self.days})"

    def __format__(self, spec: str) -> str:
        return format(self.isoformat(), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PgDate) and self.days == other.days

    # Written out: date has a `!=` of its own, which would look at the stand-in.
    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.days)

    # An object, because date itself refuses by TypeError what is no date.
    def __lt__(self, other: object) -> bool:
        return self.days < days_of(other)

    def __le__(self, other: object) -> bool:
        return self.days <= days_of(other)

    def __gt__(self, other: object) -> bool:
        return self.days > days_of(other)

    def __ge__(self, other: object) -> bool:
        return self.days >= days_of(other)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return PgDate, (self.days,)


@mypyc_attr(native_class=False)
class PgDatetime(dt.datetime):
    """A timestamp beyond Python's years 1 to 9999, or an infinity: `microseconds` from 2000-01-01, midnight.

    Of a timestamptz it is in UTC, of a timestamp it is naive; the two do not compare, like any naive and aware one.

    >>> print(PgDatetime(2**63 - 1), PgDatetime(2**58, dt.UTC))
    infinity 11133-08-28 17:22:31.711744+00
    """

    microseconds: int

    def __new__(cls, microseconds: int, tzinfo: dt.timezone | None = None) -> Self:
        """`tzinfo` is None or UTC. Raises ValueError where datetime has the moment, or PostgreSQL has it not."""
        in_python = 1 <= microseconds // DAY + EPOCH_ORDINAL <= dt.date.max.toordinal()
        if not is_microsecond(microseconds) or in_python:
            raise ValueError(f"microsecond {microseconds} is no PgDatetime: datetime has it, or PostgreSQL has it not")
        if tzinfo not in (None, dt.UTC):
            raise ValueError(f"a PgDatetime is naive or in UTC, not in {tzinfo}")
        near = dt.datetime.min if microseconds < 0 else dt.datetime.max
        found = dt.datetime.__new__(
            cls, near.year, near.month, near.day, near.hour, near.minute, near.second, near.microsecond, tzinfo
        )
        found.microseconds = microseconds
        return found

    @property
    def is_infinite(self) -> bool:
        """Whether this is `infinity` or `-infinity`."""
        return self.microseconds == INT8_MAX or self.microseconds == -INT8_MAX - 1

    def microseconds_from(self, epoch: dt.datetime) -> int:
        """`microseconds`, asked as an ordinary datetime would be: by subtracting 2000-01-01, naive or in UTC.

        Raises:
            TypeError: one of the two is naive and the other aware.
        """
        if (self.tzinfo is None) != (epoch.tzinfo is None):
            raise TypeError("a naive and an aware datetime have no difference")
        return self.microseconds

    def isoformat(self, sep: str = " ", timespec: str = "auto") -> str:
        """PostgreSQL's text, with a zone of `+00` when aware: `0044-03-15 12:00:00+00 BC`, `infinity`."""
        if self.is_infinite:
            return "infinity" if self.microseconds > 0 else "-infinity"
        days, rest = divmod(self.microseconds, DAY)
        time = (dt.datetime.min + dt.timedelta(microseconds=rest)).time().isoformat(timespec)
        if timespec == "auto" and "." in time:
            time = time.rstrip("0")
        return iso_text(days, f"{sep}{time}{'' if self.tzinfo is None else '+00'}")

    def __str__(self) -> str:
        return self.isoformat()

    def __repr__(self) -> str:
        return f"PgDatetime({self.microseconds}{'' if self.tzinfo is None else ', datetime.timezone.utc'})"

    def __format__(self, spec: str) -> str:
        return format(self.isoformat(), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PgDatetime):
            return False
        return self.microseconds == other.microseconds and self.tzinfo == other.tzinfo

    # Written out: see PgDate.
    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.microseconds)

    def __lt__(self, other: object) -> bool:
        return self.microseconds < microseconds_from_epoch(other, self.tzinfo)

    def __le__(self, other: object) -> bool:
        return self.microseconds <= microseconds_from_epoch(other, self.tzinfo)

    def __gt__(self, other: object) -> bool:
        return self.microseconds > microseconds_from_epoch(other, self.tzinfo)

    def __ge__(self, other: object) -> bool:
        return self.microseconds >= microseconds_from_epoch(other, self.tzinfo)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return PgDatetime, (self.microseconds, self.tzinfo)


def days_of(other: object) -> int:
    """The days of any date, from 2000-01-01.

    Raises:
        TypeError: no date, or a datetime.
    """
    if isinstance(other, PgDate):
        return other.days
    if not isinstance(other, dt.date) or isinstance(other, dt.datetime):
        raise TypeError(f"PgDate compares with dates, not with {type(other).__name__}")
    return other.toordinal() - EPOCH_ORDINAL


def microseconds_from_epoch(other: object, zone: dt.tzinfo | None) -> int:
    """The microseconds of any datetime, from 2000-01-01.

    Raises:
        TypeError: no datetime, or one of the two is naive and the other aware.
    """
    if not isinstance(other, dt.datetime):
        raise TypeError(f"PgDatetime compares with datetimes, not with {type(other).__name__}")
    if (other.tzinfo is None) != (zone is None):
        raise TypeError("a naive and an aware datetime have no order")
    if isinstance(other, PgDatetime):
        return other.microseconds
    return (other - (EPOCH if zone is None else EPOCH_UTC)) // dt.timedelta(microseconds=1)


class BeyondCalendar:
    """Stands for an attribute of date or datetime that would compute with a year that Python has not."""

    def __get__(self, instance: object, owner: object) -> object:
        """Refused on an instance; on the class, this descriptor itself.

        Raises:
            TypeError: always, on an instance.
        """
        if instance is None:
            return self
        raise TypeError(f"{instance} is beyond Python's calendar: compute with its number, or on the server")


def refuse_calendar() -> None:
    """Put BeyondCalendar in place of what the base classes would answer wrongly."""
    refused = ["__add__", "__radd__", "__sub__", "__rsub__", "replace", "strftime", "timetuple", "toordinal", "ctime"]
    refused += ["weekday", "isoweekday", "isocalendar", "year", "month", "day"]
    for name in refused:
        setattr(PgDate, name, BeyondCalendar())
    refused += ["hour", "minute", "second", "microsecond", "astimezone", "date", "time", "timetz", "timestamp"]
    refused += ["utctimetuple"]
    for name in refused:
        setattr(PgDatetime, name, BeyondCalendar())


refuse_calendar()
