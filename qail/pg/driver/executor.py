"""The verbs that Pool, Connection and Transaction share: how one statement is run and its answer given back.

Rule 1: the shared path makes no task, lock or timer: a plan that is bound, a link with room, one segment, one wait.
Whatever is rarer goes through `_run_slowly`.
Rule 2: values are encoded before anything is queued.
Rule 3: a request that provably never left is placed again, MOST_MOVES times at most; a prepared statement that the
server has lost or changed is sent again, once, where the segment held that one statement and no transaction is open; so
is, by choice, one that reads only and whose connection was lost. Nothing else is repeated.
Rule 4: a deadline covers everything from waiting for a connection to decoding.

Source: design, "The way of a query" and "Request states"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from mypy_extensions import mypyc_attr

from qail.compile.cache import Call
from qail.compile.frames import READS, SLOW, BoundPlan, bind_plan
from qail.errors import (
    ConnectionLost,
    DeadlineExceeded,
    Outcome,
    PostgresError,
    QailError,
)
from qail.pg.catalog import Catalog, Namespace
from qail.pg.codec.rows import ComparingSink, RowDecoder, is_waiting
from qail.pg.driver.bind import bind_all, forget_stale, heals, told
from qail.pg.driver.front import Front
from qail.pg.driver.link import Link
from qail.pg.driver.segment import SegmentBuilder, send_single
from qail.pg.driver.transport import DeadlinePassed, Runtime, Waiter
from qail.pg.driver.types import Place, settle_types
from qail.pg.protocol.request import DISCARD, Item, Request
from qail.pg.protocol.state import PREPARED, WITHDRAWN
from qail.pg.protocol.statement_cache import is_stale_statement
from qail.pg.steps.deadline import checked_seconds
from qail.pg.wire.buffer import RowSink

T = TypeVar("T")

# Each time another connection was opened, and lost before anything had left.
MOST_MOVES: Final = 10


class Attempt:
    """How far a call with a deadline had come: what `DeadlineExceeded` says of it."""

    __slots__ = ("has_written", "plan_mode", "request")

    def __init__(self) -> None:
        self.request: Request | None = None
        """The latest one."""
        self.has_written = False
        """One of several requests may have changed something."""
        self.plan_mode = ""
        """The plan_cache_mode that the call asks for, as the server has it."""

    @property
    def outcome(self) -> Outcome:
        request = self.request
        if self.has_written:
            return Outcome.UNKNOWN
        if request is None or request.state == WITHDRAWN:
            return Outcome.NOT_SENT
        return Outcome.NO_EFFECT if request.is_read_only else Outcome.UNKNOWN


@mypyc_attr(allow_interpreted_subclasses=True)
class Places(ABC):
    """Where statements run. The pool answers with a shared link, a connection with its own."""

    _runtime: Runtime
    _catalog: Catalog
    _namespace: Namespace
    _timeout_seconds: float | None
    _front: Front | None = None
    """A pool's: what it would `_pick`, where that is plain."""
    _link: Any = None
    """The Link of a connection or transaction; Any, because the tests of the pool lend links without a wire."""
    _here: Callable[[], object] | None = None
    """What it would `_pick` is `_link` where this gives `_home`, and the link takes a statement as it stands."""
    _home: object = None

    @abstractmethod
    def _pick(self, use: int) -> Link | None:
        """A link that takes a request now, to be submitted before anything is awaited. None: `_wait_for_link`.

        `use` is that of the BoundPlan, or whether the request is proven to read only.

        Raises:
            UsageError, PoolClosed, ConnectionLost: nothing can be sent.
        """

    @abstractmethod
    async def _wait_for_link(self, use: int, deadline: float | None) -> Link:
        """The same, waiting its turn. Raises PoolTimeout."""

    @property
    @abstractmethod
    def _may_move(self) -> bool:
        """Whether a request that never left may run on another connection."""

    @abstractmethod
    def _still_has(self, link: Link) -> bool:
        """Whether what was begun on `link` may go on there: nobody else was given it, or waits for it alone."""

    @property
    def _retries_reads(self) -> bool:
        """Whether a statement that could not change anything runs once more after its connection was lost."""
        return False

    @property
    def _is_in_transaction(self) -> bool:
        """Whether a transaction of the caller's is open around what it sends."""
        return False

    async def _place(self, use: int, deadline: float | None) -> Link:
        return self._pick(use) or await self._wait_for_link(use, deadline)

    async def _bind(self, call: Call, deadline: float | None) -> BoundPlan:
        return (await self._bind_all([call], deadline))[0]

    async def _bind_all(self, calls: Sequence[Call], deadline: float | None) -> list[BoundPlan]:
        """The binding of each call; what must be asked is asked in one flight. Raises the first refusal."""
        moves = 0
        while True:
            link = await self._place(True, deadline)
            try:
                return await bind_all(link, self._catalog, self._namespace, calls, self._placing(deadline))
            except ConnectionLost as error:
                moves += 1
                if moves > MOST_MOVES or not (self._may_move and error.outcome is Outcome.NOT_SENT):
                    raise

    def _placing(self, deadline: float | None) -> Place:
        """Where a question of our own may be asked, when it comes to that."""
        return partial(self._place, READS, deadline)

    def _deadline(self, timeout: object) -> float | None:
        seconds = checked_seconds(timeout) if timeout is not None else self._timeout_seconds
        return None if seconds is None else self._runtime.now() + seconds

    async def _within(self, deadline: float | None, attempt: Attempt, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self._runtime.within(deadline, work)
        except DeadlinePassed:
            raise self._late(attempt) from None

    def _late(self, attempt: Attempt) -> QailError:
        """What a caller is told whose deadline has passed."""
        if attempt.request is None:
            return DeadlineExceeded("the deadline passed before anything was sent", outcome=Outcome.NOT_SENT)
        return DeadlineExceeded("the deadline passed before the server had answered", outcome=attempt.outcome)

    async def _finish(self, flight: Flight, call: Call, sink: Callable[[BoundPlan], RowSink]) -> Item:
        """The item of a flight that has none yet: its rows wait for types, or it failed and may run again."""
        item = flight.request.items[0]
        if flight.request.error is not None:
            return await self._run_slowly(call, sink, None, Attempt(), (flight.link, flight.request))
        await settle_types(item.sink, self._placing(None))
        learn(self._namespace, flight.bound, item.sink)
        return item

    async def _run_with_deadline(
        self, call: Call, sink: Callable[[BoundPlan], RowSink], timeout: object, plan_mode: str
    ) -> Item:
        deadline = self._deadline(timeout)
        attempt = Attempt()
        attempt.plan_mode = plan_mode
        if deadline is None:
            return await self._run_slowly(call, sink, None, attempt)
        return await self._within(deadline, attempt, lambda: self._run_slowly(call, sink, deadline, attempt))

    async def _run_slowly(
        self,
        call: Call,
        sink: Callable[[BoundPlan], RowSink],
        deadline: float | None,
        attempt: Attempt,
        failed: tuple[Link, Request] | None = None,
    ) -> Item:
        plan = call.plan
        is_healed = False
        moves = 0
        while True:
            if failed is not None:
                is_healed = self._judge(failed[0], failed[1], call, is_healed)
                moves += 1
                if moves > MOST_MOVES:
                    raise told(failed[1], plan)
            bound = self._namespace.find(plan) or await self._bind(call, deadline)
            link = await self._place(bound.use, deadline)
            builder = SegmentBuilder(link, plan_mode=attempt.plan_mode, is_fresh=is_healed)
            builder.add(bound, call.values, sink(bound))
            request = builder.request()
            attempt.request = request
            await link.settle(request)
            if request.error is None:
                item = request.items[builder.first]
                if is_waiting(item.sink):
                    await settle_types(item.sink, self._placing(deadline))
                learn(self._namespace, bound, item.sink)
                return item
            failed = (link, request)

    def _judge(self, link: Link, request: Request, call: Call, is_healed: bool) -> bool:
        """Raise the error of `request`, unless it may run again; then whether that heals a statement."""
        error = request.error
        assert error is not None
        if self._may_move and isinstance(error, ConnectionLost):
            if error.outcome is Outcome.NOT_SENT:
                return is_healed
            if error.outcome is Outcome.NO_EFFECT and self._retries_reads and not is_healed:
                return True
        if isinstance(error, PostgresError):
            if is_stale_statement(error):
                forget_stale(self._namespace, call.plan, error)
                if not is_healed and heals(request):
                    return True
            # What rode ahead of the statement is no affair of its caller's.
            error.index = None
        raise told(request, call.plan)


class Flight:
    """One statement that was sent the short way: its caller awaits `waiter`, and nothing else."""

    __slots__ = ("bound", "link", "namespace", "request", "waiter")

    def __init__(self, link: Link, request: Request, waiter: Waiter, bound: BoundPlan, namespace: Namespace) -> None:
        self.link: Final = link
        self.request: Final = request
        self.waiter: Final = waiter
        self.bound: Final = bound
        self.namespace: Final = namespace

    def abandon(self) -> None:
        """Its caller has gone."""
        self.link.abandon(self.request)

    def item(self) -> Item | None:
        """The settled item; None where more is to be done for it."""
        request = self.request
        item = request.items[0]
        if request.error is not None or is_waiting(item.sink):
            return None
        if item.how != PREPARED:
            learn(self.namespace, self.bound, item.sink)
        return item


def take_off(
    places: Places, call: Call, sink: Callable[[BoundPlan], RowSink], timeout: object, mode: str | None
) -> Flight | None:
    """Send one statement the short way: bound, without a deadline, on a link with room. None: nothing was sent."""
    if timeout is not None or mode is not None or places._timeout_seconds is not None:
        return None
    namespace = places._namespace
    bound = namespace.find(call.plan)
    if bound is None:
        return None
    use = bound.use
    front = places._front
    if front is None:
        link = own_link(places)
    else:
        link = front.pick(is_read_only=use == READS) if use < SLOW else None
    if link is None:
        link = places._pick(use)
        if link is None or link.unsent_scopes:
            return None
    waiter = places._runtime.waiter()
    return Flight(link, send_single(link, bound, call.values, sink(bound), waiter), waiter, bound, namespace)


def own_link(places: Places) -> Link | None:
    """The link of a connection or transaction, where nothing has to go ahead of a statement; None: `_pick` looks."""
    here = places._here
    link: object = places._link
    if here is None or not isinstance(link, Link) or here() is not places._home:
        return None
    return None if not link.is_usable or link.is_held or link.unsent_scopes or link.local_settings else link


def learn(namespace: Namespace, bound: BoundPlan, sink: RowSink) -> None:
    """Keep what the answer told of the result, where its types differ from those known before."""
    if isinstance(sink, RowDecoder) and sink.is_changed:
        plan = bound.plan
        if sink.description is None or bound.registry.missing(bound.parameter_oids + sink.type_oids):
            # Types are not known, or no longer: the next run describes it anew.
            namespace.drop(plan)
            return
        namespace.keep(
            plan,
            bind_plan(plan, bound.registry, bound.parameter_oids, sink.description, is_named=bound.is_named),
        )


decoder: Final[Callable[[BoundPlan], RowSink]] = BoundPlan.sink
"""The sink of a statement whose rows are wanted."""


def discard(bound: BoundPlan) -> RowSink:
    """The sink of a statement whose rows are not."""
    return ComparingSink(bound.type_oids) if bound.plan.returns_rows else DISCARD
