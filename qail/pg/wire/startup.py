"""How a connection begins and is named: the frames without a type byte, version negotiation, the cancel key.

Rule 1: StartupMessage, CancelRequest, SSLRequest and GSSENCRequest have no type byte; an Int32 behind the length says
which one it is. `decode` takes the body: that Int32 and what follows it.
Rule 2: SSLRequest and GSSENCRequest are answered by one byte that is no frame: EncryptionResponse.
Rule 3: `secret_key` lets anybody cancel; `repr` does not show it.

Source: protocol-message-formats.html, protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire.constants import (
    BACKEND_KEY_DATA,
    CANCEL_REQUEST_CODE,
    ENCRYPTION_GSS,
    ENCRYPTION_REFUSED,
    ENCRYPTION_TLS,
    GSSENC_REQUEST_CODE,
    INT32_MAX,
    INT32_MIN,
    LENGTH_BYTES,
    MAX_AUTHENTICATION_BYTES,
    MAX_SECRET_KEY_BYTES,
    MAX_STARTUP_BYTES,
    MIN_SECRET_KEY_BYTES,
    NEGOTIATE_PROTOCOL_VERSION,
    PROTOCOL_MAJOR,
    SSL_REQUEST_CODE,
    UINT32_MAX,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_count,
    check_frame_bytes,
    check_range,
    decode_backend_text,
    decode_frontend_text,
    encode_cstring,
    find_terminator,
    own_bytes,
    read_byte,
    read_i32,
    read_u32,
    take_frontend_string,
    write_header,
    write_string,
    write_u32,
)
from qail.pg.wire.message import Message

SSL_REQUEST_FRAME: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
GSSENC_REQUEST_FRAME: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x30"


class StartupMessage(Message):
    """The first message: `version` is major << 16 | minor, `parameters` are settings by name, `user` among them.

    Settings sent here are the session's defaults: RESET ALL returns to them. Names that begin with `_pq_.` ask for
    protocol extensions.
    """

    __slots__ = ("parameters", "version")

    def __init__(self, version: int, parameters: dict[str, str]) -> None:
        self.version: Final = version
        self.parameters: Final = parameters

    def contents(self) -> tuple[object, ...]:
        return (self.version, *self.parameters.items())

    def summary(self) -> str:
        return f"{self.version >> 16}.{self.version & 0xFFFF}, names={list(self.parameters)!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 length, Int32 version, then name and value of each parameter, then a zero byte.

        Raises:
            EncodeError: the version is not 3.x, a name is empty, a text holds NUL or a surrogate, or the frame is
                longer than a backend takes (10,000 bytes); `out` is unchanged.
        """
        check_range(self.version >> 16, PROTOCOL_MAJOR, PROTOCOL_MAJOR, "the protocol's major version")
        body = BytesWriter()
        for name, value in self.parameters.items():
            if not name:
                raise EncodeError("a startup parameter has no name")
            write_string(body, encode_cstring(name, "a startup parameter's name"))
            write_string(body, encode_cstring(value, f"the startup parameter {name}"))
        body.append(0)
        _write_untyped(out, self.version, body.getvalue())

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> StartupMessage:
        """Decode one body, `buffer[start:end]`: Int32 version, then names and values, then a zero byte.

        Raises:
            ProtocolError: another major version than 3, a string that is not terminated or not UTF-8, a name that
                stands twice, bytes behind the end.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-STARTUPMESSAGE
        """
        version = int(read_u32(buffer, start, end, "the protocol version"))
        if version >> 16 != PROTOCOL_MAJOR:
            raise ProtocolError(f"the frontend asks for protocol {version >> 16}.{version & 0xFFFF}")
        parameters: dict[str, str] = {}
        position = start + 4
        while read_byte(buffer, position, end, "the end of the parameters") != 0:
            position, raw_name = take_frontend_string(buffer, position, end, "a startup parameter's name")
            position, raw_value = take_frontend_string(buffer, position, end, "a startup parameter's value")
            name = decode_frontend_text(raw_name, "a startup parameter's name")
            if name in parameters:
                raise ProtocolError(f"the startup parameter {name!r} stands twice")
            parameters[name] = decode_frontend_text(raw_value, "a startup parameter's value")
        check_consumed(position + 1, end, "StartupMessage")
        return StartupMessage(version, parameters)


