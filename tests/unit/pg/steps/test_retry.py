"""When a transaction function runs again: after two errors only, within bounds, with jitter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import sqlstate
from qail.errors import CommitRejected, ConnectionLost, Outcome, OutcomeUnknown, PostgresError, UsageError
from qail.pg._generated.sqlstates import BY_CODE
from qail.pg.steps.retry import MOST_PAUSE_SECONDS, RETRIED, RetryBudget, Retrying, may_run_again


def failure(code: str = "40001") -> PostgresError:
    return sqlstate.error_class(code)(fields={"C": code, "M": "no", "V": "ERROR"})


def retrying(retries: int = 3, deadline: float | None = None, budget: Any = None, number: float = 0.5) -> Retrying:
    return Retrying(retries, deadline, budget, lambda: number)


def test_only_40001_and_40p01_are_run_again() -> None:
    found = {code for code in BY_CODE if may_run_again(failure(code))}

    assert found == RETRIED == {"40001", "40P01"}


def test_what_may_have_been_committed_is_never_run_again() -> None:
    doubtful = failure()
    doubtful.outcome = Outcome.UNKNOWN

    assert not may_run_again(doubtful)
    for error in (OutcomeUnknown("lost"), ConnectionLost("lost"), CommitRejected("no"), KeyboardInterrupt()):
        assert not may_run_again(error)


def test_it_runs_again_as_often_as_was_said() -> None:
    runs = retrying(retries=2)

    assert runs.pause_after(failure(), 0.0) is not None
    assert runs.pause_after(failure(), 0.0) is not None
    assert runs.attempt == 3
    assert runs.pause_after(failure(), 0.0) is None
    assert runs.attempt == 3
    assert retrying(retries=0).pause_after(failure(), 0.0) is None


def test_no_run_begins_behind_the_deadline() -> None:
    assert retrying(deadline=10.0, number=0.0).pause_after(failure(), 9.99) == 0.0
    assert retrying(deadline=10.0, number=0.9).pause_after(failure(), 9.9999) is None
    assert retrying(deadline=10.0, number=0.0).pause_after(failure(), 10.0) is None


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_pauses_are_jittered_and_bounded(attempts: int, number: float) -> None:
    runs = retrying(retries=attempts, number=number)
    pauses = [runs.pause_after(failure(), 0.0) for _ in range(attempts)]

    assert all(pause is not None and 0 <= pause <= MOST_PAUSE_SECONDS for pause in pauses)
    assert pauses == sorted(pauses, key=lambda pause: pause or 0.0)


@given(st.integers(0, 300))
def test_retries_are_a_tenth_of_the_load_beyond_the_reserve(first_runs: int) -> None:
    budget = RetryBudget(share=0.1, reserve=5.0)
    retries = 0
    for _ in range(first_runs):
        runs = retrying(retries=10, budget=budget)
        while runs.pause_after(failure(), 0.0) is not None:
            retries += 1

    assert retries <= 5 + 0.1 * first_runs + 1e-6
    assert retries >= min(5, 10 * first_runs) or first_runs == 0


@pytest.mark.parametrize("retries", [-1, 1.5, True, None, "3"])
def test_a_senseless_number_of_retries_is_refused(retries: Any) -> None:
    with pytest.raises(UsageError, match="retries"):
        retrying(retries)


@pytest.mark.parametrize(("share", "reserve"), [(-0.1, 1), (1.1, 1), (0.1, -1)])
def test_a_senseless_budget_is_refused(share: float, reserve: float) -> None:
    with pytest.raises(UsageError, match="budget"):
        RetryBudget(share=share, reserve=reserve)
