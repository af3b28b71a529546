"""ReceiveBuffer and RowSink: from bytes as they arrive to runs of whole frames, and to who takes the rows.

The reader looks at five bytes of a frame, the type and the length, and leaves the body where it lies:

    buffer = receive.feed(data)
    loop: frame_bytes = read_frame_bytes(buffer, position, len(buffer))
          0, or more than what is left: receive.keep(buffer, position, missing), and wait for the next chunk

Rule 1: a byte is copied a bounded number of times, however the stream is cut: chunks of an unfinished frame are
gathered in a list and joined when the frame is whole.
Rule 2: a header allocates nothing; what is held is what was received.
Rule 3: every frame's length is bounded by its type before anything waits for it.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i32_be
from mypy_extensions import i64, mypyc_attr

from qail.errors import ProtocolError
from qail.pg.wire.constants import (
    AUTHENTICATION,
    COUNT_BYTES,
    DATA_ROW,
    ERROR_RESPONSE,
    HEADER_BYTES,
    LENGTH_BYTES,
    MAX_AUTHENTICATION_BYTES,
    MAX_EARLY_ERROR_BYTES,
    MAX_FRAME_BYTES,
    MAX_PARAMETER_DESCRIPTION_BYTES,
    MAX_SHORT_FRAME_BYTES,
    NEGOTIATE_PROTOCOL_VERSION,
    PARAMETER_DESCRIPTION,
    TYPE_BYTES,
)

# What a backend may send, by how long it may be. Long: rows, values, texts and descriptions.
_LONG_TYPES: Final = b"DTdVENA"
_SHORT_TYPES: Final = b"RK23CWGHIvnS1sZc"
_UNKNOWN: Final = 0
_SHORT: Final = 1
_LONG: Final = 2
# A table, because every message of every answer asks it.
_LENGTH_CLASS: Final = bytes(
    _LONG if type_code in _LONG_TYPES else _SHORT if type_code in _SHORT_TYPES else _UNKNOWN for type_code in range(256)
)
# This many chunks are joined into one: 1-byte chunks would otherwise cost a pointer and an object each.
_JOIN_CHUNKS: Final = 1024


@mypyc_attr(allow_interpreted_subclasses=True)
class RowSink:
    """Who takes what one statement returns. The protocol calls it; `pg.codec.rows` subclasses it with decoders.

    A sink never raises anything but ProtocolError: a value that has no Python form is kept as the sink's own `error`
    and the remaining rows are skipped, so that the stream stays in step.
    """

    def describe(self, body: bytes) -> None:
        """The body of a RowDescription that came for this statement; called before any of its rows."""

    def confirms(self) -> bool:
        """Whether what it was told is what it expected: then the name of the statement says what the server has."""
        return True

    def no_data(self) -> None:
        """NoData came: the statement returns no rows."""

    def take_rows(self, buffer: bytes, position: i64, end: i64) -> i64:
        """Take the whole DataRow frames that stand one after another at `buffer[position:end]`.

        Returns the position behind the last frame taken: `position` itself when the frame there is not a whole DataRow.
        Keeps no reference to `buffer`.

        Raises:
            ProtocolError: a frame's lengths and counts disagree.
        """
        raise AssertionError("a sink defines take_rows")

    def passes_over(self, frame_bytes: i64) -> bool:
        """Whether a DataRow of this size, above the connection's `most_row_bytes`, is dropped as it comes.

        It is then no part of what `take_rows` is given.
        """
        return False

    def take_copy_data(self, buffer: bytes, position: i64, end: i64) -> None:
        """Take the body of one CopyData message, `buffer[position:end]`."""
        raise AssertionError("this sink takes no CopyData")


class DiscardSink(RowSink):
    """Takes everything and keeps nothing: for commands, and for requests whose caller has gone."""

    __slots__ = ()

    def take_rows(self, buffer: bytes, position: i64, end: i64) -> i64:
        """Pass over the whole DataRow frames at `buffer[position:end]`; see `skip_rows`."""
        return skip_rows(buffer, position, end)

    def confirms(self) -> bool:
        """Nobody has compared it."""
        return False

    def passes_over(self, frame_bytes: i64) -> bool:
        """Nobody wants it."""
        return True

    def take_copy_data(self, buffer: bytes, position: i64, end: i64) -> None:
        """Pass over one CopyData body."""


class ReceiveBuffer:
    """Holds what could not be scanned yet, between two chunks. `feed` and `keep` are called in turn.

    `copied_bytes` counts the bytes that were copied to join chunks, over the buffer's life.
    """

    __slots__ = ("_chunks", "_dropped", "_joined", "_missing", "copied_bytes", "held_bytes")

    def __init__(self) -> None:
        self._joined: list[bytes] = []
        self._chunks: list[bytes] = []
        self._missing: i64 = 0
        self._dropped: i64 = 0
        self.held_bytes: i64 = 0
        self.copied_bytes: i64 = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next chunk. Returns the bytes to scan now: `b""` while the frame that was begun is not whole.

        When nothing was kept, that is `data` itself, uncopied.
        """
        if self.held_bytes == 0:
            return data
        if self._dropped > 0:
            return self._drop(data)
        self._hold(data)
        self._missing -= len(data)
        if self._missing > 0:
            return b""
        return self._take()

    def keep(self, buffer: bytes, position: i64, missing: i64) -> None:
        """Keep the unscanned tail of what `feed` returned, `buffer[position:]`.

        `missing` is how many bytes at least must still come before it is worth a look; 0 when that is not known.
        """
        size: i64 = len(buffer)
        if position >= size:
            return
        if position > 0:
            buffer = buffer[position:]
            self.copied_bytes += size - position
        self._missing = missing
        self._hold(buffer)

    def drop(self, size: i64) -> None:
        """Instead of `keep`: what is left, and the next `size` bytes, are of a frame that nobody wants."""
        if size > 0:
            # So that `feed` looks at all; nothing is held.
            self.held_bytes = 1
            self._dropped = size

    def _drop(self, data: bytes) -> bytes:
        size: i64 = len(data)
        if size < self._dropped:
            self._dropped -= size
            return b""
        rest = data[self._dropped :]
        self._dropped = 0
        self.held_bytes = 0
        return rest

    def _hold(self, data: bytes) -> None:
        self.held_bytes += len(data)
        self._chunks.append(data)
        if len(self._chunks) >= _JOIN_CHUNKS:
            self._joined.append(self._join(self._chunks))
            self._chunks = []

    def _take(self) -> bytes:
        chunks = self._joined + self._chunks
        self._joined = []
        self._chunks = []
        self._missing = 0
        self.held_bytes = 0
        return self._join(chunks)

    def _join(self, chunks: list[bytes]) -> bytes:
        joined = b"".join(chunks)
        self.copied_bytes += len(joined)
        return joined


