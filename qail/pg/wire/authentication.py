"""What a backend asks for before it lets a frontend in. The answers are in `password.py`.

Rule 1: all requests have type `R`; the Int32 that opens the body says which one it is. `read_authentication_code`
reads it alone, so that a policy can refuse a code before anything else of the message is looked at.
Rule 2: salts and SASL data do not appear in `repr`.

Source: protocol-message-formats.html, protocol-flow.html#PROTOCOL-FLOW-START-UP, sasl-authentication.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire.constants import (
    AUTH_CLEARTEXT_PASSWORD,
    AUTH_GSS,
    AUTH_GSS_CONTINUE,
    AUTH_KERBEROS_V5,
    AUTH_MD5_PASSWORD,
    AUTH_OK,
    AUTH_SASL,
    AUTH_SASL_CONTINUE,
    AUTH_SASL_FINAL,
    AUTH_SSPI,
    AUTHENTICATION,
    MAX_AUTHENTICATION_BYTES,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_range,
    decode_backend_text,
    encode_cstring,
    find_terminator,
    own_bytes,
    read_byte,
    read_i32,
    write_header,
    write_string,
)
from qail.pg.wire.message import Message, hidden

CODE_BYTES: Final = 4
SALT_BYTES: Final = 4


def read_authentication_code(buffer: bytes, start: i64, end: i64) -> i64:
    """The Int32 that opens the body `buffer[start:end]` of an `R` message, one of the `AUTH_` constants or unknown.

    Raises:
        ProtocolError: the body has fewer than four bytes.
    """
    return read_i32(buffer, start, end, "the authentication code")


class AuthenticationRequest(Message):
    """The base of the `R` messages; alone it is one of those that carry nothing but their code."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        self.code: Final = code

    def contents(self) -> tuple[object, ...]:
        return (self.code,)

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 code."""
        write_request(out, self.code, b"")


def write_request(out: BytesWriter, code: int, data: bytes) -> None:
    """Append an `R` frame: Int32 code, data.

    Raises:
        EncodeError: it is longer than a frontend takes (2,000 bytes); `out` is unchanged.
    """
    data = own_bytes(data)
    write_header(out, AUTHENTICATION, i64(len(data)) + CODE_BYTES, MAX_AUTHENTICATION_BYTES)
    write_i32_be(out, i32(code))
    out.write(data)


def check_bare(buffer: bytes, start: i64, end: i64, code: i64) -> None:
    """Refuse a body that is not this code alone.

    Raises:
        ProtocolError: it is another code, or bytes follow it.
    """
    check_consumed(check_code(buffer, start, end, code), end, "an authentication request")


def check_code(buffer: bytes, start: i64, end: i64, code: i64) -> i64:
    """Refuse a body that opens with another code; returns the position behind it.

    Raises:
        ProtocolError: it does.
    """
    found = read_authentication_code(buffer, start, end)
    if found != code:
        raise ProtocolError(f"the authentication code is {found}, not {code}")
    return start + CODE_BYTES


class AuthenticationOk(AuthenticationRequest):
    """The frontend is in. ParameterStatus, BackendKeyData and ReadyForQuery follow."""

    def __init__(self) -> None:
        super().__init__(AUTH_OK)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationOk:
        """Decode one body, `buffer[start:end]`: Int32 code and nothing else.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONOK
        """
        check_bare(buffer, start, end, AUTH_OK)
        return AuthenticationOk()


class AuthenticationKerberosV5(AuthenticationRequest):
    """Kerberos V5 is asked for. No server since 9.3 sends it."""

    def __init__(self) -> None:
        super().__init__(AUTH_KERBEROS_V5)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationKerberosV5:
        """Decode one body, `buffer[start:end]`: Int32 code and nothing else.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONKERBEROSV5
        """
        check_bare(buffer, start, end, AUTH_KERBEROS_V5)
        return AuthenticationKerberosV5()


class AuthenticationCleartextPassword(AuthenticationRequest):
    """The password itself is asked for: PasswordMessage."""

    def __init__(self) -> None:
        super().__init__(AUTH_CLEARTEXT_PASSWORD)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationCleartextPassword:
        """Decode one body, `buffer[start:end]`: Int32 code and nothing else.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONCLEARTEXTPASSWORD
        """
        check_bare(buffer, start, end, AUTH_CLEARTEXT_PASSWORD)
        return AuthenticationCleartextPassword()


class AuthenticationGSS(AuthenticationRequest):
    """GSSAPI is asked for: GSSResponse."""

    def __init__(self) -> None:
        super().__init__(AUTH_GSS)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationGSS:
        """Decode one body, `buffer[start:end]`: Int32 code and nothing else.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONGSS
        """
        check_bare(buffer, start, end, AUTH_GSS)
        return AuthenticationGSS()


class AuthenticationSSPI(AuthenticationRequest):
    """SSPI is asked for: GSSResponse."""

    def __init__(self) -> None:
        super().__init__(AUTH_SSPI)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationSSPI:
        """Decode one body, `buffer[start:end]`: Int32 code and nothing else.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONSSPI
        """
        check_bare(buffer, start, end, AUTH_SSPI)
        return AuthenticationSSPI()


class AuthenticationMD5Password(AuthenticationRequest):
    """An MD5 digest of password, user and `salt` (4 bytes) is asked for: PasswordMessage."""

    __slots__ = ("salt",)

    def __init__(self, salt: bytes) -> None:
        super().__init__(AUTH_MD5_PASSWORD)
        self.salt: Final = salt

    def contents(self) -> tuple[object, ...]:
        return (self.salt,)

    def summary(self) -> str:
        return f"salt={hidden(self.salt)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 code, four bytes of salt."""
        check_range(len(self.salt), SALT_BYTES, SALT_BYTES, "the size of the salt")
        write_request(out, AUTH_MD5_PASSWORD, self.salt)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationMD5Password:
        """Decode one body, `buffer[start:end]`: Int32 code, four bytes of salt.

        Raises:
            ProtocolError: another code, or another number of bytes.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONMD5PASSWORD
        """
        position = check_code(buffer, start, end, AUTH_MD5_PASSWORD)
        if end - position != SALT_BYTES:
            raise ProtocolError(f"the salt has {end - position} bytes, not {SALT_BYTES}")
        return AuthenticationMD5Password(buffer[position:end])


