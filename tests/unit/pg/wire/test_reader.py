"""Readers of both sides: the startup phase, encryption answers, and what a password message is."""

from __future__ import annotations

import pytest

from qail.errors import ProtocolError
from qail.pg.wire.authentication import AuthenticationSASL, AuthenticationSASLContinue
from qail.pg.wire.constants import ENCRYPTION_REFUSED, ENCRYPTION_TLS
from qail.pg.wire.extended import Sync
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import ErrorResponse
from qail.pg.wire.password import PasswordMessage, SASLInitialResponse, SASLResponse
from qail.pg.wire.reader import BackendReader, FrontendReader
from qail.pg.wire.startup import EncryptionResponse, GSSENCRequest, SSLRequest, StartupMessage


def stream(*sent: Message) -> bytes:
    return b"".join(map(encode_message, sent))


def test_frames_have_no_type_byte_until_the_startup_message() -> None:
    sent = [GSSENCRequest(), SSLRequest(), StartupMessage(0x30002, {"user": "u"}), Sync()]

    assert FrontendReader().feed(stream(*sent)) == sent


@pytest.mark.parametrize("answer", [ENCRYPTION_TLS, ENCRYPTION_REFUSED])
def test_one_byte_answers_a_request_for_encryption(answer: int) -> None:
    reader = BackendReader()
    reader.expect_encryption_response()

    assert reader.feed(bytes([answer])) == [EncryptionResponse(answer)]


def test_an_error_may_answer_a_request_for_encryption() -> None:
    reader = BackendReader()
    reader.expect_encryption_response()
    error = ErrorResponse({"M": "unsupported frontend protocol"})

    assert reader.feed(encode_message(error)) == [error]


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("answer", sorted(set(range(256)) - set(b"SGNE")))
def test_another_byte_answers_no_request_for_encryption(answer: int) -> None:
    reader = BackendReader()
    reader.expect_encryption_response()

    with pytest.raises(ProtocolError):
        reader.feed(bytes([answer]))


def test_a_password_message_is_what_was_asked_for() -> None:
    reader = FrontendReader()
    reader.feed(stream(StartupMessage(0x30000, {"user": "u"})))

    reader.note_backend(AuthenticationSASL(["SCRAM-SHA-256"]))
    first = SASLInitialResponse("SCRAM-SHA-256", b"n,,n=,r=x")
    assert reader.feed(stream(first)) == [first]

    reader.note_backend(AuthenticationSASLContinue(b"r=xy,s=,i=4096"))
    assert reader.feed(stream(SASLResponse(b"c=biws"))) == [SASLResponse(b"c=biws")]


def test_a_password_message_is_a_password_when_nothing_is_known() -> None:
    reader = FrontendReader()
    reader.feed(stream(StartupMessage(0x30000, {"user": "u"})))

    assert reader.feed(stream(PasswordMessage("secret"))) == [PasswordMessage("secret")]


@pytest.mark.feature("PR5")
def test_a_startup_message_of_another_version_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match=r"2\.0"):
        FrontendReader().feed(b"\0\0\0\x09\0\2\0\0\0")


@pytest.mark.feature("PR5")
def test_a_startup_parameter_that_stands_twice_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="twice"):
        FrontendReader().feed(b"\0\0\0\x11\0\3\0\0a\0b\0a\0c\0\0")
