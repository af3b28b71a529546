from __future__ import annotations

import copy
import itertools
import pickle
import struct
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.interval import Interval
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO10")
CODEC = CODECS["interval"]
INT4_MIN, INT4_MAX = -(2**31), 2**31 - 1
INT8_MIN, INT8_MAX = -(2**63), 2**63 - 1
HOUR = 3_600_000_000
INFINITY, PAST = Interval(INT4_MAX, INT4_MAX, INT8_MAX), Interval(INT4_MIN, INT4_MIN, INT8_MIN)
INT4, INT8 = st.integers(INT4_MIN, INT4_MAX), st.integers(INT8_MIN, INT8_MAX)
INTERVALS = st.builds(Interval, INT4, INT4, INT8)


@given(INT4, INT4, INT8)
def test_intervals_round_trip(months: int, days: int, microseconds: int) -> None:
    value = Interval(months, days, microseconds)

    assert encoded(CODEC, value) == struct.pack("!qii", microseconds, days, months)
    assert round_trip(CODEC, value) == value
    assert (value.months, value.days, value.microseconds) == (months, days, microseconds)


@pytest.mark.parametrize(
    ("value", "hexadecimal"),
    [
        (Interval(), "0000000000000000 00000000 00000000"),
        (Interval(1, 2, 3), "0000000000000003 00000002 00000001"),
        (Interval(-1, -2, -3), "fffffffffffffffd fffffffe ffffffff"),
        (Interval(14, 3, 14_706_789_000), "000000036c97ca88 00000003 0000000e"),
        (INFINITY, "7fffffffffffffff 7fffffff 7fffffff"),
        (PAST, "8000000000000000 80000000 80000000"),
    ],
)
def test_the_bytes_are_postgresqls(value: Interval, hexadecimal: str) -> None:
    assert encoded(CODEC, value) == bytes.fromhex(hexadecimal)
    assert decoded(CODEC, bytes.fromhex(hexadecimal)) == value


@given(st.timedeltas())
def test_a_timedelta_goes_in_as_its_days_and_its_rest(value: timedelta) -> None:
    back = round_trip(CODEC, value)

    assert back == Interval.from_timedelta(value)
    assert isinstance(back, Interval)
    assert (back.months, back.days) == (0, value.days)
    assert back.timedelta() == value


@pytest.mark.parametrize("value", [timedelta.min, timedelta.max, timedelta(), timedelta(microseconds=-1)])
def test_the_ends_of_timedelta_come_back(value: timedelta) -> None:
    back = round_trip(CODEC, value)

    assert isinstance(back, Interval)
    assert back.timedelta() == value


def test_a_timedelta_with_attributes_of_its_own_is_taken_for_what_it_is() -> None:
    class Lasting(timedelta):
        @property
        def days(self) -> int:
            return 12345

    assert round_trip(CODEC, Lasting(days=2, seconds=3)) == Interval(0, 2, 3_000_000)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Interval(1), "has months"),
        (Interval(-1, 30), "has months"),
        (INFINITY, "infinity has months"),
        (Interval(0, 1_000_000_000), "longer than any timedelta"),
        (Interval(0, INT4_MIN, INT8_MIN), "longer than any timedelta"),
        (Interval(0, 999_999_999, 24 * HOUR), "longer than any timedelta"),
    ],
)
def test_what_no_timedelta_says_exactly_is_refused(value: Interval, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        value.timedelta()


def test_a_long_interval_that_a_timedelta_holds_is_one() -> None:
    assert Interval(0, 0, INT8_MAX).timedelta() == timedelta(microseconds=INT8_MAX)
    assert Interval(0, 1_000_000_000, -24 * HOUR).timedelta() == timedelta(days=999_999_999)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Interval(), "00:00:00"),
        (Interval(12), "1 year"),
        (Interval(-12), "-1 years"),
        (Interval(25), "2 years 1 mon"),
        (Interval(-13, 1), "-1 years -1 mons +1 day"),
        (Interval(0, -1, 1), "-1 days +00:00:00.000001"),
        (Interval(1, -1, HOUR), "1 mon -1 days +01:00:00"),
        (Interval(-1, 1, HOUR), "-1 mons +1 day 01:00:00"),
        (Interval(0, 0, -HOUR // 2), "-00:30:00"),
        (Interval(0, 0, 100 * HOUR + 500_000), "100:00:00.5"),
        (Interval(0, 0, INT8_MIN), "-2562047788:00:54.775808"),
        (INFINITY, "infinity"),
        (PAST, "-infinity"),
        (Interval(INT4_MAX, INT4_MAX, INT8_MAX - 1), "178956970 years 7 mons 2147483647 days 2562047788:00:54.775806"),
    ],
)
def test_the_text_is_postgresqls(value: Interval, text: str) -> None:
    assert str(value) == f"{value}" == text


