from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from qail.pg.codec.far_datetime import PgDate, PgDatetime

pytestmark = pytest.mark.feature("CO8")
DAY = 86_400_000_000
FUTURE, PAST = PgDate(2**31 - 1), PgDate(-(2**31))
BC, FAR = PgDate(-746_484), PgDate(3_776_000)
LATE, EARLY = PgDatetime(2**63 - 1), PgDatetime(-(2**63))
LATE_UTC, BC_TIME = PgDatetime(2**63 - 1, UTC), PgDatetime(-746_484 * 86_400_000_000 + 3_600_000_001, UTC)


def test_the_text_is_postgresqls() -> None:
    assert [str(each) for each in (PAST, BC, FAR, FUTURE)] == ["-infinity", "0045-03-13 BC", "12338-05-04", "infinity"]
    assert str(BC_TIME) == "0045-03-13 01:00:00.000001+00 BC"
    assert f"{LATE:>10}|{EARLY}" == "  infinity|-infinity"


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


@pytest.mark.parametrize("value", [PAST, BC, FAR, FUTURE, EARLY, LATE, LATE_UTC, BC_TIME])
def test_the_repr_evaluates_to_the_value(value: date) -> None:
    import datetime as dt

    assert eval(repr(value), {"PgDate": PgDate, "PgDatetime": PgDatetime, "datetime": dt}) == value


def test_a_fraction_is_as_short_as_postgresqls() -> None:
    noon = PgDatetime(-746_117 * DAY + DAY // 2 + 500_000, UTC)

    assert str(noon) == "0044-03-15 12:00:00.5+00 BC"
    assert noon.isoformat("T", "milliseconds") == "0044-03-15T12:00:00.500+00 BC"


def test_the_ends_of_postgresqls_calendar_are_held_and_no_more() -> None:
    assert [str(PgDate(days)) for days in (-2_451_545, 2_145_031_948)] == ["4714-11-24 BC", "5874897-12-31"]
    assert str(PgDatetime(-211_813_488_000_000_000)) == "4714-11-24 00:00:00 BC"
    assert str(PgDatetime(9_223_371_331_199_999_999)) == "294276-12-31 23:59:59.999999"
    for days in (-2_451_546, 2_145_031_949, 2**31 - 2, 1 - 2**31):
        with pytest.raises(ValueError, match="PostgreSQL has it not"):
            PgDate(days)
    for microseconds in (-211_813_488_000_000_001, 9_223_371_331_200_000_000, 2**63 - 2, 1 - 2**63):
        with pytest.raises(ValueError, match="PostgreSQL has it not"):
            PgDatetime(microseconds)


def test_a_zone_other_than_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="naive or in UTC, not in UTC\\+01:00"):
        PgDatetime(2**63 - 1, timezone(timedelta(hours=1)))
    assert PgDatetime(2**63 - 1, timezone(timedelta())) == LATE_UTC


@pytest.mark.parametrize("days", [0, -730_119, 2_921_939, 2**31, -(2**31) - 1])
def test_what_an_ordinary_date_holds_is_no_pg_date(days: int) -> None:
    with pytest.raises(ValueError, match="is no PgDate"):
        PgDate(days)


@pytest.mark.parametrize("microseconds", [0, 2**63, -(2**63) - 1])
def test_what_an_ordinary_datetime_holds_is_no_pg_datetime(microseconds: int) -> None:
    with pytest.raises(ValueError, match="is no PgDatetime"):
        PgDatetime(microseconds)
