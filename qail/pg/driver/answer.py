"""PipelineAnswer: what one call of a pipeline will return. There is one for each statement, so it is compiled."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from qail.compile.cache import Call
from qail.errors import QailError, ResultError, UsageError
from qail.pg.driver.results import affected, at_most_one, column_of, exactly_one, rows_of
from qail.pg.driver.window import Take
from qail.pg.protocol.request import Item

T = TypeVar("T")


class Flushes(Protocol):
    """A pipeline."""

    def flush(self) -> Coroutine[Any, Any, None]:
        """Send what waits, and wait for all of it."""
        ...


class PipelineAnswer(Generic[T]):
    """What one call of a pipeline will return: await it inside the block, or take `result()` after it."""

    __slots__ = ("_finish", "_pipeline", "_query", "_value", "call", "error", "is_done", "is_seen")

    def __init__(self, pipeline: Flushes, query: Any, call: Call, finish: Callable[[Any, Item], T]) -> None:
        self.call: Final = call
        self.is_seen = False
        self.error: QailError | None = None
        self.is_done = False
        self._pipeline: Final = pipeline
        self._query: Final = query
        self._finish: Final = finish
        self._value: T | None = None

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
                self._value = self._finish(self._query, item)
            except ResultError as refused:
                self.error = refused


def settling(answers: list[PipelineAnswer[Any]]) -> Take:
    """Who gives each of `answers` what came for it."""

    def take(index: int, item: Item | None, error: QailError | None) -> None:
        answers[index].settle(item, error)

    return take


def one_row(query: Any, item: Item) -> Any:
    """The only row. Raises NoRowsError, TooManyRowsError."""
    return exactly_one(rows_of(query, item))


def row_if_any(query: Any, item: Item) -> Any:
    """The only row, or None. Raises TooManyRowsError."""
    return at_most_one(rows_of(query, item))


def one_value(query: Any, item: Item) -> Any:
    """The one column of the only row. Raises NoRowsError, TooManyRowsError."""
    return exactly_one(column_of(query, item))


def count(_: Any, item: Item) -> int:
    """Rows affected."""
    return affected(item)
