"""ScriptedBackend: one session of a scripted server, without I/O: frontend bytes in, outputs by script.

    backend = ScriptedBackend({"SELECT 1": Script(columns=["n"], rows=[["1"]])})
    answer = backend.receive(request_bytes)

Rule 1: it keeps the rules of the protocol that a client's order of messages depends on: statements exist by name, an
error skips messages until Sync, each Sync is answered once, and a Sync during COPY FROM STDIN is swallowed.
Rule 2: it knows no clock and no socket: waits and ends are outputs, which `ScriptedServer` performs.

Source: protocol-flow.html
"""

from __future__ import annotations

import re
from typing import Final

from qail.pg.wire.authentication import AuthenticationOk, AuthenticationRequest, AuthenticationSASLFinal
from qail.pg.wire.constants import (
    ENCRYPTION_REFUSED,
    ENCRYPTION_TLS,
    FAILED_TRANSACTION,
    IDLE,
    IN_TRANSACTION,
    PROTOCOL_3_2,
    STATEMENT,
)
from qail.pg.wire.copy import CopyData, CopyDone, CopyFail, CopyInResponse, CopyOutResponse
from qail.pg.wire.description import NoData, ParameterDescription
from qail.pg.wire.extended import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync, Terminate
from qail.pg.wire.message import Message
from qail.pg.wire.notice import ErrorResponse, ParameterStatus
from qail.pg.wire.reader import FrontendReader
from qail.pg.wire.result import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    EmptyQueryResponse,
    ParseComplete,
    PortalSuspended,
    ReadyForQuery,
)
from qail.pg.wire.startup import (
    BackendKeyData,
    CancelRequest,
    EncryptionResponse,
    GSSENCRequest,
    NegotiateProtocolVersion,
    SSLRequest,
    StartupMessage,
)
from qail.testing.book import ScriptBook, Scripts
from qail.testing.login import Exchange, Login, Trust
from qail.testing.script import (
    TEXT_OID,
    Delay,
    End,
    Executed,
    Hold,
    Output,
    Script,
    StartTls,
    error,
    frames,
    oid_of,
    row_description,
)

PROCESS_ID: Final = 4711
SECRET_KEY: Final = b"\x01\x02\x03\x04"
GREETING: Final[tuple[Message, ...]] = (
    AuthenticationOk(),
    ParameterStatus("client_encoding", "UTF8"),
    ParameterStatus("standard_conforming_strings", "on"),
    BackendKeyData(PROCESS_ID, SECRET_KEY),
    ReadyForQuery(IDLE),
)
_PARAMETER: Final = re.compile(rb"\$(\d+)")


class _Portal:
    __slots__ = ("formats", "position", "script")

    def __init__(self, script: Script, formats: list[int]) -> None:
        self.script: Final = script
        self.formats: Final = formats
        self.position = 0


