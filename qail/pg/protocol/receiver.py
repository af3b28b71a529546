"""Receiver: the half of a Session that listens: frames to requests, phases, and the end.

Rule 1: a message that fits nothing in the order of the requests spends the connection.
Rule 2: spent is for good: every request is settled by the one `_spend`, and no byte leaves any more.
Rule 3: N, S and A may stand between any two messages.
Rule 4: what the server broke is raised inside this file as ProtocolError and ends in `data_received`, never outside.

Source: protocol-flow.html; protocol-message-formats.html
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from qail.errors import ConnectError, ConnectionLost, ProtocolError, QailError, TlsError
from qail.pg.protocol.copy import check_open, copy_fail_frame, owes_sync
from qail.pg.protocol.ending import fail_all, settle_error
from qail.pg.protocol.query import fail_request, note_tag, out_of_order, read_tag, take_answer
from qail.pg.protocol.queue import RequestQueue
from qail.pg.protocol.request import NO_REQUEST, Request
from qail.pg.protocol.scram import NeedProof
from qail.pg.protocol.server_error import decode_error, error_of, is_fatal
from qail.pg.protocol.settings import NeedPassword, NeedTls, StartupSettings
from qail.pg.protocol.startup import Startup, check_parameter
from qail.pg.protocol.state import (
    ANSWERS,
    AWAIT_ROWS,
    COPY_IN,
    COPY_IN_OPEN,
    EVENT_COPY_FAIL,
    EXTENDED,
    FINISHED,
    ILLEGAL,
    ITEM_DONE,
    NEW,
    PHASE_NAMES,
    READY,
    SETTLED,
    SIMPLE,
    SPENT,
    TERMINATED,
    TLS_ASKED,
    TLS_HANDSHAKE,
    follow,
)
from qail.pg.protocol.statement_cache import DEFAULT_CAPACITY, StatementCache
from qail.pg.wire.buffer import ReceiveBuffer, read_frame_bytes
from qail.pg.wire.constants import (
    BIND_COMPLETE,
    COMMAND_COMPLETE,
    DATA_ROW,
    ERROR_RESPONSE,
    FAILED_TRANSACTION,
    HEADER_BYTES,
    IDLE,
    IN_TRANSACTION,
    MAX_FRAME_BYTES,
    NOTICE_RESPONSE,
    NOTIFICATION_RESPONSE,
    PARAMETER_STATUS,
    READY_FOR_QUERY,
    TYPE_BYTES,
)
from qail.pg.wire.notice import NoticeResponse, NotificationResponse, ParameterStatus
from qail.pg.wire.query import SYNC_FRAME

_D: Final = 0x44


class Receiver:
    """State of one connection, and what the server's bytes do to it. `Session` adds what a caller may do."""

    __slots__ = (
        "_buffer",
        "_doomed",
        "_last_words",
        "_messages",
        "_queue",
        "_startup",
        "expects_idle",
        "most_row_bytes",
        "need",
        "parameters",
        "phase",
        "process_id",
        "protocol_version",
        "secret_key",
        "spent_cause",
        "statements",
        "transaction_status",
    )

    def __init__(self, settings: StartupSettings, statement_capacity: int = DEFAULT_CAPACITY) -> None:
        self.phase: i64 = NEW
        self.need: NeedTls | NeedPassword | NeedProof | None = None
        self.transaction_status: i64 = IDLE
        self.process_id = 0
        self.secret_key = b""
        self.parameters: dict[str, str] = {}
        self.protocol_version: int = settings.protocol_version
        self.spent_cause: QailError | None = None
        self.statements: Final = StatementCache(statement_capacity)
        self.expects_idle = False
        self.most_row_bytes: i64 = MAX_FRAME_BYTES + TYPE_BYTES
        """A larger DataRow is offered to its sink's `passes_over` before it is gathered."""
        self._startup: Final = Startup(settings)
        self._buffer: Final = ReceiveBuffer()
        self._messages: list[object] = []
        self._queue: Final = RequestQueue()
        # Set when the connection must end at the next ReadyForQuery, whose request still gets its own answer.
        self._doomed: QailError | None = None
        # What the server gave as the reason of its coming end in a notice (57P01, 57P02): a crash elsewhere.
        self._last_words: dict[str, str] = {}

    # What the server says

    def data_received(self, data: bytes) -> list[Request]:
        """Take a chunk. Returns the requests it settled, in order. Never raises: see `need` and `is_spent` after."""
        settled: list[Request] = []
        if self.phase == SPENT or self.phase == TERMINATED:
            return settled
        try:
            if self.phase == READY:
                data = self._buffer.feed(data)
            else:
                data = self._start_up(data)
            if data and self.phase == READY:
                self._take_answers(data, settled)
        except QailError as error:
            self._spend(error, settled)
        except Exception as error:  # noqa: BLE001  nothing may be raised into the event loop
            fault = ProtocolError(f"the answer could not be read: {type(error).__name__}: {error}")
            fault.__cause__ = error
            self._spend(fault, settled)
        self._queue.compact()
        return settled

    def _take_answers(self, buffer: bytes, settled: list[Request]) -> None:
        """Scan whole frames; keep what is not whole. The common messages are handled here, in one loop.

        Raises:
            ProtocolError: the stream is broken.
        """
        position: i64 = 0
        end: i64 = len(buffer)
        while True:
            frame_bytes = read_frame_bytes(buffer, position, end)
            frame_end = position + frame_bytes
            if frame_bytes == 0 or frame_end > end:
                break
            request = self._queue.active
            code = i64(buffer[position])
            step = follow(ANSWERS, request.step, code)
            if code == DATA_ROW and step != ILLEGAL:
                position = request.current.sink.take_rows(buffer, position, end)
                if position < frame_end or position > end:
                    raise ProtocolError("a DataRow was not taken whole")
                continue
            if code == BIND_COMPLETE and step == AWAIT_ROWS and frame_bytes == HEADER_BYTES:
                request.step = step
            elif code == COMMAND_COMPLETE and step == ITEM_DONE and request.kind == EXTENDED:
                self._complete(request, buffer, position + HEADER_BYTES, frame_end)
            elif code == READY_FOR_QUERY and step == FINISHED:
                self._ready(request, buffer, position + HEADER_BYTES, frame_end, settled)
            else:
                self._take_message(request, buffer, position, frame_end, settled)
            if self.phase != READY:
                return
            position = frame_end
        if frame_bytes > self.most_row_bytes and self._passes_over(i64(buffer[position]), frame_bytes):
            self._buffer.drop(frame_end - end)
        elif position < end:
            self._buffer.keep(buffer, position, frame_end - end if frame_bytes > 0 else 0)

    def _passes_over(self, code: i64, frame_bytes: i64) -> bool:
        """Whether the frame that has begun is a row too large for whoever takes it."""
        request = self._queue.active
        if code != DATA_ROW or follow(ANSWERS, request.step, code) == ILLEGAL:
            return False
        return request.current.sink.passes_over(frame_bytes)

    def _complete(self, request: Request, buffer: bytes, start: i64, end: i64) -> None:
        tag = read_tag(buffer, start, end)
        request.current.tag_bytes = tag
        # DEALLOCATE and DISCARD: the only tags of interest begin so, and DELETE with them.
        if tag and tag[0] == _D:
            note_tag(tag, self.statements)
        request.next_item()

    def _ready(self, request: Request, buffer: bytes, start: i64, end: i64, settled: list[Request]) -> None:
        """ReadyForQuery, body `buffer[start:end]`: the oldest request is settled."""
        status: i64 = buffer[start] if end - start == 1 else 0
        if status != IDLE and status != IN_TRANSACTION and status != FAILED_TRANSACTION:
            raise ProtocolError(f"ReadyForQuery has a body of {end - start} bytes that is none of I, T, E")
        self.transaction_status = status
        request.transaction_status = status
        request.step = FINISHED
        request.state = SETTLED
        request.is_ready_seen = True
        if request.error is not None:
            settle_error(request, self.statements)
        settled.append(request)
        self._queue.settle_active()
        if status != IDLE and self.expects_idle and self._doomed is None:
            self._doomed = ConnectionLost("a transaction was left open on a connection that others share")
        if self._doomed is not None:
            self._spend(self._doomed, settled)

    def _take_message(self, request: Request, buffer: bytes, position: i64, end: i64, settled: list[Request]) -> None:
        """Any message that the loop does not handle itself."""
        code = i64(buffer[position])
        start = position + HEADER_BYTES
        if code == NOTICE_RESPONSE:
            notice = NoticeResponse.decode(buffer, start, end)
            self._messages.append(notice)
            if notice.fields.get("C", "").startswith("57P"):
                self._last_words = notice.fields
        elif code == NOTIFICATION_RESPONSE:
            self._messages.append(NotificationResponse.decode(buffer, start, end))
        elif code == PARAMETER_STATUS:
            status = ParameterStatus.decode(buffer, start, end)
            self.parameters[status.name] = status.value
            self._messages.append(status)
            check_parameter(status)
        elif code == ERROR_RESPONSE:
            self._take_error(request, buffer, start, end, settled)
        elif code == READY_FOR_QUERY or request is NO_REQUEST:
            raise out_of_order(request, code)
        else:
            take_answer(request, self.statements, code, buffer, start, end)
            self._follow_copy(request)

    def _take_error(self, request: Request, buffer: bytes, start: i64, end: i64, settled: list[Request]) -> None:
        error = decode_error(buffer, start, end)
        if is_fatal(error):
            self._spend(error, settled)
            return
        if request is NO_REQUEST:
            raise out_of_order(request, ERROR_RESPONSE) from error
        fail_request(request, error, self.statements)
        if error.sqlstate == "25006":
            # A server that refuses to write may be the wrong one: its owner is told as of a changed parameter.
            self._messages.append(error)
        if error.sqlstate == "08P01":
            # The server says that we broke the protocol; nothing we know of the stream can be trusted.
            error.connection_spent = True
            self._doomed = error
        self._follow_copy(request)

    def _follow_copy(self, request: Request) -> None:
        """Do what the protocol wants of us in COPY IN, without a caller: Sync, or CopyFail."""
        if owes_sync(request):
            request.is_sync_owed = False
            self._queue.append_control(SYNC_FRAME)
        if request.step != COPY_IN_OPEN or (request.kind == COPY_IN and not request.is_abandoned):
            return
        if not self._queue.is_active_alone:
            raise ProtocolError("COPY FROM STDIN began with other requests behind it; it needs copy_in")
        reason = "the caller has gone" if request.is_abandoned else "COPY FROM STDIN needs copy_in"
        self._end_copy(request, EVENT_COPY_FAIL, copy_fail_frame(reason))

    @property
    def has_messages(self) -> bool:
        """Whether `take_messages` would return any: asked after each chunk."""
        return len(self._messages) > 0

    def take_messages(self) -> list[object]:
        """NoticeResponse, NotificationResponse and ParameterStatus received since the last call, in order.

        So is an error 25006, the server's refusal to write, which has its caller as well.
        """
        messages = self._messages
        self._messages = []
        return messages

    def _start_up(self, data: bytes) -> bytes:
        """Feed the start of the connection. Returns what stands behind the first ReadyForQuery."""
        startup = self._startup
        if self.phase == TLS_ASKED:
            startup.take_encryption_answer(data)
            self._follow_startup()
            return b""
        if self.phase == NEW or self.phase == TLS_HANDSHAKE:
            raise TlsError(f"{len(data)} bytes came while {PHASE_NAMES[self.phase]}")
        buffer = self._buffer.feed(data)
        try:
            position = startup.take_frames(buffer, self._buffer)
        finally:
            self._follow_startup()
        return buffer[position:]

    def _follow_startup(self) -> None:
        startup = self._startup
        self.phase = startup.phase
        self.need = startup.need
        self.parameters = startup.parameters
        self.process_id = startup.process_id
        self.secret_key = startup.secret_key
        self.protocol_version = startup.protocol_version
        self._messages += startup.messages
        startup.messages = []
        for frame in startup.output:
            self._queue.append_control(frame)
        startup.output = []

    def _end_copy(self, request: Request, event: i64, frame: bytes) -> None:
        check_open(request)
        request.step = follow(ANSWERS, request.step, event)
        self._queue.append_control(frame)
        # Under simple Query the server answers by itself, and a Sync would be answered as well.
        if request.kind != SIMPLE:
            self._queue.append_control(SYNC_FRAME)
        request.is_sync_owed = False

    # The end

    def connection_lost(self, cause: Exception | None) -> list[Request]:
        """The transport ended: an error, or None for a clean end of stream. Settles every request, once."""
        what = "the server closed the connection" if cause is None else f"the connection broke: {cause}"
        lost: QailError
        if self._last_words and self.phase >= READY:
            lost = error_of(self._last_words)
        elif self.phase >= READY:
            lost = ConnectionLost(what)
        else:
            lost = ConnectError(f"{what} while {PHASE_NAMES[self.phase]}", reason="lost")
        lost.__cause__ = cause
        return self.spend(lost)

    def spend(self, cause: QailError) -> list[Request]:
        """Give the connection up (a deadline passed, a send was interrupted). Settles every request, once."""
        settled: list[Request] = []
        self._spend(cause, settled)
        return settled

    def _spend(self, cause: QailError, settled: list[Request]) -> None:
        if self.phase == SPENT:
            return
        self.phase = SPENT
        self.spent_cause = cause
        self.need = None
        pending = self._queue.drain()
        fail_all(pending, cause)
        settled += pending