class CancelRequest(Message):
    """Asks, on a connection of its own, to cancel what the backend `process_id` is running. Never answered."""

    __slots__ = ("process_id", "secret_key")

    def __init__(self, process_id: int, secret_key: bytes) -> None:
        self.process_id: Final = process_id
        self.secret_key: Final = secret_key

    def contents(self) -> tuple[object, ...]:
        return (self.process_id, self.secret_key)

    def summary(self) -> str:
        return f"process_id={self.process_id}, secret_key=<hidden>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 length, Int32 80877102, Int32 process id, secret key.

        Raises:
            EncodeError: the key has fewer than 4 or more than 256 bytes, or the id is no Int32; `out` is unchanged.
        """
        body = BytesWriter()
        _write_key(body, self.process_id, self.secret_key)
        _write_untyped(out, CANCEL_REQUEST_CODE, body.getvalue())

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CancelRequest:
        """Decode one body, `buffer[start:end]`: Int32 80877102, Int32 process id, 4..256 bytes of secret key.

        Raises:
            ProtocolError: another code, or a key of another size.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CANCELREQUEST
        """
        _check_code(buffer, start, end, CANCEL_REQUEST_CODE)
        process_id = int(read_i32(buffer, start + 4, end, "the process id"))
        return CancelRequest(process_id, _read_key(buffer, start + 8, end))


class SSLRequest(Message):
    """Asks whether the backend speaks TLS; answered by one byte, `S` or `N`."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 length 8, Int32 80877103."""
        out.write(SSL_REQUEST_FRAME)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> SSLRequest:
        """Decode one body, `buffer[start:end]`: Int32 80877103.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST
        """
        _check_code(buffer, start, end, SSL_REQUEST_CODE)
        check_consumed(start + 4, end, "SSLRequest")
        return SSLRequest()


class GSSENCRequest(Message):
    """Asks whether the backend speaks GSSAPI encryption; answered by one byte, `G` or `N`."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 length 8, Int32 80877104."""
        out.write(GSSENC_REQUEST_FRAME)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> GSSENCRequest:
        """Decode one body, `buffer[start:end]`: Int32 80877104.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-GSSENCREQUEST
        """
        _check_code(buffer, start, end, GSSENC_REQUEST_CODE)
        check_consumed(start + 4, end, "GSSENCRequest")
        return GSSENCRequest()


class EncryptionResponse(Message):
    """The one byte that answers SSLRequest (`S`, `N`) or GSSENCRequest (`G`, `N`). It has no header.

    An `E` in its place begins an ErrorResponse of a server that knows neither request; its text proves nothing.
    """

    __slots__ = ("answer",)

    def __init__(self, answer: int) -> None:
        self.answer: Final = answer

    def contents(self) -> tuple[object, ...]:
        return (self.answer,)

    def summary(self) -> str:
        return repr(chr(self.answer))

    def encode(self, out: BytesWriter) -> None:
        """Append the byte.

        Raises:
            EncodeError: it is none of `S`, `G`, `N`; `out` is unchanged.
        """
        if self.answer not in (ENCRYPTION_TLS, ENCRYPTION_GSS, ENCRYPTION_REFUSED):
            raise EncodeError(f"{self.answer} is no answer to a request for encryption")
        out.write(bytes([self.answer]))

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> EncryptionResponse:
        """Decode the byte `buffer[start:end]`.

        Raises:
            ProtocolError: it is not exactly one of `S`, `G`, `N`.

        Source: protocol-flow.html#PROTOCOL-FLOW-SSL, protocol-flow.html#PROTOCOL-FLOW-GSSAPI
        """
        answer = int(read_byte(buffer, start, end, "the answer to a request for encryption"))
        check_consumed(start + 1, end, "the answer to a request for encryption")
        if answer not in (ENCRYPTION_TLS, ENCRYPTION_GSS, ENCRYPTION_REFUSED):
            raise ProtocolError(f"byte {answer:#04x} is no answer to a request for encryption")
        return EncryptionResponse(answer)