class AuthenticationSASL(AuthenticationRequest):
    """SASL is asked for; `mechanisms` are the names the backend offers, the one it prefers first."""

    __slots__ = ("mechanisms",)

    def __init__(self, mechanisms: list[str]) -> None:
        super().__init__(AUTH_SASL)
        self.mechanisms: Final = mechanisms

    def contents(self) -> tuple[object, ...]:
        return tuple(self.mechanisms)

    def summary(self) -> str:
        return f"mechanisms={self.mechanisms!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 code, the names, a zero byte."""
        body = BytesWriter()
        for mechanism in self.mechanisms:
            if not mechanism:
                raise EncodeError("a SASL mechanism has no name")
            write_string(body, encode_cstring(mechanism, "a SASL mechanism"))
        body.append(0)
        write_request(out, AUTH_SASL, body.getvalue())

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationSASL:
        """Decode one body, `buffer[start:end]`: Int32 code, names, a zero byte.

        Raises:
            ProtocolError: another code, a name or the list is not terminated, bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONSASL
        """
        position = check_code(buffer, start, end, AUTH_SASL)
        mechanisms: list[str] = []
        while read_byte(buffer, position, end, "the end of the mechanisms") != 0:
            stop = find_terminator(buffer, position, end, "a SASL mechanism")
            mechanisms.append(decode_backend_text(buffer[position:stop]))
            position = stop + 1
        check_consumed(position + 1, end, "AuthenticationSASL")
        return AuthenticationSASL(mechanisms)


class AuthenticationGSSContinue(AuthenticationRequest):
    """The next step of GSSAPI or SSPI; `data` is theirs."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        super().__init__(AUTH_GSS_CONTINUE)
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return f"data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 code, GSSAPI or SSPI data."""
        write_request(out, AUTH_GSS_CONTINUE, self.data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationGSSContinue:
        """Decode one body, `buffer[start:end]`: Int32 code, GSSAPI or SSPI data.

        Raises:
            ProtocolError: another code.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONGSSCONTINUE
        """
        return AuthenticationGSSContinue(buffer[check_code(buffer, start, end, AUTH_GSS_CONTINUE) : end])


class AuthenticationSASLContinue(AuthenticationRequest):
    """The backend's challenge; `data` is the mechanism's."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        super().__init__(AUTH_SASL_CONTINUE)
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return f"data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 code, SASL data."""
        write_request(out, AUTH_SASL_CONTINUE, self.data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationSASLContinue:
        """Decode one body, `buffer[start:end]`: Int32 code, SASL data.

        Raises:
            ProtocolError: another code.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONSASLCONTINUE
        """
        return AuthenticationSASLContinue(buffer[check_code(buffer, start, end, AUTH_SASL_CONTINUE) : end])


class AuthenticationSASLFinal(AuthenticationRequest):
    """The backend's proof that it knows the password too; `data` is the mechanism's."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        super().__init__(AUTH_SASL_FINAL)
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return f"data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 code, SASL data."""
        write_request(out, AUTH_SASL_FINAL, self.data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> AuthenticationSASLFinal:
        """Decode one body, `buffer[start:end]`: Int32 code, SASL data.

        Raises:
            ProtocolError: another code.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONSASLFINAL
        """
        return AuthenticationSASLFinal(buffer[check_code(buffer, start, end, AUTH_SASL_FINAL) : end])


_DECODERS: Final[dict[int, Callable[[bytes, i64, i64], Message]]] = {
    AUTH_OK: AuthenticationOk.decode,
    AUTH_KERBEROS_V5: AuthenticationKerberosV5.decode,
    AUTH_CLEARTEXT_PASSWORD: AuthenticationCleartextPassword.decode,
    AUTH_MD5_PASSWORD: AuthenticationMD5Password.decode,
    AUTH_GSS: AuthenticationGSS.decode,
    AUTH_GSS_CONTINUE: AuthenticationGSSContinue.decode,
    AUTH_SSPI: AuthenticationSSPI.decode,
    AUTH_SASL: AuthenticationSASL.decode,
    AUTH_SASL_CONTINUE: AuthenticationSASLContinue.decode,
    AUTH_SASL_FINAL: AuthenticationSASLFinal.decode,
}


def decode_authentication(buffer: bytes, start: i64, end: i64) -> Message:
    """Decode the body of an `R` message, `buffer[start:end]`, by the code that opens it.

    Raises:
        ProtocolError: an unknown code, or a body that is wrong for it.
    """
    code = int(read_authentication_code(buffer, start, end))
    decode = _DECODERS.get(code)
    if decode is None:
        raise ProtocolError(f"authentication code {code} is unknown")
    return decode(buffer, start, end)
