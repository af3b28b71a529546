"""Many statements of one caller: a batch in one flight, or one plan with many sets of values.

Rule 1: an atomic batch is one segment with one Sync: one implicit transaction, one round trip, no BEGIN.
Rule 2: items of a batch that is not atomic have a Sync each; one that fails leaves the others' work in place.
Rule 3: `execute_many` and `fetch_many` put one Sync behind each window of parameter sets; windows that were answered
before an error stay.
Rule 4: nothing of a batch is sent before every plan in it is bound.

Source: protocol-flow.html, "Pipelining"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

from qail.compile.cache import Call, lookup
from qail.compile.frames import BoundPlan
from qail.errors import ConnectionLost, Outcome, PipelineAborted, QailError
from qail.pg.driver.bind import bind_all, with_query
from qail.pg.driver.executor import Attempt, Places, decoder, discard
from qail.pg.driver.link import Link
from qail.pg.driver.results import mark_index, outcome_of, raise_first
from qail.pg.driver.segment import SegmentBuilder
from qail.pg.driver.window import Window
from qail.pg.protocol.request import Item, Request
from qail.pg.wire.buffer import RowSink

SETS_PER_SYNC: Final = 1000
WINDOWS_IN_FLIGHT: Final = 4
BYTES_PER_SYNC: Final = 256 * 1024


def sink_of(bound: BoundPlan) -> RowSink:
    """Rows are kept where the statement returns some."""
    return decoder(bound) if bound.plan.returns_rows else discard(bound)


async def bound_for(places: Places, calls: Sequence[Call], deadline: float | None) -> list[BoundPlan]:
    """The bindings of all calls, asking for the missing ones in one flight. Raises the first refusal."""
    found = [places._namespace.find(call.plan) for call in calls]
    ready = [bound for bound in found if bound is not None]
    if len(ready) == len(calls):
        return ready
    link = await places._place(True, deadline)
    return await bind_all(link, places._catalog, places._namespace, calls)


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
        self._calls: Final = [lookup(query) for query in self._queries]
        self._deadline: Final = deadline
        self._attempt: Final = attempt

    async def run(self, *, atomic: bool, return_errors: bool) -> list[Any]:
        """The results in order. Raises the first error unless errors are to be returned."""
        if not self._calls:
            return []
        bounds = await bound_or_refused(self._places, self._calls, self._deadline)
        results = await (self._atomic(bounds) if atomic else self._separate(bounds))
        if not return_errors:
            raise_first(results)
        return results

    async def _atomic(self, answers: list[BoundPlan | QailError]) -> list[Any]:
        bounds = [answer for answer in answers if isinstance(answer, BoundPlan)]
        if len(bounds) < len(answers):
            return _refused(answers)
        is_read_only = all(bound.plan.is_read_only for bound in bounds)
        while True:
            link = await self._places._place(is_read_only, self._deadline)
            builder = SegmentBuilder(link)
            for bound, call in zip(bounds, self._calls, strict=True):
                builder.add(bound, call.values, sink_of(bound))
            request = builder.request()
            self._attempt.request = request
            await link.settle(request)
            if not (self._places._may_move and is_unsent(request)):
                return self._results(request, builder.first)

    def _results(self, request: Request, first: int) -> list[Any]:
        error = request.error
        # An error of no item (at Sync, or with the connection) concerns them all; one of the BEGIN ahead, too.
        if error is not None and request.error_index < first:
            return [error] * len(self._calls)
        return [
            outcome_of(query, call, request, first + index)
            for index, (query, call) in enumerate(zip(self._queries, self._calls, strict=True))
        ]

    async def _separate(self, answers: list[BoundPlan | QailError]) -> list[Any]:
        results: list[Any] = list(answers)
        window = Window(self._places, self._deadline, self._attempt)
        try:
            for index, answer in enumerate(answers):
                if isinstance(answer, BoundPlan):
                    await self._send(window, index, answer, results)
            await window.finish()
        except BaseException:
            window.abandon()
            raise
        return results

    async def _send(self, window: Window, index: int, bound: BoundPlan, results: list[Any]) -> None:
        try:
            await window.send(self._maker(index, bound), self._taker(index, results))
        except QailError as error:
            # A value that does not fit, or no connection: this item was not sent.
            results[index] = error

    def _maker(self, index: int, bound: BoundPlan) -> Callable[[Link], Request]:
        def make(link: Link) -> Request:
            builder = SegmentBuilder(link)
            builder.add(bound, self._calls[index].values, sink_of(bound))
            return builder.request()

        return make

    def _taker(self, index: int, results: list[Any]) -> Callable[[Request], None]:
        def take(request: Request) -> None:
            call = self._calls[index]
            if request.error is not None:
                with_query(request.error, call.plan)
            results[index] = outcome_of(self._queries[index], call, request, len(request.items) - 1)

        return take


class ManySets:
    """One `execute_many` or `fetch_many` call: one plan, many sets of values, one Sync a window."""

    def __init__(
        self, places: Places, bound: BoundPlan, make_sink: Callable[[BoundPlan], RowSink], attempt: Attempt
    ) -> None:
        self.bound: Final = bound
        self.make_sink: Final = make_sink
        self._places: Final = places
        self._attempt: Final = attempt

    async def run(
        self, sets: Iterable[list[object]], take: Callable[[list[Item]], None], deadline: float | None
    ) -> None:
        """Send all sets, window by window; `take` gets the settled items of each.

        Outside a transaction a window waits for the answer of the one before, so that nothing behind an error runs.

        Raises:
            EncodeError: a set does not fit; windows before its own have run.
            PostgresError: with `index`, the number of the set that failed.
        """
        in_flight = WINDOWS_IN_FLIGHT if self._places._is_in_transaction else 1
        window = Window(self._places, deadline, self._attempt, max_in_flight=in_flight)
        source = iter(sets)
        position = 0
        try:
            for first in source:
                part = _Part(self, position, take)
                await window.send(partial(part.make, chain([first], source)), part.done)
                position += part.count
            await window.finish()
        except BaseException:
            window.abandon()
            raise


class _Part:
    """One window of sets."""

    def __init__(self, many: ManySets, start: int, take: Callable[[list[Item]], None]) -> None:
        self._many: Final = many
        self._start: Final = start
        self._take: Final = take
        self.count = 0

    def make(self, source: Iterator[list[object]], link: Link) -> Request:
        builder = SegmentBuilder(link)
        for values in source:
            builder.add(self._many.bound, values, self._many.make_sink(self._many.bound))
            if builder.item_count >= SETS_PER_SYNC or builder.byte_count >= BYTES_PER_SYNC:
                break
        self.count = builder.item_count
        return builder.request()

    def done(self, request: Request) -> None:
        first = len(request.items) - self.count
        error = request.error
        if error is not None:
            mark_index(error, self._start + max(request.error_index - first, 0))
            raise with_query(error, self._many.bound.plan)
        self._take(request.items[first:])


def _refused(answers: list[BoundPlan | QailError]) -> list[Any]:
    """The results of an atomic batch of which nothing was sent, because the server refused a statement beforehand."""
    index, cause = next((index, each) for index, each in enumerate(answers) if isinstance(each, QailError))
    others = PipelineAborted(f"not sent: item {index} of the same batch was refused: {cause}", index=index, cause=cause)
    others.outcome = Outcome.NOT_SENT
    return [each if isinstance(each, QailError) else others for each in answers]


def is_unsent(request: Request) -> bool:
    """Whether the request provably never left because its connection ended first."""
    return isinstance(request.error, ConnectionLost) and request.error.outcome is Outcome.NOT_SENT
