from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.far_datetime import PgDate, PgDatetime
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO8")
DATE, TIMESTAMP, TIMESTAMPTZ = CODECS["date"], CODECS["timestamp"], CODECS["timestamptz"]
EPOCH_DATE = date(2000, 1, 1)
OFFSETS = st.integers(-86_399, 86_399).map(lambda seconds: timezone(timedelta(seconds=seconds)))


class NoOffset(tzinfo):
    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str | None:
        return None


@given(st.dates())
def test_dates_round_trip(value: date) -> None:
    assert encoded(DATE, value) == struct.pack("!i", (value - date(2000, 1, 1)).days)
    assert round_trip(DATE, value) == value


@given(st.datetimes())
def test_timestamps_round_trip(value: datetime) -> None:
    microseconds = (value - datetime(2000, 1, 1)) // timedelta(microseconds=1)

    assert encoded(TIMESTAMP, value) == struct.pack("!q", microseconds)
    assert round_trip(TIMESTAMP, value) == value


@given(st.datetimes(timezones=OFFSETS))
def test_timestamptz_keeps_the_moment_and_arrives_in_utc(value: datetime) -> None:
    back = round_trip(TIMESTAMPTZ, value)

    assert isinstance(back, datetime)
    if not isinstance(back, PgDatetime):  # an offset can move a value of the first or last day out of Python's range
        assert back == value
        assert back.tzinfo is UTC


def test_every_day_of_the_calendar_decodes() -> None:
    for days in range(-730_119, 2_921_940, 97):
        assert decoded(DATE, struct.pack("!i", days)) == date.fromordinal(days + 730_120)


def test_every_day_that_is_kept_and_those_around_them_decode_twice() -> None:
    first, behind = (date(1950, 1, 1) - EPOCH_DATE).days, (date(2050, 3, 25) - EPOCH_DATE).days
    for days in range(first - 300, behind + 300):
        data = struct.pack("!i", days)
        back = decoded(DATE, data)
        assert back == date.fromordinal(days + 730_120)
        assert type(back) is date
        assert (decoded(DATE, data) is back) == (first <= days < behind)


def test_a_date_of_a_subclass_is_the_day_it_stands_for() -> None:
    class Shifted(date):
        def toordinal(self) -> int:
            return 1

    assert encoded(DATE, Shifted(2024, 2, 29)) == encoded(DATE, date(2024, 2, 29)) == struct.pack("!i", 8_825)


@pytest.mark.parametrize("year", [1, 4, 100, 400, 1600, 1700, 1900, 1999, 2000, 2001, 2004, 2100, 2400, 9999])
def test_the_edges_of_months_decode(year: int) -> None:
    for month in range(1, 13):
        for value in (date(year, month, 1), date(year, month, 28)):
            assert round_trip(DATE, value) == value
            moment = datetime.combine(value, time(23, 59, 59, 999_999))
            assert round_trip(TIMESTAMP, moment) == moment


@pytest.mark.parametrize("value", [date.min, date.max, date(2000, 2, 29), date(1999, 12, 31), date(2000, 1, 1)])
def test_the_ends_of_pythons_dates_round_trip(value: date) -> None:
    back = round_trip(DATE, value)

    assert back == value
    assert type(back) is date


@pytest.mark.parametrize("value", [datetime.min, datetime.max, datetime(1999, 12, 31, 23, 59, 59, 999_999)])
def test_the_ends_of_pythons_datetimes_round_trip(value: datetime) -> None:
    for codec, each in ((TIMESTAMP, value), (TIMESTAMPTZ, value.replace(tzinfo=UTC))):
        back = round_trip(codec, each)

        assert back == each
        assert type(back) is datetime


def test_decoded_values_are_usable() -> None:
    back = round_trip(TIMESTAMPTZ, datetime(2024, 2, 29, 12, 34, 56, 789_012, tzinfo=UTC))

    assert isinstance(back, datetime)
    assert back.isoformat() == "2024-02-29T12:34:56.789012+00:00"
    assert (back.fold, back + timedelta(days=1)) == (0, datetime(2024, 3, 1, 12, 34, 56, 789_012, tzinfo=UTC))


def test_a_zone_with_summer_time_keeps_the_moment() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2024, 10, 27, 2, 30, tzinfo=zone)

    assert round_trip(TIMESTAMPTZ, first) == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert round_trip(TIMESTAMPTZ, first.replace(fold=1)) == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)


@pytest.mark.feature("PA3")
def test_naive_and_aware_are_not_mixed() -> None:
    refused(TIMESTAMPTZ, datetime(2024, 1, 1), "timestamptz takes an aware datetime.*tzinfo")
    refused(TIMESTAMPTZ, datetime(2024, 1, 1, tzinfo=NoOffset()), "timestamptz takes an aware datetime")
    refused(TIMESTAMP, datetime(2024, 1, 1, tzinfo=UTC), "timestamp takes a naive datetime.*tzinfo")


@pytest.mark.parametrize("value", ["2024-01-01", 5, None, time(1), timedelta(1)])
@pytest.mark.parametrize("name", ["date", "timestamp", "timestamptz"])
def test_other_types_are_refused(name: str, value: object) -> None:
    refused(CODECS[name], value, f"{name} takes")


