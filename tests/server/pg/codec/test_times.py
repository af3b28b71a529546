"""Dates, times and intervals that nobody chose, against every server: what it prints for ours, and how it orders them.

The literal of a value is made by Python's own `isoformat`, or by `str` of qail's classes: that is the server's text.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from qail import INTERVAL as INTERVAL_TYPE
from qail import TEXT, avg, cast, func, max_, min_, select, sum_
from qail import TIME as TIME_TYPE
from qail import TIMETZ as TIMETZ_TYPE
from qail.pg.codec.far_datetime import PgDate, PgDatetime
from qail.pg.codec.interval import Interval
from qail.pg.codec.time import PgTime
from qail.sqlstate import DatetimeFieldOverflow
from support.backends import Backend
from support.binary_client import BinaryClient
from support.servers import Server
from support.values.times import FIXED_ZONES, INT4, NARROW, WIDE

DATE, TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL, TIMETZ = 1082, 1083, 1114, 1184, 1186, 1266
EPOCH_ORDINAL = date(2000, 1, 1).toordinal()
DAY = 86_400_000_000
HOUR = DAY // 24
# The client is one for all examples: it has no state that a value could change.
each = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
LEAST = st.builds(Interval, INT4, st.just(0), st.just(-(2**63)))
FINITE = (WIDE | NARROW | LEAST).filter(lambda value: not value.is_infinite)
DAYS = st.integers(-2_451_545, 2_145_031_948) | st.integers(-740_000, 2_930_000)
MICROSECONDS = st.integers(-211_813_488_000_000_000, 9_223_371_331_199_999_999)


def day(days: int) -> date:
    """A date of PostgreSQL's calendar."""
    ordinal = days + EPOCH_ORDINAL
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else PgDate(days)


def moment(microseconds: int) -> datetime:
    """A timestamp of PostgreSQL's calendar."""
    if 1 <= microseconds // DAY + EPOCH_ORDINAL <= date.max.toordinal():
        return datetime(2000, 1, 1) + timedelta(microseconds=microseconds)
    return PgDatetime(microseconds)


def shown(client: BinaryClient, value: object, literal: str, name: str, oid: int) -> object:
    """What came back for `value`, once the server took it for its literal and printed both alike."""
    sql = f"SELECT $1 = $2::{name}, $1::text, $2::{name}::text, $1"
    ((is_equal, ours, theirs, back),) = client.fetch(sql, [value, literal], [oid, 25])
    assert is_equal is True
    assert ours == theirs
    return back


@pytest.mark.feature("CO8")
@each
@given(days=DAYS)
def test_any_date_is_what_its_text_says(client: BinaryClient, days: int) -> None:
    value = day(days)

    assert shown(client, value, value.isoformat(), "date", DATE) == value
    assert client.value("SELECT $1::text", value, DATE) == str(value)
    assert client.value("SELECT $1 - '2000-01-01'::date", value, DATE) == days


@pytest.mark.feature("CO8")
@each
@given(microseconds=MICROSECONDS)
def test_any_timestamp_is_what_its_text_says(client: BinaryClient, microseconds: int) -> None:
    value = moment(microseconds)

    assert shown(client, value, value.isoformat(" "), "timestamp", TIMESTAMP) == value
    if isinstance(value, PgDatetime):
        assert client.value("SELECT $1::text", value, TIMESTAMP) == str(value)


@pytest.mark.feature("CO8")
@each
@given(value=st.datetimes(timezones=FIXED_ZONES | st.timezones()))
def test_any_moment_in_any_zone_is_what_its_text_says(client: BinaryClient, value: datetime) -> None:
    offset = value.utcoffset()
    assert offset is not None

    back = shown(client, value, value.isoformat(" "), "timestamptz", TIMESTAMPTZ)

    assert isinstance(back, datetime)
    assert back.tzinfo is UTC
    if not isinstance(back, PgDatetime):  # an offset can move a value of the first or last day out of Python's range
        assert back.replace(tzinfo=None) == value.replace(tzinfo=None, fold=0) - offset


@pytest.mark.feature("CO8")
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_the_sessions_time_zone_changes_nothing(client: BinaryClient, zone: str) -> None:
    values = [datetime(2024, 7, 1, 12, 30, tzinfo=UTC), PgDatetime(2**63 - 1, UTC), PgDatetime(-730_200 * DAY, UTC)]

    client.fetch("SELECT set_config('TimeZone', $1, false)", [zone], [25])
    try:
        found = client.value("SELECT $1", values, 1185)
        assert client.value("SELECT '2024-07-01 12:30:00+00'::timestamptz") == values[0]
    finally:
        client.fetch("SELECT set_config('TimeZone', 'UTC', false)", [], [])

    assert found == values
    assert isinstance(found, list)
    assert [value.tzinfo for value in found] == [UTC] * 3


@pytest.mark.feature("CO8")
@pytest.mark.parametrize("style", ["ISO, MDY", "German", "SQL, DMY", "Postgres, YMD"])
def test_the_sessions_styles_change_nothing(client: BinaryClient, style: str) -> None:
    client.fetch("SELECT set_config('DateStyle', $1, false)", [style], [25])
    client.fetch("SELECT set_config('IntervalStyle', 'iso_8601', false)", [], [])
    try:
        row = client.fetch("SELECT $1, $2", [PgDate(-2_451_545), Interval(1, -2, 3)], [DATE, INTERVAL])
    finally:
        client.fetch("SELECT set_config('DateStyle', 'ISO, MDY', false)", [], [])
        client.fetch("SELECT set_config('IntervalStyle', 'postgres', false)", [], [])

    assert row == [(PgDate(-2_451_545), Interval(1, -2, 3))]


