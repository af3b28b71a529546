"""The SCRAM-SHA-256 exchange, client side, over scramp.

Rule 1: the numbers are checked before anything is derived: the server's nonce extends ours, the iteration count is in
bounds, the salt is base64.
Rule 2: the derivation (`NeedProof.compute`) runs in a worker thread; it reads plain values and touches no Session.
Rule 3: every failure is an AuthError, in words of our own; no password, salt or proof is part of it.
Rule 4: AuthenticationOk counts only after `verify` has passed.

Source: RFC 5802, RFC 7677; sasl-authentication.html
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from qail.errors import AuthError
from qail.pg.protocol.settings import LEAST_ITERATIONS

SCRAM: Final = "SCRAM-SHA-256"
SCRAM_PLUS: Final = "SCRAM-SHA-256-PLUS"
BINDING_TYPE: Final = "tls-server-end-point"
# PostgreSQL takes the role from StartupMessage and ignores this one, which SCRAM wants not to be empty.
_USER: Final = "*"
_MAX_DIGITS: Final = 9


class RawPassword:
    """A password that SASLprep refuses: its bytes as they are, as the server takes it too."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw: Final = raw

    def __bytes__(self) -> bytes:
        return self.raw


class ScramProof:
    """What `NeedProof.compute` made. `failure` is None, or why nothing could be made."""

    __slots__ = ("client_final", "failure", "server_signature")

    def __init__(self, client_final: bytes, server_signature: bytes, failure: str | None) -> None:
        self.client_final: Final = client_final
        self.server_signature: Final = server_signature
        self.failure: Final = failure


class NeedProof:
    """Call `compute` in a worker thread and `answer` the Session with what it returns."""

    __slots__ = ("_binding", "_client_first", "_mechanism", "_nonce", "_password", "_server_first")

    def __init__(self, exchange: ScramExchange, server_first: str) -> None:
        self._mechanism: Final = exchange.mechanism
        self._nonce: Final = exchange.nonce
        self._binding: Final = exchange.binding
        self._password: Final = exchange.password
        self._client_first: Final = exchange.client_first()
        self._server_first: Final = server_first

    def compute(self) -> ScramProof:
        """Derive the keys and make the proof: 10 to 150 ms of CPU without the interpreter's lock. Never raises."""
        try:
            return self._derive()
        except Exception as error:  # noqa: BLE001
            # scramp raises exceptions of its own, asn1crypto's and the standard library's; none may pass unnamed.
            return ScramProof(b"", b"", f"{type(error).__name__}: {error}")

    def _derive(self) -> ScramProof:
        # Imported late and in the worker thread: it loads a certificate parser.
        scramp = import_module("scramp")
        binding = (BINDING_TYPE, self._binding) if self._binding is not None else None
        prepared = prepare_password(self._password)
        # The placeholder is never used: it stands until the raw password takes its place.
        password = prepared if prepared is not None else "placeholder"
        client = scramp.ScramClient([self._mechanism], _USER, password, channel_binding=binding, c_nonce=self._nonce)
        if prepared is None:
            client.password = RawPassword(self._password.encode("utf-8", "surrogatepass"))
        if client.get_client_first().encode("ascii") != self._client_first:
            return ScramProof(b"", b"", "the first message differs from the one sent")
        client.set_server_first(self._server_first)
        final: str = client.get_client_final()
        signature: bytes = client.server_signature
        return ScramProof(final.encode("ascii"), signature, None)


