"""The verbs of connection, transaction and pool, blocking: each drives the driver's own coroutine to its end.

Rule: nothing of what a verb does is written here, but what those of one statement make of its item. The types are those
of the async verbs, without `await`.
"""

# The facades share the objects of the driver behind them.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar, Unpack, overload

from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.dyn import Dyn
from qail.ast.build.returning import DynReturning
from qail.compile.cache import lookup
from qail.pg.config.connect_config import PlanCacheMode
from qail.pg.driver.executor import decoder, discard
from qail.pg.driver.result import Result
from qail.pg.driver.results import affected, at_most_one, column_of, exactly_one, fetching, rows_of
from qail.pg.driver.transaction import OnLink
from qail.pg.driver.verbs import Statement
from qail.pg.pool.pool import Pool
from qail.pg.steps.explain import ExplainOptions
from qail.pg.steps.transaction import BatchModes, TransactionStatus
from qail.pg.sync.copying import BlockingCopyOut, records_of
from qail.pg.sync.pipeline import BlockingPipeline
from qail.pg.sync.prepare import BlockingPreparedStatement
from qail.pg.sync.runtime import BlockingRuntime
from qail.pg.sync.single import run_single

R = TypeVar("R")
T = TypeVar("T")
V = TypeVar("V", bound=OnLink | Pool)