@pytest.mark.feature("CO8")
@pytest.mark.parametrize(
    "sql",
    [
        "'5874897-12-31'::date + 1",
        "'4714-11-24 BC'::date - 1",
        "'294276-12-31 23:59:59.999999'::timestamp + '1 us'",
        "'4714-11-24 00:00 BC'::timestamp - '1 us'::interval",
        "'294276-12-31 23:59:59.999999+00'::timestamptz + '1 us'",
    ],
)
def test_the_server_has_nothing_beyond_the_limits_either(client: BinaryClient, sql: str) -> None:
    with pytest.raises(DatetimeFieldOverflow):
        client.value(f"SELECT {sql}")


@pytest.mark.feature("CO9")
@each
@given(value=st.times())
def test_any_time_is_what_its_text_says(client: BinaryClient, value: time) -> None:
    back = shown(client, value, value.isoformat(), "time", TIME)

    assert (type(back), back) == (time, value)


@pytest.mark.feature("CO9")
@each
@given(value=st.times(timezones=FIXED_ZONES) | FIXED_ZONES.map(PgTime))
def test_any_timetz_is_what_its_text_says(client: BinaryClient, value: time) -> None:
    back = shown(client, value, value.isoformat(), "timetz", TIMETZ)

    assert isinstance(back, time)
    assert (type(back), back, back.utcoffset()) == (type(value), value, value.utcoffset())
    if isinstance(value, PgTime):
        assert client.value("SELECT $1::text", value, TIMETZ) == str(value)


@pytest.mark.feature("CO9")
@each
@given(value=FIXED_ZONES.map(PgTime), other=st.times(timezones=FIXED_ZONES) | FIXED_ZONES.map(PgTime))
def test_the_end_of_a_day_is_ordered_as_the_server_does(client: BinaryClient, value: PgTime, other: time) -> None:
    row = client.fetch("SELECT $1 < $2, $1 <= $2, $1 = $2, $1 > $2", [value, other], [TIMETZ, TIMETZ])

    assert row == [(value < other, value <= other, value == other, value > other)]


@pytest.mark.feature("CO10")
@each
@given(value=FINITE)
def test_any_interval_is_what_its_text_says(any_server: Server, client: BinaryClient, value: Interval) -> None:
    # 14 keeps more hours than it can print.
    assume(any_server.version >= 15 or abs(value.microseconds) < 2**31 * HOUR)

    text, back = client.fetch("SELECT $1::text, $1", [value], [INTERVAL])[0]

    assert text == str(value)
    assert back == value


@pytest.mark.feature("CO10")
@each
@given(left=FINITE, right=FINITE)
def test_intervals_are_ordered_as_the_server_does(client: BinaryClient, left: Interval, right: Interval) -> None:
    ((is_less, is_greater),) = client.fetch("SELECT $1 < $2, $1 > $2", [left, right], [INTERVAL, INTERVAL])

    # What is as long to the server, and not the same, is in an order of its own here.
    assert left < right or not is_less
    assert left > right or not is_greater
    assert left != right or not (is_less or is_greater)


@pytest.mark.feature("CO10")
@each
@given(value=st.timedeltas())
def test_any_timedelta_is_its_days_and_its_rest(client: BinaryClient, value: timedelta) -> None:
    rest = value - timedelta(value.days)
    sql = "SELECT $1 = make_interval(days => $2) + $3 * '1 us'::interval, $1"

    ((is_it, back),) = client.fetch(
        sql, [value, value.days, float(rest // timedelta(microseconds=1))], [INTERVAL, 23, 701]
    )

    assert is_it is True
    assert isinstance(back, Interval)
    assert back.timedelta() == value


@pytest.mark.feature("CO9")
@pytest.mark.feature("CO10")
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (time(1), "time without time zone"),
        (PgTime(), "time without time zone"),
        (time(1, tzinfo=UTC), "time with time zone"),
        (timedelta(1), "interval"),
        (Interval(1), "interval"),
        (PgDate(2**31 - 1), "date"),
        (PgDatetime(2**63 - 1), "timestamp without time zone"),
        (PgDatetime(2**63 - 1, UTC), "timestamp with time zone"),
    ],
)
def test_a_value_that_nothing_gives_a_type_has_its_own(
    backend: Backend, server: Server, value: object, name: str
) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            assert await connection.fetch_value(select(cast(func.pg_typeof(value), TEXT))) == name

    backend.run(body)


@pytest.mark.feature("CO9")
@pytest.mark.feature("CO10")
def test_aggregates_of_times_and_intervals_are_values_of_their_types(backend: Backend, server: Server) -> None:
    long: Any = cast(Interval(2, 1), INTERVAL_TYPE)
    early: Any = cast(time(1), TIME_TYPE)
    aware: Any = cast(time(1, tzinfo=UTC), TIMETZ_TYPE)

    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            lengths = await connection.fetch_one(select(sum_(long), avg(long), min_(long), max_(long)))
            assert tuple(lengths) == (Interval(2, 1),) * 4
            ends = await connection.fetch_one(select(min_(early), max_(early), min_(aware)))
            assert tuple(ends) == (time(1), time(1), time(1, tzinfo=UTC))

    backend.run(body)


@pytest.mark.feature("CO10")
@pytest.mark.needs(version=17)
def test_infinite_intervals_are_the_servers(fit_server: Server) -> None:
    with BinaryClient(fit_server) as client:
        for text in ("infinity", "-infinity"):
            value = client.value(f"SELECT '{text}'::interval")
            assert isinstance(value, Interval)
            assert value.is_infinite
            assert str(value) == text
            row = client.fetch("SELECT $1::text, isfinite($1), $1", [value], [INTERVAL])
            assert row == [(text, False, value)]
