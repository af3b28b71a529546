"""The answers to authentication requests: PasswordMessage, SASLInitialResponse, SASLResponse, GSSResponse.

Rule 1: all four have type `p` and nothing in the frame tells them apart; what was asked last does. So a decoder of
the frontend's side passes the code of the last `R` message to `decode_password`.
Rule 2: nothing of them appears in `repr`.

Source: protocol-message-formats.html, sasl-authentication.html
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import ProtocolError
from qail.pg.wire.constants import (
    AUTH_CLEARTEXT_PASSWORD,
    AUTH_GSS,
    AUTH_GSS_CONTINUE,
    AUTH_MD5_PASSWORD,
    AUTH_SASL,
    AUTH_SASL_CONTINUE,
    AUTH_SSPI,
    LENGTH_BYTES,
    MAX_PASSWORD_BYTES,
    NULL_LENGTH,
    PASSWORD,
)
from qail.pg.wire.fields import (
    check_consumed,
    decode_frontend_text,
    encode_cstring,
    own_bytes,
    read_value_length,
    take_frontend_string,
    write_header,
    write_string,
)
from qail.pg.wire.message import Message, hidden


class PasswordMessage(Message):
    """The password, or for MD5 the text `md5` and 32 hexadecimal digits."""

    __slots__ = ("password",)

    def __init__(self, password: str) -> None:
        self.password: Final = password

    def contents(self) -> tuple[object, ...]:
        return (self.password,)

    def summary(self) -> str:
        return "<hidden>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: one string.

        Raises:
            EncodeError: it holds NUL or a surrogate, or is above 65,535 bytes; `out` is unchanged.
        """
        raw = encode_cstring(self.password, "the password")
        write_header(out, PASSWORD, i64(len(raw)) + 1, MAX_PASSWORD_BYTES)
        write_string(out, raw)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> PasswordMessage:
        """Decode one body, `buffer[start:end]`: one string.

        Raises:
            ProtocolError: it is not terminated or not UTF-8, or bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PASSWORDMESSAGE
        """
        position, raw = take_frontend_string(buffer, start, end, "the password")
        check_consumed(position, end, "PasswordMessage")
        return PasswordMessage(decode_frontend_text(raw, "the password"))


class SASLInitialResponse(Message):
    """The mechanism chosen, and the first `data` of it; None where the mechanism begins with none."""

    __slots__ = ("data", "mechanism")

    def __init__(self, mechanism: str, data: bytes | None) -> None:
        self.mechanism: Final = mechanism
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.mechanism, self.data)

    def summary(self) -> str:
        return f"{self.mechanism!r}, data={'None' if self.data is None else hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: mechanism, Int32 length (-1: no data), data.

        Raises:
            EncodeError: the name holds NUL or a surrogate, or the frame is above 65,535 bytes; `out` is unchanged.
        """
        mechanism = encode_cstring(self.mechanism, "the SASL mechanism")
        data = b"" if self.data is None else own_bytes(self.data)
        write_header(out, PASSWORD, i64(len(mechanism)) + len(data) + 5, MAX_PASSWORD_BYTES)
        write_string(out, mechanism)
        write_i32_be(out, NULL_LENGTH if self.data is None else i32(len(data)))
        out.write(data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> SASLInitialResponse:
        """Decode one body, `buffer[start:end]`: mechanism, Int32 length (-1: no data), data.

        Raises:
            ProtocolError: the name is not terminated or not UTF-8, or length and bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SASLINITIALRESPONSE
        """
        position, raw = take_frontend_string(buffer, start, end, "the SASL mechanism")
        mechanism = decode_frontend_text(raw, "the SASL mechanism")
        length = read_value_length(buffer, position, end, "the SASL data")
        position += LENGTH_BYTES
        if length == NULL_LENGTH:
            check_consumed(position, end, "SASLInitialResponse")
            return SASLInitialResponse(mechanism, None)
        check_consumed(position + length, end, "SASLInitialResponse")
        return SASLInitialResponse(mechanism, buffer[position:end])


class SASLResponse(Message):
    """The next step of SASL; `data` is the mechanism's."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return f"data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: SASL data.

        Raises:
            EncodeError: the frame is above 65,535 bytes; `out` is unchanged.
        """
        data = own_bytes(self.data)
        write_header(out, PASSWORD, len(data), MAX_PASSWORD_BYTES)
        out.write(data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> SASLResponse:
        """Decode one body: all of `buffer[start:end]` is SASL data. Never raises.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SASLRESPONSE
        """
        return SASLResponse(buffer[start:end])


class GSSResponse(Message):
    """A step of GSSAPI or SSPI; `data` is theirs."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return f"data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: GSSAPI or SSPI data.

        Raises:
            EncodeError: the frame is above 65,535 bytes; `out` is unchanged.
        """
        data = own_bytes(self.data)
        write_header(out, PASSWORD, len(data), MAX_PASSWORD_BYTES)
        out.write(data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> GSSResponse:
        """Decode one body: all of `buffer[start:end]` is GSSAPI or SSPI data. Never raises.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-GSSRESPONSE
        """
        return GSSResponse(buffer[start:end])


def decode_password(buffer: bytes, start: i64, end: i64, authentication_code: i64) -> Message:
    """Decode the body of a `p` message, `buffer[start:end]`, as the answer to the `R` message of this code.

    Raises:
        ProtocolError: that code asks for no answer, or the body is wrong for it.
    """
    if authentication_code in (AUTH_CLEARTEXT_PASSWORD, AUTH_MD5_PASSWORD):
        return PasswordMessage.decode(buffer, start, end)
    if authentication_code == AUTH_SASL:
        return SASLInitialResponse.decode(buffer, start, end)
    if authentication_code == AUTH_SASL_CONTINUE:
        return SASLResponse.decode(buffer, start, end)
    if authentication_code in (AUTH_GSS, AUTH_GSS_CONTINUE, AUTH_SSPI):
        return GSSResponse.decode(buffer, start, end)
    raise ProtocolError(f"a password came, and authentication code {authentication_code} asks for none")
