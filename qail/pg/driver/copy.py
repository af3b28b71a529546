"""`copy_in` and `copy_out`: records in binary, with back-pressure both ways.

Rule 1: a COPY IN that cannot be finished (the source raises, a value does not fit, the caller goes) ends with
CopyFail, never with CopyDone: nothing of it stays.
Rule 2: while the transport is paused no further piece is encoded; while the consumer is slow reading is paused. Memory
is bounded by a few pieces.
Rule 3: a COPY OUT that is left early is drained and dropped.

Source: protocol-flow.html, "COPY Operations"; sql-copy.html
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Any, Final, Self, cast

from librt.strings import BytesWriter

from qail.compile.cache import lookup
from qail.compile.frames import BoundPlan
from qail.errors import UsageError
from qail.pg.codec.copy_rows import COPY_HEADER, COPY_TRAILER, CopyRowReader, CopyRowWriter
from qail.pg.driver.bind import bind_all, column_names
from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.link import Link
from qail.pg.driver.results import affected
from qail.pg.driver.segment import control, copy_segment
from qail.pg.protocol.request import DISCARD, Request
from qail.pg.protocol.state import COPY_IN, COPY_OUT, SETTLED
from qail.pg.steps.copy import CopyTable, PieceSize, query_statement

# Rows that wait for the consumer before reading is paused.
MOST_WAITING_ROWS: Final = 20_000


async def copy_in(
    places: Places, table: Any, records: Any, columns: Sequence[Any] | None, deadline: float | None, attempt: Attempt
) -> int:
    """Load `records` into `table`; how many rows."""
    target = CopyTable(table, columns)
    link = await places._place(False, deadline)
    bound = await _described(link, places, target.query)
    names = column_names(bound)
    writer = CopyRowWriter(bound.column_codecs, names)
    request = await _start(link, places, target.statement(names, "FROM STDIN"), COPY_IN, deadline)
    attempt.request = request
    try:
        await link.wait_until(lambda: _has_started(link, request))
        # Closed here: trio warns of a generator that is left to the garbage collector.
        async with aclosing(_pieces(records, PieceSize())) as pieces:
            await _send(link, request, writer, pieces)
        await link.answered(request)
    except BaseException as error:
        await _give_up(link, request, error)
        raise
    if request.error is not None:
        raise request.error
    return affected(request.items[-1])


async def _described(link: Link, places: Places, query: Any) -> BoundPlan:
    return (await bind_all(link, places._catalog, places._namespace, [lookup(query)], must_ask=True))[0]


async def _start(
    link: Link, places: Places, sql: bytes, kind: int, deadline: float | None, sink: Any = DISCARD
) -> Request:
    """Submit a COPY; openings go ahead in a segment of their own."""
    link = await places._place(False, deadline)
    if link.unsent_scopes:
        await link.run(control(link, [], is_end=False))
    request = copy_segment(link, sql, kind, sink)
    request.is_in_transaction = bool(link.scopes)
    link.submit(request)
    return request


def _has_started(link: Link, request: Request) -> bool:
    return request.state == SETTLED or request.error is not None or link.session.copy_is_open(request) or link.is_lost


async def _send(link: Link, request: Request, writer: CopyRowWriter, pieces: Any) -> None:
    """Write header, pieces and trailer, as fast as the server takes them; stop when it has ended the COPY."""
    session = link.session
    head = COPY_HEADER
    async for size, piece in pieces:
        out = BytesWriter()
        if head:
            out.write(head)
            head = b""
        writer.write_records(out, piece)
        if not session.copy_is_open(request):
            return
        data = out.getvalue()
        size.learn(len(piece), len(data))
        session.copy_write(request, data)
        link.transport.flush()
        # One turn of the loop, so that an error is seen and others run; then as long as writing is paused.
        await link.runtime.sleep(0)
        await link.wait_until(lambda: not link.transport.is_paused or not session.copy_is_open(request))
    if session.copy_is_open(request):
        session.copy_write(request, head + COPY_TRAILER)
        session.copy_finish(request)
        link.transport.flush()


async def _give_up(link: Link, request: Request, error: BaseException) -> None:
    """End the COPY so that nothing of it stays; wait for the server's word unless the caller is being cancelled."""
    if link.session.copy_is_open(request):
        link.session.copy_abort(request, f"the client gave up: {type(error).__name__}")
        link.transport.flush()
    if isinstance(error, Exception):
        await link.answered(request)
    else:
        link.abandon(request)
        link.hold_for(request)


