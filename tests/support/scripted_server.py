"""A PostgreSQL server without I/O for unit tests: frontend bytes in, backend bytes out, answers by script.

    server = ScriptedServer({b"select 1": Script(columns=["n"], rows=[[b"1"]], tag="SELECT 1")})
    output = server.receive(session.take_output())

Rule 1: it keeps the rules of the protocol that a client's order of messages depends on: statements exist by name, an
error skips messages until Sync, each Sync is answered once, and a Sync during COPY FROM STDIN is swallowed.
Rule 2: it judges nothing: what a client may not send raises AssertionError in the test.
Built from the message classes of `qail.pg.wire`; nothing here knows `qail.pg.protocol`.
"""

from __future__ import annotations

from qail.pg.wire.authentication import AuthenticationOk
from qail.pg.wire.constants import FAILED_TRANSACTION, IDLE, IN_TRANSACTION, PROTOCOL_3_0
from qail.pg.wire.copy import CopyData, CopyDone, CopyFail, CopyInResponse, CopyOutResponse
from qail.pg.wire.description import ColumnDescription, NoData, ParameterDescription, RowDescription
from qail.pg.wire.extended import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync, Terminate
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import ErrorResponse, ParameterStatus
from qail.pg.wire.reader import FrontendReader
from qail.pg.wire.result import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    EmptyQueryResponse,
    ParseComplete,
    ReadyForQuery,
)
from qail.pg.wire.startup import BackendKeyData, SSLRequest, StartupMessage

PROCESS_ID = 4711
SECRET_KEY = b"\x01\x02\x03\x04"
GREETING: tuple[Message, ...] = (
    AuthenticationOk(),
    ParameterStatus("client_encoding", "UTF8"),
    ParameterStatus("standard_conforming_strings", "on"),
    BackendKeyData(PROCESS_ID, SECRET_KEY),
    ReadyForQuery(IDLE),
)


def error(sqlstate: str = "22012", severity: str = "ERROR", message: str = "failed", **fields: str) -> ErrorResponse:
    """An ErrorResponse; `fields` are further one-letter fields."""
    return ErrorResponse({"S": severity, "V": severity, "C": sqlstate, "M": message, **fields})


def frames(*messages: Message) -> bytes:
    """The bytes of `messages`, one after another."""
    return b"".join(encode_message(message) for message in messages)


def row_description(names: list[str]) -> RowDescription:
    """Columns of type text, by name."""
    return RowDescription([ColumnDescription(name, 25) for name in names])


class Script:
    """What one SQL text does. `fails_at`: parse, bind, execute, row (behind the rows) or sync.

    `status` is the transaction status afterwards; None leaves it. `copy`: in or out.
    """

    def __init__(
        self,
        tag: str = "",
        *,
        columns: list[str] | None = None,
        rows: list[list[bytes | None]] | None = None,
        fails_at: str = "",
        failure: ErrorResponse | None = None,
        status: int | None = None,
        copy: str = "",
    ) -> None:
        self.tag = tag
        self.columns = columns or []
        self.rows = rows or []
        self.fails_at = fails_at
        self.failure = failure or error()
        self.status = status
        self.copy = copy


