"""Sessions that start up, for tests: as far as StartupMessage, as far as SSLRequest, and what a refusal looks like."""

from __future__ import annotations

from qail.errors import AuthError, ConnectError, ProtocolError
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import AuthPolicy
from qail.pg.wire.authentication import AuthenticationSASL
from qail.pg.wire.message import Message
from qail.pg.wire.reader import FrontendReader
from qail.pg.wire.startup import SSL_REQUEST_FRAME
from support.scripted_client import settings

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