class ScramExchange:
    """One exchange: what was sent, and what the server's answers must be.

    Args:
        nonce: ours.
        password: as configured.
        binding: the bytes of `tls-server-end-point`, None without TLS.
        is_plus: the server offers SCRAM-SHA-256-PLUS.
        most_iterations: above it nothing is derived.
    """

    __slots__ = ("_most_iterations", "binding", "mechanism", "nonce", "password")

    def __init__(self, nonce: str, password: str, binding: bytes | None, is_plus: bool, most_iterations: int) -> None:
        self.nonce: Final = nonce
        self.password: Final = password
        self.binding: Final = binding
        self.mechanism: Final = SCRAM_PLUS if binding is not None and is_plus else SCRAM
        self._most_iterations: Final = most_iterations

    def client_first(self) -> bytes:
        """The client-first-message.

        The flag says: `n` no binding here; `y` we could and the server did not offer it (it will notice if somebody
        took the offer away); `p` bound.
        """
        if self.binding is None:
            flag = "n"
        elif self.mechanism == SCRAM_PLUS:
            flag = f"p={BINDING_TYPE}"
        else:
            flag = "y"
        return f"{flag},,n={_USER},r={self.nonce}".encode("ascii")

    def take_server_first(self, message: bytes) -> NeedProof:
        """Check the server-first-message; returns the work that makes the proof.

        Raises:
            AuthError: it is malformed, an error, does not extend our nonce, or its iteration count is out of bounds.
        """
        text = _ascii(message)
        attributes = text.split(",")
        if attributes[0].startswith("e="):
            raise AuthError(f"the server broke SCRAM off: {attributes[0][2:60]!r}")
        if len(attributes) != 3:
            raise AuthError(f"SCRAM: the server's first message has {len(attributes)} attributes, not r, s and i")
        nonce = _attribute(attributes[0], "r=")
        salt = _attribute(attributes[1], "s=")
        if not nonce.startswith(self.nonce) or len(nonce) == len(self.nonce):
            raise AuthError("SCRAM: the server's nonce does not extend ours")
        if decode_base64(salt) is None:
            raise AuthError("SCRAM: the server's salt is not base64")
        self._check_iterations(_attribute(attributes[2], "i="))
        return NeedProof(self, text)

    def _check_iterations(self, digits: str) -> None:
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS and digits[0] != "0"
        count = int(digits) if is_number else -1
        if count < LEAST_ITERATIONS or count > self._most_iterations:
            raise AuthError(
                f"SCRAM: the server asks for {digits[:12]!r} iterations, "
                f"outside {LEAST_ITERATIONS}..{self._most_iterations}"
            )

    def verify(self, message: bytes, proof: ScramProof) -> None:
        """Check the server-final-message against the signature that only a server with our verifier can make.

        Raises:
            AuthError: it is malformed, an error, or the signature is not the one expected.
        """
        # Imported late, with hashlib: only connections that log in by password need it.
        from hmac import compare_digest

        text = _ascii(message)
        if text.startswith("e="):
            raise AuthError(f"the server broke SCRAM off: {text[2:60]!r}")
        signature = decode_base64(_attribute(text, "v="))
        if signature is None or not compare_digest(signature, proof.server_signature):
            raise AuthError("SCRAM: the server's signature is wrong; it does not know the password's verifier")


def prepare_password(password: str) -> str | None:
    """`password` if SASLprep takes it, else None: then its bytes are used raw.

    Source: src/common/saslprep.c: an empty or refused result means the password as it is
    """
    utils = import_module("scramp.utils")
    try:
        return password if utils.saslprep(password) else None
    except utils.ScramException:
        return None


def decode_base64(text: str) -> bytes | None:
    """The bytes of `text`, at least one; None if it is not base64 in its one canonical form."""
    from binascii import Error, a2b_base64, b2a_base64

    try:
        raw = a2b_base64(text.encode("ascii"))
    except (Error, ValueError):
        return None
    return raw if raw and b2a_base64(raw, newline=False) == text.encode("ascii") else None


def _attribute(text: str, prefix: str) -> str:
    if not text.startswith(prefix) or len(text) == len(prefix) or "," in text:
        raise AuthError(f"SCRAM: the server's message lacks {prefix!r} where it belongs")
    return text[len(prefix) :]


def _ascii(message: bytes) -> str:
    if not message.isascii() or b"\0" in message:
        raise AuthError("SCRAM: the server's message is not ASCII text")
    return message.decode("ascii")
