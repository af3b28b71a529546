"""`with db.pipeline() as p`: calls that return at once, answered together."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar, overload

from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.dyn import Dyn
from qail.ast.build.returning import DynReturning
from qail.pg.driver.answer import PipelineAnswer
from qail.pg.driver.pipeline import Pipeline
from qail.pg.sync.runtime import BlockingRuntime

R = TypeVar("R")
T = TypeVar("T")


class BlockingAnswer(Generic[T]):
    """What one call of a pipeline will return."""

    def __init__(self, answer: PipelineAnswer[T], runtime: BlockingRuntime) -> None:
        self._answer: Final = answer
        self._runtime: Final = runtime

    @property
    def is_done(self) -> bool:
        """Whether it has been answered."""
        return self._answer.is_done

    def result(self) -> T:
        """The answer; inside the block what was called so far leaves now, if it has not. Raises the call's error."""
        answer = self._answer
        return answer.result() if answer.is_done else self._runtime.run(_awaited(answer))


class BlockingPipeline:
    """Calls that travel together. Made by `pipeline()` of a pool, connection or transaction."""

    def __init__(self, pipeline: Pipeline, runtime: BlockingRuntime) -> None:
        self._pipeline: Final = pipeline
        self._runtime: Final = runtime

    def fetch_all(self, query: Fetchable[R], /) -> BlockingAnswer[list[R]]:
        """All rows."""
        return self._answer(self._pipeline.fetch_all(query))

    def fetch_one(self, query: Fetchable[R], /) -> BlockingAnswer[R]:
        """The only row."""
        return self._answer(self._pipeline.fetch_one(query))

    def fetch_optional(self, query: Fetchable[R], /) -> BlockingAnswer[R | None]:
        """The only row, or None."""
        return self._answer(self._pipeline.fetch_optional(query))

    @overload
    def fetch_value(self, query: Dyn | DynReturning, /) -> BlockingAnswer[Any]: ...
    @overload
    def fetch_value(self, query: Fetchable[tuple[T]], /) -> BlockingAnswer[T]: ...
    def fetch_value(self, query: Any, /) -> BlockingAnswer[Any]:
        """The one column of the only row."""
        return self._answer(self._pipeline.fetch_value(query))

    @overload
    def fetch_values(self, query: Dyn | DynReturning, /) -> BlockingAnswer[list[Any]]: ...
    @overload
    def fetch_values(self, query: Fetchable[tuple[T]], /) -> BlockingAnswer[list[T]]: ...
    def fetch_values(self, query: Any, /) -> BlockingAnswer[list[Any]]:
        """The one column of all rows."""
        return self._answer(self._pipeline.fetch_values(query))

    def execute(self, command: Command | Fetchable[Any], /) -> BlockingAnswer[int]:
        """Rows affected."""
        return self._answer(self._pipeline.execute(command))

    def flush(self) -> None:
        """Send what waits, and wait for all of it."""
        self._runtime.run(self._pipeline.flush())

    def __enter__(self) -> Self:
        self._runtime.run(self._pipeline.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runtime.run(self._pipeline.__aexit__(kind, error, trace))

    def _answer(self, answer: PipelineAnswer[T]) -> BlockingAnswer[T]:
        return BlockingAnswer(answer, self._runtime)


async def _awaited(answer: PipelineAnswer[T]) -> T:
    return await answer
