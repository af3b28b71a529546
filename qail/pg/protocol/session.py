"""Session: one connection as a state machine without I/O.

It is driven by calls and never waits: `start`, `answer`, `submit`, `abandon`, `data_received`, `connection_lost` change
it; `need`, `has_output`, `take_output`, `take_messages` say what the caller has to do next.

Rule 1: requests are answered in the order they were submitted; each owes one ReadyForQuery. A message that fits
nothing in that order spends the connection.
Rule 2: `data_received` and `connection_lost` never raise. They return the requests settled by the call, each once.
Rule 3: a segment is appended whole or not at all, and is contiguous on the wire.
Rule 4: spent is for good: every request is settled by the one `_spend`, and no byte leaves any more.
Rule 5: N, S and A may stand between any two messages.

Source: protocol-flow.html; protocol-message-formats.html
"""

from __future__ import annotations

from qail.errors import AuthError, ConnectError, ConnectionLost, Outcome, QailError, UsageError
from qail.pg.protocol.copy import check_open, copy_data_header, copy_fail_frame
from qail.pg.protocol.ending import release_statements, ride_closes
from qail.pg.protocol.receiver import Receiver
from qail.pg.protocol.request import NO_REQUEST, Request
from qail.pg.protocol.state import (
    COPY_IN,
    COPY_IN_OPEN,
    EVENT_COPY_DONE,
    EVENT_COPY_FAIL,
    EVENT_TERMINATE,
    EXTENDED,
    HANDED,
    ILLEGAL,
    PHASE_NAMES,
    PHASES,
    PREPARED,
    QUEUED,
    READY,
    SIMPLE,
    SPENT,
    follow,
)
from qail.pg.wire.copy import COPY_DONE_FRAME
from qail.pg.wire.query import FLUSH_FRAME, SYNC_FRAME, TERMINATE_FRAME


