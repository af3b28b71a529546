from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from qail.pg.codec.far_datetime import PgDate, PgDatetime

pytestmark = pytest.mark.feature("CO8")
FUTURE, PAST = PgDate(2**31 - 1), PgDate(-(2**31))
BC, FAR = PgDate(-746_484), PgDate(3_776_000)
LATE, EARLY = PgDatetime(2**63 - 1), PgDatetime(-(2**63))
LATE_UTC, BC_TIME = PgDatetime(2**63 - 1, UTC), PgDatetime(-746_484 * 86_400_000_000 + 3_600_000_001, UTC)


def test_the_text_is_postgresqls() -> None:
    assert [str(each) for each in (PAST, BC, FAR, FUTURE)] == ["-infinity", "0045-03-13 BC", "12338-05-04", "infinity"]
    assert str(BC_TIME) == "0045-03-13 01:00:00.000001+00 BC"
    assert f"{LATE:>10}|{EARLY}" == "  infinity|-infinity"
    assert repr(BC) == "<PgDate 0045-03-13 BC>"


def test_they_are_in_order_with_ordinary_values() -> None:
    days: list[date] = [PAST, BC, date.min, date(2024, 1, 1), date.max, FAR, FUTURE]
    moments: list[datetime] = [EARLY, datetime.min, datetime(2024, 1, 1), datetime.max, LATE]

    assert sorted(days) == days
    assert sorted(moments) == moments
    assert date.max < FAR <= FUTURE
    assert not date.max > FAR
    assert FUTURE >= FAR > date.max >= date.min > PAST


def test_they_equal_themselves_only() -> None:
    assert PgDate(2**31 - 1) == FUTURE != PAST
    assert FUTURE != date.max
    assert date.max != FUTURE
    assert LATE != LATE_UTC
    assert {FUTURE: 1}[PgDate(2**31 - 1)] == 1
    assert hash(LATE) == hash(PgDatetime(2**63 - 1))


def test_naive_and_aware_have_no_order() -> None:
    with pytest.raises(TypeError, match="naive"):
        _ = LATE < LATE_UTC
    with pytest.raises(TypeError, match="naive"):
        _ = datetime.now(UTC) < LATE
    assert datetime.now(UTC) < LATE_UTC


def test_a_date_does_not_compare_with_a_datetime() -> None:
    with pytest.raises(TypeError):
        _ = FUTURE < datetime(2024, 1, 1)
    with pytest.raises(TypeError):
        _ = LATE < "infinity"


@pytest.mark.parametrize("value", [PAST, BC, FAR, FUTURE, EARLY, LATE, LATE_UTC, BC_TIME])
def test_they_travel(value: date) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.copy(value) == copy.deepcopy(value) == value
    assert type(copy.copy(value)) is type(value)


def test_they_know_if_they_are_infinite() -> None:
    assert [each.is_infinite for each in (PAST, BC, FAR, FUTURE)] == [True, False, False, True]
    assert [each.is_infinite for each in (EARLY, LATE, LATE_UTC, BC_TIME)] == [True, True, True, False]


@pytest.mark.parametrize("value", [BC, FUTURE, LATE, BC_TIME])
@pytest.mark.parametrize("name", ["year", "month", "day", "weekday", "toordinal", "strftime", "replace", "timetuple"])
def test_what_python_could_only_answer_wrongly_is_refused(value: Any, name: str) -> None:
    with pytest.raises(TypeError, match="beyond Python's calendar"):
        getattr(value, name)


@pytest.mark.parametrize("name", ["hour", "microsecond", "astimezone", "date", "timestamp"])
def test_a_pg_datetime_refuses_its_fields(name: str) -> None:
    with pytest.raises(TypeError, match="beyond Python's calendar"):
        getattr(LATE, name)


def test_arithmetic_is_refused() -> None:
    for left, right in ((BC, timedelta(1)), (timedelta(1), BC), (LATE, timedelta(1)), (timedelta(1), LATE)):
        with pytest.raises(TypeError):
            _ = left + right  # type: ignore[operator]  # that it is refused is what is tested
    for minuend, subtrahend in ((date.max, BC), (BC, date.max), (datetime.max, LATE), (LATE, timedelta(1))):
        with pytest.raises(TypeError):
            _ = minuend - subtrahend


@pytest.mark.parametrize("days", [0, -730_119, 2_921_939, 2**31, -(2**31) - 1])
def test_what_an_ordinary_date_holds_is_no_pg_date(days: int) -> None:
    with pytest.raises(ValueError, match="is no PgDate"):
        PgDate(days)


@pytest.mark.parametrize("microseconds", [0, 2**63, -(2**63) - 1])
def test_what_an_ordinary_datetime_holds_is_no_pg_datetime(microseconds: int) -> None:
    with pytest.raises(ValueError, match="is no PgDatetime"):
        PgDatetime(microseconds)