def read_frame_bytes(buffer: bytes, position: i64, end: i64) -> i64:
    """The size of the backend frame that begins at `position`, header included; 0 while its header is not whole.

    The body need not have come: the caller compares the size with `end - position`.

    Raises:
        ProtocolError: there is no such message, or its length is below 4 or above the limit of its type.

    Source: protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS
    """
    if end - position < HEADER_BYTES:
        if position < end and buffer[position] != DATA_ROW:
            backend_frame_limit(i64(buffer[position]))
        return 0
    type_code = i64(buffer[position])
    length = i64(read_i32_be(buffer, position + TYPE_BYTES))
    limit: i64 = MAX_FRAME_BYTES
    if type_code != DATA_ROW:
        limit = backend_frame_limit(type_code)
    if length < LENGTH_BYTES or length > limit:
        raise ProtocolError(f"message {chr(type_code)!r} claims a length of {length}, outside {LENGTH_BYTES}..{limit}")
    return length + TYPE_BYTES


def read_early_frame_bytes(buffer: bytes, position: i64, end: i64) -> i64:
    """As `read_frame_bytes`, before AuthenticationOk, when a backend may send little and only three kinds of it.

    Raises:
        ProtocolError: the type is none of `R`, `E`, `v`, or its length is out of bounds.
    """
    if position >= end:
        return 0
    limit = early_frame_limit(i64(buffer[position]))
    if end - position < HEADER_BYTES:
        return 0
    length = i64(read_i32_be(buffer, position + TYPE_BYTES))
    if length < LENGTH_BYTES or length > limit:
        raise ProtocolError(f"{length} bytes were claimed before authentication, outside {LENGTH_BYTES}..{limit}")
    return length + TYPE_BYTES


def backend_frame_limit(type_code: i64) -> i64:
    """The greatest length field a backend message of this type may have.

    Raises:
        ProtocolError: no backend message has this type.
    """
    length_class = i64(_LENGTH_CLASS[type_code])
    if length_class == _SHORT:
        return MAX_SHORT_FRAME_BYTES
    if length_class == _LONG:
        return MAX_FRAME_BYTES
    if type_code == PARAMETER_DESCRIPTION:
        return MAX_PARAMETER_DESCRIPTION_BYTES
    raise ProtocolError(f"no backend message has type {type_code:#04x}")


def early_frame_limit(type_code: i64) -> i64:
    """The greatest length field before AuthenticationOk.

    Raises:
        ProtocolError: a backend may not send this type yet.
    """
    if type_code in (AUTHENTICATION, NEGOTIATE_PROTOCOL_VERSION):
        return MAX_AUTHENTICATION_BYTES
    if type_code == ERROR_RESPONSE:
        return MAX_EARLY_ERROR_BYTES
    raise ProtocolError(f"message type {type_code:#04x} came before authentication")


def skip_rows(buffer: bytes, position: i64, end: i64) -> i64:
    """Walk over the whole DataRow frames that stand one after another at `position`, and decode none.

    Returns the position behind the last of them.

    Raises:
        ProtocolError: a DataRow's length is too small for its count, or above the limit.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
    """
    while end - position >= HEADER_BYTES and buffer[position] == DATA_ROW:
        length = i64(read_i32_be(buffer, position + TYPE_BYTES))
        if length < LENGTH_BYTES + COUNT_BYTES or length > MAX_FRAME_BYTES:
            raise ProtocolError(f"a DataRow claims a length of {length}")
        if length > end - position - TYPE_BYTES:
            break
        position += length + TYPE_BYTES
    return position