class NegotiateProtocolVersion(Message):
    """The backend does not speak the version asked for, or does not know some options.

    `version` is the newest it speaks for the major version asked for, as it came: servers send major << 16 | minor.
    `options` are the names of the protocol options it did not recognize.
    """

    __slots__ = ("options", "version")

    def __init__(self, version: int, options: list[str]) -> None:
        self.version: Final = version
        self.options: Final = options

    def contents(self) -> tuple[object, ...]:
        return (self.version, *self.options)

    def summary(self) -> str:
        return f"{self.version >> 16}.{self.version & 0xFFFF}, options={self.options!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 version, Int32 count, names."""
        check_range(self.version, 0, UINT32_MAX, "the protocol version")
        body = BytesWriter()
        for option in self.options:
            write_string(body, encode_cstring(option, "a protocol option"))
        write_header(out, NEGOTIATE_PROTOCOL_VERSION, i64(len(body)) + 8, MAX_AUTHENTICATION_BYTES)
        write_u32(out, self.version)
        write_i32_be(out, i32(len(self.options)))
        out.write(body.getvalue())

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> NegotiateProtocolVersion:
        """Decode one body, `buffer[start:end]`: Int32 version, Int32 count of options, that many names.

        Raises:
            ProtocolError: the count is negative or too large for the bytes, a name is not terminated, bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-NEGOTIATEPROTOCOLVERSION
        """
        version = int(read_u32(buffer, start, end, "the protocol version"))
        count = read_i32(buffer, start + 4, end, "the count of options")
        position = start + 8
        check_count(count, 1, position, end, "options")
        options: list[str] = []
        for _ in range(count):
            stop = find_terminator(buffer, position, end, "a protocol option")
            options.append(decode_backend_text(buffer[position:stop]))
            position = stop + 1
        check_consumed(position, end, "NegotiateProtocolVersion")
        return NegotiateProtocolVersion(version, options)


class BackendKeyData(Message):
    """What a CancelRequest must carry to reach this session. The key has 4 bytes in protocol 3.0, up to 256 in 3.2."""

    __slots__ = ("process_id", "secret_key")

    def __init__(self, process_id: int, secret_key: bytes) -> None:
        self.process_id: Final = process_id
        self.secret_key: Final = secret_key

    def contents(self) -> tuple[object, ...]:
        return (self.process_id, self.secret_key)

    def summary(self) -> str:
        return f"process_id={self.process_id}, secret_key=<hidden>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 process id, secret key.

        Raises:
            EncodeError: the key has fewer than 4 or more than 256 bytes, or the id is no Int32; `out` is unchanged.
        """
        body = BytesWriter()
        _write_key(body, self.process_id, self.secret_key)
        write_header(out, BACKEND_KEY_DATA, i64(len(body)))
        out.write(body.getvalue())

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> BackendKeyData:
        """Decode one body, `buffer[start:end]`: Int32 process id, 4..256 bytes of secret key.

        Raises:
            ProtocolError: a key of another size.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BACKENDKEYDATA
        """
        process_id = int(read_i32(buffer, start, end, "the process id"))
        return BackendKeyData(process_id, _read_key(buffer, start + 4, end))


def decode_untyped(buffer: bytes, start: i64, end: i64) -> Message:
    """Decode the body of a frame without a type byte, `buffer[start:end]`: its Int32 code says which message it is.

    Raises:
        ProtocolError: an unknown code, or a body that is wrong for it.
    """
    code = read_i32(buffer, start, end, "the request code")
    if code == SSL_REQUEST_CODE:
        return SSLRequest.decode(buffer, start, end)
    if code == GSSENC_REQUEST_CODE:
        return GSSENCRequest.decode(buffer, start, end)
    if code == CANCEL_REQUEST_CODE:
        return CancelRequest.decode(buffer, start, end)
    return StartupMessage.decode(buffer, start, end)


def _write_untyped(out: BytesWriter, code: int, body: bytes) -> None:
    check_frame_bytes(i64(len(body)) + 4, MAX_STARTUP_BYTES)
    write_i32_be(out, i32(len(body) + LENGTH_BYTES + 4))
    write_u32(out, code)
    out.write(body)


def _check_code(buffer: bytes, start: i64, end: i64, expected: i64) -> None:
    code = read_i32(buffer, start, end, "the request code")
    if code != expected:
        raise ProtocolError(f"the request code is {code}, not {expected}")


def _write_key(body: BytesWriter, process_id: int, secret_key: bytes) -> None:
    check_range(process_id, INT32_MIN, INT32_MAX, "the process id")
    secret_key = own_bytes(secret_key)
    check_range(len(secret_key), MIN_SECRET_KEY_BYTES, MAX_SECRET_KEY_BYTES, "the size of the secret key")
    write_i32_be(body, i32(process_id))
    body.write(secret_key)


def _read_key(buffer: bytes, position: i64, end: i64) -> bytes:
    if not MIN_SECRET_KEY_BYTES <= end - position <= MAX_SECRET_KEY_BYTES:
        raise ProtocolError(f"the secret key has {end - position} bytes, not 4 to 256")
    return buffer[position:end]