class ScriptedBackend:
    """One backend. `received` has every message, `syncs` and `readies` are counted, `executed` is what was run."""

    def __init__(
        self,
        scripts: Scripts,
        greeting: tuple[Message, ...] = GREETING,
        *,
        login: Login | None = None,
        protocol: int = PROTOCOL_3_2,
        has_tls: bool = False,
    ) -> None:
        self.book: Final = ScriptBook(scripts)
        self.greeting = greeting
        self.received: list[Message] = []
        self.executed: list[Executed] = []
        self.unknown: list[str] = []
        """Texts for which there was no script: they were answered with an error."""
        self.copied: list[bytes] = []
        self.statements: dict[bytes, bytes] = {}
        self.startup: StartupMessage | None = None
        self.status = IDLE
        self.syncs = 0
        self.readies = 0
        self.reader: Final = FrontendReader()
        self._login: Final[Login] = login or Trust()
        self._protocol: Final = protocol
        self._has_tls: Final = has_tls
        self._exchange: Exchange | None = None
        self._portals: dict[bytes, _Portal] = {}
        self._parameter_oids: dict[bytes, list[int]] = {}
        self._deferred: ErrorResponse | None = None
        self._is_skipping = False
        self._copy: Script | None = None
        self._is_simple = False
        self._out: list[Output] = []

    def receive(self, data: bytes) -> bytes:
        """Take frontend bytes; returns what a backend would send, if nobody waits and nothing ends."""
        return frames(*self.receive_messages(data))

    def receive_messages(self, data: bytes) -> list[Message]:
        """As `receive`, as messages, so that a test can drop, swap and add some."""
        outputs = [output for message in self.reader.feed(data) for output in self.take(message)]
        return [each for each in outputs if isinstance(each, Message)]

    def take(self, message: Message) -> list[Output]:
        """One message of the client; returns what it is answered with."""
        self.received.append(message)
        self._take(message)
        sent, self._out = self._out, []
        for each in sent:
            if isinstance(each, AuthenticationRequest):
                self.reader.note_backend(each)
        return sent

    def cancel(self) -> list[Output]:
        """The statement that is held was cancelled; returns what comes in place of the rest of its answer."""
        self._fail(error("57014", message="canceling statement due to user request"))
        if isinstance(self.received[-1], Query):
            self._is_skipping = False
            self._ready()
        sent, self._out = self._out, []
        return sent

    def _take(self, message: Message) -> None:
        if isinstance(message, (StartupMessage, SSLRequest, GSSENCRequest, CancelRequest)):
            self._start(message)
        elif self._exchange is not None:
            self._continue_login(message)
        elif self._copy is not None:
            self._take_copy(message)
        elif isinstance(message, Sync):
            self._sync()
        elif self._is_skipping or isinstance(message, (Flush, CopyData, CopyDone, CopyFail)):
            return
        elif isinstance(message, Terminate):
            self._out.append(End("close"))
        elif isinstance(message, Query):
            self._simple(message)
        else:
            self._extended(message)

    def _start(self, message: Message) -> None:
        if isinstance(message, SSLRequest):
            self._out.append(EncryptionResponse(ENCRYPTION_TLS if self._has_tls else ENCRYPTION_REFUSED))
            self._out += [StartTls()] if self._has_tls else []
        elif isinstance(message, GSSENCRequest):
            self._out.append(EncryptionResponse(ENCRYPTION_REFUSED))
        elif isinstance(message, StartupMessage):
            self.startup = message
            options = [name for name in message.parameters if name.startswith("_pq_.")]
            if message.version > self._protocol or options:
                self._out.append(NegotiateProtocolVersion(min(message.version, self._protocol), options))
            self._exchange = self._login.begin(message)
            self._ask(list(self._exchange.requests()))
        else:
            self._out.append(End("close"))

    def _continue_login(self, message: Message) -> None:
        assert self._exchange is not None
        requests = self._exchange.take(message)
        if requests is None:
            self._out.append(error("28P01", "FATAL", "password authentication failed"))
            self._out.append(End("close"))
            self._exchange = None
        else:
            self._ask(list(requests))

    def _ask(self, requests: list[Message]) -> None:
        self._out += requests
        # SASLFinal asks nothing: the client is in.
        if not requests or isinstance(requests[-1], AuthenticationSASLFinal):
            self._exchange = None
            self._out += self.greeting

    def _script(self, name: bytes, at: str, parameters: tuple[bytes | None, ...] = ()) -> Script | None:
        """The script of a statement, unless it does not exist or fails here."""
        sql = self.statements.get(name)
        if sql is None:
            self._fail(error("26000", message="prepared statement does not exist"))
            return None
        return self._found(sql, at, parameters)

    def _found(self, sql: bytes, at: str, parameters: tuple[bytes | None, ...] = ()) -> Script | None:
        script = self.book.find(sql, parameters, self.status)
        if script is None:
            self.unknown.append(sql.decode(errors="replace"))
            self._fail(error("42601", message=f"there is no script for: {self.unknown[-1]}"))
            return None
        self._happen(script, at)
        if script.fails_at == at:
            self._fail(script.failure)
            return None
        return script

    def _happen(self, script: Script, at: str) -> None:
        """What a script does at this place, besides answering."""
        if script.at != at:
            return
        self._out += [Delay(script.delay_seconds)] if script.delay_seconds else []
        self._out += [Hold()] if script.hold else []
        self._out += [script.send] if script.send else []
        self._out += [End(script.ends)] if script.ends else []

    def _sync(self) -> None:
        self.syncs += 1
        if self._deferred is not None and not self._is_skipping:
            self._out.append(self._deferred)
        self._deferred = None
        self._is_skipping = False
        self._ready()

    def _ready(self) -> None:
        self.readies += 1
        if self.status == IDLE:
            self._portals.clear()
        self._out.append(ReadyForQuery(self.status))

    def _fail(self, failure: ErrorResponse) -> None:
        self._out.append(failure)
        if failure.fields.get("V") in ("FATAL", "PANIC"):
            self._out.append(End("close"))
        self._is_skipping = True
        self._deferred = None
        if self.status == IN_TRANSACTION:
            self.status = FAILED_TRANSACTION

    def _extended(self, message: Message) -> None:
        if isinstance(message, Parse):
            self._parse(message)
        elif isinstance(message, Describe):
            self._describe(message)
        elif isinstance(message, Bind):
            self._bind(message)
        elif isinstance(message, Close):
            if message.target == STATEMENT:
                self.statements.pop(message.name, None)
            else:
                self._portals.pop(message.name, None)
            self._out.append(CloseComplete())
        elif isinstance(message, Execute):
            portal = self._portal(message.portal_name)
            if portal is not None:
                self._execute(portal, message.max_rows)

    def _portal(self, name: bytes) -> _Portal | None:
        if name not in self._portals:
            self._fail(error("34000", message="portal does not exist"))
        return self._portals.get(name)

    def _parse(self, message: Parse) -> None:
        if message.statement_name and message.statement_name in self.statements:
            self._fail(error("42P05", message="prepared statement already exists"))
        elif self._found(message.sql, "parse") is not None:
            self.statements[message.statement_name] = message.sql
            self._parameter_oids[message.statement_name] = message.parameter_oids
            self._out.append(ParseComplete())

    def _describe(self, message: Describe) -> None:
        if message.target != STATEMENT:
            portal = self._portal(message.name)
            if portal is not None:
                self._describe_columns(portal.script, portal.formats)
            return
        script = self._script(message.name, "describe")
        if script is not None:
            self._out.append(ParameterDescription(self._parameters(script, message.name)))
            self._describe_columns(script, [])

    def _describe_columns(self, script: Script, formats: list[int]) -> None:
        self._out.append(row_description(script.columns, formats) if script.columns else NoData())

    def _parameters(self, script: Script, name: bytes) -> list[int]:
        if script.parameters is not None:
            return [oid_of(each) for each in script.parameters]
        said = self._parameter_oids.get(name, [])
        count = max([len(said), *(int(each) for each in _PARAMETER.findall(self.statements[name]))])
        return [(said[index] if index < len(said) else 0) or TEXT_OID for index in range(count)]

    def _bind(self, message: Bind) -> None:
        parameters = tuple(message.parameters)
        script = self._script(message.statement_name, "bind", parameters)
        if script is not None:
            self._portals[message.portal_name] = _Portal(script, message.result_formats)
            self._out.append(BindComplete())
            self.executed.append(Executed(self.statements[message.statement_name].decode(errors="replace"), parameters))

    def _execute(self, portal: _Portal, max_rows: int = 0) -> None:
        script = portal.script
        if portal.position == 0:
            self._happen(script, "execute")
            if script.fails_at == "execute":
                self._fail(script.failure)
                return
        if script.copy == "in":
            self._copy = script
            self._out.append(CopyInResponse(1, [1]))
            return
        last = portal.position + max_rows if max_rows else len(script.rows)
        rows = [script.data_row(row, portal.formats) for row in script.rows[portal.position : last]]
        portal.position += len(rows)
        if script.copy == "out":
            self._out.append(CopyOutResponse(1, [1]))
            self._out += [CopyData(row.values[0] or b"") for row in rows]
            self._out.append(CopyDone())
        else:
            self._out += rows
        if max_rows and portal.position < len(script.rows):
            self._out.append(PortalSuspended())
            return
        self._happen(script, "row")
        if script.fails_at == "row":
            self._fail(script.failure)
        else:
            self._complete(script)

    def _complete(self, script: Script) -> None:
        self._happen(script, "complete")
        if script.fails_at == "complete":
            self._fail(script.failure)
            return
        if script.status is not None:
            self.status = script.status
        if script.fails_at == "sync":
            self._deferred = script.failure
        tag = script.finished
        if tag.startswith("DEALLOCATE") or tag == "DISCARD ALL":
            self.statements.clear()
        self._out.append(CommandComplete(tag) if tag else EmptyQueryResponse())
        self._happen(script, "sync")

    def _simple(self, message: Query) -> None:
        self._is_simple = True
        for sql in self.book.parts(message.sql):
            self.executed.append(Executed(sql.decode(errors="replace")))
            script = self._found(sql, "parse")
            if script is not None and script.columns and script.fails_at != "execute":
                self._out.append(row_description(script.columns))
            if script is not None:
                self._execute(_Portal(script, []))
            if self._copy is not None:
                return
            if self._is_skipping:
                break
        self._is_skipping = self._is_simple = False
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
        if self._is_simple:
            self._is_simple = self._is_skipping = False
            self._ready()
