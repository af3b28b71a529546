"""`prepare`: a statement that the server has parsed before it runs, and what it said of its types.

Rule 1: it is the same named statement that the automatic cache would make: a run sends Bind, Execute, Sync, and where
the connection does not have it (any more) Parse goes ahead, unasked.
Rule 2: the values that the query was built with are an example; each run brings its own.

Source: protocol-flow.html, "Extended Query"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast

from qail.compile.cache import Call, lookup
from qail.compile.frames import BoundPlan
from qail.errors import UsageError
from qail.pg.codec.registry import CodecRegistry
from qail.pg.driver.bind import heals, must_open_first, told
from qail.pg.driver.commands import ask
from qail.pg.driver.executor import MOST_MOVES, Attempt, decoder, discard, learn
from qail.pg.driver.link import Link
from qail.pg.driver.result import ResultColumn, result_column
from qail.pg.driver.results import affected, at_most_one, column_of, exactly_one, rows_of
from qail.pg.driver.running import Runs
from qail.pg.driver.segment import control, describe_only
from qail.pg.driver.types import settle_types
from qail.pg.driver.window import is_unsent
from qail.pg.protocol.request import Item, Request
from qail.pg.protocol.state import PREPARED, REPLACE
from qail.pg.steps.command import TextCommand
from qail.pg.steps.sets import values_of
from qail.pg.wire.buffer import RowSink
from qail.pg.wire.description import RowDescription

R = TypeVar("R")
TYPE_NAME: Final = "SELECT pg_catalog.format_type($1::pg_catalog.oid, NULL)"


@dataclass(frozen=True, slots=True)
class PreparedParameter:
    """A `$n`: the column it is for ("" where the statement does not tell), and its type."""

    name: str
    type_name: str
    type_oid: int


class PreparedStatement(Generic[R]):
    """A statement that is prepared, to be run with other values each time. Made by `prepare()`.

    `parameters` and `columns` are what the server said when it was prepared. Values are given as a sequence in the
    order of `$n` or as a mapping by the columns they are for; None runs it with those it was built with.
    """

    def __init__(
        self,
        places: Runs,
        query: Any,
        call: Call,
        parameters: tuple[PreparedParameter, ...],
        columns: tuple[ResultColumn, ...],
    ) -> None:
        self.parameters: Final = parameters
        self.columns: Final = columns
        self._places: Final = places
        self._query: Final = query
        self._call: Final = call

    def on(self, db: Any, /) -> PreparedStatement[R]:
        """The same statement on another pool, connection or transaction, which prepares it by itself when it runs."""
        if not isinstance(db, Runs):
            raise UsageError(f"a statement runs on a pool, a connection or a transaction, not on {type(db).__name__}")
        return PreparedStatement(db, self._query, self._call, self.parameters, self.columns)

    async def fetch_all(self, values: Any = None, /, *, timeout: float | None = None) -> list[R]:
        """All rows, each in the form the query promises."""
        return rows_of(self._query, await self._fetched(values, timeout))

    async def fetch_one(self, values: Any = None, /, *, timeout: float | None = None) -> R:
        """The only row. Raises NoRowsError, TooManyRowsError."""
        return cast("R", exactly_one(rows_of(self._query, await self._fetched(values, timeout))))

    async def fetch_optional(self, values: Any = None, /, *, timeout: float | None = None) -> R | None:
        """The only row, or None. Raises TooManyRowsError."""
        return cast("R | None", at_most_one(rows_of(self._query, await self._fetched(values, timeout))))

    async def fetch_value(self, values: Any = None, /, *, timeout: float | None = None) -> Any:
        """The one column of the only row. Raises NoRowsError, TooManyRowsError."""
        return exactly_one(column_of(self._query, await self._fetched(values, timeout)))

    async def fetch_values(self, values: Any = None, /, *, timeout: float | None = None) -> list[Any]:
        """The one column of all rows."""
        return column_of(self._query, await self._fetched(values, timeout))

    async def execute(self, values: Any = None, /, *, timeout: float | None = None) -> int:
        """Run it; rows affected, 0 for a statement that counts none. Rows it returns are not kept."""
        return affected(await self._run(values, discard, timeout))

    async def _fetched(self, values: Any, timeout: float | None) -> Item:
        if not self._call.plan.returns_rows:
            raise UsageError("this command returns no rows to fetch: add .returning(...), or run it with execute()")
        return await self._run(values, decoder, timeout)

    async def _run(self, values: Any, sink: Callable[[BoundPlan], RowSink], timeout: float | None) -> Item:
        call = self._call
        if values is not None:
            call = Call(call.plan, values_of(call, values))
        return await self._places._run(call, sink, timeout)

    def __repr__(self) -> str:
        return f"<qail.PreparedStatement {self._call.plan.sql.decode()}>"


async def prepare(places: Runs, query: Any, timeout: float | None) -> PreparedStatement[Any]:
    """Prepare `query` where its statements run."""
    call = lookup(query)
    catalog = places._catalog
    if not catalog.is_named:
        why = "each transaction may have another session" if catalog.is_pooled else "statement_cache_size is 0"
        raise UsageError(f"nothing can be prepared here: {why}, so that no statement is kept by the server")
    deadline = places._deadline(timeout)
    attempt = Attempt()

    async def work() -> PreparedStatement[Any]:
        bound = await _prepared(places, call, deadline, attempt)
        names = await _type_names(places, bound, deadline, attempt)
        return _statement(places, query, call, bound, names)

    return await places._within(deadline, attempt, work)


async def _prepared(places: Runs, call: Call, deadline: float | None, attempt: Attempt) -> BoundPlan:
    """Have one connection prepare it, unless it has; its binding."""
    namespace, plan = places._namespace, call.plan
    is_healed = False
    moves = 0
    while True:
        bound = namespace.find(plan) or await places._bind(call, deadline)
        link = await places._place(bound.use, deadline)
        if must_open_first(link):
            await link.run(control(link, [], is_end=False))
            link = await places._place(bound.use, deadline)
        sink = bound.sink()
        request = await _parse(link, bound, sink, attempt, is_fresh=is_healed)
        if request is None or request.error is None:
            await settle_types(sink, places._placing(deadline))
            learn(namespace, bound, sink)
            found = namespace.find(plan)
            # Also one that carries literals, which is not kept otherwise: it will run again.
            namespace.keep(plan, bound if found is None else found, is_wanted=True)
            return bound if found is None else found
        moves += 1
        if moves <= MOST_MOVES and places._may_move and is_unsent(request):
            continue
        namespace.drop(plan)
        if is_healed or not heals(request):
            raise told(request, plan)
        is_healed = True


async def _parse(link: Link, bound: BoundPlan, sink: RowSink, attempt: Attempt, *, is_fresh: bool) -> Request | None:
    """Parse and describe it on `link`; None where that has been done. The request is settled, its error in it."""
    how = link.session.statements.how(bound.statement_name)
    if how == PREPARED:
        if bound.described.is_current and not is_fresh:
            return None
        how = REPLACE
    request = describe_only(link, bound.describe_segment(how), sink, bound.statement_name, how)
    attempt.request = request
    await link.settle(request)
    return request


async def _type_names(places: Runs, bound: BoundPlan, deadline: float | None, attempt: Attempt) -> dict[int, str]:
    """The names of the types that no codec knows, as the server writes them."""
    registry = bound.registry
    unknown = {oid for oid in [*bound.parameter_oids, *bound.type_oids] if registry.find(oid) is None}
    found: dict[int, str] = {}
    for oid in sorted(unknown):
        found[oid] = await ask(places, TextCommand(TYPE_NAME, str(oid)), deadline, attempt) or str(oid)
    return found


def _statement(
    places: Runs, query: Any, call: Call, bound: BoundPlan, unknown: dict[int, str]
) -> PreparedStatement[Any]:
    name_of = partial(_type_name, bound.registry, unknown)
    names = call.plan.parameter_names
    parameters = tuple(
        PreparedParameter(names[index] if index < len(names) else "", name_of(oid), oid)
        for index, oid in enumerate(bound.parameter_oids)
    )
    body = bound.row_description
    columns = [] if body is None else RowDescription.decode(body, 0, len(body)).columns
    return PreparedStatement(
        places,
        query,
        call,
        parameters,
        tuple(result_column(each, name_of(each.type_oid)) for each in columns),
    )


def _type_name(registry: CodecRegistry, unknown: dict[int, str], oid: int) -> str:
    codec = registry.find(oid)
    return codec.type_name if codec is not None else unknown[oid]
