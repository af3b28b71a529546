"""Requests and sessions for tests of the protocol: segments of messages, sinks that keep what they get."""

from __future__ import annotations

from qail.errors import Outcome
from qail.pg.protocol.request import Item, Request
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import TLS_DISABLE, AuthPolicy, StartupSettings
from qail.pg.protocol.state import (
    COPY_IN,
    COPY_OUT,
    DESCRIBE_ONLY,
    EXTENDED,
    PARSE,
    PREPARED,
    READY,
    REPLACE,
    REPLACE_DESCRIBE,
    SIMPLE,
)
from qail.pg.wire.buffer import RowSink, skip_rows
from qail.pg.wire.constants import IN_TRANSACTION, PROTOCOL_3_0, PROTOCOL_3_2, STATEMENT
from qail.pg.wire.extended import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync
from qail.pg.wire.message import Message
from qail.pg.wire.reader import BackendReader
from support.scripted_server import GREETING, Script, ScriptedServer, frames

NONCE = "rOprNGfwEbeRWgbNEkqO"


class RecordingSink(RowSink):
    """Keeps descriptions, rows (as the bytes of their frames) and CopyData."""

    def __init__(self) -> None:
        self.events: list[tuple[str, bytes]] = []

    def describe(self, body: bytes) -> None:
        self.events.append(("describe", body))

    def no_data(self) -> None:
        self.events.append(("no_data", b""))

    def take_rows(self, buffer: bytes, position: int, end: int) -> int:
        behind = skip_rows(buffer, position, end)
        self.events += [("row", row) for row in split_rows(buffer[position:behind])]
        return behind

    def take_copy_data(self, buffer: bytes, position: int, end: int) -> None:
        self.events.append(("copy", buffer[position:end]))

    @property
    def rows(self) -> list[bytes]:
        return [data for kind, data in self.events if kind == "row"]


def split_rows(run: bytes) -> list[bytes]:
    """Each DataRow frame of a run."""
    rows = []
    while run:
        size = int.from_bytes(run[1:5], "big") + 1
        rows.append(run[:size])
        run = run[size:]
    return rows


def settings(
    *,
    tls: str = TLS_DISABLE,
    policy: AuthPolicy | None = None,
    parameters: dict[str, str] | None = None,
    versions: tuple[int, int] = (PROTOCOL_3_0, PROTOCOL_3_2),
) -> StartupSettings:
    """Settings of a user without a password on a plain connection, unless said otherwise."""
    return StartupSettings(
        "alice",
        "shop",
        parameters=parameters if parameters is not None else {},
        nonce=NONCE,
        tls=tls,
        policy=policy or AuthPolicy(has_password=False),
    ).ask_for(versions[1], versions[0])


def ready_session(statement_capacity: int = 256) -> Session:
    """A Session that has just become READY; its messages are taken."""
    session = Session(settings(), statement_capacity)
    session.start()
    session.take_output()
    assert session.data_received(frames(*GREETING)) == []
    assert session.phase == READY, session.spent_cause
    session.take_messages()
    return session


def statement(sql: bytes, how: int = PARSE, name: bytes = b"") -> tuple[list[Message], Item]:
    """The messages of one statement, and its Item with a RecordingSink."""
    messages: list[Message] = []
    if how in (REPLACE, REPLACE_DESCRIBE):
        messages.append(Close(STATEMENT, name))
    if how != PREPARED:
        messages += [Parse(name, sql, []), Describe(STATEMENT, name)]
    if how not in (DESCRIBE_ONLY, REPLACE_DESCRIBE):
        messages += [Bind(b"", name, [], [], []), Execute(b"", 0)]
    return messages, Item(RecordingSink(), name, how)


def segment(*statements: tuple[list[Message], Item], kind: int = EXTENDED) -> Request:
    """One request of `statements`, with its Sync (COPY IN: Flush)."""
    messages = [message for part in statements for message in part[0]]
    end: Message = Flush() if kind == COPY_IN else Sync()
    return Request(frames(*messages, end), [part[1] for part in statements], kind)


def query(*statements: bytes) -> Request:
    """One request of unnamed statements."""
    return segment(*(statement(sql) for sql in statements))


def simple(sql: bytes) -> Request:
    """A simple Query whose results are recorded."""
    request = Request(frames(Query(sql)), [], SIMPLE)
    request.make_sink = RecordingSink
    return request


def copy_in(sql: bytes) -> Request:
    return segment(statement(sql), kind=COPY_IN)


def copy_out(sql: bytes) -> Request:
    return segment(statement(sql), kind=COPY_OUT)


def recorded(request: Request) -> list[list[tuple[str, bytes]]]:
    """What each item's sink got."""
    return [item.sink.events if isinstance(item.sink, RecordingSink) else [] for item in request.items]


def messages_of(data: bytes) -> list[Message]:
    """The backend messages in `data`."""
    return list(BackendReader().feed(data))


SCRIPTS = {
    b"one": Script("SELECT 1", columns=["n"], rows=[[b"1"]]),
    b"two": Script("SELECT 2", columns=["n"], rows=[[b"1"], [None]]),
    b"write": Script("INSERT 0 1"),
    b"empty": Script(""),
    b"bad parse": Script(fails_at="parse"),
    b"bad bind": Script(fails_at="bind"),
    b"bad run": Script(fails_at="execute"),
    b"bad row": Script(columns=["n"], rows=[[b"1"], [b"2"]], fails_at="row"),
    b"deferred": Script("INSERT 0 1", fails_at="sync"),
    b"begin": Script("BEGIN", status=IN_TRANSACTION),
    b"deallocate": Script("DEALLOCATE ALL"),
    b"copy in": Script("COPY 1", copy="in"),
    b"copy out": Script("COPY 1", copy="out", rows=[[b"a"]]),
}


def started() -> tuple[Session, ScriptedServer]:
    session = ready_session()
    server = ScriptedServer(SCRIPTS)
    server.reader.is_started = True
    return session, server


def exchange(session: Session, server: ScriptedServer, *requests: Request) -> list[Request]:
    for request in requests:
        session.submit(request)
    return session.data_received(server.receive(session.take_output()))


def pending_requests(session: Session) -> list[Request]:
    """A read-only one, a write, one in a transaction; handed; and one queued."""
    requests = [query(b"one"), query(b"write"), query(b"write"), query(b"write")]
    requests[0].is_read_only = True
    requests[2].is_in_transaction = True
    for request in requests[:3]:
        session.submit(request)
    session.take_output()
    session.submit(requests[3])
    return requests


PENDING_OUTCOMES = [Outcome.NO_EFFECT, Outcome.UNKNOWN, Outcome.ABORTED, Outcome.NOT_SENT]
