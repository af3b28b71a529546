"""Starting up: TLS, StartupMessage, authentication by every method, and servers that cannot be trusted."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import AuthError, ConfigError, ConnectError, EncodeError, PostgresError, ProtocolError, TlsError
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import TLS_PREFER, TLS_REQUIRE, NeedTls, StartupSettings
from qail.pg.protocol.state import READY, TLS_HANDSHAKE
from qail.pg.wire.authentication import (
    AuthenticationOk,
)
from qail.pg.wire.constants import IDLE, IN_TRANSACTION, PROTOCOL_3_0, PROTOCOL_3_2
from qail.pg.wire.message import Message
from qail.pg.wire.notice import NoticeResponse, ParameterStatus
from qail.pg.wire.reader import FrontendReader
from qail.pg.wire.result import ReadyForQuery
from qail.pg.wire.startup import (
    BackendKeyData,
    NegotiateProtocolVersion,
    StartupMessage,
)
from support.scripted_client import NONCE, settings
from support.scripted_server import GREETING, PROCESS_ID, SECRET_KEY, error, frames
from support.starting_client import SCRAM, WITH_PASSWORD, asked, assert_refused, begun


def test_the_startup_message_names_user_database_settings_and_utf8() -> None:
    session = Session(settings(parameters={"application_name": "test"}))

    session.start()

    (message,) = FrontendReader().feed(session.take_output())
    assert message == StartupMessage(
        PROTOCOL_3_2, {"user": "alice", "database": "shop", "application_name": "test", "client_encoding": "UTF8"}
    )


def test_a_server_that_trusts_makes_it_ready() -> None:
    session, _ = begun()

    assert session.data_received(frames(*GREETING)) == []

    assert session.phase == READY
    assert (session.process_id, session.secret_key) == (PROCESS_ID, SECRET_KEY)
    assert session.parameters["client_encoding"] == "UTF8"
    assert session.transaction_status == IDLE


@given(st.lists(st.integers(0, 120), max_size=6))
def test_startup_is_the_same_for_any_chunking(cuts: list[int]) -> None:
    session, _ = begun()
    stream = frames(*GREETING[:-1], NoticeResponse({"S": "NOTICE", "M": "hello"}), GREETING[-1])
    edges = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})

    for start, end in itertools.pairwise(edges):
        session.data_received(stream[start:end])

    assert session.phase == READY
    assert len(session.take_messages()) == 3


@pytest.mark.parametrize("name", ["user", "database"])
def test_a_setting_that_is_no_cstring_is_refused_with_nothing_queued(name: str) -> None:
    values = {"user": "alice", "database": "shop"}
    values[name] = "alice\0user\0postgres"
    session = Session(
        StartupSettings(
            values["user"], values["database"], parameters={}, nonce=NONCE, tls=TLS_REQUIRE, policy=WITH_PASSWORD
        )
    )

    with pytest.raises(EncodeError):
        session.start()
    assert session.take_output() == b""


def test_settings_check_themselves() -> None:
    with pytest.raises(ConfigError):
        settings(tls="maybe")
    with pytest.raises(ConfigError):
        settings(parameters={"client_encoding": "LATIN1"})
    with pytest.raises(ConfigError):
        StartupSettings("a", "b", parameters={}, nonce="short", tls=TLS_PREFER, policy=WITH_PASSWORD)


# TLS


def test_tls_is_needed_after_s_and_then_the_startup_message_leaves() -> None:
    session = asked(TLS_REQUIRE)

    session.data_received(b"S")
    assert isinstance(session.need, NeedTls)
    assert session.take_output() == b""
    session.answer(None)

    assert session.need is None
    assert session.take_output()[4:8] == b"\x00\x03\x00\x02"


def test_n_is_plain_when_tls_is_preferred_and_an_error_when_it_is_required() -> None:
    preferring, requiring = asked(TLS_PREFER), asked(TLS_REQUIRE)

    preferring.data_received(b"N")
    requiring.data_received(b"N")

    assert preferring.take_output()[4:8] == b"\x00\x03\x00\x02"
    assert_refused(requiring, TlsError)


@pytest.mark.parametrize("data", [b"E", b"SS", b"S\x16\x03", b"X", b"\x00", b"NN", frames(error(message="poison"))])
@pytest.mark.parametrize("tls", [TLS_PREFER, TLS_REQUIRE])
def test_anything_but_one_byte_before_tls_is_fatal_and_never_shown(tls: str, data: bytes) -> None:  # F58, F59
    session = asked(tls)

    session.data_received(data)

    assert_refused(session, TlsError)
    assert "poison" not in str(session.spent_cause)


def test_bytes_during_the_handshake_are_fatal() -> None:
    session = asked(TLS_REQUIRE)
    session.data_received(b"S")
    assert session.phase == TLS_HANDSHAKE

    session.data_received(frames(AuthenticationOk()))

    assert_refused(session, TlsError)


def test_a_failed_handshake_is_a_tls_error_with_its_cause() -> None:
    session = asked(TLS_REQUIRE)
    session.data_received(b"S")
    cause = OSError("certificate verify failed")

    session.answer(cause)

    assert_refused(session, TlsError)
    assert session.spent_cause is not None
    assert session.spent_cause.__cause__ is cause


# Between AuthenticationOk and ReadyForQuery, and limits


@pytest.mark.parametrize(
    ("sqlstate", "kind", "reason"),
    [
        ("28000", AuthError, "auth"),
        ("57P03", ConnectError, "not_ready"),
        ("57P01", ConnectError, "not_ready"),
        ("53200", ConnectError, "not_ready"),
        ("53300", ConnectError, "too_many"),
        ("57P04", ConnectError, "rejected"),
        ("3D000", ConnectError, "rejected"),
    ],
)
@pytest.mark.parametrize("greeting", [[], [AuthenticationOk()]])
def test_an_error_while_starting_keeps_the_servers_words(
    sqlstate: str, kind: type[ConnectError], reason: str, greeting: list[Message]
) -> None:
    session, _ = begun()

    session.data_received(frames(*greeting, error(sqlstate, "FATAL", "no")))

    assert_refused(session, kind)
    failure = session.spent_cause
    assert isinstance(failure, ConnectError)
    assert failure.reason == reason
    assert isinstance(failure.__cause__, PostgresError)
    assert failure.__cause__.sqlstate == sqlstate


@pytest.mark.parametrize(
    "messages",
    [
        [ReadyForQuery(IDLE)],
        [NoticeResponse({"M": "early"})],
        [ParameterStatus("a", "b")],
        [BackendKeyData(1, b"1234")],
        [AuthenticationOk(), AuthenticationOk()],
        [AuthenticationOk(), SCRAM],
        [AuthenticationOk(), ReadyForQuery(IN_TRANSACTION)],
        [AuthenticationOk(), NegotiateProtocolVersion(PROTOCOL_3_0, [])],
        [AuthenticationOk(), ParameterStatus("client_encoding", "LATIN1")],
        [AuthenticationOk(), ParameterStatus("standard_conforming_strings", "off")],
    ],
)
@pytest.mark.feature("PR5")
def test_messages_out_of_order_end_the_start(messages: list[Message]) -> None:
    session, _ = begun()

    session.data_received(frames(*messages))

    assert session.is_spent
    assert isinstance(session.spent_cause, (ProtocolError, ConnectError))


@pytest.mark.parametrize(
    "header", [b"R\x00\x00\x07\xd1", b"v\x00\x00\x07\xd1", b"E\x00\x00\x75\x31", b"R\x7f\xff\xff\xff"]
)
def test_early_messages_are_short(header: bytes) -> None:
    session, _ = begun()

    session.data_received(header)

    assert session.is_spent


def test_a_connection_that_ends_while_starting_is_a_connect_error() -> None:
    session, _ = begun()

    assert session.connection_lost(None) == []

    assert_refused(session, ConnectError)
