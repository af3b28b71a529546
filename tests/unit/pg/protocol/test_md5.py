"""Passwords outside SCRAM: MD5, clear text, none; what policy lets through, and what it refuses by name."""

from __future__ import annotations

import hashlib

import pytest

from qail.pg.protocol.settings import TLS_REQUIRE, AuthPolicy, NeedPassword
from qail.pg.protocol.state import READY
from qail.pg.wire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
)
from qail.pg.wire.message import Message
from support.scripted_server import GREETING, frames
from support.starting_client import PASSWORD, SCRAM, TRUSTED, WITH_PASSWORD, asked, assert_refused, begun, sent


@pytest.mark.feature("AU3", partial="the unit part")
@pytest.mark.parametrize(
    "policy",
    [TRUSTED, AuthPolicy(has_password=True, allow_insecure_auth=True)],
)
def test_weak_methods_work_where_policy_lets_them(policy: AuthPolicy) -> None:
    clear, clear_reader = begun(policy)
    md5, md5_reader = begun(policy)

    clear.data_received(frames(AuthenticationCleartextPassword()))
    md5.data_received(frames(AuthenticationMD5Password(b"salt")))
    assert isinstance(clear.need, NeedPassword)
    assert isinstance(md5.need, NeedPassword)
    assert (clear.need.method, md5.need.method) == ("password", "md5")
    clear.answer(PASSWORD)
    md5.answer(PASSWORD)

    inner = hashlib.md5(f"{PASSWORD}alice".encode()).hexdigest().encode()
    expected = "md5" + hashlib.md5(inner + b"salt").hexdigest()
    (clear_message,) = sent(clear, clear_reader, AuthenticationCleartextPassword())
    (md5_message,) = sent(md5, md5_reader, AuthenticationMD5Password(b"salt"))
    assert (clear_message.contents(), md5_message.contents()) == ((PASSWORD,), (expected,))
    clear.data_received(frames(*GREETING))
    assert clear.phase == READY


@pytest.mark.feature("AU3", partial="the unit part")
@pytest.mark.parametrize("request_", [AuthenticationCleartextPassword(), AuthenticationMD5Password(b"salt")])
@pytest.mark.parametrize("policy", [WITH_PASSWORD, AuthPolicy(has_password=True, is_tls_verified=True)])
def test_weak_methods_are_refused_before_a_password_is_asked_for(request_: Message, policy: AuthPolicy) -> None:
    session, _ = begun(policy)  # plain: `is_tls_verified` says nothing where no TLS was done

    session.data_received(frames(request_))

    assert_refused(session)


def test_clear_text_works_over_verified_tls() -> None:
    session = asked(TLS_REQUIRE, AuthPolicy(has_password=True, is_tls_verified=True))
    session.data_received(b"S")
    session.answer(None)
    session.take_output()

    session.data_received(frames(AuthenticationCleartextPassword()))

    assert isinstance(session.need, NeedPassword)


@pytest.mark.parametrize("request_", [AuthenticationCleartextPassword(), AuthenticationMD5Password(b"salt"), SCRAM])
def test_without_a_password_a_server_that_asks_for_one_is_refused(request_: Message) -> None:
    session, _ = begun(AuthPolicy(has_password=False, is_unix_socket=True))

    session.data_received(frames(request_))

    assert_refused(session)


def test_with_a_password_a_plain_server_that_asks_for_none_is_refused() -> None:
    session, _ = begun(WITH_PASSWORD)
    trusted, _ = begun(TRUSTED)

    session.data_received(frames(AuthenticationOk()))
    trusted.data_received(frames(*GREETING))

    assert_refused(session)
    assert trusted.phase == READY


@pytest.mark.parametrize("code", [1, 2, 4, 6, 7, 8, 9, 11, 12, 13, -1, 2**31 - 1, -(2**31)])
def test_other_methods_are_refused_by_name_or_number(code: int) -> None:  # F61
    session, _ = begun(TRUSTED)

    session.data_received(b"R\x00\x00\x00\x08" + code.to_bytes(4, "big", signed=True))

    assert_refused(session)
    if code in (7, 9):
        assert {7: "GSSAPI", 9: "SSPI"}[code] in str(session.spent_cause)


@pytest.mark.parametrize("value", ["", None, b"bytes", "nul\0inside", RuntimeError("vault is down")])
def test_a_password_that_cannot_be_used_is_an_auth_error(value: object) -> None:
    session, _ = begun(TRUSTED)
    session.data_received(frames(AuthenticationCleartextPassword()))

    session.answer(value)

    assert_refused(session)
