"""BackendReader and FrontendReader: from bytes as they arrive to messages, for either side, without I/O.

They serve fakes, proxies and tools; a Session scans frames itself and makes no object for a row.

    reader = BackendReader()
    for message in reader.feed(data): ...

Rule 1: the same bytes give the same messages, however they are cut.
Rule 2: a message is returned in the call that brings its last byte. When bytes are wrong, `feed` raises, and the
messages before them in the same chunk are in `messages`; the reader takes nothing afterwards.
Rule 3: memory grows with the bytes received, never with a length that was claimed.

Source: protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i32_be
from mypy_extensions import i64

from qail.errors import ProtocolError, UsageError
from qail.pg.wire.authentication import AuthenticationRequest
from qail.pg.wire.buffer import ReceiveBuffer, read_frame_bytes
from qail.pg.wire.constants import (
    AUTH_CLEARTEXT_PASSWORD,
    BIND,
    COPY_DATA,
    FUNCTION_CALL,
    HEADER_BYTES,
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    MAX_PASSWORD_BYTES,
    MAX_SMALL_REQUEST_BYTES,
    MAX_STARTUP_BYTES,
    PARSE,
    PASSWORD,
    QUERY,
    TYPE_BYTES,
)
from qail.pg.wire.message import Message
from qail.pg.wire.registry import FRONTEND_DECODERS, decode_backend, decode_frontend
from qail.pg.wire.startup import EncryptionResponse, StartupMessage, decode_untyped

_LONG_REQUESTS: Final = (BIND, COPY_DATA, FUNCTION_CALL, PARSE, QUERY)


class FrameReader:
    """What the two readers share: the loop over frames."""

    __slots__ = ("_is_spent", "_receive", "messages")

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._receive: ReceiveBuffer = ReceiveBuffer()
        self._is_spent: bool = False

    @property
    def copied_bytes(self) -> int:
        """How many bytes were copied so far to join chunks: at most a few times the bytes received."""
        return int(self._receive.copied_bytes)

    @property
    def held_bytes(self) -> int:
        """How many bytes of an unfinished message are held."""
        return int(self._receive.held_bytes)

    def feed(self, data: bytes) -> list[Message]:
        """Take the next chunk; returns the messages that it completes, in order.

        Raises:
            ProtocolError: the bytes are no message of this side; `messages` has those before.
            UsageError: it was raised before.
        """
        if self._is_spent:
            raise UsageError("this reader met a protocol error; read a new connection with a new one")
        self.messages = []
        buffer = self._receive.feed(data)
        # Spent until the loop has ended well, whatever ends it.
        self._is_spent = True
        self._scan(buffer)
        self._is_spent = False
        return self.messages

    def frame_bytes(self, buffer: bytes, position: i64, end: i64) -> i64:
        """The size of the message at `position`, header included; 0 while that is not known."""
        raise AssertionError("a reader defines frame_bytes")

    def decode_frame(self, buffer: bytes, position: i64, end: i64) -> Message:
        """The message in the whole frame `buffer[position:end]`."""
        raise AssertionError("a reader defines decode_frame")

    def _scan(self, buffer: bytes) -> None:
        position: i64 = 0
        end: i64 = len(buffer)
        while position < end:
            size = self.frame_bytes(buffer, position, end)
            if size == 0 or size > end - position:
                self._receive.keep(buffer, position, size - (end - position) if size > 0 else 0)
                return
            self.messages.append(self.decode_frame(buffer, position, position + size))
            position += size


class BackendReader(FrameReader):
    """Reads what a backend sends."""

    __slots__ = ("_awaits_encryption_response",)

    def __init__(self) -> None:
        super().__init__()
        self._awaits_encryption_response: bool = False

    def expect_encryption_response(self) -> None:
        """An SSLRequest or GSSENCRequest was sent: the next byte is its answer, not a message.

        An `E` there opens the ErrorResponse of a server that knows no such request, and is read as that.
        """
        self._awaits_encryption_response = True

    def frame_bytes(self, buffer: bytes, position: i64, end: i64) -> i64:
        """See `buffer.read_frame_bytes`; 1 for the answer to a request for encryption."""
        if self._awaits_encryption_response and buffer[position] != 0x45:
            return 1
        return read_frame_bytes(buffer, position, end)

    def decode_frame(self, buffer: bytes, position: i64, end: i64) -> Message:
        """See `registry.decode_backend`."""
        if self._awaits_encryption_response:
            self._awaits_encryption_response = False
            if end - position == 1:
                return EncryptionResponse.decode(buffer, position, end)
        return decode_backend(int(buffer[position]), buffer, position + HEADER_BYTES, end)


class FrontendReader(FrameReader):
    """Reads what a frontend sends, from its first byte on; `is_started` once the StartupMessage has come.

    `authentication_code` is that of the last `R` message which the backend sent: it says what a `p` message is.
    """

    __slots__ = ("authentication_code", "is_started")

    def __init__(self) -> None:
        super().__init__()
        self.is_started: bool = False
        self.authentication_code: int = AUTH_CLEARTEXT_PASSWORD

    def note_backend(self, message: Message) -> None:
        """Look at a message of the other side: an authentication request says how to read the answer."""
        if isinstance(message, AuthenticationRequest):
            self.authentication_code = message.code

    def frame_bytes(self, buffer: bytes, position: i64, end: i64) -> i64:
        """The size of the frame, with a type byte or, until the StartupMessage has come, without.

        Raises:
            ProtocolError: no frontend message has this type, or its length is out of bounds.
        """
        if not self.is_started:
            if end - position < LENGTH_BYTES:
                return 0
            return _checked_length(buffer, position, 2 * LENGTH_BYTES, MAX_STARTUP_BYTES)
        limit = frontend_frame_limit(int(buffer[position]))
        if end - position < HEADER_BYTES:
            return 0
        return _checked_length(buffer, position + TYPE_BYTES, LENGTH_BYTES, limit) + TYPE_BYTES

    def decode_frame(self, buffer: bytes, position: i64, end: i64) -> Message:
        """See `startup.decode_untyped` and `registry.decode_frontend`."""
        if not self.is_started:
            message = decode_untyped(buffer, position + LENGTH_BYTES, end)
            self.is_started = isinstance(message, StartupMessage)
            return message
        start = position + HEADER_BYTES
        return decode_frontend(int(buffer[position]), buffer, start, end, self.authentication_code)


def frontend_frame_limit(type_code: int) -> i64:
    """The greatest length field a frontend message of this type may have, as backends hold it.

    Raises:
        ProtocolError: no frontend message has this type.
    """
    if type_code in _LONG_REQUESTS:
        return MAX_FRAME_BYTES
    if type_code == PASSWORD:
        return MAX_PASSWORD_BYTES
    if type_code in FRONTEND_DECODERS:
        return MAX_SMALL_REQUEST_BYTES
    raise ProtocolError(f"no frontend message has type {type_code:#04x}")


def _checked_length(buffer: bytes, position: i64, least: i64, limit: i64) -> i64:
    length = i64(read_i32_be(buffer, position))
    if length < least or length > limit:
        raise ProtocolError(f"a frontend message claims a length of {length}, outside {least}..{limit}")
    return length
