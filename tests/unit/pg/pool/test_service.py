"""Which statements are slow, from what was measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.pool.service import MOST_STATEMENTS, QUICK_SECONDS, SLOW_SECONDS, ServiceTimes

NOW = 100.0


def test_one_very_late_answer_is_enough_and_quick_ones_take_it_back() -> None:
    times = ServiceTimes()

    assert times.observe(b"a", 0.3, 1, NOW)
    assert times.is_slow(b"a")
    changes = [times.observe(b"a", 0.0, 1, NOW) for _ in range(20)]

    assert changes.count(True) == 1
    assert not times.is_slow(b"a")


@pytest.mark.parametrize("seconds", [SLOW_SECONDS * 2, SLOW_SECONDS * 20])
def test_a_statement_that_is_late_now_and_then_is_not_slow(seconds: float) -> None:
    times = ServiceTimes()

    for number in range(20):
        assert not times.observe(b"a", seconds, 1, NOW + 5 * number)
    assert not times.is_slow(b"a")


def test_one_that_takes_a_tenth_of_a_second_is_known_by_its_second_answer() -> None:
    times = ServiceTimes()

    assert [times.observe(b"a", 0.1, 5, NOW + 0.1 * number) for number in range(3)] == [False, True, False]


def test_one_that_is_always_late_becomes_slow() -> None:
    times = ServiceTimes()

    assert any(times.observe(b"a", SLOW_SECONDS * 2, 1, NOW) for _ in range(5))


def test_what_our_own_loop_had_to_do_is_no_ones_fault() -> None:
    times = ServiceTimes()

    for _ in range(50):
        assert not times.observe(b"a", 0.030, 1000, NOW)
    assert not times.is_known(b"a")


def test_it_is_bounded() -> None:
    times = ServiceTimes()

    for number in range(2 * MOST_STATEMENTS):
        times.observe(b"%d" % number, 1.0, 1, NOW)

    assert len(times) == times.slow_count == MOST_STATEMENTS
    assert not times.is_slow(b"0")
    # Whoever keeps them apart is told: nothing would ever take that back.
    assert times.forgotten == [b"%d" % number for number in range(MOST_STATEMENTS)]


@pytest.mark.parametrize("seconds", [QUICK_SECONDS * 1.2, SLOW_SECONDS * 0.9])
def test_between_the_two_bounds_nothing_changes(seconds: float) -> None:
    times = ServiceTimes()
    times.observe(b"a", 0.3, 0, NOW)

    assert not any(times.observe(b"a", seconds, 0, NOW) for _ in range(100))
    assert times.is_slow(b"a")


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.floats(0, 1), st.integers(0, 500))))
def test_a_change_is_told_exactly_when_it_happens(answers: list[tuple[bytes, float, int]]) -> None:
    times = ServiceTimes()

    for name, seconds, in_flight in answers:
        before = times.is_slow(name)
        assert times.observe(name, seconds, in_flight, NOW) == (times.is_slow(name) is not before)
    assert times.slow_count == times.is_slow(b"a") + times.is_slow(b"b")
