"""Ways to log in to a scripted server: what it asks for, and whether it takes the answer.

Rule 1: a login is data and is shared by all connections; `begin` makes the state of one.
Rule 2: what a hostile server would say instead is said by `HostileServer`, or by `Scram(first=, final=)`, which bend
the texts of a true exchange.

Source: protocol-flow.html, "Start-up"; RFC 5802
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol

from qail.pg.protocol.md5 import md5_answer
from qail.pg.wire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationRequest,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
)
from qail.pg.wire.message import Message
from qail.pg.wire.password import PasswordMessage, SASLInitialResponse, SASLResponse
from qail.pg.wire.startup import StartupMessage

SALT: Final = b"salt"
REFUSED: Final = None
Answer = list[AuthenticationRequest] | None


class Exchange(Protocol):
    """One client logging in. `requests` and `take` return what is asked next: nothing more to ask is success."""

    def requests(self) -> list[AuthenticationRequest]:
        """What is asked first."""
        ...

    def take(self, message: Message) -> Answer:
        """The client's answer; returns what is asked next, an empty list when it is in, None when it is refused."""
        ...


class Login(Protocol):
    """A way to log in."""

    def begin(self, startup: StartupMessage) -> Exchange:
        """One client's exchange."""
        ...


@dataclass(frozen=True)
class Trust:
    """Everybody is let in, unasked."""

    def begin(self, startup: StartupMessage) -> Exchange:
        """See Login."""
        return _Asking(None, lambda _: True)


@dataclass(frozen=True)
class Cleartext:
    """The password as it is."""

    password: str

    def begin(self, startup: StartupMessage) -> Exchange:
        """See Login."""
        return _Asking(AuthenticationCleartextPassword(), lambda given: given == self.password)


@dataclass(frozen=True)
class Md5:
    """The password hashed with the user's name and a salt."""

    password: str

    def begin(self, startup: StartupMessage) -> Exchange:
        """See Login."""
        expected = md5_answer(startup.parameters.get("user", ""), self.password, SALT)
        return _Asking(AuthenticationMD5Password(SALT), lambda given: given == expected)


@dataclass(frozen=True)
class Scram:
    """SCRAM-SHA-256. `first` and `final` change the texts that a true server would send."""

    password: str
    iterations: int = 4096
    mechanisms: tuple[str, ...] = ("SCRAM-SHA-256",)
    first: Callable[[str], str] = str
    final: Callable[[str], str] = str

    def begin(self, startup: StartupMessage) -> Exchange:
        """See Login."""
        return _ScramExchange(self)


class _Asking:
    """One question, one answer; no question, no answer."""

    def __init__(self, request: AuthenticationRequest | None, is_right: Callable[[str], bool]) -> None:
        self._request: Final = request
        self._is_right: Final = is_right

    def requests(self) -> list[AuthenticationRequest]:
        return [] if self._request is None else [self._request]

    def take(self, message: Message) -> Answer:
        is_in = isinstance(message, PasswordMessage) and self._is_right(message.password)
        return [] if is_in else REFUSED


class _ScramExchange:
    def __init__(self, login: Scram) -> None:
        mechanism = import_module("scramp").ScramMechanism()
        keys = mechanism.make_auth_info(login.password, iteration_count=login.iterations)
        self._server = mechanism.make_server(_Keys(keys).of)
        self._login: Final = login

    def requests(self) -> list[AuthenticationRequest]:
        return [AuthenticationSASL(list(self._login.mechanisms))]

    def take(self, message: Message) -> Answer:
        try:
            if isinstance(message, SASLInitialResponse):
                # scramp's server compares the channel binding flag, which may be `y` here: nothing was bound.
                self._server.set_client_first((message.data or b"").decode())
                return [AuthenticationSASLContinue(self._login.first(self._server.get_server_first()).encode())]
            if isinstance(message, SASLResponse):
                self._server.set_client_final(message.data.decode())
                return [AuthenticationSASLFinal(self._login.final(self._server.get_server_final()).encode())]
        except import_module("scramp").ScramException:
            return REFUSED
        return REFUSED


class _Keys:
    """The same keys for every user."""

    def __init__(self, keys: object) -> None:
        self._keys: Final = keys

    def of(self, user: str) -> object:
        return self._keys
