"""Faults of trust: servers that lie about TLS and about who they are. No secret reaches them, none of their text us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaos.registry import FaultRun, fault
from qail import AuthError, ConnectError, ConnectionLost, ProtocolError, QailError
from qail.pg.wire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationGSS,
    AuthenticationGSSContinue,
    AuthenticationKerberosV5,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
    AuthenticationSSPI,
)
from qail.pg.wire.message import Message
from qail.pg.wire.result import ReadyForQuery
from qail.testing import GREETING, Close, Expect, Hear, HostileServer, Scram, ScriptedServer, Send, error, frames

PASSWORD = "correct horse battery"
LIE = "text of an impostor"
READY = ReadyForQuery(ord("I"))
SASL = AuthenticationSASL(["SCRAM-SHA-256"])


async def refused(run: FaultRun, server: HostileServer | ScriptedServer, **settings: Any) -> QailError:
    """Connecting ends with an error of ours, which quotes neither the password nor the impostor."""
    tcp = {"host": "127.0.0.1", "port": server.tcp_port, "user": "app", "password": PASSWORD, "sslmode": "disable"}

    async def attempt() -> None:
        async with run.backend.connect(**{**tcp, **settings}):
            pass

    (told,) = await run.backend.together(attempt)
    assert isinstance(told, QailError), told
    assert PASSWORD not in f"{told!r} {told}"
    assert LIE not in f"{told!r} {told}"
    return told


async def heard(run: FaultRun, server: HostileServer) -> bytes:
    """All that the client has said, once it has hung up; the password is not in it."""
    assert server.connections
    await run.backend.blocking(lambda: server.wait_until(lambda: all(each.hung_up for each in server.connections)))
    said = b"".join(each.data for each in server.connections)
    assert PASSWORD.encode() not in said
    return said


@fault("F58")
async def plain_text_behind_the_answer_to_ssl_request(run: FaultRun) -> None:
    behind: list[bytes] = [frames(*GREETING), frames(error("28000", "FATAL", LIE)), b"\0", frames(SASL)]
    for injected in behind:
        with HostileServer([Expect("ssl"), Send(b"S" + injected)]) as server:
            told = await refused(run, server, sslmode="require")
            assert isinstance(told, ConnectError | ProtocolError | ConnectionLost), told
            assert len(await heard(run, server)) == 8, "something followed the SSLRequest"


@fault("F59")
async def anything_but_tls_after_ssl_request(run: FaultRun) -> None:
    answers: list[bytes] = [b"N", frames(error("08P01", "FATAL", LIE)), b"x", b"\x15\x03\x01", b"G", b"\0"]
    for answer in answers:
        with HostileServer([Expect("ssl"), Send(answer)]) as server:
            told = await refused(run, server, sslmode="require")
            assert isinstance(told, ConnectError | ProtocolError), (answer, told)
            assert len(await heard(run, server)) == 8, answer
    with HostileServer([Expect("ssl"), Close()]) as server:
        assert isinstance(await refused(run, server, sslmode="require"), ConnectError | ConnectionLost)


@fault("F59")
async def what_follows_is_no_handshake(run: FaultRun) -> None:
    for lie in (frames(*GREETING), frames(error("28000", "FATAL", LIE)), b"\x16\x03\x01" + b"\xff" * 40):
        with HostileServer([Expect("ssl"), Send(b"S"), Hear(), Send(lie)]) as server:
            told = await refused(run, server, sslmode="require")
            assert isinstance(told, ConnectError | ProtocolError), told
            assert (await heard(run, server))[8:9] == b"\x16", "what follows SSLRequest is a TLS handshake"


ASKED = [Expect("startup")]
TEMPTED = [Expect("startup"), Send(SASL), Expect("p")]
ROGUES: dict[str, list[Any]] = {
    "trusts": [*ASKED, Send(*GREETING)],
    "wants the password": [*ASKED, Send(AuthenticationCleartextPassword())],
    "wants md5": [*ASKED, Send(AuthenticationMD5Password(b"salt"))],
    "wants kerberos": [*ASKED, Send(AuthenticationKerberosV5())],
    "wants gss": [*ASKED, Send(AuthenticationGSS())],
    "goes on with gss": [*ASKED, Send(AuthenticationGSSContinue(b"x"))],
    "wants sspi": [*ASKED, Send(AuthenticationSSPI())],
    "continues what did not begin": [*ASKED, Send(AuthenticationSASLContinue(b"r=x,s=eA==,i=4096"))],
    "ends what did not begin": [*ASKED, Send(AuthenticationSASLFinal(b"v=eA=="))],
    "offers nothing": [*ASKED, Send(AuthenticationSASL([]))],
    "offers another mechanism": [*ASKED, Send(AuthenticationSASL(["SCRAM-SHA-1", "PLAIN", "OAUTHBEARER"]))],
    "asks twice": [*ASKED, Send(SASL, SASL)],
    "early ready": [*ASKED, Send(READY)],
    "ready instead of an answer": [*TEMPTED, Send(READY)],
    "ok instead of an answer": [*TEMPTED, Send(*GREETING)],
    "password instead of an answer": [*TEMPTED, Send(AuthenticationCleartextPassword())],
    "end instead of an answer": [*TEMPTED, Send(AuthenticationSASLFinal(b"v=eA=="))],
    "no attributes": [*TEMPTED, Send(AuthenticationSASLContinue(b""))],
    "noise": [*TEMPTED, Send(AuthenticationSASLContinue(b"\xff\xfe\0"))],
    "its own nonce": [*TEMPTED, Send(AuthenticationSASLContinue(b"r=mine,s=c2FsdA==,i=4096"))],
    "2,001 bytes": [*TEMPTED, Send(b"R" + (2001).to_bytes(4, "big") + (11).to_bytes(4, "big") + b"x" * 1993)],
    "a claim of 1 GB": [*ASKED, Send(b"R" + (1 << 30).to_bytes(4, "big") + (11).to_bytes(4, "big"))],
    "a notice": [*ASKED, Send(b"N" + (5).to_bytes(4, "big") + b"\0")],
    "a row": [*ASKED, Send(b"D" + (6).to_bytes(4, "big") + b"\0\0")],
}
for _code in (1, 4, 6, 13, 99, 2**31 - 1):
    ROGUES[f"code {_code}"] = [*ASKED, Send(b"R" + (8).to_bytes(4, "big") + _code.to_bytes(4, "big"))]


@fault("F61")
async def a_rogue_login(run: FaultRun) -> None:
    for name, steps in ROGUES.items():
        with HostileServer(steps) as server:
            told = await refused(run, server)
            assert isinstance(told, AuthError | ProtocolError | ConnectError), (name, told)
            await heard(run, server)
            assert len(server.connections) == 1, f"{name}: it was tried again"


def replaced(name: str, value: str) -> Callable[[str], str]:
    """One attribute of a SCRAM message with another value."""

    def change(text: str) -> str:
        return ",".join(f"{name}={value}" if part.startswith(f"{name}=") else part for part in text.split(","))

    return change


BENT_FIRST: dict[str, Callable[[str], str]] = {
    "no iterations": replaced("i", "0"),
    "one iteration": replaced("i", "1"),
    "too many iterations": replaced("i", str(2**31)),
    "more than we take": replaced("i", "600001"),
    "iterations that are no number": replaced("i", "4096x"),
    "negative iterations": replaced("i", "-4096"),
    "no salt": replaced("s", ""),
    "a salt that is no base64": replaced("s", "!"),
    "another nonce": replaced("r", "abcdefgh"),
    "an extension that must be understood": lambda text: f"m=x,{text}",
    "an attribute left out": lambda text: text.rpartition(",")[0],
    "in another order": lambda text: ",".join(reversed(text.split(","))),
}
BENT_FINAL: dict[str, Callable[[str], str]] = {
    "a wrong signature": replaced("v", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "half a signature": lambda text: text[: len(text) // 2],
    "no signature": lambda _: "",
    "an error": lambda _: "e=other-error",
}


@fault("F61")
async def a_bent_scram_exchange(run: FaultRun) -> None:
    logins = {name: Scram(PASSWORD, first=bend) for name, bend in BENT_FIRST.items()}
    logins |= {name: Scram(PASSWORD, final=bend) for name, bend in BENT_FINAL.items()}
    for name, login in logins.items():
        with ScriptedServer(login=login) as server:
            told = await refused(run, server)
            assert isinstance(told, AuthError), (name, told)
    with ScriptedServer(login=Scram(PASSWORD)) as server:
        settings = {"host": "127.0.0.1", "port": server.tcp_port, "user": "app", "sslmode": "disable"}
        async with run.backend.connect(**settings, password=PASSWORD) as connection:
            assert not connection.is_closed


@fault("F61")
async def a_server_that_knows_too_little_or_says_too_much(run: FaultRun) -> None:
    """AuthenticationOk without the server's proof, and twice; an authentication request to a session that runs."""
    unproven: list[Any] = [*TEMPTED, Send(AuthenticationOk(), *GREETING[1:])]
    with HostileServer(unproven) as server:
        assert isinstance(await refused(run, server), AuthError | ProtocolError)
    late: list[tuple[Message, ...]] = [
        (*GREETING[:2], AuthenticationOk(), *GREETING[2:]),
        (*GREETING[:2], AuthenticationCleartextPassword(), *GREETING[2:]),
    ]
    for messages in late:
        with HostileServer([Expect("startup"), Send(*messages)]) as server:
            # Without a password a bare AuthenticationOk is taken, once.
            told = await refused(run, server, password="", host="127.0.0.1")
            assert isinstance(told, AuthError | ProtocolError), told
