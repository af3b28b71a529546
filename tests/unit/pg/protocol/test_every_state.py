"""Every backend message in every state: what the manual lets come is taken, and all else spends the connection.

The tables here are written from the manual's message flow and know nothing of `protocol.state`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from qail.errors import ConnectError, PostgresError, ProtocolError
from qail.pg.protocol.request import Request
from qail.pg.protocol.scram import NeedProof
from qail.pg.protocol.session import Session
from qail.pg.protocol.state import DESCRIBE_ONLY, PREPARED, READY, REPLACE, SETTLED
from qail.pg.wire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
)
from qail.pg.wire.constants import IDLE, PROTOCOL_3_0
from qail.pg.wire.copy import CopyData, CopyDone, CopyInResponse, CopyOutResponse
from qail.pg.wire.description import ColumnDescription, NoData, ParameterDescription, RowDescription
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import ErrorResponse
from qail.pg.wire.result import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    EmptyQueryResponse,
    ParseComplete,
    PortalSuspended,
    ReadyForQuery,
)
from qail.pg.wire.startup import NegotiateProtocolVersion
from support import wire_strategies as messages
from support.scripted_client import copy_in, copy_out, query, ready_session, segment, simple, statement
from support.scripted_server import GREETING, error, frames
from support.starting_client import PASSWORD, SCRAM, TRUSTED, begun, scram_final, scram_first

ALL: list[Message] = messages.BACKEND_EXAMPLES
NAMES = [type(message).__name__ for message in ALL]
ANYWHERE = {"NoticeResponse", "NotificationResponse", "ParameterStatus"}
P, T, D, B = ParseComplete(), ParameterDescription([]), RowDescription([ColumnDescription("n", 23)]), BindComplete()
C, ROW, Z, E = CommandComplete("SELECT 1"), DataRow([b"1"]), ReadyForQuery(IDLE), error()
RESULTS = {"DataRow", "CommandComplete", "EmptyQueryResponse", "PortalSuspended", "CopyInResponse", "CopyOutResponse"}
SIMPLE_RESULTS = {"RowDescription", "CommandComplete", "EmptyQueryResponse", "CopyInResponse", "CopyOutResponse"}
FAILED = {"ErrorResponse"}
READY_OR_ERROR = FAILED | {"ReadyForQuery"}


@dataclass
class State:
    """A request, how far it was answered, and what may come next."""

    request: Callable[[], Request]
    before: list[Message]
    legal: set[str]
    ends_copy: bool = False


def one(how: int = 1) -> Callable[[], Request]:
    return lambda: segment(statement(b"one", how, b"s1" if how in (PREPARED, REPLACE) else b""))


def two() -> Request:
    return query(b"one", b"one")


STATES: dict[str, State] = {
    "Parse sent": State(one(), [], {"ParseComplete"} | FAILED),
    "parsed": State(one(), [P], {"ParameterDescription"} | FAILED),
    "parameters described": State(one(), [P, T], {"RowDescription", "NoData"} | FAILED),
    "rows described": State(one(), [P, T, D], {"BindComplete"} | FAILED),
    "no rows described": State(one(), [P, T, NoData()], {"BindComplete"} | FAILED),
    "bound": State(one(), [P, T, D, B], RESULTS | FAILED),
    "in the rows": State(one(), [P, T, D, B, ROW], RESULTS | FAILED),
    "complete": State(one(), [P, T, D, B, ROW, C], READY_OR_ERROR),
    "empty": State(one(), [P, T, NoData(), B, EmptyQueryResponse()], READY_OR_ERROR),
    "suspended": State(one(), [P, T, D, B, PortalSuspended()], READY_OR_ERROR),
    "failed at Parse": State(one(), [E], {"ReadyForQuery"}),
    "failed in the rows": State(one(), [P, T, D, B, ROW, E], {"ReadyForQuery"}),
    "failed at Sync": State(one(), [P, T, D, B, C, E], {"ReadyForQuery"}),
    "Close sent": State(one(REPLACE), [], {"CloseComplete"} | FAILED),
    "closed": State(one(REPLACE), [CloseComplete()], {"ParseComplete"} | FAILED),
    "Bind sent": State(one(PREPARED), [], {"BindComplete"} | FAILED),
    "Describe sent": State(one(DESCRIBE_ONLY), [P, T], {"RowDescription", "NoData"} | FAILED),
    "only described": State(one(DESCRIBE_ONLY), [P, T, D], READY_OR_ERROR),
    "first of two complete": State(two, [P, T, D, B, C], {"ParseComplete"} | FAILED),
    "first of two failed": State(two, [P, T, D, E], {"ReadyForQuery"}),
    "COPY IN open": State(lambda: copy_in(b"copy in"), [P, T, NoData(), B, CopyInResponse(0, [0])], FAILED),
    "COPY IN done": State(
        lambda: copy_in(b"copy in"),
        [P, T, NoData(), B, CopyInResponse(0, [0])],
        {"CommandComplete"} | FAILED,
        ends_copy=True,
    ),
    "COPY OUT open": State(
        lambda: copy_out(b"copy out"), [P, T, NoData(), B, CopyOutResponse(0, [0])], {"CopyData", "CopyDone"} | FAILED
    ),
    "COPY OUT in data": State(
        lambda: copy_out(b"copy out"),
        [P, T, NoData(), B, CopyOutResponse(0, [0]), CopyData(b"x")],
        {"CopyData", "CopyDone"} | FAILED,
    ),
    "COPY OUT done": State(
        lambda: copy_out(b"copy out"),
        [P, T, NoData(), B, CopyOutResponse(0, [0]), CopyDone()],
        {"CommandComplete"} | FAILED,
    ),
    "Query sent": State(lambda: simple(b"one"), [], SIMPLE_RESULTS | FAILED),
    "Query: described": State(lambda: simple(b"one"), [D], {"DataRow", "CommandComplete"} | FAILED),
    "Query: in the rows": State(lambda: simple(b"one"), [D, ROW], {"DataRow", "CommandComplete"} | FAILED),
    "Query: complete": State(lambda: simple(b"one"), [D, ROW, C], SIMPLE_RESULTS | READY_OR_ERROR),
    "Query: failed": State(lambda: simple(b"one"), [D, ROW, E], {"ReadyForQuery"}),
    "Query: COPY OUT": State(lambda: simple(b"one"), [CopyOutResponse(0, [0])], {"CopyData", "CopyDone"} | FAILED),
    "Query: COPY OUT done": State(
        lambda: simple(b"one"), [CopyOutResponse(0, [0]), CopyDone()], {"CommandComplete"} | FAILED
    ),
}


def in_state(state: State) -> tuple[Session, Request]:
    session = ready_session()
    request = state.request()
    session.submit(request)
    session.take_output()
    assert session.data_received(frames(*state.before)) == []
    assert not session.is_spent, session.spent_cause
    if state.ends_copy:
        session.copy_finish(request)
    session.take_output()
    return session, request


def assert_spent(session: Session, settled: list[Request], requests: list[Request]) -> None:
    """Every request is settled once, nothing leaves, and what comes now is not even looked at."""
    assert session.is_spent
    assert settled == requests
    assert all(request.state == SETTLED and request.error is not None for request in requests)
    assert session.take_output() == b""
    assert session.data_received(frames(Z)) == []
    assert session.connection_lost(None) == []


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("message", ALL, ids=NAMES)
@pytest.mark.parametrize("name", STATES)
def test_a_message_fits_the_state_or_spends_the_connection(name: str, message: Message) -> None:
    state = STATES[name]
    session, request = in_state(state)

    settled = session.data_received(encode_message(message))

    if type(message).__name__ in state.legal | ANYWHERE:
        assert not session.is_spent, session.spent_cause
        assert settled == ([request] if isinstance(message, ReadyForQuery) else [])
    else:
        assert isinstance(session.spent_cause, ProtocolError)
        assert_spent(session, settled, [request])


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("message", ALL, ids=NAMES)
def test_an_idle_connection_takes_asynchronous_messages_and_nothing_else(message: Message) -> None:
    session = ready_session()

    assert session.data_received(encode_message(message)) == []

    if type(message).__name__ in ANYWHERE:
        assert not session.is_spent
        assert len(session.take_messages()) == 1
    else:
        assert isinstance(session.spent_cause, ProtocolError)
        assert_spent(session, [], [])


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("name", STATES)
def test_a_fatal_error_ends_any_state_with_itself(name: str) -> None:
    session, request = in_state(STATES[name])

    settled = session.data_received(frames(error("57P01", "FATAL", "terminating connection")))

    assert isinstance(session.spent_cause, PostgresError)
    assert_spent(session, settled, [request])


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("name", STATES)
def test_an_unknown_message_spends_the_connection_with_its_first_byte(name: str) -> None:
    for type_code in sorted(set(range(256)) - {encode_message(message)[0] for message in ALL}):
        session, request = in_state(STATES[name])

        settled = session.data_received(bytes([type_code]))

        assert isinstance(session.spent_cause, ProtocolError)
        assert_spent(session, settled, [request])


# DataRow and CopyData are their sink's to check; these have a body, and any change of its size is wrong.
SIZED = [message for message in ALL if type(message).__name__ not in ("DataRow", "CopyData", "RowDescription")]


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("bend", ["a byte more", "a byte less"])
@pytest.mark.parametrize("name", STATES)
def test_a_message_that_fits_but_is_malformed_spends_the_connection(name: str, bend: str) -> None:
    state = STATES[name]
    fitting = [each for each in SIZED if type(each).__name__ in state.legal | ANYWHERE]

    for message in fitting:
        body = encode_message(message)[5:]
        if bend == "a byte less" and not body:
            continue
        bent = body + b"x" if bend == "a byte more" else body[:-1]
        session, request = in_state(state)

        settled = session.data_received(
            encode_message(message)[:1] + (len(bent) + 4).to_bytes(4, "big") + bent + frames(Z)
        )

        assert isinstance(session.spent_cause, ProtocolError), message
        assert_spent(session, settled, [request])


# Starting up


def answered(request: Message) -> Session:
    """A password was asked for and sent."""
    session, _ = begun(TRUSTED)
    session.data_received(frames(request))
    session.answer(PASSWORD)
    return session


def making_the_proof() -> Session:
    session, _, first = scram_first()
    nonce = first.split(b"r=")[1]
    session.data_received(frames(AuthenticationSASLContinue(b"r=" + nonce + b"more,s=c2FsdA==,i=4096")))
    assert isinstance(session.need, NeedProof)
    return session


def verified() -> Session:
    session, final = scram_final()
    session.data_received(frames(AuthenticationSASLFinal(final.encode())))
    return session


def authenticated() -> Session:
    session, _ = begun()
    session.data_received(frames(AuthenticationOk()))
    return session


def asked_for(request: Message) -> Session:
    session, _ = begun(TRUSTED)
    session.data_received(frames(request))
    assert session.need is not None
    return session


REQUESTS = {"AuthenticationCleartextPassword", "AuthenticationMD5Password", "AuthenticationSASL"}
OK = {"AuthenticationOk"}
STARTS: dict[str, tuple[Callable[[], Session], set[str]]] = {
    "StartupMessage sent": (lambda: begun(TRUSTED)[0], OK | REQUESTS | {"NegotiateProtocolVersion"}),
    "a password is needed": (lambda: asked_for(AuthenticationCleartextPassword()), set()),
    "the password is sent": (lambda: answered(AuthenticationCleartextPassword()), OK),
    "the digest is sent": (lambda: answered(AuthenticationMD5Password(b"salt")), OK),
    "a password is needed for SASL": (lambda: asked_for(SCRAM), set()),
    "SASL began": (lambda: scram_first()[0], {"AuthenticationSASLContinue"}),
    "the proof is made": (making_the_proof, set()),
    "the proof is sent": (lambda: scram_final()[0], {"AuthenticationSASLFinal"}),
    "the server is verified": (verified, OK),
    "authenticated": (authenticated, {"BackendKeyData", "NoticeResponse", "ParameterStatus", "ReadyForQuery"}),
}
# What an example must hold to be taken there: a nonce, a signature, an offer that is one.
FITTING: dict[str, Message] = {
    "NegotiateProtocolVersion": NegotiateProtocolVersion(PROTOCOL_3_0, []),
}
NEEDS_THE_EXCHANGE = {"AuthenticationSASLContinue", "AuthenticationSASLFinal"}


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("message", ALL, ids=NAMES)
@pytest.mark.parametrize("start", STARTS)
def test_a_message_fits_the_start_or_ends_it(start: str, message: Message) -> None:
    make, legal = STARTS[start]
    session = make()
    session.take_output()
    name = type(message).__name__

    session.data_received(encode_message(FITTING.get(name, message)))

    if name in legal - NEEDS_THE_EXCHANGE:
        assert not session.is_spent, session.spent_cause
    else:
        # Continue and Final of another exchange are refused where their turn is, too.
        assert isinstance(session.spent_cause, (ProtocolError, ConnectError))
        assert session.need is None
        assert session.take_output() == b""
        assert session.data_received(frames(*GREETING)) == []
        assert session.phase != READY


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("start", STARTS)
def test_an_error_ends_any_start_with_the_servers_words(start: str) -> None:
    session = STARTS[start][0]()

    session.data_received(encode_message(ErrorResponse({"S": "FATAL", "C": "XX000", "M": "no more"})))

    assert isinstance(session.spent_cause, ConnectError)
    assert "no more" in str(session.spent_cause)
