"""`with db.stream(query) as rows`: rows as they come, a page at a time; the engine is entered once a page."""

# The facades share the objects of the driver behind them.
# pyright: reportPrivateUsage=false

# The facades share the objects of the driver behind them.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from qail.errors import UsageError
from qail.pg.driver.cursor import RowStream
from qail.pg.sync.runtime import BlockingRuntime
from qail.pg.sync.scope import entered, left

R = TypeVar("R")


class BlockingRowStream(Generic[R]):
    """The rows of a query as they come. Made by `stream()`; iterate it inside its `with` block."""

    def __init__(self, block: AbstractAsyncContextManager[RowStream[R], Any], runtime: BlockingRuntime) -> None:
        self._block: Final = block
        self._runtime: Final = runtime
        self._rows: RowStream[R] | None = None
        self._page: list[R] = []
        self._position = 0

    def __enter__(self) -> Self:
        self._rows = self._runtime.run(entered(self._block))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._page, self._position = [], 0
        self._runtime.run(left(self._block, kind, error, trace))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> R:
        if self._position >= len(self._page) and not self._turn():
            raise StopIteration
        row = self._page[self._position]
        self._position += 1
        return row

    def pages(self) -> Iterator[list[R]]:
        """The rest of the rows in lists, as many in each as a page has."""
        while self._position < len(self._page) or self._turn():
            page = self._page[self._position :]
            self._page, self._position = [], 0
            yield page

    def _turn(self) -> bool:
        """Get the next page; False: there is none."""
        rows = self._rows
        if rows is None:
            raise UsageError("a stream gives rows inside its `with` block only")
        self._page, self._position = self._runtime.run(rows._take_page()), 0
        return bool(self._page)