def test_a_datetime_is_no_date_and_a_date_no_timestamp() -> None:
    refused(DATE, datetime(2024, 1, 1), "date takes datetime.date, not datetime.*date()")
    refused(TIMESTAMP, date(2024, 1, 1), "timestamp takes a naive datetime, not date.*combine")
    refused(TIMESTAMPTZ, date(2024, 1, 1), "timestamptz takes an aware datetime, not date")


@given(st.integers(-2_451_545, 2_145_031_948) | st.sampled_from([2**31 - 1, -(2**31)]))
def test_every_day_of_postgresql_is_a_date(days: int) -> None:
    data = struct.pack("!i", days)
    value = decoded(DATE, data)

    assert isinstance(value, date)
    assert isinstance(value, PgDate) == (not 1 <= days + 730_120 <= date.max.toordinal())
    assert encoded(DATE, value) == data


@pytest.mark.parametrize("days", [-2_451_546, 2_145_031_949, 2**31 - 2, 1 - 2**31])
def test_one_day_beyond_postgresql_is_a_decode_error(days: int) -> None:
    with pytest.raises(DecodeError, match=f"date came as day {days}, which PostgreSQL has not"):
        decoded(DATE, struct.pack("!i", days))


@pytest.mark.parametrize("name", ["timestamp", "timestamptz"])
@pytest.mark.parametrize("microseconds", [-211_813_488_000_000_001, 9_223_371_331_200_000_000, 2**63 - 2, 1 - 2**63])
def test_one_microsecond_beyond_postgresql_is_a_decode_error(name: str, microseconds: int) -> None:
    with pytest.raises(DecodeError, match=f"{name} came as microsecond {microseconds}, which PostgreSQL has not"):
        decoded(CODECS[name], struct.pack("!q", microseconds))


@pytest.mark.parametrize("name", ["timestamp", "timestamptz"])
@given(
    microseconds=st.integers(-211_813_488_000_000_000, 9_223_371_331_199_999_999)
    | st.sampled_from([2**63 - 1, -(2**63)])
)
def test_every_microsecond_of_postgresql_is_a_timestamp(name: str, microseconds: int) -> None:
    data = struct.pack("!q", microseconds)
    value = decoded(CODECS[name], data)

    assert isinstance(value, datetime)
    assert (value.tzinfo is None) == (name == "timestamp")
    assert encoded(CODECS[name], value) == data


@pytest.mark.parametrize("name", ["timestamp", "timestamptz"])
def test_one_microsecond_beyond_python_is_a_pg_datetime(name: str) -> None:
    for end, step in ((datetime.min, -1), (datetime.max, 1)):
        microseconds = (end - datetime(2000, 1, 1)) // timedelta(microseconds=1)

        assert type(decoded(CODECS[name], struct.pack("!q", microseconds))) is datetime
        assert type(decoded(CODECS[name], struct.pack("!q", microseconds + step))) is PgDatetime


def test_a_naive_pg_datetime_is_no_timestamptz() -> None:
    refused(TIMESTAMPTZ, PgDatetime(2**63 - 1), "aware")
    refused(TIMESTAMP, PgDatetime(2**63 - 1, UTC), "naive")


class Moment(datetime):
    """A datetime whose subtraction is its own, as some libraries have it."""

    def __sub__(self, other: object) -> timedelta:  # type: ignore[override]  # that it answers otherwise is the point
        return timedelta(days=1)


@given(st.datetimes(), OFFSETS)
def test_a_subclass_is_taken_for_its_fields_and_zone(value: datetime, zone: timezone) -> None:
    for codec, each in ((TIMESTAMP, value), (TIMESTAMPTZ, value.replace(tzinfo=zone))):
        mine = Moment.combine(each.date(), each.timetz())

        assert type(mine) is Moment
        assert encoded(codec, mine) == encoded(codec, each)
    refused(TIMESTAMP, Moment(2024, 1, 1, tzinfo=UTC), "timestamp takes a naive datetime")
    refused(TIMESTAMPTZ, Moment(2024, 1, 1), "timestamptz takes an aware datetime")


def test_a_wall_clock_in_the_gap_of_spring_is_what_its_zone_says() -> None:
    gap = datetime(2024, 3, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert round_trip(TIMESTAMPTZ, gap) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    assert round_trip(TIMESTAMPTZ, gap.replace(fold=1)) == datetime(2024, 3, 31, 0, 30, tzinfo=UTC)


def test_local_mean_time_keeps_its_seconds() -> None:
    value = datetime(1890, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))

    assert round_trip(TIMESTAMPTZ, value) == datetime(1889, 12, 31, 23, 6, 32, tzinfo=UTC)


@given(st.binary(max_size=9))
@pytest.mark.parametrize("name", ["date", "timestamp", "timestamptz"])
def test_any_bytes_are_a_value_or_a_decode_error(name: str, data: bytes) -> None:
    try:
        value = decoded(CODECS[name], data)
    except DecodeError:
        return
    assert encoded(CODECS[name], value) == data


@pytest.mark.parametrize(("name", "size"), [("date", 4), ("timestamp", 8), ("timestamptz", 8)])
def test_another_size_is_refused(name: str, size: int) -> None:
    for wrong in (0, 1, size - 1, size + 1):
        with pytest.raises(DecodeError, match=f"{name} has {size} bytes"):
            decoded(CODECS[name], bytes(wrong))
