"""Dates, times and intervals: the ends of PostgreSQL's and of Python's, zones of every kind, fractions, mixed signs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from qail.pg.codec.far_datetime import PgDate, PgDatetime
from qail.pg.codec.interval import Interval
from qail.pg.codec.time import PgTime
from support.values.case import Case, cases

DAY: Final = 86_400_000_000
HOUR: Final = 3_600_000_000
BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
AMSTERDAM, APIA = ZoneInfo("Europe/Amsterdam"), ZoneInfo("Pacific/Apia")
INT4_MAX: Final = 2**31 - 1
INT8_MAX: Final = 2**63 - 1


class Moment(datetime):
    """A datetime whose subtraction is its own, as some libraries have it."""

    def __sub__(self, other: object) -> timedelta:  # type: ignore[override]  # that it answers otherwise is the point
        return timedelta(days=1)


class Lasting(timedelta):
    """A timedelta that says its days in a way of its own."""

    @property
    def days(self) -> int:
        return 12345


def zone(hours: int = 0, minutes: int = 0, seconds: int = 0) -> timezone:
    return timezone(timedelta(hours=hours, minutes=minutes, seconds=seconds))


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc, arg-type]  # the fields are ints, and the zone is last


def at(where: tzinfo, *fields: int, fold: int = 0) -> datetime:
    """A wall clock's time there."""
    return utc(*fields).replace(tzinfo=where, fold=fold)


