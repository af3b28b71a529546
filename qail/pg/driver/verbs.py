"""The verbs themselves, the same on Pool, Connection and Transaction.

Every verb takes `timeout=` in seconds; it covers everything from waiting for a connection to decoding, and is not
limited by default. A deadline that passes while waiting for a connection is a PoolTimeout, later a DeadlineExceeded.
And `plan_cache_mode=`: "auto", "force_custom" or "force_generic", how the server plans the call's statements.
The static types of the verbs are those of `qail.executor.Executor`.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar, Unpack, overload

from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.dyn import Dyn
from qail.ast.build.returning import DynReturning
from qail.ast.build.select import select
from qail.ast.expression.function import func
from qail.ast.name import checked_name
from qail.compile.cache import Call, lookup
from qail.errors import DeadlineExceeded, UsageError
from qail.pg.config.connect_config import PlanCacheMode
from qail.pg.driver.batch import Batch, ManySets
from qail.pg.driver.executor import Attempt, decoder, discard
from qail.pg.driver.folded import FoldedBatch
from qail.pg.driver.pipeline import Pipeline
from qail.pg.driver.prepare import PreparedStatement, prepare
from qail.pg.driver.result import Result, result_columns
from qail.pg.driver.results import (
    affected,
    affected_by_each,
    at_most_one,
    column_of,
    decoded,
    exactly_one,
    fetching,
    raise_first,
    rows_of,
)
from qail.pg.driver.running import Runs
from qail.pg.protocol.request import Item
from qail.pg.steps.explain import ExplainOptions, check_cost, explain_query, plan_of
from qail.pg.steps.plan_mode import checked_plan_mode
from qail.pg.steps.transaction import BatchModes, folded_modes

R = TypeVar("R")
T = TypeVar("T")
Statement: TypeAlias = Command | Fetchable[Any]


class Verbs(Runs):
    """Fetching, executing, batches and pipelines over `Places`."""

    async def fetch_all(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> list[R]:
        """All rows, each in the form the query promises."""
        item = await self._run(fetching(query), decoder, timeout, plan_cache_mode)
        return rows_of(query, item)

    async def fetch_one(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> R:
        """The only row. Raises NoRowsError, TooManyRowsError."""
        item = await self._run(fetching(query), decoder, timeout, plan_cache_mode)
        row: R = exactly_one(rows_of(query, item))
        return row

    async def fetch_optional(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> R | None:
        """The only row, or None. Raises TooManyRowsError."""
        item = await self._run(fetching(query), decoder, timeout, plan_cache_mode)
        row: R | None = at_most_one(rows_of(query, item))
        return row

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
    async def fetch_value(
        self, query: Any, /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> Any:
        """The one column of the only row. Raises NoRowsError, TooManyRowsError."""
        item = await self._run(fetching(query), decoder, timeout, plan_cache_mode)
        return exactly_one(column_of(query, item))

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
    async def fetch_values(
        self, query: Any, /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> list[Any]:
        """The one column of all rows."""
        item = await self._run(fetching(query), decoder, timeout, plan_cache_mode)
        return column_of(query, item)

    async def fetch_result(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> Result[R]:
        """As `fetch_all`, with what the server said of the columns: names, types, the tables they are of."""
        item = await self._run(fetching(query), decoder, timeout, plan_cache_mode)
        rows = rows_of(query, item)
        return Result(rows, result_columns(decoded(item)), affected(item))

    async def execute(
        self, command: Statement, /, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None
    ) -> int:
        """Run a command; rows affected, 0 for one that counts none. Rows it returns are not kept."""
        item = await self._run(lookup(command), discard, timeout, plan_cache_mode)
        return affected(item)

    async def batch(
        self,
        queries: Sequence[Statement],
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
                transaction with these, whose BEGIN and COMMIT leave in the same flight; on a pool, on a connection of
                its own. Not inside a transaction, which has its modes.
        """
        deadline = self._deadline(timeout)
        attempt = Attempt()
        attempt.plan_mode = checked_plan_mode(plan_cache_mode)
        chosen = folded_modes(**modes)
        if chosen is not None:
            if not atomic:
                raise UsageError("these modes are those of one transaction, and a batch that is not atomic has none")
            folded = FoldedBatch(queries, chosen, attempt, deadline)
            return await self._in_one_write(folded, deadline, attempt, is_raised=not return_errors)
        batch = Batch(self, queries, deadline, attempt)
        return await self._within(deadline, attempt, partial(batch.run, atomic=atomic, return_errors=return_errors))

    async def _in_one_write(
        self, folded: FoldedBatch, deadline: float | None, attempt: Attempt, *, is_raised: bool
    ) -> list[Any]:
        try:
            results = await self._within(deadline, attempt, partial(self._fold, folded, deadline))
        except DeadlineExceeded as error:
            folded.note_id(error)
            raise
        if is_raised:
            raise_first(results)
        return results

    @abstractmethod
    async def _fold(self, folded: FoldedBatch, deadline: float | None) -> list[Any]:
        """Run it on a connection of one's own."""

    async def execute_many(
        self,
        command: Statement,
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[int]:
        """One command with many sets of values; the rows affected by each. One Sync a window of sets."""
        counts: list[int] = []

        def take(items: list[Item]) -> None:
            counts.extend(affected_by_each(items))

        await self._many(command, rows, take, timeout, plan_cache_mode, is_fetch=False)
        return counts

    async def fetch_many(
        self,
        query: Fetchable[R],
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: PlanCacheMode | None = None,
    ) -> list[list[R]]:
        """One query with many sets of values; the rows of each. One Sync a window of sets."""
        results: list[list[R]] = []

        def take(items: list[Item]) -> None:
            results.extend(rows_of(query, item) for item in items)

        await self._many(query, rows, take, timeout, plan_cache_mode, is_fetch=True)
        return results

    async def notify(self, channel: str, payload: str = "", /, *, timeout: float | None = None) -> None:
        """Send `payload` to everybody who listens to `channel`; in a transaction, when it is committed."""
        await self.execute(select(func.pg_notify(checked_name(channel, "a channel"), payload)), timeout=timeout)

    async def explain(
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

        Args:
            max_cost: refuse a statement that the planner expects to cost more, before any of it runs.

        Raises:
            CostExceeded: the planner expects it to cost more than `max_cost`.
            BuildError: an option needs a newer server.
        """
        if max_cost is not None:
            plain = explain_query(query, {}, analyze=False)
            check_cost(plan_of(await self.fetch_value(plain, timeout=timeout)), max_cost)
        found = explain_query(query, options, analyze=analyze)
        return plan_of(await self.fetch_value(found, timeout=timeout))

    def pipeline(self, *, timeout: float | None = None, plan_cache_mode: PlanCacheMode | None = None) -> Pipeline:
        """`async with db.pipeline() as p`: calls that return at once and are answered together, a Sync each.

        `timeout` is for each flush: from waiting for a connection to the last answer.
        """
        return Pipeline(self, timeout, plan_cache_mode)

    @overload
    async def prepare(self, query: Fetchable[R], /, *, timeout: float | None = None) -> PreparedStatement[R]: ...
    @overload
    async def prepare(self, query: Command, /, *, timeout: float | None = None) -> PreparedStatement[Any]: ...
    async def prepare(self, query: Any, /, *, timeout: float | None = None) -> PreparedStatement[Any]:
        """Have the server prepare a statement, and learn its types. It runs with other values each time.

        On a pool it is prepared by whichever connection runs it first; `statement.on(db)` runs it somewhere else.

        Raises:
            PostgresError: the server refuses it.
            UsageError: in pooler mode, where each transaction may have another session.
        """
        return await prepare(self, query, timeout)

    async def _many(
        self,
        query: Any,
        rows: Iterable[Any],
        take: Callable[[list[Item]], None],
        timeout: float | None,
        plan_cache_mode: PlanCacheMode | None,
        *,
        is_fetch: bool,
    ) -> None:
        call: Call = fetching(query) if is_fetch else lookup(query)
        deadline = self._deadline(timeout)
        attempt = Attempt()
        attempt.plan_mode = checked_plan_mode(plan_cache_mode)
        many = ManySets(self, call, take, deadline, attempt, is_fetch=is_fetch)
        await self._within(deadline, attempt, partial(many.run, rows))
