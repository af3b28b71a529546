"""Sessions that start up, for tests: as far as StartupMessage, as far as SSLRequest, and what a refusal looks like."""

from __future__ import annotations

from scramp import ScramMechanism

from qail.errors import AuthError, ConnectError, ProtocolError
from qail.pg.protocol.scram import NeedProof
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import AuthPolicy, NeedPassword
from qail.pg.wire.authentication import AuthenticationSASL, AuthenticationSASLContinue
from qail.pg.wire.message import Message
from qail.pg.wire.reader import FrontendReader
from qail.pg.wire.startup import SSL_REQUEST_FRAME
from support.scripted_client import settings
from support.scripted_server import frames

PASSWORD = "correct horse"
WITH_PASSWORD = AuthPolicy(has_password=True)
TRUSTED = AuthPolicy(has_password=True, is_unix_socket=True)
SCRAM = AuthenticationSASL(["SCRAM-SHA-256"])


def begun(policy: AuthPolicy | None = None) -> tuple[Session, FrontendReader]:
    """A Session whose StartupMessage was sent, and a reader of what it sends next."""
    session = Session(settings(policy=policy))
    session.start()
    reader = FrontendReader()
    reader.feed(session.take_output())
    return session, reader


def sent(session: Session, reader: FrontendReader, request: Message) -> list[Message]:
    reader.note_backend(request)
    return list(reader.feed(session.take_output()))


def assert_refused(session: Session, kind: type[ConnectError | ProtocolError] = AuthError) -> None:
    """Spent by `kind`, silent from now on, and saying no secret."""
    assert session.is_spent
    assert isinstance(session.spent_cause, kind)
    assert session.need is None
    assert session.take_output() == b""
    assert PASSWORD not in str(session.spent_cause)


def asked(tls: str, policy: AuthPolicy | None = None) -> Session:
    session = Session(settings(tls=tls, policy=policy))
    session.start()
    assert session.take_output() == SSL_REQUEST_FRAME
    return session


class ScramServer:
    """The server's half, by scramp; `first` and `final` are what it would send."""

    def __init__(self, password: str = PASSWORD, iterations: int = 4096) -> None:
        mechanism = ScramMechanism()
        keys = mechanism.make_auth_info(password, iteration_count=iterations)
        self._server = mechanism.make_server(lambda user: keys)

    def first(self, client_first: bytes) -> str:
        self._server.set_client_first(client_first.decode())
        return str(self._server.get_server_first())

    def final(self, client_final: bytes) -> str:
        self._server.set_client_final(client_final.decode())
        return str(self._server.get_server_final())


def scram_first(policy: AuthPolicy = WITH_PASSWORD, password: str = PASSWORD) -> tuple[Session, FrontendReader, bytes]:
    """As far as the client's first message."""
    session, reader = begun(policy)
    session.data_received(frames(SCRAM))
    assert isinstance(session.need, NeedPassword)
    session.answer(password)
    (initial,) = sent(session, reader, SCRAM)
    assert initial.contents()[0] == "SCRAM-SHA-256"
    data = initial.contents()[1]
    assert isinstance(data, bytes)
    return session, reader, data


def scram_final(password: str = PASSWORD) -> tuple[Session, str]:
    """As far as the server's final message, which is not fed yet."""
    session, reader, client_first = scram_first(password=password)
    server = ScramServer(password)
    answer = AuthenticationSASLContinue(server.first(client_first).encode())
    session.data_received(frames(answer))
    assert isinstance(session.need, NeedProof)
    session.answer(session.need.compute())
    (response,) = sent(session, reader, answer)
    data = response.contents()[0]
    assert isinstance(data, bytes)
    return session, server.final(data)
