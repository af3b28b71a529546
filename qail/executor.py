"""Executor: what Pool, Connection and Transaction have in common, for code that takes any of them.

It is a Protocol: a function annotated `db: Executor` takes whatever has these verbs, a test double included.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack, overload

from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.dyn import Dyn
from qail.ast.build.returning import DynReturning

if TYPE_CHECKING:
    from qail.pg.config.connect_config import PlanCacheMode
    from qail.pg.driver.cursor import RowStream
    from qail.pg.driver.pipeline import Pipeline
    from qail.pg.driver.prepare import PreparedStatement
    from qail.pg.driver.result import Result
    from qail.pg.driver.transaction import Transaction
    from qail.pg.steps.explain import ExplainOptions
    from qail.pg.steps.retry import RetryBudget
    from qail.pg.steps.transaction import TransactionModes, TransactionStatus

R = TypeVar("R")
T = TypeVar("T")


class Executor(Protocol):
    """The verbs. `timeout` is in seconds and covers everything from waiting for a connection to decoding."""

    async def fetch_all(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> list[R]:
        """All rows."""
        ...

    async def fetch_one(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> R:
        """The only row. Raises NoRowsError, TooManyRowsError."""
        ...

    async def fetch_optional(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> R | None:
        """The only row, or None. Raises TooManyRowsError."""
        ...

    @overload
    async def fetch_value(
        self,
        query: Dyn | DynReturning,
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> Any: ...
    @overload
    async def fetch_value(
        self,
        query: Fetchable[tuple[T]],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> T: ...

    @overload
    async def fetch_values(
        self,
        query: Dyn | DynReturning,
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[Any]: ...
    @overload
    async def fetch_values(
        self,
        query: Fetchable[tuple[T]],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[T]: ...

    async def fetch_result(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> Result[R]:
        """All rows, and what the server said of their columns."""
        ...

    async def execute(
        self,
        command: Command | Fetchable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> int:
        """Rows affected."""
        ...

    async def execute_many(
        self,
        command: Command | Fetchable[Any],
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[int]:
        """One command with many sets of values; the rows affected by each."""
        ...

    async def fetch_many(
        self,
        query: Fetchable[R],
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[list[R]]:
        """One query with many sets of values; the rows of each."""
        ...

    async def batch(
        self,
        queries: Sequence[Command | Fetchable[Any]],
        /,
        *,
        atomic: bool = True,
        return_errors: bool = False,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[Any]:
        """Many statements in one flight: rows for each that returns rows, else the rows affected."""
        ...

    def pipeline(self, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None) -> Pipeline:
        """`async with db.pipeline() as p`: calls that return at once and are answered together, a Sync each."""
        ...

    @overload
    async def prepare(self, query: Fetchable[R], /, *, timeout: float | None = None) -> PreparedStatement[R]: ...
    @overload
    async def prepare(self, query: Command, /, *, timeout: float | None = None) -> PreparedStatement[Any]: ...

    def transaction(
        self,
        *,
        isolation: str | None = None,
        read_only: bool = False,
        deferrable: bool = False,
        settings: Mapping[str, str] | None = None,
        track_outcome: bool = False,
    ) -> AbstractAsyncContextManager[Executor, Any]:
        """`async with db.transaction() as tx`: kept when the block ends, undone when it raises; nested a savepoint."""
        ...

    async def run_transaction(
        self,
        fn: Callable[[Transaction], Awaitable[T]],
        /,
        *,
        retries: int = 3,
        timeout: float | None = None,
        budget: RetryBudget | None = None,
        **modes: Unpack[TransactionModes],
    ) -> T:
        """Run `fn(tx)` in a transaction, and all of it again, in a new one, after 40001 and 40P01."""
        ...

    async def transaction_status(
        self, transaction_id: int, /, *, timeout: float | None = None
    ) -> TransactionStatus | None:
        """What became of the transaction of `OutcomeUnknown.transaction_id`."""
        ...

    def stream(
        self, query: Fetchable[R], /, *, fetch_size: int = 1000, timeout: float | None = None
    ) -> AbstractAsyncContextManager[RowStream[R], Any]:
        """`async with db.stream(q) as rows: async for row in rows`: rows as they come, in flat memory."""
        ...

    async def notify(self, channel: str, payload: str = "", /, *, timeout: float | None = None) -> None:
        """Send `payload` to everybody who listens to `channel`; in a transaction, when it is committed."""
        ...

    async def explain(
        self,
        query: Command | Fetchable[Any],
        /,
        *,
        analyze: bool = False,
        max_cost: float | None = None,
        timeout: float | None = None,
        **options: Unpack[ExplainOptions],
    ) -> dict[str, Any]:
        """The plan of a statement, as data; with `analyze` it runs and is measured."""
        ...

    async def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        """Run raw text of one or more statements, without parameters: for each, its rows as text, or its count."""
        ...

    async def copy_in(
        self, table: Any, records: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> int:
        """Load `records` into `table` by COPY, records in binary, or a file in `format`; how many rows."""
        ...

    def copy_out(
        self, source: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Any], Any]:
        """The rows of a table or of a query, by COPY: `async with` it, then iterate."""
        ...
