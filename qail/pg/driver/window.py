"""Series: statements of one caller with a Sync each, in flight together up to a bound.

Rule 1: they travel in chunks with one waiter each, in order. While one is in flight its link cannot be leased away;
where all that left was answered at once it may be, so whose it is is asked before each chunk.
Rule 2: memory is bounded by the chunks in flight, not by the work: what is behind them has not been encoded yet.
Rule 3: what provably never left, and what the server refused because its prepared statement was stale, is sent again:
when nothing is in flight any more, in order, and never behind a later statement that has taken effect.
Rule 4: whoever leaves early abandons what is in flight.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import deque
from typing import Final

from qail.compile.cache import Call
from qail.compile.frames import READS, SESSION, BoundPlan
from qail.errors import ConnectionLost, Outcome, PostgresError, QailError, StatementInvalidated
from qail.pg.codec.rows import is_changed, is_waiting
from qail.pg.driver.bind import forget_stale, heals, told
from qail.pg.driver.executor import MOST_MOVES, Attempt, Places, discard, learn
from qail.pg.driver.link import Link
from qail.pg.driver.segment import SegmentBuilder, make_single
from qail.pg.driver.types import settle_types
from qail.pg.protocol.request import Item, Request
from qail.pg.protocol.state import PREPARED, SETTLED
from qail.pg.protocol.statement_cache import is_stale_statement
from qail.pg.wire.buffer import RowSink

CHUNK_ITEMS: Final = 64
CHUNK_BYTES: Final = 256 * 1024
CHUNKS_IN_FLIGHT: Final = 4


class Taker:
    """Who is given the answers of a Series."""

    def take(self, index: int, item: Item | None, error: QailError | None) -> None:
        """The answer of one statement: its number, and its settled item or its error."""
        raise AssertionError("a Taker defines take")


def sink_of(bound: BoundPlan) -> RowSink:
    """Rows are kept where the statement returns some."""
    return bound.sink() if bound.plan.returns_rows else discard(bound)


def use_of(calls: list[Call]) -> int:
    """What a pool has to know to place all of them on one connection."""
    use = READS
    for call in calls:
        plan = call.plan
        if not plan.is_read_only:
            use &= ~READS
        if plan.is_session_bound:
            use |= SESSION
    return use


def is_unsent(request: Request) -> bool:
    """Whether the request provably never left because its connection ended first."""
    return isinstance(request.error, ConnectionLost) and request.error.outcome is Outcome.NOT_SENT


class _Chunk:
    """Requests that left one behind another; the last one has the waiter of all."""

    def __init__(self, link: Link) -> None:
        self.link: Final = link
        self.byte_count = 0
        self.indexes: Final[list[int]] = []
        self.bounds: Final[list[BoundPlan]] = []
        self.requests: Final[list[Request]] = []
        self.firsts: Final[dict[int, int]] = {}
        """Where the caller's own item stands in the requests that something else rides ahead in."""

    @property
    def is_full(self) -> bool:
        return len(self.requests) >= CHUNK_ITEMS or self.byte_count >= CHUNK_BYTES


