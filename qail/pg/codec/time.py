"""time and timetz: microseconds since midnight, and for timetz the seconds west of UTC.

Rule 1: a time is naive and a timetz is aware; the other one is refused, because it would be a guess.
Rule 2: 24:00, which PostgreSQL has and Python has not, is `PgTime`: nothing is clamped, nothing is lost.
Rule 3: an offset goes both ways with its seconds; what PostgreSQL cannot hold of it is refused: fractions of a
second, and sixteen hours or more. A zone without a fixed offset (`ZoneInfo`) is refused: its offset depends on a date.

Source: src/backend/utils/adt/date.c, time_send, timetz_send, time_recv and timetz_recv
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Self

from librt.strings import BytesWriter, read_i32_be, read_i64_be, write_i16_be, write_i32_be, write_i64_be
from mypy_extensions import i16, i32, i64, mypyc_attr

from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.far_datetime import BeyondCalendar
from qail.pg.codec.refusal import wrong_length, wrong_type

TIME_BYTES: Final = 8
TIMETZ_BYTES: Final = 12
MICROSECONDS_A_SECOND: Final = 1_000_000
MICROSECONDS_A_DAY: Final = 86_400_000_000
# Sixteen hours: TZDISP_LIMIT in src/include/datatype/timestamp.h. An offset is smaller.
OFFSET_LIMIT_SECONDS: Final = 57_600
# Offsets in use are multiples of it, so the zones kept are few, whatever a server sends: 63 each way, and UTC.
ZONE_STEP_SECONDS: Final = 900
UTC: Final = dt.UTC
TIME: Final = dt.time
TIMEDELTA: Final = dt.timedelta
TIMEZONE: Final = dt.timezone
# time also takes its own pickled state, six bytes: see datetime.py.
TIME_FROM_STATE: Final[Any] = dt.time
_ZONES: Final[list[dt.timezone | None]] = [None] * 127


@mypyc_attr(native_class=False)
class PgTime(dt.time):
    """24:00, the end of a day: `PgTime()` of a time, `PgTime(zone)` of a timetz.

    An instance of time, so that a column has one type, and later than every ordinary one; two that are aware compare
    by their moment in UTC and then by their offset, the eastern first, as PostgreSQL does. What Python would answer
    wrongly is refused. `datetime.combine` cannot be made to refuse it: it sees 23:59:59.999999.

    >>> print(PgTime(), PgTime(dt.timezone(dt.timedelta(hours=5, minutes=30))), PgTime() > dt.time.max)
    24:00:00 24:00:00+05:30 True
    """

    def __new__(cls, tzinfo: dt.timezone | None = None) -> Self:
        """`tzinfo` is None or a fixed offset."""
        end = TIME.max
        return TIME.__new__(cls, end.hour, end.minute, end.second, end.microsecond, tzinfo)

    @property
    def hour(self) -> int:
        """24."""
        return 24

    @property
    def minute(self) -> int:
        """0."""
        return 0

    @property
    def second(self) -> int:
        """0."""
        return 0

    @property
    def microsecond(self) -> int:
        """0."""
        return 0

    def isoformat(self, timespec: str = "auto") -> str:
        """PostgreSQL's text: `24:00:00`, `24:00:00+05:30`."""
        return "24" + TIME().isoformat(timespec)[2:] + offset_text(self.utcoffset())

    def __str__(self) -> str:
        return self.isoformat()

    def __repr__(self) -> str:
        return f"PgTime({'' if self.tzinfo is None else repr(self.tzinfo)})"

    def __format__(self, spec: str) -> str:
        return format(self.isoformat(), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PgTime) and self.utcoffset() == other.utcoffset()

    # Written out: time has a `!=` of its own, which would look at the stand-in.
    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((MICROSECONDS_A_DAY, self.utcoffset()))

    # An object, because time itself refuses by TypeError what is no time.
    def __lt__(self, other: object) -> bool:
        return sort_key(self, other) < sort_key(other, self)

    def __le__(self, other: object) -> bool:
        return sort_key(self, other) <= sort_key(other, self)

    def __gt__(self, other: object) -> bool:
        return sort_key(self, other) > sort_key(other, self)

    def __ge__(self, other: object) -> bool:
        return sort_key(self, other) >= sort_key(other, self)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return PgTime, (self.tzinfo,)