DATES: Final = [
    *cases("CO8", "date", ("'2000-01-01'", date(2000, 1, 1)), ("'1999-12-31'", date(1999, 12, 31))),
    *cases("CO8", "date", ("'2000-02-29'", date(2000, 2, 29)), ("'1900-03-01'", date(1900, 3, 1))),
    *cases("CO8", "date", ("'1582-10-10'", date(1582, 10, 10)), ("'1970-01-01'", date(1970, 1, 1))),
    *cases("CO8", "date", ("'0001-12-31 BC'", PgDate(-730_120)), ("'10000-01-01'", PgDate(2_921_940))),
    *cases("CO8", "date", ("'0001-01-01 BC'", PgDate(-730_485)), ("'0005-02-29 BC'", PgDate(-731_887))),
    *cases("CO8", "date", ("'4714-11-24 BC'", PgDate(-2_451_545)), ("'5874897-12-31'", PgDate(2_145_031_948))),
    *cases("CO8", "date", ("'4713-01-01 BC'", PgDate(-2_451_507)), ("'5874897-12-30'", PgDate(2_145_031_947))),
    *cases("CO8", "timestamp", ("'2000-01-01'", datetime(2000, 1, 1)), ("'1970-01-01'", datetime(1970, 1, 1))),
    *cases("CO8", "timestamp", ("'1999-12-31 23:59:59.999999'", datetime(1999, 12, 31, 23, 59, 59, 999_999))),
    *cases("CO8", "timestamp", ("'2000-01-01 00:00:00.000001'", datetime(2000, 1, 1, 0, 0, 0, 1))),
    *cases(
        "CO8",
        "timestamp",
        ("'2024-06-30 23:59:60'", datetime(2024, 7, 1)),
        ("'0001-01-01 01:02:03.4'", datetime(1, 1, 1, 1, 2, 3, 400_000)),
    ),
    *cases("CO8", "timestamp", ("'4714-11-24 00:00:00 BC'", PgDatetime(-211_813_488_000_000_000))),
    *cases("CO8", "timestamp", ("'294276-12-31 23:59:59.999999'", PgDatetime(9_223_371_331_199_999_999))),
    *cases("CO8", "timestamp", ("'0001-12-31 23:59:59.999999 BC'", PgDatetime(-730_119 * DAY - 1))),
    *cases(
        "CO8",
        "timestamp",
        ("'10000-01-01'", PgDatetime(2_921_940 * DAY)),
        ("'0044-03-15 12:00:00.5 BC'", PgDatetime(-746_117 * DAY + 12 * HOUR + 500_000)),
    ),
    *cases("CO8", "timestamptz", ("'2024-03-31 01:59:59.999999+01'", at(BERLIN, 2024, 3, 31, 1, 59, 59, 999_999))),
    *cases("CO8", "timestamptz", ("'2024-03-31 03:00+02'", at(BERLIN, 2024, 3, 31, 3))),
    *cases("CO8", "timestamptz", ("'2024-07-01 12:00 Asia/Kolkata'", at(KOLKATA, 2024, 7, 1, 12))),
    *cases("CO8", "timestamptz", ("'2011-12-31 00:00+14'", at(APIA, 2011, 12, 31))),
    # Local mean time: an offset with seconds.
    *cases("CO8", "timestamptz", ("'1890-01-01 00:00+00:53:28'", at(BERLIN, 1890, 1, 1))),
    *cases("CO8", "timestamptz", ("'2024-01-01 00:00-15:59:59'", at(zone(-15, -59, -59), 2024, 1, 1))),
    *cases("CO8", "timestamptz", ("'2024-01-01 00:00+15:59:59'", at(zone(15, 59, 59), 2024, 1, 1))),
    *cases("CO8", "timestamptz", ("'0001-01-01 00:00+00'", datetime.min.replace(tzinfo=UTC))),
    *cases("CO8", "timestamptz", ("'9999-12-31 23:59:59.999999+00'", datetime.max.replace(tzinfo=UTC))),
    *cases("CO8", "timestamptz", ("'4714-11-24 00:00:00+00 BC'", PgDatetime(-211_813_488_000_000_000, UTC))),
    *cases("CO8", "timestamptz", ("'294276-12-31 23:59:59.999999+00'", PgDatetime(9_223_371_331_199_999_999, UTC))),
    *cases("CO8", "timestamptz", ("'-infinity'", PgDatetime(-(2**63), UTC))),
    *cases("CO8", "timestamptz", ("'10000-01-01 00:00+00'", PgDatetime(2_921_940 * DAY, UTC))),
]
TIMES: Final = [
    *cases("CO9", "time", ("'00:00'", time()), ("'23:59:59.999999'", time.max), ("'24:00'", PgTime())),
    *cases("CO9", "time", ("'23:59:60'", PgTime()), ("'00:00:00.000001'", time(0, 0, 0, 1)), ("'12:00'", time(12))),
    *cases("CO9", "time", ("'01:02:03.4'", time(1, 2, 3, 400_000)), ("'00:00:59.999999'", time(0, 0, 59, 999_999))),
    *cases("CO9", "time", ("'00:59'", time(0, 59)), ("'23:00'", time(23)), ("'04:05:06 PM'", time(16, 5, 6))),
    *cases("CO9", "timetz", ("'00:00+00'", time(tzinfo=UTC)), ("'24:00+00'", PgTime(UTC))),
    *cases("CO9", "timetz", ("'23:59:59.999999+01'", time.max.replace(tzinfo=zone(1)))),
    *cases("CO9", "timetz", ("'12:34:56.789012+05:30'", time(12, 34, 56, 789_012, zone(5, 30)))),
    *cases("CO9", "timetz", ("'12:34:56.789012-03:30'", time(12, 34, 56, 789_012, zone(-3, -30)))),
    *cases("CO9", "timetz", ("'00:00:00.000001+00:19:32'", time(0, 0, 0, 1, zone(0, 19, 32)))),
    *cases("CO9", "timetz", ("'12:00-00:00:01'", time(12, tzinfo=zone(0, 0, -1)))),
    *cases("CO9", "timetz", ("'12:00+15:59:59'", time(12, tzinfo=zone(15, 59, 59)))),
    *cases("CO9", "timetz", ("'12:00-15:59:59'", time(12, tzinfo=zone(-15, -59, -59)))),
    *cases("CO9", "timetz", ("'24:00+15:59:59'", PgTime(zone(15, 59, 59))), ("'24:00-03:30'", PgTime(zone(-3, -30)))),
    *cases("CO9", "timetz", ("'04:05:06 PM +05:45'", time(16, 5, 6, tzinfo=zone(5, 45)))),
]
INTERVALS: Final = [
    *cases("CO10", "interval", ("'0'", Interval()), ("'1 mon'", Interval(1)), ("'30 days'", Interval(0, 30))),
    *cases("CO10", "interval", ("'720:00'", Interval(0, 0, 720 * HOUR)), ("'24:00'", Interval(0, 0, DAY))),
    *cases("CO10", "interval", ("'1 day'", Interval(0, 1)), ("'1 week'", Interval(0, 7)), ("'1 year'", Interval(12))),
    *cases("CO10", "interval", ("'1 year 2 mons 3 days 04:05:06.789'", Interval(14, 3, 14_706_789_000))),
    *cases("CO10", "interval", ("'-1 mons 30 days'", Interval(-1, 30)), ("'1 mon -30 days'", Interval(1, -30))),
    *cases("CO10", "interval", ("'1 mon -1 day 00:00:00.000001'", Interval(1, -1, 1))),
    *cases("CO10", "interval", ("'-1 mons -1 days -00:00:00.000001'", Interval(-1, -1, -1))),
    *cases("CO10", "interval", ("'-1 days +23:59:59.999999'", Interval(0, -1, DAY - 1))),
    *cases(
        "CO10", "interval", ("'1 day -25:00'", Interval(0, 1, -25 * HOUR)), ("'-00:30'", Interval(0, 0, -HOUR // 2))
    ),
    *cases(
        "CO10",
        "interval",
        ("'-13 mons'", Interval(-13)),
        ("'11 mons'", Interval(11)),
        ("'-1 year 1 mon'", Interval(-11)),
    ),
    *cases("CO10", "interval", ("'178956970 years 7 mons'", Interval(INT4_MAX))),
    *cases("CO10", "interval", ("'-178956970 years -8 mons'", Interval(-INT4_MAX - 1))),
    *cases("CO10", "interval", ("'2147483647 days'", Interval(0, INT4_MAX))),
    *cases("CO10", "interval", ("'-2147483648 days'", Interval(0, -INT4_MAX - 1))),
    # 14 reads and prints a little less than it keeps.
    *cases("CO10", "interval", ("'2562047788:00:54.775807'", Interval(0, 0, INT8_MAX)), needs="15"),
    *cases(
        "CO10",
        "interval",
        ("('-2562047788:00:54.775807'::interval - '1 us'::interval)", Interval(0, 0, -INT8_MAX - 1)),
        needs="15",
    ),
    *cases("CO10", "interval", ("'2147483647:59:59.999999'", Interval(0, 0, 2**31 * 3_600_000_000 - 1))),
    *cases("CO10", "interval", ("'2147483647 mons -2147483648 days'", Interval(INT4_MAX, -INT4_MAX - 1))),
    *cases(
        "CO10",
        "interval",
        ("'P1Y2M3DT4H5M6.5S'", Interval(14, 3, 14_706_500_000)),
        ("'1.5 days'", Interval(0, 1, DAY // 2)),
    ),
    *cases("CO10", "interval", ("'infinity'", Interval(INT4_MAX, INT4_MAX, INT8_MAX)), needs="17"),
    *cases("CO10", "interval", ("'-infinity'", Interval(-INT4_MAX - 1, -INT4_MAX - 1, -INT8_MAX - 1)), needs="17"),
]
FIXED_ZONES: Final[st.SearchStrategy[timezone]] = st.integers(-57_599, 57_599).map(lambda seconds: zone(0, 0, seconds))
"""Every offset that PostgreSQL has."""
INT4: Final = st.integers(-INT4_MAX - 1, INT4_MAX)
# The server does not read what it writes for the least int8: tests/server/pg/codec/test_times.py shows that one.
WIDE: Final = st.builds(Interval, INT4, INT4, st.integers(-INT8_MAX, INT8_MAX))
NARROW: Final = st.builds(Interval, st.integers(-15, 15), st.integers(-40, 40), st.integers(-2 * DAY, 2 * DAY))
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "time": st.times() | st.just(PgTime()),
    "timetz": st.times(timezones=FIXED_ZONES) | FIXED_ZONES.map(PgTime),
    "interval": WIDE | NARROW,
}
CASES: Final[list[Case]] = [*DATES, *TIMES, *INTERVALS]
INPUTS: Final[list[Case]] = [
    # An hour that is there twice, or not at all: in Python such a moment equals none of another zone (PEP 495).
    *cases("CO8", "timestamptz", ("'2024-10-27 02:30+02'", at(BERLIN, 2024, 10, 27, 2, 30))),
    *cases("CO8", "timestamptz", ("'2024-10-27 02:30+01'", at(BERLIN, 2024, 10, 27, 2, 30, fold=1))),
    *cases("CO8", "timestamptz", ("'2024-11-03 01:30 America/New_York'", at(NEW_YORK, 2024, 11, 3, 1, 30, fold=1))),
    # In the gap of spring: before it with fold 0, behind it with fold 1..
    *cases("CO8", "timestamptz", ("'2024-03-31 02:30+01'", at(BERLIN, 2024, 3, 31, 2, 30))),
    *cases("CO8", "timestamptz", ("'2024-03-31 02:30+02'", at(BERLIN, 2024, 3, 31, 2, 30, fold=1))),
    *cases("CO8", "timestamp", ("'2024-02-29 12:00'", Moment(2024, 2, 29, 12))),
    *cases("CO8", "timestamptz", ("'2024-02-29 12:00+00'", Moment(2024, 2, 29, 12, tzinfo=UTC))),
    # The wall clock's year 0 or 10000 in UTC.
    *cases("CO8", "timestamptz", ("'0001-12-31 23:00+00 BC'", datetime.min.replace(tzinfo=zone(1)))),
    *cases("CO8", "timestamptz", ("'10000-01-01 00:59:59.999999+00'", datetime.max.replace(tzinfo=zone(-1)))),
    *cases("CO8", "timestamptz", ("'1890-01-01 00:00+00:19:32'", at(zone(0, 19, 32), 1890, 1, 1))),
    *cases("CO9", "time", ("'02:30'", time(2, 30, fold=1))),
    *cases("CO9", "timetz", ("'02:30+01'", time(2, 30, tzinfo=zone(1), fold=1))),
    *cases("CO10", "interval", ("'1 day'", timedelta(1)), ("'-1 days +23:59:59.999999'", timedelta(microseconds=-1))),
    *cases("CO10", "interval", ("'999999999 days 23:59:59.999999'", timedelta.max)),
    *cases("CO10", "interval", ("'-999999999 days'", timedelta.min), ("'0'", timedelta())),
    *cases(
        "CO10", "interval", ("'1 day 01:00'", timedelta(hours=25)), ("'2 days 00:00:03'", Lasting(days=2, seconds=3))
    ),
]
WRONG: Final[dict[str, list[object]]] = {
    "date": [5, 0.0, "infinity", time(1), timedelta(1), PgDatetime(INT8_MAX), Interval(0, 1), b"2024-01-01"],
    "timestamp": [PgDate(INT4_MAX), "2024-01-01", 5, time(1), PgDatetime(INT8_MAX, UTC), at(BERLIN, 2024, 1, 1)],
    "timestamptz": [PgDate(INT4_MAX), "2024-01-01", 5, time(1, tzinfo=UTC), PgDatetime(INT8_MAX)],
    "time": [time(1, tzinfo=UTC), time(1, tzinfo=BERLIN), PgTime(UTC), datetime(2024, 1, 1), timedelta(1), "12:00", 5],
    "timetz": [
        *(time(1), time(1, tzinfo=BERLIN), PgTime(), utc(2024, 1, 1), "12:00+00", 5),
        *(time(1, tzinfo=timezone(timedelta(microseconds=1))), time(1, tzinfo=zone(16)), time(1, tzinfo=zone(-16))),
    ],
    "interval": ["1 day", 5, 0.5, time(1), (1, 2, 3), datetime(2024, 1, 1)],
}