@given(INTERVALS)
def test_the_repr_evaluates_to_the_value(value: Interval) -> None:
    assert eval(repr(value), {"Interval": Interval}) == value


def test_equal_means_equal_in_all_three() -> None:
    assert Interval(1, 2, 3) == Interval(months=1, days=2, microseconds=3)
    assert Interval(1) != Interval(0, 30)
    assert Interval(0, 1) != Interval(0, 0, 24 * HOUR)
    assert Interval(0, 1) != timedelta(1)
    assert Interval() != 0
    assert len({Interval(1), Interval(0, 30), Interval(0, 0, 720 * HOUR), Interval(1)}) == 3


def test_the_order_is_postgresqls_with_what_is_as_long_by_its_fields() -> None:
    ordered = [
        PAST,
        Interval(-1),
        Interval(0, 0, -1),
        Interval(),
        Interval(0, 0, 1),
        Interval(0, 1),
        Interval(0, 29, 24 * HOUR - 1),
        Interval(0, 0, 720 * HOUR),
        Interval(0, 30),
        Interval(1),
        Interval(1, 0, 1),
        Interval(0, 31),
        Interval(12),
        Interval(0, 361),
        Interval(0, 365),
        INFINITY,
    ]

    backwards = ordered[::-1]
    assert sorted(backwards) == ordered
    for left, right in itertools.pairwise(ordered):
        assert left < right
        assert left <= right
        assert right > left
        assert right >= left
        assert [left > right, left >= right, right < left, right <= left] == [False] * 4
    assert Interval(1) <= Interval(1) >= Interval(1)


@given(INTERVALS, INTERVALS)
def test_of_two_intervals_exactly_one_relation_holds(left: Interval, right: Interval) -> None:
    assert [left < right, left == right, left > right].count(True) == 1
    assert (left <= right) == (left < right or left == right)
    assert (left >= right) == (left > right or left == right)
    assert left != right or hash(left) == hash(right)


@pytest.mark.parametrize("other", [timedelta(1), 5, "1 day", None])
def test_it_has_no_order_with_anything_else(other: Any) -> None:
    for compare in (Interval.__lt__, Interval.__le__, Interval.__gt__, Interval.__ge__):
        with pytest.raises(TypeError, match="an Interval compares with Intervals"):
            compare(Interval(), other)


@pytest.mark.parametrize("value", [Interval(), Interval(-1, 2, -3), INFINITY, PAST])
def test_intervals_travel(value: Interval) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.copy(value) == copy.deepcopy(value) == value


def test_intervals_are_immutable() -> None:
    value: Any = Interval(1, 2, 3)

    for name in ("months", "days", "microseconds", "is_infinite", "other"):
        with pytest.raises(AttributeError):
            setattr(value, name, 5)


def test_they_know_if_they_are_infinite() -> None:
    assert INFINITY.is_infinite
    assert PAST.is_infinite
    for value in (Interval(), Interval(INT4_MAX), Interval(INT4_MAX, INT4_MAX, INT8_MAX - 1), Interval(INT4_MIN, 0, 0)):
        assert not value.is_infinite


@pytest.mark.parametrize(
    ("months", "days", "microseconds", "what"),
    [
        (INT4_MAX + 1, 0, 0, "months"),
        (INT4_MIN - 1, 0, 0, "months"),
        (0, INT4_MAX + 1, 0, "days"),
        (0, INT4_MIN - 1, 0, "days"),
        (0, 0, INT8_MAX + 1, "microseconds"),
        (0, 0, INT8_MIN - 1, "microseconds"),
        (2**80, 0, 0, "months"),
    ],
)
def test_one_beyond_the_limits_is_refused(months: int, days: int, microseconds: int, what: str) -> None:
    with pytest.raises(ValueError, match=f"{what} are outside interval"):
        Interval(months, days, microseconds)


@pytest.mark.parametrize("wrong", [1.5, "1", None, timedelta(1)])
def test_an_interval_is_made_of_ints(wrong: Any) -> None:
    for fields in ((wrong, 0, 0), (0, wrong, 0), (0, 0, wrong)):
        with pytest.raises(TypeError):
            Interval(*fields)


@pytest.mark.feature("PA3")
@pytest.mark.parametrize("value", ["1 day", 5, 0.5, None, time(1), datetime(2024, 1, 1), (1, 2, 3), b"1 day"])
def test_other_types_are_refused(value: object) -> None:
    refused(CODEC, value, r"^interval takes Interval or datetime.timedelta, not .*Interval\(months")


@pytest.mark.parametrize("size", [0, 1, 15, 17])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="interval has 16 bytes"):
        decoded(CODEC, bytes(size))


@given(st.binary(max_size=24))
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        assert len(data) != 16
    else:
        assert encoded(CODEC, value) == data
