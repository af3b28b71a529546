"""`async with db.stream(query) as rows`: rows as they come, a page at a time, in flat memory.

Rule 1: a stream needs a transaction for its portal. Where none is open it opens one, whose BEGIN rides ahead of the
first page; streams that are open at once on one connection share it, and the last one out ends it.
Rule 2: while a page is consumed the next one is under way, and never more: a slow consumer costs two pages and disturbs
nobody else.
Rule 3: leaving early drops what is under way and closes the portal. It cancels nothing, for that would fail the
transaction around it.
Rule 4: rows are provisional until the block has ended without an error.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from qail.compile.frames import BoundPlan
from qail.errors import PostgresError, QailError, StatementInvalidated, UsageError
from qail.pg.codec.rows import RowDecoder, is_waiting
from qail.pg.driver.bind import forget_stale, with_query
from qail.pg.driver.executor import Attempt, learn
from qail.pg.driver.link import Link
from qail.pg.driver.results import fetching, rows_of
from qail.pg.driver.segment import SegmentBuilder
from qail.pg.driver.types import settle_types
from qail.pg.protocol.request import Request
from qail.pg.protocol.statement_cache import is_stale_statement
from qail.pg.steps.cursor import Portal
from qail.pg.steps.deadline import checked_timeout
from qail.pg.wire.buffer import RowSink

R = TypeVar("R")
DEFAULT_PAGE_ROWS: Final = 1000


class StreamScope:
    """The transaction of streams that found none open: left by the last of them."""

    def __init__(self, link: Link, transaction: Any) -> None:
        self._link: Final = link
        self._transaction: Final[Any] = transaction
        self.users = 0
        self._failure: tuple[Any, Any, Any] = (None, None, None)

    async def leave(self, *failure: Any) -> None:
        """One stream less. The last one keeps the transaction, unless one of them was left by an error."""
        self.users -= 1
        if failure[0] is not None:
            self._failure = failure
        if not self.users:
            if self._link.stream_scope is self:
                self._link.stream_scope = None
            await self._transaction.__aexit__(*self._failure)


async def _enter_scope(places: Any, link: Link) -> StreamScope | None:
    """The streams' own transaction on `link`; None inside one of the caller's."""
    scope: StreamScope | None = link.stream_scope
    if scope is None:
        if link.scopes:
            return None
        transaction = places.transaction()
        # Nothing is sent, and so nothing is waited for.
        await transaction.begin()
        scope = link.stream_scope = StreamScope(link, transaction)
    scope.users += 1
    return scope


class RowStream(Generic[R]):
    """The rows of a query as they come. Made by `stream()`; iterate it inside its `async with` block."""

    def __init__(self, places: Any, query: Any, page_rows: int, timeout: float | None) -> None:
        self._places: Final[Any] = places
        self._query: Final[Any] = query
        self._call: Final = fetching(query)
        self._portal = Portal(page_rows)
        self._timeout: Final = checked_timeout(timeout)
        self._link: Link | None = None
        self._scope: StreamScope | None = None
        self._first: RowDecoder | None = None
        self._bound: BoundPlan | None = None
        self._under_way: Request | None = None
        self._is_waiting = False
        self._error: QailError | None = None
        self._page: list[R] = []
        self._position = 0

    async def __aenter__(self) -> Self:
        if self._first is not None or self._link is not None:
            raise UsageError("this stream was opened before: make another one with stream()")
        try:
            await self._open()
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        link, scope = self._link, self._scope
        self._link = self._scope = None
        self._page = []
        if link is None:
            return
        request, self._under_way = self._under_way, None
        # Given back meanwhile, it may be somebody else's by now.
        is_ours = self._places._link is link
        if request is not None:
            # Only its answer is dropped: to interrupt it would fail the transaction around it.
            link.session.abandon(request)
        # The end of the streams' own transaction closes its portals.
        is_last = scope is not None and scope.users == 1
        if self._first is not None and is_ours and not is_last and link.is_usable and link.scopes:
            link.submit_when_free(self._portal.close())
        if scope is not None:
            await scope.leave(kind, error, trace)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        if self._position >= len(self._page) and not await self._turn():
            raise StopAsyncIteration
        row = self._page[self._position]
        self._position += 1
        return row

    def pages(self) -> RowPages[R]:
        """The rest of the rows in lists, as many in each as a page has: an async iterator."""
        return RowPages(self)

    async def _take_page(self) -> list[R]:
        """What is left of the page at hand, else the next one; empty when there is none."""
        if self._position >= len(self._page) and not await self._turn():
            return []
        page = self._page[self._position :]
        self._page, self._position = [], 0
        return page

    async def _open(self) -> None:
        """Bind, send, and wait for the first page. A statement that has become stale is sent once more."""
        places, call = self._places, self._call
        link = self._link = await places._place(False, places._deadline(self._timeout))
        scope = self._scope = await _enter_scope(places, link)
        error = await self._send_first(link)
        if error is None:
            return
        if isinstance(error, PostgresError) and is_stale_statement(error):
            forget_stale(places._namespace, call.plan, error)
            if scope is None or scope.users > 1:
                raise StatementInvalidated(
                    f"a prepared statement no longer fits the database: {error}; run the whole transaction again"
                ) from error
            self._scope = None
            await scope.leave(type(error), error, error.__traceback__)
            scope = self._scope = await _enter_scope(places, link)
            error = await self._send_first(link)
        if error is not None:
            raise with_query(error, call.plan)

    async def _send_first(self, link: Link) -> QailError | None:
        places, call = self._places, self._call
        deadline = places._deadline(self._timeout)
        bound: BoundPlan = await places._within(deadline, Attempt(), lambda: self._bind(deadline))
        # Asked again: binding may have taken a while, and the connection may be held now, or given back.
        await places._place(False, deadline)
        self._portal = Portal(self._portal.page_rows)
        sink = bound.page_sink()
        builder = SegmentBuilder(link)
        builder.add_portal(bound, call.values, sink, self._portal)
        request = builder.request()
        link.submit(request)
        self._under_way = request
        await self._answer(link, request)
        if request.error is not None:
            return request.error
        self._bound, self._first = bound, sink
        await self._settle_types(sink)
        learn(places._namespace, bound, sink)
        self._take(request)
        return None

    async def _bind(self, deadline: float | None) -> BoundPlan:
        places = self._places
        bound: BoundPlan = places._namespace.find(self._call.plan) or await places._bind(self._call, deadline)
        return bound

    async def _turn(self) -> bool:
        """The next page with rows; False: there is none."""
        if self._link is None:
            raise UsageError("a stream gives rows inside its `async with` block only")
        if self._is_waiting:
            raise UsageError("two tasks read one stream at once: give each its own")
        self._is_waiting = True
        try:
            while not self._portal.is_exhausted:
                await self._next_page(self._link)
                if self._page:
                    return True
        except QailError as error:
            self._error = error
            raise
        finally:
            self._is_waiting = False
        self._page, self._position = [], 0
        return False

    async def _next_page(self, link: Link) -> None:
        if self._error is not None:
            # What has failed does not end as if it were complete.
            raise self._error
        if self._under_way is None:
            await self._places._place(False, self._places._deadline(self._timeout))
            self._ask(link)
        request = self._under_way
        assert request is not None
        await self._answer(link, request)
        if request.error is not None:
            raise with_query(request.error, self._call.plan)
        await self._settle_types(request.items[-1].sink)
        self._take(request)

    async def _answer(self, link: Link, request: Request) -> None:
        attempt = Attempt()
        attempt.request = request
        deadline = self._places._deadline(self._timeout)
        try:
            await self._places._within(deadline, attempt, lambda: link.answered(request))
        except BaseException:
            self._under_way = None
            link.abandon(request)
            raise

    async def _settle_types(self, sink: RowSink) -> None:
        """Look up types that a page has and nobody knew."""
        if is_waiting(sink):
            places = self._places
            deadline = places._deadline(self._timeout)
            work = partial(settle_types, sink, places._placing(deadline))
            await places._within(deadline, Attempt(), work)

    def _take(self, request: Request) -> None:
        """A page has come: ask for the next one, and hand this one out."""
        item = request.items[-1]
        self._under_way = None
        self._portal.took(item)
        self._page, self._position = rows_of(self._query, item), 0
        link = self._link
        is_free = link is not None and link.is_usable and not link.is_held and self._places._link is link
        if link is not None and is_free and not self._portal.is_exhausted:
            self._ask(link)

    def _ask(self, link: Link) -> None:
        bound, first = self._bound, self._first
        assert bound is not None
        assert first is not None
        sink = bound.page_sink()
        # A page is not described: what the first one was told of the columns holds for all.
        sink.follow(first)
        self._under_way = self._portal.page(sink, is_read_only=self._call.plan.is_read_only)
        link.submit(self._under_way)


class RowPages(Generic[R]):
    """A stream's rows, a list for each page. No generator: nothing has to be cleaned up where it is left early."""

    def __init__(self, stream: RowStream[R]) -> None:
        self._stream: Final = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[R]:
        page = await self._stream._take_page()
        if not page:
            raise StopAsyncIteration
        return page
