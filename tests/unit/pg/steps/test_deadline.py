"""`timeout=`: which numbers are seconds, and which are nobody's."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import Outcome, UsageError
from qail.pg.steps.deadline import MOST_SECONDS, checked_seconds, checked_timeout


@given(st.one_of(st.floats(0, MOST_SECONDS), st.integers(0, int(MOST_SECONDS))))
def test_a_number_of_seconds_is_that_many(seconds: float) -> None:
    assert checked_seconds(seconds) == seconds
    assert type(checked_timeout(seconds)) is float


def test_none_is_no_limit_where_there_may_be_none() -> None:
    assert checked_timeout(None) is None
    with pytest.raises(UsageError):
        checked_seconds(None)


@pytest.mark.parametrize(
    "wrong",
    [
        math.nan,
        math.inf,
        -math.inf,
        -1,
        -0.001,
        MOST_SECONDS * 1.001,
        10**400,
        True,
        False,
        "5",
        b"5",
        Decimal(5),
        timedelta(seconds=5),
        [5],
        object(),
    ],
)
def test_what_cannot_be_waited_is_refused_in_words(wrong: object) -> None:
    for check in (checked_seconds, checked_timeout):
        with pytest.raises(UsageError, match="timeout is a number of seconds from 0 to") as caught:
            check(wrong)
        assert caught.value.outcome is Outcome.NOT_SENT