for _name in ("replace", "strftime"):
    setattr(PgTime, _name, BeyondCalendar())


class TimeCodec(Codec):
    """time as naive datetime.time, or PgTime."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the microseconds.

        Raises:
            EncodeError: `value` is no time, or has a zone.
        """
        if not isinstance(value, TIME):
            raise wrong_type(self.type_name, value, "a naive datetime.time", time_fix(value))
        if value.tzinfo is not None:
            fix = "drop the zone with .replace(tzinfo=None), or use timetz"
            raise wrong_type(self.type_name, value, "a naive datetime.time", fix)
        microseconds = time_of_day(value)
        write_i32_be(out, TIME_BYTES)
        write_i64_be(out, microseconds)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A naive time.

        Raises:
            DecodeError: not eight bytes, or no time of a day.
        """
        if length != TIME_BYTES:
            raise wrong_length(self.type_name, TIME_BYTES, length)
        microseconds = read_i64_be(buffer, position)
        if microseconds < 0 or microseconds >= MICROSECONDS_A_DAY:
            return end_of_day(self.type_name, microseconds, None)
        return TIME_FROM_STATE(time_state(microseconds))


class TimetzCodec(Codec):
    """timetz as aware datetime.time with a fixed offset, or PgTime."""

    def __init__(self, type_name: str, type_oid: int) -> None:
        super().__init__(type_name, type_oid)
        # The last zone and its seconds west: asking a zone takes three times as long as the rest, and the next value
        # nearly always has the same. One tuple, so that no thread sees half of it.
        self._last: tuple[object, int] = (UTC, 0)

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the microseconds and the offset.

        Raises:
            EncodeError: `value` is no time, or it has no offset, or one that timetz cannot hold.
        """
        if not isinstance(value, TIME):
            raise wrong_type(self.type_name, value, "an aware datetime.time", time_fix(value))
        zone = value.tzinfo
        last, west = self._last
        if zone is not last:
            west = seconds_west(self.type_name, value)
            # A zone of another class may answer otherwise tomorrow.
            if type(zone) is TIMEZONE:
                self._last = (zone, west)
        microseconds = time_of_day(value)
        write_i32_be(out, TIMETZ_BYTES)
        write_i64_be(out, microseconds)
        write_i32_be(out, i32(west))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """An aware time; an offset of nothing is datetime.UTC.

        Raises:
            DecodeError: not twelve bytes, no time of a day, or no offset that PostgreSQL has.
        """
        if length != TIMETZ_BYTES:
            raise wrong_length(self.type_name, TIMETZ_BYTES, length)
        microseconds = read_i64_be(buffer, position)
        west = i64(read_i32_be(buffer, position + 8))
        if west <= -OFFSET_LIMIT_SECONDS or west >= OFFSET_LIMIT_SECONDS:
            raise DecodeError(f"{self.type_name} came with an offset of {-west} seconds")
        zone = zone_at(west)
        if microseconds < 0 or microseconds >= MICROSECONDS_A_DAY:
            return end_of_day(self.type_name, microseconds, zone)
        return TIME_FROM_STATE(time_state(microseconds), zone)


def time_fix(value: object) -> str:
    """How to make a time of `value`."""
    if isinstance(value, dt.datetime):
        return "take its .time() or .timetz()"
    return "convert it with datetime.time.fromisoformat()"