async def _pieces(records: Any, size: PieceSize) -> AsyncGenerator[tuple[PieceSize, list[Any]], None]:
    if hasattr(records, "__aiter__"):
        piece: list[Any] = []
        async for record in records:
            piece.append(record)
            if len(piece) >= size.records:
                yield size, piece
                piece = []
        if piece:
            yield size, piece
        return
    source: Iterator[Any] = iter(records)
    while piece := list(islice(source, size.records)):
        yield size, piece


def _hold(link: Link, reader: CopyRowReader) -> None:
    """Stop reading while many rows wait for their consumer."""
    if len(reader.rows) > MOST_WAITING_ROWS:
        link.transport.pause_reading()


class CopyOut:
    """Rows of a COPY TO STDOUT: `async with` it and iterate, or iterate at once. Rows are tuples in column order."""

    def __init__(self, places: Any, source: Any, columns: Sequence[Any] | None, timeout: float | None = None) -> None:
        self._places: Final = places
        self._timeout: Final = timeout
        self._source: Final[Any] = source
        self._columns: Final = columns
        self._link: Link | None = None
        self._request: Request | None = None
        self._reader: CopyRowReader | None = None
        self._rows: list[Any] = []
        self._position = 0

    async def __aenter__(self) -> Self:
        await self._in_time(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    async def _in_time(self, work: Callable[[], Awaitable[None]]) -> None:
        """One wait for the server. Raises DeadlineExceeded."""
        attempt = Attempt()
        attempt.request = self._request
        await self._places._within(self._places._deadline(self._timeout), attempt, work)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Any, ...]:
        if self._position >= len(self._rows):
            await self._more()
        row: tuple[Any, ...] = self._rows[self._position]
        self._position += 1
        return row

    def __del__(self) -> None:
        # The loop may be gone already; then so is the connection.
        with suppress(RuntimeError):
            self._leave()

    async def _open(self) -> None:
        if self._request is not None:
            raise UsageError("this COPY was read before: make another one")
        places = self._places
        link = await places._place(False, None)
        source: Any = self._source
        if isinstance(source, (str, tuple, type)):
            target = CopyTable(cast("Any", source), self._columns)
            bound = await _described(link, places, target.query)
            sql = target.statement(column_names(bound), "TO STDOUT")
        else:
            call = lookup(source)
            bound = await _described(link, places, source)
            sql = query_statement(call.plan.sql, len(call.plan.slots))
        self._reader = CopyRowReader(bound.column_codecs, column_names(bound))
        self._link = link
        link.on_data = partial(_hold, link, self._reader)
        self._request = await _start(link, places, sql, COPY_OUT, None, self._reader)

    async def _more(self) -> None:
        """Wait for rows. Raises StopAsyncIteration at the end, after ReadyForQuery."""
        if self._request is None:
            await self._in_time(self._open)
        link, request, reader = self._link, self._request, self._reader
        assert link is not None
        assert request is not None
        assert reader is not None
        if not reader.rows and request.state != SETTLED:
            await self._in_time(partial(link.wait_until, lambda: bool(reader.rows) or request.state == SETTLED))
        link.transport.resume_reading()
        self._rows, reader.rows = reader.rows, []
        self._position = 0
        if self._rows:
            return
        if request.error is not None:
            raise request.error
        if reader.error is not None:
            raise reader.error
        reader.finish()
        raise StopAsyncIteration

    def _leave(self) -> None:
        link, request = self._link, self._request
        if link is None or request is None:
            return
        self._link = None
        link.on_data = None
        if request.state != SETTLED:
            link.transport.resume_reading()
            link.abandon(request)
