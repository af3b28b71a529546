"""`async with db.pipeline() as p`: calls that return at once, answered together.

Rule 1: each call has a Sync of its own: one that fails leaves the others' work in place.
Rule 2: what was called leaves at the first `await` of an answer, at `await p.flush()` and at the end of the block.
Rule 3: an error that nobody looked at is raised at the end of the block; an answer is never silently dropped.
Rule 4: a deadline is that of one flush: from waiting for a connection to the last answer.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self, TypeVar, overload

from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.dyn import Dyn
from qail.ast.build.returning import DynReturning
from qail.pg.driver.answer import COUNT, ROW, ROW_IF_ANY, ROWS, VALUE, VALUES, Answers, PipelineAnswer, Settling
from qail.pg.driver.batch import bound_or_refused
from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.results import mark_index
from qail.pg.driver.transport import Waiter
from qail.pg.driver.window import Series
from qail.pg.steps.deadline import checked_timeout
from qail.pg.steps.plan_mode import checked_plan_mode

R = TypeVar("R")
T = TypeVar("T")


class Pipeline:
    """Calls that travel together. Made by `pipeline()` of a pool, connection or transaction."""

    def __init__(self, places: Places, timeout: float | None = None, plan_mode: str | None = None) -> None:
        self._places: Final = places
        self._timeout: Final = checked_timeout(timeout)
        self._plan_mode: Final = checked_plan_mode(plan_mode)
        self._answers: Final = Answers(self)
        self._is_flushing = False
        self._watchers: list[Waiter] = []

    def fetch_all(self, query: Fetchable[R], /) -> PipelineAnswer[list[R]]:
        """All rows."""
        return self._answers.add(query, ROWS)

    def fetch_one(self, query: Fetchable[R], /) -> PipelineAnswer[R]:
        """The only row."""
        return self._answers.add(query, ROW)

    def fetch_optional(self, query: Fetchable[R], /) -> PipelineAnswer[R | None]:
        """The only row, or None."""
        return self._answers.add(query, ROW_IF_ANY)

    @overload
    def fetch_value(self, query: Dyn | DynReturning, /) -> PipelineAnswer[Any]: ...
    @overload
    def fetch_value(self, query: Fetchable[tuple[T]], /) -> PipelineAnswer[T]: ...
    def fetch_value(self, query: Any, /) -> PipelineAnswer[Any]:
        """The one column of the only row."""
        return self._answers.add(query, VALUE)

    @overload
    def fetch_values(self, query: Dyn | DynReturning, /) -> PipelineAnswer[list[Any]]: ...
    @overload
    def fetch_values(self, query: Fetchable[tuple[T]], /) -> PipelineAnswer[list[T]]: ...
    def fetch_values(self, query: Any, /) -> PipelineAnswer[list[Any]]:
        """The one column of all rows."""
        return self._answers.add(query, VALUES)

    def execute(self, command: Command | Fetchable[Any], /) -> PipelineAnswer[int]:
        """Rows affected."""
        return self._answers.add(command, COUNT)

    async def flush(self) -> None:
        """Send what waits, and wait for all of it. Two flushes at once leave one behind the other."""
        while self._is_flushing:
            waiter = self._places._runtime.waiter()
            self._watchers.append(waiter)
            await waiter
        waiting = self._answers.take_waiting()
        if not waiting:
            return
        self._is_flushing = True
        try:
            await self._flush(waiting)
        finally:
            self._is_flushing = False
            watchers, self._watchers = self._watchers, []
            for waiter in watchers:
                if not waiter.done():
                    waiter.set_result(None)

    async def _flush(self, waiting: list[PipelineAnswer[Any]]) -> None:
        deadline = self._places._deadline(self._timeout)
        attempt = Attempt()
        attempt.plan_mode = self._plan_mode

        settling = Settling(waiting)

        async def run() -> None:
            calls = settling.calls()
            bounds = await bound_or_refused(self._places, calls, deadline)
            await Series(self._places, calls, bounds, settling, deadline, attempt).run()

        try:
            await self._places._within(deadline, attempt, run)
        finally:
            settling.end(attempt.outcome)

    async def __aenter__(self) -> Self:
        self._answers.is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            return
        await self.flush()
        answers = self._answers.close()
        if kind is not None:
            return
        for index, answer in enumerate(answers):
            if answer.error is not None and not answer.is_seen:
                mark_index(answer.error, index)
                raise answer.error
