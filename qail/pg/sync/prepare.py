"""`db.prepare(query)`: a statement that the server has parsed before it runs, blocking."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from qail.pg.driver.prepare import PreparedParameter, PreparedStatement
from qail.pg.driver.result import ResultColumn
from qail.pg.sync.runtime import BlockingRuntime

R = TypeVar("R")


class BlockingPreparedStatement(Generic[R]):
    """A statement that is prepared, to be run with other values each time. Made by `prepare()`.

    `parameters` and `columns` are what the server said when it was prepared. Values are given as a sequence in the
    order of `$n` or as a mapping by the columns they are for; None runs it with those it was built with.
    """

    def __init__(self, inner: PreparedStatement[R], runtime: BlockingRuntime) -> None:
        self._inner: Final = inner
        self._runtime: Final = runtime
        self.parameters: Final[tuple[PreparedParameter, ...]] = inner.parameters
        self.columns: Final[tuple[ResultColumn, ...]] = inner.columns

    def on(self, db: Any, /) -> BlockingPreparedStatement[R]:
        """The same statement on another pool, connection or transaction, which prepares it by itself when it runs."""
        # What is none of ours is refused by the statement itself.
        runtime: BlockingRuntime = getattr(db, "_runtime", self._runtime)
        return BlockingPreparedStatement(self._inner.on(getattr(db, "_inner", db)), runtime)

    def fetch_all(self, values: Any = None, /, *, timeout: float | None = None) -> list[R]:
        """All rows, each in the form the query promises."""
        return self._runtime.run(self._inner.fetch_all(values, timeout=timeout))

    def fetch_one(self, values: Any = None, /, *, timeout: float | None = None) -> R:
        """The only row. Raises NoRowsError, TooManyRowsError."""
        return self._runtime.run(self._inner.fetch_one(values, timeout=timeout))

    def fetch_optional(self, values: Any = None, /, *, timeout: float | None = None) -> R | None:
        """The only row, or None. Raises TooManyRowsError."""
        return self._runtime.run(self._inner.fetch_optional(values, timeout=timeout))

    def fetch_value(self, values: Any = None, /, *, timeout: float | None = None) -> Any:
        """The one column of the only row. Raises NoRowsError, TooManyRowsError."""
        return self._runtime.run(self._inner.fetch_value(values, timeout=timeout))

    def fetch_values(self, values: Any = None, /, *, timeout: float | None = None) -> list[Any]:
        """The one column of all rows."""
        return self._runtime.run(self._inner.fetch_values(values, timeout=timeout))

    def execute(self, values: Any = None, /, *, timeout: float | None = None) -> int:
        """Run it; rows affected, 0 for a statement that counts none. Rows it returns are not kept."""
        return self._runtime.run(self._inner.execute(values, timeout=timeout))

    def __repr__(self) -> str:
        return repr(self._inner).replace("qail.", "qail.sync.")
