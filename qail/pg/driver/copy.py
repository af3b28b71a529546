"""`copy_in` and `copy_out`: records in binary, or bytes in any format, with back-pressure both ways.

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

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, cast

from qail.compile.cache import Call, literal_plan, lookup
from qail.compile.frames import BoundPlan
from qail.errors import UsageError
from qail.pg.codec.copy_rows import CopyByteReader, CopyRowReader, CopyRowWriter
from qail.pg.driver.bind import bind_all, check_version, column_names, server_version
from qail.pg.driver.copy_pieces import check_readable, check_writable, encoded, is_file, raw, write_all
from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.link import Link
from qail.pg.driver.results import affected
from qail.pg.driver.segment import control, copy_segment
from qail.pg.protocol.request import DISCARD, Request
from qail.pg.protocol.state import COPY_IN, COPY_OUT, SETTLED
from qail.pg.steps.copy import CopyFormat, CopyTable, checked_format, query_statement
from qail.pg.steps.deadline import checked_timeout

# What may wait for the consumer before reading is paused.
MOST_WAITING_ROWS: Final = 20_000
MOST_WAITING_BYTES: Final = 4 * 1024 * 1024


class CopySource:
    """What `copy_in` was asked for: into what, from what, and as what."""

    def __init__(self, table: Any, records: Any, columns: Sequence[Any] | None, form: str) -> None:
        self.target: Final = CopyTable(table, columns)
        self.form: Final = checked_format(form)
        self.is_raw: Final = self.form != "binary" or is_file(records)
        """Whether the records are bytes in that format already."""
        if self.is_raw:
            check_readable(records)
        self.records: Final = records


async def copy_in(places: Places, source: CopySource, deadline: float | None, attempt: Attempt) -> int:
    """Load what `source` gives; how many rows."""
    link = await places._place(False, deadline)
    if source.is_raw:
        names = source.target.names
        pieces = raw(source.records, link.runtime)
    else:
        bound = await _described(link, places, lookup(source.target.query))
        names = column_names(bound)
        pieces = encoded(source.records, CopyRowWriter(bound.column_codecs, names))
    async with aclosing(pieces):
        # It may be another one by now.
        link = await _opened(places, deadline)
        request = _start(link, source.target.statement(names, "FROM STDIN", source.form), COPY_IN)
        attempt.request = request
        try:
            await link.wait_until(lambda: _has_started(link, request))
            await _send(link, request, pieces)
            await link.answered(request)
        except BaseException as error:
            await _give_up(link, request, error)
            raise
    if request.error is not None:
        raise request.error
    return affected(request.items[-1])


async def _described(link: Link, places: Places, call: Call) -> BoundPlan:
    place = places._placing(None)
    return (await bind_all(link, places._catalog, places._namespace, [call], place, must_ask=True))[0]


async def _opened(places: Places, deadline: float | None) -> Link:
    """Where the COPY goes; openings have gone ahead in a segment of their own."""
    link = await places._place(False, deadline)
    if link.unsent_scopes:
        await link.run(control(link, [], is_end=False))
        link = await places._place(False, deadline)
    return link


def _start(link: Link, sql: bytes, kind: int, sink: Any = DISCARD) -> Request:
    """Submit a COPY."""
    request = copy_segment(link, sql, kind, sink)
    request.is_in_transaction = bool(link.scopes)
    link.submit(request)
    return request


def _has_started(link: Link, request: Request) -> bool:
    return request.state == SETTLED or request.error is not None or link.session.copy_is_open(request) or link.is_lost


async def _send(link: Link, request: Request, pieces: AsyncGenerator[bytes, None]) -> None:
    """Write the pieces, as fast as the server takes them; stop when it has ended the COPY."""
    session = link.session
    async for data in pieces:
        if not session.copy_is_open(request):
            return
        session.copy_write(request, data)
        link.transport.flush()
        # One turn of the loop, so that an error is seen and others run; then as long as writing is paused.
        await link.runtime.sleep(0)
        await link.wait_until(lambda: not link.transport.is_paused or not session.copy_is_open(request))
    if session.copy_is_open(request):
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


def _hold(link: Link, reader: CopyRowReader | CopyByteReader) -> None:
    """Stop reading while much waits for its consumer."""
    if len(reader.rows) > MOST_WAITING_ROWS or reader.waiting_bytes > MOST_WAITING_BYTES:
        link.transport.pause_reading()


class CopyOut:
    """A COPY TO STDOUT: `async with` it and iterate, or iterate at once, or let it write to a file.

    In binary, rows are tuples in column order; in text and CSV, lines, as bytes.
    """

    def __init__(
        self,
        places: Any,
        source: Any,
        columns: Sequence[Any] | None,
        timeout: float | None = None,
        form: str = "binary",
    ) -> None:
        self._form: Final[CopyFormat] = checked_format(form)
        self._is_raw = self._form != "binary"
        self._places: Final = places
        self._timeout: Final = checked_timeout(timeout)
        self._source: Final[Any] = source
        self._columns: Final = columns
        self._link: Link | None = None
        self._request: Request | None = None
        self._reader: CopyRowReader | CopyByteReader | None = None
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

    async def __anext__(self) -> Any:
        if self._position >= len(self._rows):
            await self._more()
        row = self._rows[self._position]
        self._position += 1
        return row

    async def write_to(self, file: Any) -> int:
        """Write all that is still to come to a binary file, in the format of this COPY; how many rows the server sent.

        Nothing is written in binary once rows were read: their file would have no beginning. What `write` raises ends
        the COPY, as leaving its block does.

        Raises:
            UsageError: bytes cannot be written to it, or the rows of a binary COPY are being read.
        """
        check_writable(file)
        if self._request is not None and not self._is_raw:
            raise UsageError("this binary COPY is being read row by row: write_to is called first, and outside a block")
        self._is_raw = True
        try:
            if self._request is None:
                await self._in_time(self._open)
            while True:
                pieces = self._rows[self._position :] or await self._batch()
                if not pieces:
                    break
                self._rows, self._position = [], 0
                await write_all(file, b"".join(pieces), self._places._runtime)
        finally:
            request = self._request
            self._leave()
        assert request is not None
        return affected(request.items[-1])

    async def _batch(self) -> list[Any]:
        """What came; nothing at the end."""
        try:
            await self._more()
        except StopAsyncIteration:
            return []
        return self._rows

    def __del__(self) -> None:
        link, request = getattr(self, "_link", None), getattr(self, "_request", None)
        if link is None or request is None:
            return
        # The loop may be gone already; then so is the connection.
        with suppress(RuntimeError):
            try:
                link.runtime.check_here("COPY")
            except Exception:  # noqa: BLE001  # the last reference was another thread's: told in whatever way there is
                link.runtime.call_soon_threadsafe(partial(_drop, link, request, self._reader))
            else:
                _drop(link, request, self._reader)

    async def _open(self) -> None:
        if self._request is not None:
            raise UsageError("this COPY was read before: make another one")
        places = self._places
        link = await places._place(False, None)
        source: Any = self._source
        names: Sequence[str] | None = None
        if isinstance(source, (str, tuple, type)):
            target = CopyTable(cast("Any", source), self._columns)
            query, names = target.query, target.names
        else:
            target, query = None, source
        plan = None if target is not None else query_statement(query, self._form)
        if plan is not None:
            check_version(plan, server_version(link))
        if self._is_raw:
            reader: CopyRowReader | CopyByteReader = CopyByteReader()
        else:
            call = lookup(query) if plan is None else Call(literal_plan(query), [])
            bound = await _described(link, places, call)
            names = column_names(bound)
            reader = CopyRowReader(bound.column_codecs, names)
        if plan is not None:
            sql = plan.sql
        else:
            assert target is not None, "a COPY is of a table or of a query"
            sql = target.statement(names, "TO STDOUT", self._form)
        self._reader = reader
        link = self._link = await _opened(places, None)
        link.on_data = partial(_hold, link, reader)
        self._request = _start(link, sql, COPY_OUT, reader)

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
        reader.waiting_bytes = self._position = 0
        if self._rows:
            return
        if request.error is not None:
            raise request.error
        if isinstance(reader, CopyRowReader):
            if reader.error is not None:
                raise reader.error
            reader.finish()
        raise StopAsyncIteration

    def _leave(self) -> None:
        link, request = self._link, self._request
        if link is None or request is None:
            return
        self._link = None
        _drop(link, request, self._reader)


def _drop(link: Link, request: Request, reader: CopyRowReader | CopyByteReader | None) -> None:
    """Nobody takes the rows of `request` any more. Once it has settled, the link may be somebody else's."""
    held = link.on_data
    if isinstance(held, partial) and held.args[-1] is reader:
        # Settled or not: its last rows may have stopped the reading, and nobody else would go on with it.
        link.on_data = None
        link.transport.resume_reading()
    if request.state != SETTLED:
        link.abandon(request)
