from __future__ import annotations

import copy
import itertools
import pickle
import struct
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.time import PgTime
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO9")
TIME, TIMETZ = CODECS["time"], CODECS["timetz"]
DAY = 86_400_000_000
OFFSETS = st.integers(-57_599, 57_599).map(lambda seconds: timezone(timedelta(seconds=seconds)))


class Answers(tzinfo):
    """A zone whose offset is whatever it was given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def utcoffset(self, when: datetime | None) -> Any:
        return self.answer

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str | None:
        return None


def zone(hours: int = 0, minutes: int = 0, seconds: int = 0) -> timezone:
    return timezone(timedelta(hours=hours, minutes=minutes, seconds=seconds))


def microseconds_of(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


@given(st.times())
def test_times_round_trip(value: time) -> None:
    back = round_trip(TIME, value)

    assert encoded(TIME, value) == struct.pack("!q", microseconds_of(value))
    assert back == value
    assert type(back) is time


@given(st.times(timezones=OFFSETS))
def test_aware_times_round_trip_with_their_offset(value: time) -> None:
    back = round_trip(TIMETZ, value)

    offset = value.utcoffset()
    assert offset is not None
    assert encoded(TIMETZ, value) == struct.pack("!qi", microseconds_of(value), -(offset // timedelta(seconds=1)))
    assert isinstance(back, time)
    assert (back.replace(tzinfo=None), back.utcoffset()) == (value.replace(tzinfo=None), offset)


@pytest.mark.parametrize(
    ("name", "value", "hexadecimal"),
    [
        ("time", time(), "0000000000000000"),
        ("time", time(1), "00000000d693a400"),
        ("time", time.max, "000000141dd75fff"),
        ("time", PgTime(), "000000141dd76000"),
        ("timetz", time(tzinfo=UTC), "0000000000000000 00000000"),
        ("timetz", time(1, tzinfo=zone(1)), "00000000d693a400 fffff1f0"),
        ("timetz", time(1, tzinfo=zone(-5, -30)), "00000000d693a400 00004d58"),
        ("timetz", time.max.replace(tzinfo=zone(15, 59, 59)), "000000141dd75fff ffff1f01"),
        ("timetz", PgTime(zone(-15, -59, -59)), "000000141dd76000 0000e0ff"),
    ],
)
def test_the_bytes_are_postgresqls(name: str, value: time, hexadecimal: str) -> None:
    back = decoded(CODECS[name], bytes.fromhex(hexadecimal))

    assert encoded(CODECS[name], value) == bytes.fromhex(hexadecimal)
    assert back == value
    assert isinstance(back, time)
    assert (type(back), back.utcoffset()) == (type(value), value.utcoffset())


@given(st.lists(st.times(timezones=st.sampled_from([UTC, zone(1), zone(-5, -30), zone(0, 0, 1)]))))
def test_a_run_of_values_keeps_each_its_own_offset(values: list[time]) -> None:
    back = round_trip(CODECS["timetz[]"], values)

    assert isinstance(back, list)
    assert [(each.replace(tzinfo=None), each.utcoffset()) for each in back] == [
        (each.replace(tzinfo=None), each.utcoffset()) for each in values
    ]


def test_a_zone_that_changes_its_mind_is_asked_each_time() -> None:
    fickle = Answers(timedelta(hours=1))
    value = time(1, tzinfo=fickle)

    assert encoded(TIMETZ, value)[8:] == struct.pack("!i", -3600)
    fickle.answer = timedelta(hours=2)
    assert encoded(TIMETZ, value)[8:] == struct.pack("!i", -7200)


def test_an_offset_of_nothing_is_utc() -> None:
    back = round_trip(TIMETZ, time(1, tzinfo=zone()))

    assert isinstance(back, time)
    assert back.tzinfo is UTC


def test_decoded_times_are_usable() -> None:
    back = round_trip(TIMETZ, time(12, 34, 56, 789_012, zone(5, 30)))

    assert isinstance(back, time)
    assert back.isoformat() == "12:34:56.789012+05:30"
    assert (back.hour, back.minute, back.second, back.microsecond, back.fold) == (12, 34, 56, 789_012, 0)


def test_a_fold_means_nothing_without_a_date() -> None:
    assert round_trip(TIME, time(2, 30, fold=1)) == time(2, 30)


@pytest.mark.parametrize("answer", [None, 5, timedelta(days=1), timedelta(days=-1)])
def test_a_zone_without_a_usable_answer_is_refused(answer: Any) -> None:
    refused(TIMETZ, time(1, tzinfo=Answers(answer)), "timetz takes an aware datetime.time, not time .*fixed offset")


@pytest.mark.parametrize(
    "offset",
    [timedelta(hours=16), timedelta(hours=-16), timedelta(hours=23, minutes=59), timedelta(microseconds=1)],
)
def test_an_offset_that_postgresql_has_not_is_refused(offset: timedelta) -> None:
    refused(TIMETZ, time(1, tzinfo=timezone(offset)), "timetz takes an offset of whole seconds, less than 16 hours")
    refused(TIMETZ, PgTime(timezone(offset)), "timetz takes an offset")


@pytest.mark.feature("PA3")
def test_naive_and_aware_are_not_mixed() -> None:
    for aware in (time(1, tzinfo=UTC), time(1, tzinfo=ZoneInfo("Europe/Berlin")), PgTime(UTC)):
        refused(TIME, aware, "time takes a naive datetime.time, not .*drop the zone")
    for naive in (time(1), time(1, tzinfo=ZoneInfo("Europe/Berlin")), PgTime()):
        refused(TIMETZ, naive, "timetz takes an aware datetime.time, not .*fixed offset")


@pytest.mark.parametrize("value", ["12:00", 5, None, timedelta(1), date(2024, 1, 1), b"12:00"])
@pytest.mark.parametrize("name", ["time", "timetz"])
def test_other_types_are_refused(name: str, value: object) -> None:
    refused(CODECS[name], value, rf"{name} takes an? \w+ datetime.time, not .*fromisoformat")


def test_a_datetime_is_no_time() -> None:
    refused(TIME, datetime(2024, 1, 1), r"time takes a naive datetime.time, not datetime .*\.time\(\)")
    refused(TIMETZ, datetime(2024, 1, 1, tzinfo=UTC), r"timetz takes .* datetime .*\.timetz\(\)")


@pytest.mark.parametrize(("name", "size"), [("time", 8), ("timetz", 12)])
def test_another_size_is_refused(name: str, size: int) -> None:
    for wrong in (0, 1, size - 1, size + 1):
        with pytest.raises(DecodeError, match=f"{name} has {size} bytes"):
            decoded(CODECS[name], bytes(wrong))


@pytest.mark.parametrize("microseconds", [-1, DAY + 1, 2**63 - 1, -(2**63)])
def test_a_time_outside_a_day_is_a_decode_error(microseconds: int) -> None:
    for name, data in (("time", struct.pack("!q", microseconds)), ("timetz", struct.pack("!qi", microseconds, 0))):
        with pytest.raises(DecodeError, match=f"{name} came with {microseconds} microseconds"):
            decoded(CODECS[name], data)


@pytest.mark.parametrize("seconds", [57_600, -57_600, 2**31 - 1, -(2**31)])
def test_an_offset_of_16_hours_is_a_decode_error(seconds: int) -> None:
    with pytest.raises(DecodeError, match="timetz came with an offset of"):
        decoded(TIMETZ, struct.pack("!qi", 0, seconds))


@given(st.integers(-5, DAY + 5), st.integers(-57_605, 57_605))
def test_every_number_is_a_time_or_a_decode_error(microseconds: int, west: int) -> None:
    data = struct.pack("!qi", microseconds, west)
    try:
        value = decoded(TIMETZ, data)
    except DecodeError:
        assert not (0 <= microseconds <= DAY and -57_600 < west < 57_600)
    else:
        assert isinstance(value, PgTime) == (microseconds == DAY)
        assert encoded(TIMETZ, value) == data


@given(st.binary(max_size=13))
@pytest.mark.parametrize("name", ["time", "timetz"])
def test_any_bytes_are_a_value_or_a_decode_error(name: str, data: bytes) -> None:
    try:
        value = decoded(CODECS[name], data)
    except DecodeError:
        return
    assert encoded(CODECS[name], value) == data


# ------------------------------------------------------------------------------------------------ PgTime


def test_the_end_of_a_day_has_postgresqls_text() -> None:
    assert [str(each) for each in (PgTime(), PgTime(UTC), PgTime(zone(-3, -30)), PgTime(zone(0, 19, 32)))] == [
        *("24:00:00", "24:00:00+00", "24:00:00-03:30", "24:00:00+00:19:32"),
    ]
    assert str(PgTime(zone(0, 0, -1))) == "24:00:00-00:00:01"
    assert PgTime().isoformat("milliseconds") == "24:00:00.000"
    assert f"{PgTime():>10}" == "  24:00:00"


@pytest.mark.parametrize("value", [PgTime(), PgTime(UTC), PgTime(zone(-3, -30))])
def test_the_end_of_a_day_travels(value: PgTime) -> None:
    import datetime as dt

    copies = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    copies += [copy.copy(value), copy.deepcopy(value), eval(repr(value), {"PgTime": PgTime, "datetime": dt})]
    for each in copies:
        assert type(each) is PgTime
        assert (each, each.tzinfo) == (value, value.tzinfo)


def test_its_fields_say_24() -> None:
    value = PgTime(UTC)

    assert (value.hour, value.minute, value.second, value.microsecond) == (24, 0, 0, 0)
    assert value.tzinfo is UTC
    assert isinstance(value, time)


@pytest.mark.parametrize("name", ["replace", "strftime"])
def test_what_python_could_only_answer_wrongly_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="beyond Python's calendar"):
        getattr(PgTime(), name)


def test_it_is_later_than_every_time() -> None:
    for value in (time(), time(12), time.max):
        assert value < PgTime()
        assert PgTime() > value
        assert not PgTime() <= value
        assert value != PgTime()
    assert sorted([PgTime(), time.max, time()]) == [time(), time.max, PgTime()]
    assert PgTime() <= PgTime() >= PgTime()
    assert not PgTime() < PgTime()


def test_aware_ones_are_in_postgresqls_order() -> None:
    """By the moment in UTC; of two at one moment, the eastern is first."""
    ordered = [PgTime(zone(1)), time(23, 59, 59, tzinfo=UTC), PgTime(UTC), time(23, tzinfo=zone(-1)), PgTime(zone(-1))]

    backwards = ordered[::-1]
    assert sorted(backwards) == ordered
    for left, right in itertools.pairwise(ordered):
        assert left < right
        assert right > left
        assert left != right


def test_equal_ones_have_one_hash() -> None:
    assert hash(PgTime()) == hash(PgTime())
    assert {PgTime(zone(0, 0)): 1}[PgTime(UTC)] == 1
    assert PgTime() != PgTime(UTC)
    assert PgTime() != "24:00:00"


def test_naive_and_aware_have_no_order() -> None:
    for compare in (PgTime.__lt__, PgTime.__le__, PgTime.__gt__, PgTime.__ge__):
        with pytest.raises(TypeError, match="naive and an aware"):
            compare(PgTime(), time(1, tzinfo=UTC))
        with pytest.raises(TypeError, match="PgTime compares with times"):
            compare(PgTime(), 5)
    with pytest.raises(TypeError):
        _ = time(1, tzinfo=UTC) < PgTime()
