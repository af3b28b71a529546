"""PipelineAnswer: what one call of a pipeline will return; Answers: all of one pipeline. Each statement comes by here,
so it is compiled.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from qail.compile.cache import Call, lookup
from qail.errors import DeadlineExceeded, Outcome, QailError, ResultError, UsageError
from qail.pg.driver.results import affected, at_most_one, column_of, exactly_one, fetching, rows_of
from qail.pg.driver.window import Taker
from qail.pg.protocol.request import Item

T = TypeVar("T")

# What a call asks for: all rows, the only row, the only row or None, the one column of the only row, the one column of
# all rows, the rows affected.
ROWS: Final = 0
ROW: Final = 1
ROW_IF_ANY: Final = 2
VALUE: Final = 3
VALUES: Final = 4
COUNT: Final = 5


class Flushes(Protocol):
    """A pipeline."""

    def flush(self) -> Coroutine[Any, Any, None]:
        """Send what waits, and wait for all of it."""
        ...


class PipelineAnswer(Generic[T]):
    """What one call of a pipeline will return: await it inside the block, or take `result()` after it."""

    __slots__ = ("_kind", "_pipeline", "_query", "_value", "call", "error", "is_done", "is_seen")

    def __init__(self, pipeline: Flushes, query: Any, call: Call, kind: int) -> None:
        self.call: Final = call
        self.is_seen = False
        self.error: QailError | None = None
        self.is_done = False
        self._pipeline: Final = pipeline
        self._query: Final = query
        self._kind: Final = kind
        self._value: Any = None

    def __await__(self) -> Generator[Any, Any, T]:
        if not self.is_done:
            yield from self._pipeline.flush().__await__()
        return self.result()

    def result(self) -> T:
        """The answer. Raises the call's error, or UsageError before the pipeline was flushed."""
        if not self.is_done:
            raise UsageError("this call of the pipeline has not been answered: await it, or leave the block first")
        self.is_seen = True
        if self.error is not None:
            raise self.error
        return cast("T", self._value)

    def settle(self, item: Item | None, error: QailError | None) -> None:
        """Keep what came. Called once."""
        self.is_done = True
        self.error = error
        if item is not None:
            try:
                self._value = finished(self._kind, self._query, item)
            except ResultError as refused:
                self.error = refused


class Answers:
    """The answers of one pipeline, in the order of its calls."""

    def __init__(self, pipeline: Flushes) -> None:
        self._pipeline: Final = pipeline
        self._answers: list[PipelineAnswer[Any]] = []
        self._flushed = 0
        self.is_open = False

    def add(self, query: Any, kind: int) -> PipelineAnswer[Any]:
        """One more call. Raises UsageError outside the block, and what says that `query` cannot be asked so."""
        if not self.is_open:
            raise UsageError("a pipeline takes calls inside its `async with` block only")
        answer: PipelineAnswer[Any] = PipelineAnswer(
            self._pipeline, query, lookup(query) if kind == COUNT else fetching(query), kind
        )
        self._answers.append(answer)
        return answer

    def take_waiting(self) -> list[PipelineAnswer[Any]]:
        """Those that were called since the last time."""
        waiting = self._answers[self._flushed :]
        self._flushed += len(waiting)
        return waiting

    def close(self) -> list[PipelineAnswer[Any]]:
        """All of them; none is kept, and none is taken any more."""
        # They know their pipeline: a cycle would keep all rows until the garbage collector's next full round.
        answers = self._answers
        self._answers = []
        self._flushed = 0
        self.is_open = False
        return answers


class Settling(Taker):
    """Gives each of `answers` what came for it."""

    def __init__(self, answers: list[PipelineAnswer[Any]]) -> None:
        self._answers: Final = answers

    def calls(self) -> list[Call]:
        """What is to be run."""
        return [answer.call for answer in self._answers]

    def take(self, index: int, item: Item | None, error: QailError | None) -> None:
        self._answers[index].settle(item, error)

    def end(self, outcome: Outcome) -> None:
        """What has not been answered is not going to be: a deadline has passed, or its caller is going away."""
        for answer in self._answers:
            if not answer.is_done:
                error = DeadlineExceeded("the pipeline ended before this call was answered", outcome=outcome)
                answer.settle(None, error)


def finished(kind: int, query: Any, item: Item) -> Any:
    """What a call of this kind returns of its settled item. Raises NoRowsError, TooManyRowsError, DecodeError."""
    if kind == ROWS:
        return rows_of(query, item)
    if kind == ROW:
        return exactly_one(rows_of(query, item))
    if kind == ROW_IF_ANY:
        return at_most_one(rows_of(query, item))
    if kind == VALUE:
        return exactly_one(column_of(query, item))
    return column_of(query, item) if kind == VALUES else affected(item)