class Series:
    """One run of many statements, each with a Sync. `answers` are their bindings, or why there is none."""

    def __init__(
        self,
        places: Places,
        calls: list[Call],
        answers: list[BoundPlan | QailError],
        taker: Taker,
        deadline: float | None,
        attempt: Attempt,
    ) -> None:
        self._places: Final = places
        self._calls: Final = calls
        self._answers: Final = answers
        self._taker: Final = taker
        self._deadline: Final = deadline
        self._attempt: Final = attempt
        self._use: Final = use_of(calls)
        self._todo = list(range(len(calls)))
        self._position = 0
        self._chunks: Final[deque[_Chunk]] = deque()
        self._again: list[int] = []
        self._moves = 0
        """How often what never left was placed again since the last answer."""
        self._healed: Final[set[int]] = set()
        self._last_write = -1
        """The last statement that may have changed something, and has."""

    async def run(self) -> None:
        """Until every statement was answered. Raises nothing of theirs."""
        try:
            while self._position < len(self._todo) or self._chunks or self._again:
                if self._again and not self._chunks:
                    await self._go_back()
                link = await self._link()
                if link is not None:
                    self._send_chunk(link)
                elif self._chunks:
                    await self._take_oldest()
        except BaseException:
            # The last one first: what has something queued behind it may not be taken back.
            for chunk in reversed(self._chunks):
                for request in reversed(chunk.requests):
                    chunk.link.abandon(request)
            raise

    async def _link(self) -> Link | None:
        """Where the next chunk goes now; None: an answer comes first, or nothing is left to send."""
        if self._again or self._position >= len(self._todo) or len(self._chunks) >= CHUNKS_IN_FLIGHT:
            return None
        if self._chunks:
            link = self._chunks[-1].link
            if not link.is_usable or link.is_held or self._is_pending(link):
                return None
            return link if self._places._still_has(link) else None
        try:
            return await self._places._place(self._use, self._deadline)
        except QailError as error:
            # What holds for the next one holds for all behind it.
            rest = self._todo[self._position :]
            self._position = len(self._todo)
            for index in rest:
                self._taker.take(index, None, error)
            return None

    def _is_pending(self, link: Link) -> bool:
        """Whether the next statement would be parsed once more because the answer to its first Parse is under way."""
        answer = self._answers[self._todo[self._position]]
        return isinstance(answer, BoundPlan) and link.session.statements.is_pending(answer.statement_name)

    def _send_chunk(self, link: Link) -> None:
        chunk = _Chunk(link)
        namespace = self._places._namespace
        latest: BoundPlan | None = None
        while self._position < len(self._todo) and not chunk.is_full:
            index = self._todo[self._position]
            self._position += 1
            answer = self._answers[index]
            if isinstance(answer, BoundPlan):
                plan = self._calls[index].plan
                if latest is None or latest.plan is not plan:
                    # An answer that came meanwhile may have told more of the statement.
                    latest = namespace.find(plan) or answer
                try:
                    self._send(chunk, index, latest)
                except BaseException:
                    # A value of the user's may raise anything. What is queued is known, so that it is taken back.
                    self._chunks.append(chunk)
                    raise
            else:
                self._taker.take(index, None, answer)
        if chunk.requests:
            chunk.requests[-1].waiter = self._places._runtime.waiter()
            self._chunks.append(chunk)
            link.submitted(len(chunk.requests))

    def _send(self, chunk: _Chunk, index: int, bound: BoundPlan) -> None:
        link, attempt, values = chunk.link, self._attempt, self._calls[index].values
        first = 0
        try:
            is_fresh = index in self._healed
            if is_fresh or link.unsent_scopes or link.local_settings or attempt.plan_mode:
                builder = SegmentBuilder(link, plan_mode=attempt.plan_mode, is_fresh=is_fresh)
                builder.add(bound, values, sink_of(bound))
                first = builder.first
                request = builder.request()
            else:
                request = make_single(link, bound, values, sink_of(bound), None)
            size = len(request.data)
            link.session.submit(request)
        except QailError as error:
            # A value that does not fit, or a link that takes nothing now: this one was not sent.
            self._taker.take(index, None, error)
            return
        attempt.request = request
        attempt.has_written = attempt.has_written or not request.is_read_only
        chunk.indexes.append(index)
        chunk.bounds.append(bound)
        if first:
            chunk.firsts[len(chunk.requests)] = first
        chunk.requests.append(request)
        chunk.byte_count += size

    async def _take_oldest(self) -> None:
        chunk = self._chunks[0]
        last = chunk.requests[-1]
        if last.state != SETTLED:
            await chunk.link.answered(last)
        self._chunks.popleft()
        for position, request in enumerate(chunk.requests):
            index = chunk.indexes[position]
            if request.error is not None:
                self._failed(index, request)
                continue
            item = request.items[chunk.firsts.get(position, 0) if chunk.firsts else 0]
            if is_waiting(item.sink):
                await settle_types(item.sink, self._places._placing(self._deadline))
            if item.how != PREPARED or is_changed(item.sink):
                learn(self._places._namespace, chunk.bounds[position], item.sink)
            if not request.is_read_only and index > self._last_write:
                self._last_write = index
            self._moves = 0
            self._taker.take(index, item, None)

    def _failed(self, index: int, request: Request) -> None:
        plan = self._calls[index].plan
        error = request.error
        if self._places._may_move and is_unsent(request) and self._moves < MOST_MOVES:
            self._again.append(index)
            return
        if isinstance(error, PostgresError):
            # What rode ahead of the statement is no affair of its caller's.
            error.index = None
            if is_stale_statement(error):
                forget_stale(self._places._namespace, plan, error)
                if index not in self._healed and heals(request):
                    self._healed.add(index)
                    self._again.append(index)
                    return
        self._taker.take(index, None, told(request, plan))

    async def _go_back(self) -> None:
        """Nothing is in flight: put what is to be sent again ahead of what was not sent yet."""
        self._moves += 1
        again, self._again = sorted(self._again), []
        kept: list[int] = []
        for index in again:
            if index in self._healed and self._last_write > index:
                self._taker.take(index, None, _out_of_turn())
                continue
            call = self._calls[index]
            try:
                found = self._places._namespace.find(call.plan) or await self._places._bind(call, self._deadline)
            except QailError as error:
                self._taker.take(index, None, error)
                continue
            self._answers[index] = found
            kept.append(index)
        self._todo = kept + self._todo[self._position :]
        self._position = 0


def _out_of_turn() -> QailError:
    return StatementInvalidated(
        "a prepared statement no longer fits the database, and a statement behind it has taken effect: nothing of it "
        "ran, and it is not sent again out of its turn"
    )
