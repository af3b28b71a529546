"""StartupSettings and AuthPolicy: what a Session must know to start up, as plain values; and what it asks for in turn.

Rule 1: no secret stands here: a password is asked for (`NeedPassword`) when the server wants one and policy lets it.
Rule 2: nothing here reads a clock, a file or a random source; the nonce comes from the caller.
"""

from __future__ import annotations

from typing import Final

from qail.errors import ConfigError
from qail.pg.protocol.version import VERSIONS
from qail.pg.wire.constants import PROTOCOL_3_0, PROTOCOL_3_2

TLS_DISABLE: Final = "disable"
"""Plain from the start."""
TLS_PREFER: Final = "prefer"
"""TLS if the server has it, else plain."""
TLS_REQUIRE: Final = "require"
"""TLS or nothing."""

# Below 4,096 a password is not protected (RFC 7677); above 600,000 the derivation costs more than 150 ms.
LEAST_ITERATIONS: Final = 4_096
MOST_ITERATIONS: Final = 600_000


class AuthPolicy:
    """Which authentication the client takes part in.

    Args:
        has_password: a password can be had. Without one only a server that asks for none is accepted.
        is_unix_socket: the transport cannot be listened to.
        is_tls_verified: TLS, once done, has proven the server by its certificate.
        allow_insecure_auth: MD5, a clear-text password, or no proof at all in spite of a password, over a transport
            that is neither.
        most_iterations: of SCRAM, checked before anything is derived.
    """

    __slots__ = ("allow_insecure_auth", "has_password", "is_tls_verified", "is_unix_socket", "most_iterations")

    def __init__(
        self,
        has_password: bool,
        *,
        is_unix_socket: bool = False,
        is_tls_verified: bool = False,
        allow_insecure_auth: bool = False,
        most_iterations: int = MOST_ITERATIONS,
    ) -> None:
        self.has_password: Final = has_password
        self.is_unix_socket: Final = is_unix_socket
        self.is_tls_verified: Final = is_tls_verified
        self.allow_insecure_auth: Final = allow_insecure_auth
        self.most_iterations: Final = most_iterations


class StartupSettings:
    """One connection attempt.

    Args:
        user: the role.
        database: its name.
        parameters: further parameters of StartupMessage (`application_name`, `options`, settings). `client_encoding`
            is UTF8 and cannot be another.
        nonce: for SCRAM: printable ASCII without comma, new for each attempt, at least 18 characters.
        tls: TLS_DISABLE, TLS_PREFER or TLS_REQUIRE.
        policy: which authentication to take part in.

    It asks for the newest protocol version and takes every one, unless `ask_for` says otherwise.

    Raises:
        ConfigError: an unknown `tls`, a nonce that is none, another `client_encoding`.
    """

    __slots__ = (
        "database",
        "min_protocol_version",
        "nonce",
        "parameters",
        "policy",
        "protocol_version",
        "tls",
        "user",
    )

    def __init__(
        self,
        user: str,
        database: str,
        *,
        parameters: dict[str, str],
        nonce: str,
        tls: str,
        policy: AuthPolicy,
    ) -> None:
        if tls not in (TLS_DISABLE, TLS_PREFER, TLS_REQUIRE):
            raise ConfigError(f"tls is {tls!r}; use {TLS_DISABLE}, {TLS_PREFER} or {TLS_REQUIRE}")
        if len(nonce) < 18 or not all("!" <= character <= "~" and character != "," for character in nonce):
            raise ConfigError("the SCRAM nonce must have 18 or more printable ASCII characters and no comma")
        if not is_utf8(parameters.get("client_encoding", "UTF8")):
            raise ConfigError(f"client_encoding is {parameters['client_encoding']!r}; qail speaks UTF8 only")
        self.user: Final = user
        self.database: Final = database
        self.parameters: Final = parameters
        self.nonce: Final = nonce
        self.tls: Final = tls
        self.policy: Final = policy
        self.protocol_version: int = PROTOCOL_3_2
        self.min_protocol_version: int = PROTOCOL_3_0

    def ask_for(self, version: int, least: int = PROTOCOL_3_0) -> StartupSettings:
        """Ask for `version`, and take no server that offers less than `least`. Returns itself.

        Raises:
            ConfigError: a version that does not exist, or `least` is above `version`.
        """
        if version not in VERSIONS or least not in VERSIONS:
            raise ConfigError(f"the protocol versions are {PROTOCOL_3_0} (3.0) and {PROTOCOL_3_2} (3.2)")
        if least > version:
            raise ConfigError("the least protocol version to take is above the one to ask for")
        self.protocol_version = version
        self.min_protocol_version = least
        return self

    def __repr__(self) -> str:
        return f"StartupSettings(user={self.user!r}, database={self.database!r}, tls={self.tls!r})"


class NeedTls:
    """Do the TLS handshake on the transport, then `answer(None)`.

    Feed no byte to the Session before. `answer(data)` with the bytes of `tls-server-end-point` asks for SCRAM bound to
    the channel where the server offers it.
    """


class NeedPassword:
    """Fetch the password, then `answer(password)`. `method` is `scram-sha-256`, `md5` or `password`."""

    __slots__ = ("method",)

    def __init__(self, method: str) -> None:
        self.method: Final = method


def is_utf8(encoding: str) -> bool:
    """Whether a value of `client_encoding` means UTF-8."""
    return encoding.upper().replace("-", "") in ("UTF8", "UNICODE")
