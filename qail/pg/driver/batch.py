"""Many statements of one caller: a batch in one flight, or one plan with many sets of values.

Rule 1: an atomic batch is one segment with one Sync: one implicit transaction, one round trip, no BEGIN.
Rule 2: items of a batch that is not atomic have a Sync each; one that fails leaves the others' work in place.
Rule 3: `execute_many` and `fetch_many` put one Sync behind each window of parameter sets; windows that were answered
before an error stay.
Rule 4: nothing of a batch is sent before every plan in it is bound.
Rule 5: a segment of which nothing stayed because a prepared statement was stale is sent again, whole and once.

Source: protocol-flow.html, "Pipelining"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from qail.compile.cache import Call, lookup
from qail.compile.frames import BoundPlan
from qail.errors import EncodeError, Outcome, PipelineAborted, PostgresError, QailError, ResultError
from qail.pg.codec.rows import is_changed, is_waiting
from qail.pg.driver.bind import forget_stale, heals, told
from qail.pg.driver.executor import MOST_MOVES, Attempt, Places, discard, learn
from qail.pg.driver.link import Link
from qail.pg.driver.results import answer_of, mark_index, outcome_of, raise_first
from qail.pg.driver.segment import SegmentBuilder
from qail.pg.driver.types import settle_types
from qail.pg.driver.window import Series, Taker, is_unsent, sink_of, use_of
from qail.pg.protocol.request import NO_REQUEST, Item, Request
from qail.pg.protocol.state import PREPARED
from qail.pg.protocol.statement_cache import is_stale_statement
from qail.pg.steps.sets import SetReader

SETS_PER_SYNC: Final = 1000
WINDOWS_IN_FLIGHT: Final = 4
BYTES_PER_SYNC: Final = 256 * 1024


async def bound_for(places: Places, calls: Sequence[Call], deadline: float | None) -> list[BoundPlan]:
    """The bindings of all calls, asking for the missing ones in one flight. Raises the first refusal."""
    ready: list[BoundPlan] = []
    latest: BoundPlan | None = None
    for call in calls:
        # One statement after another is mostly the same one.
        if latest is None or latest.plan is not call.plan:
            latest = places._namespace.find(call.plan)
            if latest is None:
                break
        ready.append(latest)
    if len(ready) == len(calls):
        return ready
    return await places._bind_all(calls, deadline)


async def bound_or_refused(
    places: Places, calls: Sequence[Call], deadline: float | None
) -> list[BoundPlan | QailError]:
    """The binding of each call, or why the server refuses that one."""
    try:
        return list(await bound_for(places, calls, deadline))
    except QailError:
        return [await _bound_or_refused(places, call, deadline) for call in calls]


async def _bound_or_refused(places: Places, call: Call, deadline: float | None) -> BoundPlan | QailError:
    try:
        return (await bound_for(places, [call], deadline))[0]
    except QailError as error:
        return error


class Batch:
    """One `batch` call."""

    def __init__(self, places: Places, queries: Sequence[Any], deadline: float | None, attempt: Attempt) -> None:
        self._places: Final = places
        self._queries: Final = list(queries)
        self.calls: Final = [lookup(query) for query in self._queries]
        self._deadline: Final = deadline
        self._attempt: Final = attempt

    async def run(self, *, atomic: bool, return_errors: bool) -> list[Any]:
        """The results in order. Raises the first error unless errors are to be returned."""
        if not self.calls:
            return []
        bounds = await bound_or_refused(self._places, self.calls, self._deadline)
        results = await (self._atomic(bounds) if atomic else self._separate(bounds))
        if not return_errors:
            raise_first(results)
        return results

    async def _atomic(self, answers: list[BoundPlan | QailError]) -> list[Any]:
        bounds = [answer for answer in answers if isinstance(answer, BoundPlan)]
        if len(bounds) < len(answers):
            return refusals(answers)
        places = self._places
        use = use_of(self.calls)
        is_healed = False
        moves = 0
        while True:
            link = await places._place(use, self._deadline)
            builder = SegmentBuilder(link, plan_mode=self._attempt.plan_mode, is_fresh=is_healed)
            for position, call in enumerate(self.calls):
                builder.add(bounds[position], call.values, sink_of(bounds[position]))
            request = builder.request()
            self._attempt.request = request
            await link.settle(request)
            moves += 1
            if moves <= MOST_MOVES and places._may_move and is_unsent(request):
                continue
            for item in request.items[builder.first :] if request.error is None else []:
                if is_waiting(item.sink):
                    await settle_types(item.sink, places._placing(self._deadline))
            self.learn(request, builder.first, bounds)
            if is_healed or not heals(request):
                return self.results(request, builder.first)
            is_healed = True
            bounds = await bound_for(places, self.calls, self._deadline)

    def learn(self, request: Request, first: int, bounds: list[BoundPlan]) -> None:
        """Keep what the answer told of the statements: their new types, or that one of them was stale."""
        namespace = self._places._namespace
        index = request.error_index - first
        if _is_stale(request) and 0 <= index < len(self.calls):
            forget_stale(namespace, self.calls[index].plan, request.error)
        for position, bound in enumerate(bounds if request.error is None else []):
            item = request.items[first + position]
            if item.how != PREPARED or is_changed(item.sink):
                learn(namespace, bound, item.sink)

    def results(self, request: Request, first: int) -> list[Any]:
        index = request.error_index - first
        # An error of no item (at Sync, or with the connection) concerns them all; one of the BEGIN ahead, too.
        if request.error is not None and not 0 <= index < len(self.calls):
            return [request.error] * len(self.calls)
        results = [
            outcome_of(query, self.calls[position], request, first + position)
            for position, query in enumerate(self._queries)
        ]
        if request.error is not None:
            # The server counts what rode ahead of the caller's own.
            results[index] = told(request, self.calls[index].plan)
            mark_index(results[index], index)
            for position in range(index + 1, len(results)):
                results[position] = _skipped(index, results[index])
        return results

    async def _separate(self, answers: list[BoundPlan | QailError]) -> list[Any]:
        results = _Results(self._queries, self.calls)
        await Series(self._places, self.calls, answers, results, self._deadline, self._attempt).run()
        return results.values


class _Results(Taker):
    """The results of a batch whose items stand for themselves."""

    def __init__(self, queries: list[Any], calls: list[Call]) -> None:
        self._queries: Final = queries
        self._calls: Final = calls
        self.values: Final[list[Any]] = [None] * len(calls)

    def take(self, index: int, item: Item | None, error: QailError | None) -> None:
        if item is None:
            self.values[index] = error
            return
        try:
            self.values[index] = answer_of(self._queries[index], self._calls[index], item)
        except ResultError as refused:
            self.values[index] = refused


class _Window:
    """Sets under way in one segment; `start` is the number of the first of them."""

    def __init__(self, start: int, sets: list[list[object]], link: Link, bound: BoundPlan) -> None:
        self.start: Final = start
        self.sets: Final = sets
        self.link: Final = link
        self.bound: Final = bound
        self.request: Request = NO_REQUEST
        self.first = 0
        """Where the first set stands in the request."""


class ManySets:
    """One `execute_many` or `fetch_many` call: one plan, many sets of values, one Sync a window.

    `take` gets the settled items of each window, in order. Outside a transaction a window that may write waits for the
    answer of the one before, so that nothing behind an error runs.
    """

    def __init__(
        self,
        places: Places,
        call: Call,
        take: Callable[[list[Item]], None],
        deadline: float | None,
        attempt: Attempt,
        *,
        is_fetch: bool,
    ) -> None:
        self._places: Final = places
        self._call: Final = call
        self._take: Final = take
        self._deadline: Final = deadline
        self._attempt: Final = attempt
        self._is_fetch: Final = is_fetch
        self._reader: Final = SetReader(call)
        self._use: Final = use_of([call])
        self._windows: Final[deque[_Window]] = deque()
        self._repeat: deque[list[object]] = deque()
        """Sets of windows that are sent again, the next ones to leave."""
        self._position = 0
        self._moves = 0
        """How often what never left was placed again since the last answer."""
        self._is_healed = False
        self._bound: BoundPlan | None = None

    async def run(self, rows: Iterable[Any]) -> None:
        """Send all sets, window by window.

        Raises:
            EncodeError: with `index`, the number of the set that does not fit; windows before its own have run.
            PostgresError: with `index`, the number of the set that failed.
        """
        source = iter(rows)
        is_over = False
        try:
            while self._windows or not is_over:
                at_once = WINDOWS_IN_FLIGHT if self._may_overlap else 1
                if is_over or len(self._windows) >= at_once:
                    await self._take_oldest()
                    is_over = is_over and not self._repeat
                elif not await self._send(source):
                    is_over = True
        except EncodeError:
            # What left before is answered first, and its error comes first.
            while self._windows:
                await self._take_oldest()
            raise
        except QailError:
            for window in self._windows:
                await window.link.answered(window.request)
            raise
        except BaseException:
            for window in reversed(self._windows):
                window.link.abandon(window.request)
            raise

    @property
    def _may_overlap(self) -> bool:
        return self._places._is_in_transaction or (self._call.plan.is_read_only and self._is_proven)

    @property
    def _is_proven(self) -> bool:
        """Whether the first window was answered: what a statement's first use tells, those behind it need not ask."""
        return self._position > 0 and (not self._windows or self._windows[0].start > 0)

    async def _send(self, source: Iterator[Any]) -> bool:
        """The next window; False: nothing is left to send."""
        places, plan = self._places, self._call.plan
        bound = places._namespace.find(plan) or self._bound
        if bound is None:
            bound = (await bound_for(places, [self._call], self._deadline))[0]
        self._bound = bound
        link = self._windows[-1].link if self._windows else None
        if link is None or not link.is_usable or link.is_held or not places._still_has(link):
            while self._windows:
                await self._take_oldest()
            link = await places._place(self._use, self._deadline)
        builder = SegmentBuilder(link, plan_mode=self._attempt.plan_mode, is_fresh=bool(self._repeat))
        sets = self._fill(builder, bound, source)
        if not sets:
            return False
        window = _Window(self._position, sets, link, bound)
        window.request = self._attempt.request = builder.request()
        window.first = builder.first
        link.submit(window.request)
        self._attempt.has_written = self._attempt.has_written or not plan.is_read_only
        self._windows.append(window)
        self._position += len(sets)
        return True

    def _fill(self, builder: SegmentBuilder, bound: BoundPlan, source: Iterator[Any]) -> list[list[object]]:
        sets: list[list[object]] = []
        try:
            while len(sets) < SETS_PER_SYNC and builder.byte_count < BYTES_PER_SYNC:
                values = self._next_set(source)
                if values is None:
                    break
                if self._is_fetch:
                    builder.add_set(bound, values, bound.sink())
                elif sets:
                    builder.repeat_set(bound, values)
                else:
                    builder.add_set(bound, values, discard(bound))
                sets.append(values)
        except EncodeError as error:
            mark_index(error, self._position + len(sets))
            raise
        return sets

    def _next_set(self, source: Iterator[Any]) -> list[object] | None:
        """Values in the order of `$n`; None at the end."""
        if self._repeat:
            return self._repeat.popleft()
        row = next(source, _END)
        return None if row is _END else self._reader.read(row)

    async def _take_oldest(self) -> None:
        window = self._windows[0]
        await window.link.answered(window.request)
        self._windows.popleft()
        request, first, count = window.request, window.first, len(window.sets)
        items = request.items[first : first + count]
        error = request.error
        if error is None:
            for item in items:
                if is_waiting(item.sink):
                    await settle_types(item.sink, self._places._placing(self._deadline))
                    learn(self._places._namespace, window.bound, item.sink)
            self._moves = 0
            if items[0].how != PREPARED:
                learn(self._places._namespace, window.bound, items[0].sink)
            self._take(items)
            return
        plan = self._call.plan
        is_stale = _is_stale(request)
        if is_stale:
            forget_stale(self._places._namespace, plan, error)
            self._bound = None
        if self._may_move(request) or (is_stale and heals(request) and not self._is_healed):
            self._is_healed = self._is_healed or is_stale
            await self._go_back(window)
            return
        failure = told(request, plan)
        mark_index(failure, window.start + min(max(request.error_index - first, 0), count - 1))
        raise failure

    def _may_move(self, request: Request) -> bool:
        """Whether `request` never left, and may go to another connection; counted."""
        if not (self._places._may_move and is_unsent(request)):
            return False
        self._moves += 1
        return self._moves <= MOST_MOVES

    async def _go_back(self, failed: _Window) -> None:
        """Send `failed` again, and whatever left behind it: that only reads."""
        again = list(failed.sets)
        while self._windows:
            window = self._windows[0]
            await window.link.answered(window.request)
            again += window.sets
            self._windows.popleft()
        self._repeat.extendleft(reversed(again))
        self._position = failed.start


_END: Final = object()


def _is_stale(request: Request) -> bool:
    return isinstance(request.error, PostgresError) and is_stale_statement(request.error)


def _skipped(index: int, cause: QailError) -> PipelineAborted:
    text = f"skipped by the server: item {index} of the same batch failed: {cause}"
    return PipelineAborted(text, index=index, cause=cause)


def refusals(answers: list[BoundPlan | QailError]) -> list[Any]:
    """The results of an atomic batch of which nothing was sent, because the server refused a statement beforehand."""
    index, cause = next((index, each) for index, each in enumerate(answers) if isinstance(each, QailError))
    others = PipelineAborted(f"not sent: item {index} of the same batch was refused: {cause}", index=index, cause=cause)
    others.outcome = Outcome.NOT_SENT
    return [each if isinstance(each, QailError) else others for each in answers]