def time_of_day(value: dt.time) -> i64:
    """The microseconds since midnight of any time, PgTime among them."""
    minutes: i64 = i64(value.hour) * 60 + i64(value.minute)
    seconds: i64 = minutes * 60 + i64(value.second)
    return seconds * MICROSECONDS_A_SECOND + i64(value.microsecond)


def seconds_west(type_name: str, value: dt.time) -> int:
    """The offset as PostgreSQL counts it: positive west of Greenwich.

    Raises:
        EncodeError: there is none, or one that timetz cannot hold.
    """
    try:
        offset = value.utcoffset()
    except (TypeError, ValueError, OverflowError):  # a zone of somebody's own, with an impossible answer
        offset = None
    if offset is None:
        fix = "give a fixed offset: .replace(tzinfo=datetime.timezone(datetime.timedelta(hours=...)))"
        raise wrong_type(type_name, value, "an aware datetime.time", fix)
    seconds: i64 = i64(offset.days) * 86_400 + i64(offset.seconds)
    if offset.microseconds != 0 or seconds <= -OFFSET_LIMIT_SECONDS or seconds >= OFFSET_LIMIT_SECONDS:
        limits = "an offset of whole seconds, less than 16 hours"
        raise wrong_type(type_name, value, limits, "shift the time to another zone")
    return -seconds


def zone_at(west: i64) -> dt.timezone:
    """The zone that many seconds west of Greenwich, less than 16 hours; those in use are made once."""
    step = west // ZONE_STEP_SECONDS
    if step * ZONE_STEP_SECONDS != west:
        return dt.timezone(TIMEDELTA(0, int(-west)))
    found = _ZONES[step + 63]
    if found is None:
        found = dt.timezone(TIMEDELTA(0, int(-west)))
        _ZONES[step + 63] = found
    return found


def time_state(microseconds: i64) -> bytes:
    """A time's pickled state: hour, minute, second, and the microsecond in three bytes."""
    seconds = microseconds // MICROSECONDS_A_SECOND
    minutes = seconds // 60
    hour = minutes // 60
    state = BytesWriter()
    write_i16_be(state, i16(hour << 8 | (minutes - hour * 60)))
    second = seconds - minutes * 60
    write_i32_be(state, i32(second << 24 | (microseconds - seconds * MICROSECONDS_A_SECOND)))
    return state.getvalue()


def end_of_day(type_name: str, microseconds: i64, zone: dt.timezone | None) -> PgTime:
    """24:00, which is what a number of microseconds beyond a day's must be.

    Raises:
        DecodeError: it is another number.
    """
    if microseconds != MICROSECONDS_A_DAY:
        raise DecodeError(f"{type_name} came with {microseconds} microseconds, outside a day")
    return PgTime(zone)


def sort_key(value: object, other: object) -> tuple[dt.timedelta, dt.timedelta]:
    """What orders the time `value` against `other`, as PostgreSQL does: the moment in UTC, then how far west it is.

    Raises:
        TypeError: `value` is no time, or one of the two is naive and the other aware.
    """
    if not isinstance(value, TIME):
        raise TypeError(f"PgTime compares with times, not with {type(value).__name__}")
    offset = value.utcoffset()
    if isinstance(other, TIME) and (offset is None) != (other.utcoffset() is None):
        raise TypeError("a naive and an aware time have no order")
    length = TIMEDELTA(0, 0, int(time_of_day(value)))
    return (length, TIMEDELTA()) if offset is None else (length - offset, -offset)


def offset_text(offset: dt.timedelta | None) -> str:
    """PostgreSQL's text for an offset, as short as it can be: `+01`, `-03:30`, `+00:19:32`; nothing for none."""
    if offset is None:
        return ""
    seconds = abs(offset).seconds
    text = f"{'-' if offset.days < 0 else '+'}{seconds // 3600:02d}"
    if seconds % 3600:
        text += f":{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


CODECS: Final[list[Codec]] = [TimeCodec("time", 1083), TimetzCodec("timetz", 1266)]