class Session(Receiver):
    """One connection. See the module's rules.

    Args:
        settings: how to start up; plain values.
        statement_capacity: how many prepared statements the connection keeps.

    Attributes a caller reads: `phase` (`protocol.state`; READY once connected), `need`, `transaction_status` (the byte
    of the latest ReadyForQuery), `process_id`, `secret_key`, `parameters`, `protocol_version`, `spent_cause`,
    `statements`. The pool sets `expects_idle`: then a ReadyForQuery that does not say `I` spends the connection.
    """

    __slots__ = ()

    # Starting up

    def start(self) -> None:
        """Queue SSLRequest or StartupMessage. Once, first of all.

        Raises:
            EncodeError: a setting holds NUL or a lone surrogate; nothing is queued.
        """
        self._startup.start()
        self._follow_startup()

    def answer(self, value: object) -> None:
        """Give what `need` asked for. Output and a new `need` may follow.

        `NeedTls`: None once the handshake is done, or the bytes of `tls-server-end-point` for channel binding.
        `NeedPassword`: the password. `NeedProof`: what its `compute()` returned. For each of them an exception in its
        place, or a value that cannot be used, ends the connection: `spent_cause` then is the AuthError or TlsError.
        """
        if self.need is None:
            return
        try:
            self._startup.answer(value)
            self._follow_startup()
        except QailError as error:
            cause = error
            if not isinstance(error, ConnectError):
                cause = AuthError(f"the password cannot be sent: {error}")
                cause.__cause__ = error
            self._spend(cause, [])

    # What the caller sends

    @property
    def is_spent(self) -> bool:
        """The connection must be closed; `spent_cause` says why."""
        return self.phase == SPENT

    @property
    def depth(self) -> int:
        """How many requests are not settled."""
        return self._queue.depth

    @property
    def oldest(self) -> Request | None:
        """The active request: the one the server answers now, or will answer first. None if none was handed."""
        active = self._queue.active
        return None if active is NO_REQUEST else active

    @property
    def is_deserted(self) -> bool:
        """Whether something is unanswered and nobody waits for any of it: a cancel could hit no neighbour."""
        return bool(self._queue.is_deserted)

    @property
    def has_output(self) -> bool:
        return self._queue.queued_bytes > 0

    @property
    def is_quiet(self) -> bool:
        """Whether a chunk asks for nothing: no output, no messages, not spent. One question in the place of three."""
        return self._queue.queued_bytes == 0 and not self._messages and self.phase != SPENT

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait for `take_output`."""
        return int(self._queue.queued_bytes)

    def submit(self, request: Request) -> None:
        """Append one segment, whole, to what is to be sent. Closes of evicted statements ride at its head.

        Raises:
            UsageError: not connected yet or closed, the segment lacks its end, or COPY IN is under way.
            ConnectionLost: the connection is spent.
            Either way the outcome is not_sent and nothing has changed.
        """
        self.check_submit(request)
        statements = self.statements
        for item in request.items:
            if item.how != PREPARED and item.statement_name:
                item.is_parse_owed = True
                statements.sent(item.statement_name)
        if statements.has_closes and request.kind == EXTENDED:
            # Not those that its own items run: they were proven when it was made, and are closed by the next one.
            ride_closes(request, statements.take_closes({item.statement_name for item in request.items}))
        request.is_submitted = True
        request.is_sync_owed = request.kind == COPY_IN
        self._queue.append(request)

    @property
    def copy_in_under_way(self) -> Request | None:
        """The COPY IN behind which nothing can be submitted; None where something can."""
        newest = self._queue.newest
        return newest if newest.kind == COPY_IN and (newest.state == QUEUED or newest.state == HANDED) else None

    def check_submit(self, request: Request) -> None:
        """Raises what `submit` would."""
        if self.phase != READY:
            if self.phase != SPENT:
                raise UsageError(f"nothing can be sent: the connection is {PHASE_NAMES[self.phase]}")
            lost = ConnectionLost(f"the connection is spent: {self.spent_cause}", outcome=Outcome.NOT_SENT)
            lost.__cause__ = self.spent_cause
            raise lost
        if request.is_submitted:
            raise UsageError("this request was submitted before")
        newest = self._queue.newest
        if newest.kind == COPY_IN and (newest.state == QUEUED or newest.state == HANDED):
            raise UsageError("COPY IN is under way on this connection")
        if request.kind != SIMPLE and not request.data.endswith(FLUSH_FRAME if request.kind == COPY_IN else SYNC_FRAME):
            raise UsageError("a segment ends with Sync, and that of COPY IN with Flush")

    def abandon(self, request: Request) -> bool:
        """Nobody waits for `request` any more.

        True: it was not handed yet and is removed; its outcome is not_sent. False: its answer will be read and dropped,
        and `data_received` returns it in its turn; an open COPY IN is failed. Does nothing to a settled request.
        """
        if request.state == QUEUED and self.phase == READY:
            self._queue.withdraw(request)
            release_statements(request, self.statements)
            return True
        if request.state == HANDED:
            request.drop_answer()
            if request.step == COPY_IN_OPEN:
                self.copy_abort(request, "the caller has gone")
        return False

    def is_last(self, request: Request) -> bool:
        """Whether nothing is queued behind `request`, which is queued itself."""
        return bool(self._queue.is_last(request))

    def take_output(self) -> bytes:
        """Everything queued, for the transport; the requests in it are HANDED from now on. b"" if there is nothing."""
        return self._queue.take_output()

    def terminate(self) -> None:
        """Queue Terminate, if the connection is ready and nothing is under way; else do nothing. Then close."""
        phase = follow(PHASES, self.phase, EVENT_TERMINATE)
        if phase != ILLEGAL and self.depth == 0:
            self.phase = phase
            self._queue.append_control(TERMINATE_FRAME)

    # COPY IN

    def copy_is_open(self, request: Request) -> bool:
        """Whether data can be written: CopyInResponse came, and the copy has not ended."""
        return request.step == COPY_IN_OPEN and self.phase == READY

    def copy_write(self, request: Request, data: bytes) -> None:
        """Queue one CopyData message with `data`: any part of the stream, rows may be cut.

        Raises:
            UsageError: the copy is not open (`request.error` says why, if the server ended it), or 1 GiB of data.
        """
        check_open(request)
        header = copy_data_header(len(data))
        self._queue.append_control(header)
        self._queue.append_control(data)

    def copy_finish(self, request: Request) -> None:
        """Queue CopyDone and Sync: all data was written. The request settles at ReadyForQuery.

        Raises:
            UsageError: the copy is not open.
        """
        self._end_copy(request, EVENT_COPY_DONE, COPY_DONE_FRAME)

    def copy_abort(self, request: Request, reason: str) -> None:
        """Queue CopyFail and Sync: the request will fail with 57014 and nothing of it stays.

        Raises:
            UsageError: the copy is not open.
        """
        self._end_copy(request, EVENT_COPY_FAIL, copy_fail_frame(reason))
