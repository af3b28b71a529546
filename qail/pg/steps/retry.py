"""When a transaction function runs again, and after which pause. No I/O, no clock, no random source of its own.

Rule 1: only after 40001 and 40P01, which say that the server undid everything and that another run may succeed. An
outcome that is not `aborted` is never followed by another run.
Rule 2: at most `retries` runs more, none that would begin behind the deadline, and none that the budget does not allow.
Rule 3: full jitter: those who collided do not come back together.

Source: mvcc-serialization-failure-handling.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qail.errors import Outcome, PostgresError, UsageError

RETRIED: Final = frozenset(("40001", "40P01"))
FIRST_PAUSE_SECONDS: Final = 0.01
MOST_PAUSE_SECONDS: Final = 1.0


def may_run_again(error: BaseException) -> bool:
    """Whether the whole function may run again in a new transaction after `error`."""
    return isinstance(error, PostgresError) and error.sqlstate in RETRIED and error.outcome is Outcome.ABORTED


class RetryBudget:
    """How much load retries may add: share one among all that use a database.

    Each function that is run earns `share` of a retry, and each retry takes one; `reserve` is what there is at first,
    and at most. With the default, retries are a tenth of the load at most once the reserve is used up.
    """

    def __init__(self, *, share: float = 0.1, reserve: float = 10.0) -> None:
        """Raises UsageError: a share outside 0..1 or a negative reserve."""
        if not (0 <= share <= 1 and reserve >= 0):
            raise UsageError(f"a budget has 0 <= share <= 1 and reserve >= 0, not {share} and {reserve}")
        self.share: Final = share
        self.reserve: Final = reserve
        self._tokens = reserve

    def earn(self) -> None:
        """A function runs for the first time."""
        self._tokens = min(self.reserve, self._tokens + self.share)

    def spend(self) -> bool:
        """Whether one retry more may be made; then it is counted."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Retrying:
    """The runs of one function. `attempt` counts them from 1."""

    def __init__(
        self, retries: int, deadline: float | None, budget: RetryBudget | None, random: Callable[[], float]
    ) -> None:
        """Raises UsageError: `retries` is no number of retries.

        Args:
            deadline: on the clock that `pause_after` is told; None is none.
            random: a number of [0, 1).
        """
        if type(retries) is not int or retries < 0:
            raise UsageError(f"retries is {retries!r:.40}: it is how often the function may run again, 0 or more")
        self.attempt = 1
        self._retries: Final = retries
        self._deadline: Final = deadline
        self._budget: Final = budget
        self._random: Final = random
        if budget is not None:
            budget.earn()

    def pause_after(self, error: BaseException, now: float) -> float | None:
        """How many seconds to wait before the next run; None: there is none, and `error` is the caller's.

        The pause is anything from 0 to a bound that doubles with every run.
        """
        if self.attempt > self._retries or not may_run_again(error):
            return None
        bound = min(MOST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(self.attempt - 1, 30))
        pause = bound * self._random()
        if self._deadline is not None and now + pause >= self._deadline:
            return None
        if self._budget is not None and not self._budget.spend():
            return None
        self.attempt += 1
        return pause