class BlockingVerbs(Generic[V]):
    """Over a Connection, Transaction or Pool of the driver."""

    def __init__(self, inner: V, runtime: BlockingRuntime) -> None:
        self._inner: Final[V] = inner
        self._runtime: Final = runtime
        self._run: Final = runtime.run

    def fetch_all(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> list[R]:
        """All rows, each in the form the query promises."""
        item = run_single(self._runtime, self._inner, fetching(query), decoder, timeout, plan_cache_mode)
        return rows_of(query, item)

    def fetch_one(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> R:
        """The only row. Raises NoRowsError, TooManyRowsError."""
        item = run_single(self._runtime, self._inner, fetching(query), decoder, timeout, plan_cache_mode)
        row: R = exactly_one(rows_of(query, item))
        return row

    def fetch_optional(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> R | None:
        """The only row, or None. Raises TooManyRowsError."""
        item = run_single(self._runtime, self._inner, fetching(query), decoder, timeout, plan_cache_mode)
        row: R | None = at_most_one(rows_of(query, item))
        return row

    @overload
    def fetch_value(
        self,
        query: Dyn | DynReturning,
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> Any: ...
    @overload
    def fetch_value(
        self,
        query: Fetchable[tuple[T]],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> T: ...
    def fetch_value(
        self, query: Any, /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> Any:
        """The one column of the only row. Raises NoRowsError, TooManyRowsError."""
        item = run_single(self._runtime, self._inner, fetching(query), decoder, timeout, plan_cache_mode)
        return exactly_one(column_of(query, item))

    @overload
    def fetch_values(
        self,
        query: Dyn | DynReturning,
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[Any]: ...
    @overload
    def fetch_values(
        self,
        query: Fetchable[tuple[T]],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[T]: ...
    def fetch_values(
        self, query: Any, /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> list[Any]:
        """The one column of all rows."""
        item = run_single(self._runtime, self._inner, fetching(query), decoder, timeout, plan_cache_mode)
        return column_of(query, item)

    def fetch_result(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> Result[R]:
        """As `fetch_all`, with what the server said of the columns: names, types, the tables they are of."""
        return self._run(self._inner.fetch_result(query, timeout=timeout, plan_cache_mode=plan_cache_mode))

    def execute(
        self, command: Statement, /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> int:
        """Run a command; rows affected, 0 for one that counts none. Rows it returns are not kept."""
        item = run_single(self._runtime, self._inner, lookup(command), discard, timeout, plan_cache_mode)
        return affected(item)

    def execute_many(
        self,
        command: Statement,
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[int]:
        """One command with many sets of values; the rows affected by each."""
        work = self._inner.execute_many(command, rows, timeout=timeout, plan_cache_mode=plan_cache_mode)
        return self._run(work)

    def fetch_many(
        self,
        query: Fetchable[R],
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[list[R]]:
        """One query with many sets of values; the rows of each."""
        work = self._inner.fetch_many(query, rows, timeout=timeout, plan_cache_mode=plan_cache_mode)
        return self._run(work)

    def batch(
        self,
        queries: Sequence[Command | Fetchable[Any]],
        /,
        *,
        atomic: bool = True,
        return_errors: bool = False,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
        **modes: Unpack[BatchModes],
    ) -> list[Any]:
        """Many statements in one flight; rows for each that returns rows, else the rows affected.

        Args:
            atomic: one implicit transaction: all or nothing. Otherwise each is its own, in order.
            return_errors: give errors as values. By default the first one is raised, with `.index` and `.results`; an
                error of all of them has no index.
            modes: `isolation`, `read_only`, `deferrable`, `track_outcome`, as for `transaction()`: the batch is a
                transaction with these, whose BEGIN and COMMIT leave in the same flight.
        """
        work = self._inner.batch(
            queries,
            atomic=atomic,
            return_errors=return_errors,
            timeout=timeout,
            plan_cache_mode=plan_cache_mode,
            **modes,
        )
        return self._run(work)

    def pipeline(
        self, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> BlockingPipeline:
        """`with db.pipeline() as p`: calls that return at once and are answered together, a Sync each."""
        pipeline = self._inner.pipeline(timeout=timeout, plan_cache_mode=plan_cache_mode)
        return BlockingPipeline(pipeline, self._runtime)

    @overload
    def prepare(self, query: Fetchable[R], /, *, timeout: float | None = None) -> BlockingPreparedStatement[R]: ...
    @overload
    def prepare(self, query: Command, /, *, timeout: float | None = None) -> BlockingPreparedStatement[Any]: ...
    def prepare(self, query: Any, /, *, timeout: float | None = None) -> BlockingPreparedStatement[Any]:
        """Have the server parse `query` now: its types are known before it runs, and so is its first error."""
        return BlockingPreparedStatement(self._run(self._inner.prepare(query, timeout=timeout)), self._runtime)

    def notify(self, channel: str, payload: str = "", /, *, timeout: float | None = None) -> None:
        """Send `payload` to everybody who listens to `channel`; in a transaction, when it is committed."""
        self._run(self._inner.notify(channel, payload, timeout=timeout))

    def explain(
        self,
        query: Statement,
        /,
        *,
        analyze: bool = False,
        max_cost: float | None = None,
        timeout: float | None = None,
        **options: Unpack[ExplainOptions],
    ) -> dict[str, Any]:
        """The plan of a statement, as data. Nothing of it runs, but with `analyze` all of it does, and is measured.

        `max_cost` refuses a statement that the planner expects to cost more.
        """
        found = self._inner.explain(query, analyze=analyze, max_cost=max_cost, timeout=timeout, **options)
        return self._run(found)

    def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        """Run raw text of one or more statements, without parameters: for each, its rows as text, or its count."""
        return self._run(self._inner.script(text, timeout=timeout))

    def copy_in(
        self, table: Any, records: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> int:
        """Load `records` (an iterable of sequences) into `table` by COPY; how many rows.

        With `format="text"` or `"csv"` they are bytes in that format: a file, or an iterable of bytes or str. A file
        in binary holds what `copy_out(...).write_to(file)` wrote. What `records` does meanwhile holds up nobody else,
        and may use this very connection's pool.

        Raises:
            EncodeError: a value does not fit its column; nothing is stored.
            PostgresError: the server refused a row or the table; nothing is stored.
        """
        source = records_of(records)
        return self._run(self._inner.copy_in(table, source, columns=columns, format=format, timeout=timeout))

    def copy_out(
        self, source: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> BlockingCopyOut:
        """A table, or a query without values, by COPY: `with` it for rows (text, csv: lines of bytes), or call its
        `write_to(file)`. `timeout` is for each wait for the server: what the block does with a row is not counted.
        """
        copy = self._runtime.at_once(
            partial(self._inner.copy_out, source, columns=columns, format=format, timeout=timeout)
        )
        return BlockingCopyOut(copy, self._runtime)

    def transaction_status(self, transaction_id: int, /, *, timeout: float | None = None) -> TransactionStatus | None:
        """What became of the transaction `OutcomeUnknown.transaction_id`: "committed", "aborted" or "in progress".

        None: so long ago that the server does not remember.
        """
        return self._run(self._inner.transaction_status(transaction_id, timeout=timeout))
