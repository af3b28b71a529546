"""From the first byte to the first ReadyForQuery: TLS, StartupMessage, authentication, the server's first words.

Rule 1: `state.PHASES` says what may come when; before AuthenticationOk a backend may send R, E and v, and little of it.
Rule 2: SSLRequest is answered by exactly one byte. Nothing else that comes before TLS is parsed or shown.
Rule 3: a secret leaves only for a method that the policy lets through on this transport.
Rule 4: once SASL began, AuthenticationOk counts only after the server's signature was verified.
Rule 5: an older server may offer an older version, once and before it asks for anything, or reject ours in so many
words: a ConnectError whose reason is `version`, after which the caller may ask for 3.0.
Every failure is raised as a ConnectError (AuthError, TlsError) or ProtocolError; the Session ends with it.

Source: protocol-flow.html, "Start-up" and "SSL Session Encryption"; sasl-authentication.html
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from qail.errors import AuthError, ConnectError, PostgresError, ProtocolError, TlsError
from qail.pg.protocol.md5 import md5_answer
from qail.pg.protocol.scram import SCRAM, SCRAM_PLUS, NeedProof, ScramExchange, ScramProof
from qail.pg.protocol.server_error import decode_error, startup_error
from qail.pg.protocol.settings import TLS_DISABLE, TLS_REQUIRE, NeedPassword, NeedTls, StartupSettings, is_utf8
from qail.pg.protocol.state import (
    AUTHENTICATED,
    EVENT_ANSWERED,
    EVENT_ASK_TLS,
    EVENT_START,
    EVENT_TLS_ACCEPTED,
    EVENT_TLS_REFUSED,
    ILLEGAL,
    NEW,
    PASSWORD_NEEDED,
    PHASE_NAMES,
    PHASES,
    PROOF_NEEDED,
    READY,
    SASL_PASSWORD_NEEDED,
    STARTUP_SENT,
    TLS_HANDSHAKE,
    follow,
)
from qail.pg.protocol.version import check_key, is_version_rejection, rejection_error, take_offer
from qail.pg.wire.authentication import (
    AuthenticationMD5Password,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
    check_bare,
    read_authentication_code,
)
from qail.pg.wire.buffer import ReceiveBuffer, read_early_frame_bytes, read_frame_bytes
from qail.pg.wire.constants import (
    AUTH_CLEARTEXT_PASSWORD,
    AUTH_MD5_PASSWORD,
    AUTH_OK,
    AUTH_SASL,
    AUTH_SASL_CONTINUE,
    AUTHENTICATION,
    BACKEND_KEY_DATA,
    ENCRYPTION_REFUSED,
    ENCRYPTION_TLS,
    ERROR_RESPONSE,
    HEADER_BYTES,
    IDLE,
    NEGOTIATE_PROTOCOL_VERSION,
    NOTICE_RESPONSE,
    PARAMETER_STATUS,
    PROTOCOL_3_0,
)
from qail.pg.wire.message import encode_message
from qail.pg.wire.notice import NoticeResponse, ParameterStatus
from qail.pg.wire.password import PasswordMessage, SASLInitialResponse, SASLResponse
from qail.pg.wire.startup import SSL_REQUEST_FRAME, BackendKeyData, NegotiateProtocolVersion, StartupMessage

_METHODS: Final = {AUTH_CLEARTEXT_PASSWORD: "password", AUTH_MD5_PASSWORD: "md5", AUTH_SASL: "scram-sha-256"}
_REFUSED_METHODS: Final = {2: "Kerberos V5", 6: "SCM credentials", 7: "GSSAPI", 8: "GSSAPI", 9: "SSPI"}


class Startup:
    """The start of one connection. `phase` READY ends it; the Session reads the other attributes."""

    __slots__ = (
        "_auth_code",
        "_binding",
        "_exchange",
        "_is_plus_offered",
        "_is_tls_done",
        "_proof",
        "_salt",
        "_settings",
        "_startup_frame",
        "messages",
        "need",
        "output",
        "parameters",
        "phase",
        "process_id",
        "protocol_version",
        "secret_key",
    )

    def __init__(self, settings: StartupSettings) -> None:
        self._settings: Final = settings
        self.phase: i64 = NEW
        self.need: NeedTls | NeedPassword | NeedProof | None = None
        self.output: list[bytes] = []
        self.messages: list[object] = []
        self.parameters: dict[str, str] = {}
        self.process_id = 0
        self.secret_key = b""
        self.protocol_version: int = settings.protocol_version
        self._is_tls_done = False
        self._startup_frame = b""
        self._binding: bytes | None = None
        self._auth_code: i64 = AUTH_OK
        self._salt = b""
        self._is_plus_offered = False
        self._exchange: ScramExchange | None = None
        self._proof: ScramProof | None = None

    def start(self) -> None:
        """Write SSLRequest or StartupMessage.

        Raises:
            EncodeError: a setting cannot be written; nothing was.
        """
        settings = self._settings
        parameters = {"user": settings.user, "database": settings.database, **settings.parameters}
        parameters["client_encoding"] = "UTF8"
        # Made before anything is sent, TLS included: a setting that cannot be written is a local error.
        self._startup_frame = encode_message(StartupMessage(settings.protocol_version, parameters))
        if settings.tls == TLS_DISABLE:
            self._write_startup(EVENT_START)
            return
        self._move(EVENT_ASK_TLS)
        self.output.append(SSL_REQUEST_FRAME)

    def take_encryption_answer(self, data: bytes) -> None:
        """The one byte that answers SSLRequest."""
        if len(data) != 1:
            raise TlsError(f"{len(data)} bytes came where the server answers the request for TLS with one")
        answer = data[0]
        if answer == ENCRYPTION_TLS:
            self._move(EVENT_TLS_ACCEPTED)
            self.need = NeedTls()
        elif answer == ENCRYPTION_REFUSED and self._settings.tls != TLS_REQUIRE:
            self._write_startup(EVENT_TLS_REFUSED)
        elif answer == ENCRYPTION_REFUSED:
            raise TlsError("the server has no TLS, and it is required; sslmode=disable would do without, in the clear")
        else:
            raise TlsError(f"the server answers the request for TLS with byte {answer:#04x}, not S or N")

    def take_frames(self, buffer: bytes, receive: ReceiveBuffer) -> i64:
        """Take whole frames until READY, or until all is taken; what is not whole is kept in `receive`.

        Returns the position behind the last frame taken.
        """
        position: i64 = 0
        end: i64 = len(buffer)
        while self.phase != READY:
            is_early = self.phase < AUTHENTICATED
            if is_early:
                frame_bytes = read_early_frame_bytes(buffer, position, end)
            else:
                frame_bytes = read_frame_bytes(buffer, position, end)
            if frame_bytes == 0 or frame_bytes > end - position:
                receive.keep(buffer, position, frame_bytes - (end - position) if frame_bytes else 0)
                return end
            self._take_message(buffer, position, position + frame_bytes)
            position += frame_bytes
        return position

    def _take_message(self, buffer: bytes, position: i64, end: i64) -> None:
        code = i64(buffer[position])
        start = position + HEADER_BYTES
        if code == ERROR_RESPONSE:
            raise self._failure(decode_error(buffer, start, end))
        if code == AUTHENTICATION:
            self._take_authentication(buffer, start, end)
            return
        self._move(code)
        if code == PARAMETER_STATUS:
            status = ParameterStatus.decode(buffer, start, end)
            check_startup_parameter(status)
            self.parameters[status.name] = status.value
            self.messages.append(status)
        elif code == NOTICE_RESPONSE:
            self.messages.append(NoticeResponse.decode(buffer, start, end))
        elif code == BACKEND_KEY_DATA:
            key = BackendKeyData.decode(buffer, start, end)
            check_key(key.secret_key, self.protocol_version)
            self.process_id = key.process_id
            self.secret_key = key.secret_key
        elif code == NEGOTIATE_PROTOCOL_VERSION:
            offer = NegotiateProtocolVersion.decode(buffer, start, end)
            self.protocol_version = take_offer(offer, self.protocol_version, self._settings.min_protocol_version)
        elif end - start != 1 or buffer[start] != IDLE:
            raise ProtocolError("the first ReadyForQuery does not say that the session is idle")

    def _failure(self, error: PostgresError) -> ConnectError:
        """What an ErrorResponse before the first ReadyForQuery means."""
        asked = self._settings.protocol_version
        is_first_answer = self.phase == STARTUP_SENT and self.protocol_version == asked
        if is_first_answer and asked > PROTOCOL_3_0 and is_version_rejection(error, self._startup_frame):
            return rejection_error(error, asked)
        return startup_error(error)

    def _take_authentication(self, buffer: bytes, start: i64, end: i64) -> None:
        """One authentication request. Whatever is wrong with it is an AuthError."""
        try:
            code = read_authentication_code(buffer, start, end)
            refused = _REFUSED_METHODS.get(int(code))
            if refused is not None:
                raise AuthError(f"the server asks for {refused}, which qail does not speak")
            if code < 0 or code > 12 or follow(PHASES, self.phase, code) == ILLEGAL:
                raise AuthError(f"authentication request {code} came while {PHASE_NAMES[self.phase]}")
            self._check_policy(code)
            self._read_request(code, buffer, start, end)
            self._move(code)
        except ProtocolError as error:
            raise AuthError(f"the server's authentication request is malformed: {error}") from error

    def _read_request(self, code: i64, buffer: bytes, start: i64, end: i64) -> None:
        if code == AUTH_OK:
            check_bare(buffer, start, end, code)
        elif code == AUTH_SASL:
            self._choose_mechanism(AuthenticationSASL.decode(buffer, start, end).mechanisms)
        elif code == AUTH_SASL_CONTINUE:
            exchange = self._exchange
            assert exchange is not None
            self.need = exchange.take_server_first(AuthenticationSASLContinue.decode(buffer, start, end).data)
            return
        elif code == AUTH_MD5_PASSWORD:
            self._salt = AuthenticationMD5Password.decode(buffer, start, end).salt
        elif code == AUTH_CLEARTEXT_PASSWORD:
            check_bare(buffer, start, end, code)
        else:
            exchange, proof = self._exchange, self._proof
            assert exchange is not None
            assert proof is not None
            exchange.verify(AuthenticationSASLFinal.decode(buffer, start, end).data, proof)
        if code in _METHODS:
            self._auth_code = code
            self.need = NeedPassword(_METHODS[int(code)])

    def _choose_mechanism(self, offered: list[str]) -> None:
        if SCRAM not in offered and SCRAM_PLUS not in offered:
            names = ", ".join(name[:40] for name in offered[:5])
            raise AuthError(f"the server offers the SASL mechanisms {names or 'none'}; qail speaks {SCRAM}")
        self._is_plus_offered = SCRAM_PLUS in offered
        if SCRAM not in offered and self._binding is None:
            raise AuthError(f"the server offers {SCRAM_PLUS} only, and there is no TLS channel to bind to")

    def _check_policy(self, code: i64) -> None:
        """Refuse what the policy does not let through, before any secret leaves."""
        if code != AUTH_OK and code not in _METHODS:
            return  # the next step of a method that was let through
        policy = self._settings.policy
        is_private = policy.is_unix_socket or (self._is_tls_done and policy.is_tls_verified)
        is_weak_allowed = is_private or policy.allow_insecure_auth
        if code == AUTH_OK:
            if self.phase == STARTUP_SENT and policy.has_password and not is_weak_allowed:
                raise AuthError(
                    "a password is configured and the server asks for no proof of anybody, over a connection that does "
                    "not prove the server: drop the password, or set allow_insecure_auth=true"
                )
            return
        method = _METHODS[int(code)]
        if not policy.has_password:
            raise AuthError(f"the server asks for a password ({method}) and none is configured")
        if code != AUTH_SASL and not is_weak_allowed:
            raise AuthError(
                f"the server asks for the method {method}, which would give the password away over this connection; "
                "use scram-sha-256 or verified TLS, or set allow_insecure_auth"
            )

    def answer(self, value: object) -> None:
        """What `need` asked for; see `Session.answer`."""
        phase = self.phase
        self.need = None
        if isinstance(value, BaseException):
            raise _answer_error(phase, value)
        if phase == TLS_HANDSHAKE:
            self._is_tls_done = True
            self._binding = value if isinstance(value, bytes) and value else None
            self._write_startup(EVENT_ANSWERED)
        elif phase == PASSWORD_NEEDED or phase == SASL_PASSWORD_NEEDED:
            self._send_password(value)
        elif phase == PROOF_NEEDED:
            self._send_proof(value)

    def _send_password(self, value: object) -> None:
        if not isinstance(value, str) or not value:
            raise AuthError("the server asks for a password, and the one given is empty or no text")
        if self._auth_code == AUTH_SASL:
            policy = self._settings.policy
            exchange = ScramExchange(
                self._settings.nonce, value, self._binding, self._is_plus_offered, policy.most_iterations
            )
            self._exchange = exchange
            frame = encode_message(SASLInitialResponse(exchange.mechanism, exchange.client_first()))
        elif self._auth_code == AUTH_MD5_PASSWORD:
            frame = encode_message(PasswordMessage(md5_answer(self._settings.user, value, self._salt)))
        else:
            frame = encode_message(PasswordMessage(value))
        self._move(EVENT_ANSWERED)
        self.output.append(frame)

    def _send_proof(self, value: object) -> None:
        if not isinstance(value, ScramProof):
            raise AuthError("the SCRAM proof was not made")
        if value.failure is not None:
            raise AuthError(f"SCRAM: {value.failure}")
        self._proof = value
        self._move(EVENT_ANSWERED)
        self.output.append(encode_message(SASLResponse(value.client_final)))

    def _write_startup(self, event: i64) -> None:
        self._move(event)
        self.output.append(self._startup_frame)

    def _move(self, event: i64) -> None:
        phase = follow(PHASES, self.phase, event)
        if phase == ILLEGAL:
            name = chr(event) if event >= ord("0") else f"event {event}"
            raise ProtocolError(f"{name!r} is out of order while {PHASE_NAMES[self.phase]}")
        self.phase = phase


def _answer_error(phase: i64, cause: BaseException) -> ConnectError:
    failure: ConnectError
    if phase == TLS_HANDSHAKE:
        failure = TlsError(f"the TLS handshake failed: {cause}")
    else:
        failure = AuthError(f"no password or proof could be had: {type(cause).__name__}")
    failure.__cause__ = cause
    return failure


def parameter_fault(status: ParameterStatus) -> str | None:
    """Why this parameter value makes the connection useless; None if it does not."""
    if status.name == "client_encoding" and not is_utf8(status.value):
        return f"client_encoding became {status.value[:40]!r}; qail speaks UTF8 only"
    if status.name == "standard_conforming_strings" and status.value != "on":
        return f"standard_conforming_strings became {status.value[:40]!r}; qail needs it on"
    return None


def check_startup_parameter(status: ParameterStatus) -> None:
    """Refuse a server whose settings make the connection useless from the start.

    Raises:
        ConnectError: see `parameter_fault`; the reason is `rejected`.
    """
    fault = parameter_fault(status)
    if fault is not None:
        raise ConnectError(fault, reason="rejected")


def check_parameter(status: ParameterStatus) -> None:
    """Refuse a change that makes the connection useless.

    Raises:
        ProtocolError: client_encoding left UTF8, or standard_conforming_strings is not on.
    """
    fault = parameter_fault(status)
    if fault is not None:
        raise ProtocolError(fault)
