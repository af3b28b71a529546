"""`run_transaction`: a whole function in a transaction, and again in a new one where the server says that may help.

Rule 1: `pg.steps.retry` decides. What was cancelled, what may have been committed, and what has another error is the
caller's.
Rule 2: one deadline covers all runs and all pauses.
Rule 3: every run is visible: `tx.attempt` to the function, a line at INFO in the log to everybody else.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Generic, TypeVar

from qail.errors import DeadlineExceeded, Outcome, PostgresError, QailError
from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.transport import DeadlinePassed
from qail.pg.steps.retry import RetryBudget, Retrying

T = TypeVar("T")
logger = logging.getLogger("qail")

Opening = Callable[[float | None], AbstractAsyncContextManager[Any, Any]]
"""Makes a transaction's scope, given how many seconds are left."""


class Rerun(Generic[T]):
    """One call of `run_transaction`."""

    def __init__(
        self, places: Places, open_scope: Opening, fn: Callable[[Any], Awaitable[T]], deadline: float | None
    ) -> None:
        self._places: Final = places
        self._open_scope: Final = open_scope
        self._fn: Final = fn
        self._deadline: Final = deadline
        self._transaction: Any = None

    async def run(self, retries: int, budget: RetryBudget | None) -> T:
        """The function's result. Raises what its last run raised."""
        runtime = self._places._runtime
        retrying = Retrying(retries, self._deadline, budget, random.random)  # jitter is no secret
        while True:
            try:
                return await runtime.within(self._deadline, lambda: self._once(retrying.attempt))
            except DeadlinePassed:
                raise self._late() from None
            except PostgresError as error:
                pause = None if self._is_doubtful else retrying.pause_after(error, runtime.now())
                if pause is None:
                    raise
                logger.info("a transaction runs again, attempt %d after %.3f s: %s", retrying.attempt, pause, error)
            await runtime.sleep(pause)

    async def _once(self, attempt: int) -> T:
        self._transaction = None
        deadline = self._deadline
        seconds = None if deadline is None else max(0.0, deadline - self._places._runtime.now())
        async with self._open_scope(seconds) as transaction:
            transaction.attempt = attempt
            self._transaction = transaction
            return await self._fn(transaction)

    @property
    def _is_doubtful(self) -> bool:
        """Whether the transaction may have been committed, by hand perhaps, before the error came."""
        return self._transaction is not None and bool(self._transaction.may_be_kept)

    def _late(self) -> QailError:
        if self._transaction is None:
            return self._places._late(Attempt())
        outcome = Outcome.UNKNOWN if self._is_doubtful else Outcome.ABORTED
        return DeadlineExceeded("the deadline passed before the transaction had ended", outcome=outcome)
