"""SCRAM-SHA-256 against a true server and against every bent one."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import PostgresError
from qail.pg.protocol.scram import NeedProof
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import TLS_REQUIRE
from qail.pg.protocol.state import READY
from qail.pg.wire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
)
from qail.pg.wire.reader import FrontendReader
from support.scripted_client import NONCE
from support.scripted_server import GREETING, error, frames
from support.starting_client import (
    PASSWORD,
    TRUSTED,
    WITH_PASSWORD,
    ScramServer,
    asked,
    assert_refused,
    begun,
    scram_final,
    scram_first,
    sent,
)


@pytest.mark.feature("AU1")
@pytest.mark.parametrize("password", [PASSWORD, "pässword", "I\u00adX"])
def test_scram_logs_in(password: str) -> None:
    session, final = scram_final(password)

    session.data_received(frames(AuthenticationSASLFinal(final.encode()), *GREETING))

    assert session.phase == READY


@pytest.mark.parametrize("password", ["\u0007bell", "\u00ad", "a\u0221", "😀"])
def test_a_password_that_saslprep_refuses_is_used_as_its_bytes(password: str) -> None:
    session, _reader, client_first = scram_first(password=password)
    nonce = client_first.decode().split("r=")[1] + "server"
    salt = base64.b64encode(b"0123456789abcdef").decode()
    server_first = f"r={nonce},s={salt},i=4096"
    session.data_received(frames(AuthenticationSASLContinue(server_first.encode())))
    assert isinstance(session.need, NeedProof)

    proof = session.need.compute()

    assert proof.failure is None
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b"0123456789abcdef", 4096)
    bare = client_first.decode()[3:]
    message = f"{bare},{server_first},c=biws,r={nonce}".encode()
    key = hmac.digest(salted, b"Server Key", "sha256")
    assert proof.server_signature == hmac.digest(key, message, "sha256")


@pytest.mark.feature("AU1")
def test_a_server_that_does_not_know_the_verifier_is_refused() -> None:
    session, _ = scram_final()

    session.data_received(frames(AuthenticationSASLFinal(b"v=" + base64.b64encode(bytes(32)))))

    assert_refused(session)


@pytest.mark.feature("AU1")
@pytest.mark.parametrize(
    "iterations", ["0", "1", "4095", "600001", "2147483648", "-4096", "04096", "4096x", "", "١٢٣٤٥"]
)
def test_iterations_out_of_bounds_are_refused_before_anything_is_derived(iterations: str) -> None:
    session, _, client_first = scram_first()
    first = ScramServer().first(client_first).rsplit("i=", 1)[0] + f"i={iterations}"

    session.data_received(frames(AuthenticationSASLContinue(first.encode())))

    assert_refused(session)


@pytest.mark.feature("AU1")
@pytest.mark.parametrize(
    "change",
    [
        lambda first: "r=" + first[3:],  # not ours
        lambda first: f"r={NONCE}," + first.split(",", 1)[1],  # not extended
        lambda first: "m=x," + first,
        lambda first: first + ",m=x",
        lambda first: "e=invalid-proof",
        lambda first: first.replace(",s=", ",s=*"),
        lambda first: ",".join(first.split(",")[:2]),
        lambda first: ",".join(reversed(first.split(","))),
        lambda first: first + ",i=4096",
        lambda first: "",
        lambda first: "\0" + first,
        lambda first: "é" + first,
    ],
)
def test_a_bent_first_message_is_refused(change: object) -> None:  # T12
    session, _, client_first = scram_first()
    assert callable(change)
    first = change(ScramServer().first(client_first))

    session.data_received(frames(AuthenticationSASLContinue(first.encode())))

    assert_refused(session)


@pytest.mark.parametrize("final", [b"", b"v=", b"v=*", b"e=other-error", b"v", b"x=abc", b"\xff"])
def test_a_bent_final_message_is_refused(final: bytes) -> None:  # T12
    session, right = scram_final()

    session.data_received(frames(AuthenticationSASLFinal(final)))

    assert_refused(session)
    assert final.decode("latin-1") != right


@given(st.integers(0, 60), st.integers(0, 255))
def test_any_changed_byte_of_the_final_message_is_refused(position: int, byte: int) -> None:  # T12
    session, right = _FINAL.again()
    raw = bytearray(right.encode())
    position = min(position, len(raw) - 1)
    if raw[position] == byte:
        return
    raw[position] = byte

    session.data_received(frames(AuthenticationSASLFinal(bytes(raw))))

    assert_refused(session)


class _Final:
    """Exchanges up to the final message with one derivation: the derived proof is the same for the same nonces."""

    def __init__(self) -> None:
        self._parts: tuple[AuthenticationSASLContinue, object, str] | None = None

    def again(self) -> tuple[Session, str]:
        session, _, client_first = scram_first()
        if self._parts is None:
            server = ScramServer()
            answer = AuthenticationSASLContinue(server.first(client_first).encode())
            session.data_received(frames(answer))
            assert isinstance(session.need, NeedProof)
            proof = session.need.compute()
            session.answer(proof)
            self._parts = (answer, proof, server.final(proof.client_final))
            return session, self._parts[2]
        session.data_received(frames(self._parts[0]))
        session.answer(self._parts[1])
        return session, self._parts[2]


_FINAL = _Final()


@pytest.mark.parametrize("at", ["first", "proof", "final"])
def test_authentication_ok_before_the_servers_proof_is_refused(at: str) -> None:  # no SASLFinal
    if at == "final":
        session, _ = scram_final()
    else:
        session, _, client_first = scram_first()
        if at == "proof":
            session.data_received(frames(AuthenticationSASLContinue(ScramServer().first(client_first).encode())))

    session.data_received(frames(*GREETING))

    assert_refused(session)


def test_a_method_other_than_scram_after_sasl_began_is_refused() -> None:
    session, _, _ = scram_first(TRUSTED)

    session.data_received(frames(AuthenticationCleartextPassword()))

    assert_refused(session)


@pytest.mark.parametrize("mechanisms", [[], ["SCRAM-SHA-1"], ["OAUTHBEARER"], ["SCRAM-SHA-256-PLUS"]])
def test_other_mechanisms_are_refused(mechanisms: list[str]) -> None:
    session, _ = begun(WITH_PASSWORD)

    session.data_received(frames(AuthenticationSASL(mechanisms)))

    assert_refused(session)


def test_a_wrong_password_is_an_auth_error_with_the_servers_words_as_cause() -> None:
    session, _, _ = scram_first()

    session.data_received(frames(error("28P01", "FATAL", "password authentication failed")))

    assert_refused(session)
    assert session.spent_cause is not None
    assert isinstance(session.spent_cause.__cause__, PostgresError)


@pytest.mark.parametrize(
    ("offered", "flag", "mechanism"),
    [
        (["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"], b"p=tls-server-end-point,,", "SCRAM-SHA-256-PLUS"),
        (["SCRAM-SHA-256"], b"y,,", "SCRAM-SHA-256"),
    ],
)
def test_the_flag_says_what_was_offered_over_tls(offered: list[str], flag: bytes, mechanism: str) -> None:
    session = asked(TLS_REQUIRE, WITH_PASSWORD)
    session.data_received(b"S")
    session.answer(bytes(32))
    reader = FrontendReader()
    reader.feed(session.take_output())
    request = AuthenticationSASL(offered)
    session.data_received(frames(request))
    session.answer(PASSWORD)

    (initial,) = sent(session, reader, request)

    assert initial.contents()[0] == mechanism
    data = initial.contents()[1]
    assert isinstance(data, bytes)
    assert data.startswith(flag)