class ScriptedServer:
    """One backend. `scripts` by SQL text; `received` has every message, `syncs` and `readies` are counted."""

    def __init__(self, scripts: dict[bytes, Script], greeting: tuple[Message, ...] = GREETING) -> None:
        self.scripts = scripts
        self.greeting = greeting
        self.received: list[Message] = []
        self.copied: list[bytes] = []
        self.statements: dict[bytes, bytes] = {}
        self.status = IDLE
        self.syncs = 0
        self.readies = 0
        self._reader = FrontendReader()
        self._bound: Script | None = None
        self._deferred: ErrorResponse | None = None
        self._is_skipping = False
        self._copy: Script | None = None
        self._is_simple_copy = False
        self._out: list[Message] = []

    def receive(self, data: bytes) -> bytes:
        """Take frontend bytes; returns what a backend would send."""
        return frames(*self.receive_messages(data))

    def receive_messages(self, data: bytes) -> list[Message]:
        """As `receive`, as messages, so that a test can drop, swap and add some."""
        for message in self._reader.feed(data):
            self.received.append(message)
            self._take(message)
        sent, self._out = self._out, []
        return sent

    def _take(self, message: Message) -> None:
        if isinstance(message, (StartupMessage, SSLRequest)):
            self._start(message)
        elif self._copy is not None:
            self._take_copy(message)
        elif isinstance(message, Sync):
            self._sync()
        elif self._is_skipping or isinstance(message, (Flush, Terminate, CopyData, CopyDone, CopyFail)):
            return
        elif isinstance(message, Query):
            self._simple(message)
        else:
            self._extended(message)

    def _start(self, message: Message) -> None:
        assert isinstance(message, StartupMessage)
        assert message.version == PROTOCOL_3_0
        self._out += self.greeting

    def _sync(self) -> None:
        self.syncs += 1
        if self._deferred is not None and not self._is_skipping:
            self._out.append(self._deferred)
        self._deferred = None
        self._is_skipping = False
        self._ready()

    def _ready(self) -> None:
        self.readies += 1
        self._out.append(ReadyForQuery(self.status))

    def _fail(self, failure: ErrorResponse) -> None:
        self._out.append(failure)
        self._is_skipping = True
        self._deferred = None
        if self.status == IN_TRANSACTION:
            self.status = FAILED_TRANSACTION

    def _script(self, name: bytes, at: str) -> Script | None:
        """The script of a statement, unless it does not exist or fails here."""
        sql = self.statements.get(name)
        if sql is None:
            self._fail(error("26000", message="prepared statement does not exist"))
            return None
        script = self.scripts[sql]
        if script.fails_at == at:
            self._fail(script.failure)
            return None
        return script

    def _extended(self, message: Message) -> None:
        if isinstance(message, Parse):
            self._parse(message)
        elif isinstance(message, Describe):
            script = self._script(message.name, "describe")
            if script is not None:
                self._out.append(ParameterDescription([]))
                self._out.append(row_description(script.columns) if script.columns else NoData())
        elif isinstance(message, Bind):
            self._bound = self._script(message.statement_name, "bind")
            if self._bound is not None:
                self._out.append(BindComplete())
        elif isinstance(message, Close):
            self.statements.pop(message.name, None)
            self._out.append(CloseComplete())
        elif isinstance(message, Execute):
            assert self._bound is not None
            self._execute(self._bound)

    def _parse(self, message: Parse) -> None:
        script = self.scripts[message.sql]
        if message.statement_name and message.statement_name in self.statements:
            self._fail(error("42P05", message="prepared statement already exists"))
        elif script.fails_at == "parse":
            self._fail(script.failure)
        else:
            self.statements[message.statement_name] = message.sql
            self._out.append(ParseComplete())

    def _execute(self, script: Script) -> None:
        if script.fails_at == "execute":
            self._fail(script.failure)
            return
        if script.copy == "in":
            self._copy = script
            self._out.append(CopyInResponse(1, [1]))
            return
        if script.copy == "out":
            self._out.append(CopyOutResponse(1, [1]))
            self._out += [CopyData(row[0] or b"") for row in script.rows]
            self._out.append(CopyDone())
        else:
            self._out += [DataRow(row) for row in script.rows]
        if script.fails_at == "row":
            self._fail(script.failure)
            return
        self._complete(script)

    def _complete(self, script: Script) -> None:
        if script.status is not None:
            self.status = script.status
        if script.fails_at == "sync":
            self._deferred = script.failure
        if script.tag.startswith("DEALLOCATE") or script.tag == "DISCARD ALL":
            self.statements.clear()
        self._out.append(CommandComplete(script.tag) if script.tag else EmptyQueryResponse())

    def _simple(self, message: Query) -> None:
        for sql in message.sql.split(b";"):
            script = self.scripts[sql]
            if script.columns and script.fails_at != "execute":
                self._out.append(row_description(script.columns))
            self._execute(script)
            if self._copy is not None:
                self._is_simple_copy = True
                return
            if self._is_skipping:
                break
        self._is_skipping = False
        self._ready()

    def _take_copy(self, message: Message) -> None:
        assert self._copy is not None
        script = self._copy
        if isinstance(message, CopyData):
            self.copied.append(message.data)
            return
        if isinstance(message, (Sync, Flush)):
            return  # swallowed
        self._copy = None
        if isinstance(message, CopyDone) and script.fails_at != "row":
            self._complete(script)
        elif isinstance(message, CopyFail):
            self._fail(error("57014", message=f"COPY from stdin failed: {message.reason}"))
        else:
            self._fail(script.failure)
        if self._is_simple_copy:
            self._is_simple_copy = False
            self._is_skipping = False
            self._ready()
