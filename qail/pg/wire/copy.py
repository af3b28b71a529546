"""COPY: data both ways, its end and failure, and the three messages that open it.

Source: protocol-message-formats.html, protocol-flow.html#PROTOCOL-COPY
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from qail.errors import ProtocolError
from qail.pg.wire.constants import (
    BINARY,
    COPY_BOTH_RESPONSE,
    COPY_DATA,
    COPY_DONE,
    COPY_FAIL,
    COPY_IN_RESPONSE,
    COPY_OUT_RESPONSE,
    COUNT_BYTES,
    MAX_COUNT,
    MAX_SMALL_REQUEST_BYTES,
    TEXT,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_format,
    check_range,
    decode_frontend_text,
    encode_cstring,
    own_bytes,
    read_byte,
    take_formats,
    take_frontend_string,
    write_formats,
    write_header,
    write_string,
)
from qail.pg.wire.message import Message, check_empty, encode_empty, hidden

COPY_DONE_FRAME: Final = b"c\x00\x00\x00\x04"


def write_copy_data(out: BytesWriter, data: bytes) -> None:
    """Append CopyData with `data`, any bytes: a backend does not look for rows in one message.

    Raises:
        EncodeError: `data` is above the limit of a frame; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYDATA
    """
    data = own_bytes(data)
    write_header(out, COPY_DATA, len(data))
    out.write(data)


def write_copy_fail(out: BytesWriter, reason: str | bytes) -> None:
    """Append CopyFail: the COPY is undone, and `reason` becomes part of the error that the backend reports.

    Raises:
        EncodeError: `reason` holds NUL, is not UTF-8, or is longer than a backend takes (10,000 bytes);
            `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYFAIL
    """
    raw = encode_cstring(reason, "the reason")
    write_header(out, COPY_FAIL, i64(len(raw)) + 1, MAX_SMALL_REQUEST_BYTES)
    write_string(out, raw)


class CopyData(Message):
    """A piece of a COPY or of a replication stream, in either direction."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return f"data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_copy_data`."""
        write_copy_data(out, self.data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CopyData:
        """Decode one body: all of `buffer[start:end]` is data. Never raises.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYDATA
        """
        return CopyData(buffer[start:end])


class CopyDone(Message):
    """The data of a COPY has ended well; in either direction."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, COPY_DONE)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CopyDone:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYDONE
        """
        check_empty(start, end, "CopyDone")
        return CopyDone()


class CopyFail(Message):
    """The frontend cannot go on with a COPY; nothing of it stays."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason: Final = reason

    def contents(self) -> tuple[object, ...]:
        return (self.reason,)

    def summary(self) -> str:
        return f"<{len(self.reason)} characters>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_copy_fail`."""
        write_copy_fail(out, self.reason)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CopyFail:
        """Decode one body, `buffer[start:end]`: one string.

        Raises:
            ProtocolError: it is not terminated or not UTF-8, or bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYFAIL
        """
        position, raw = take_frontend_string(buffer, start, end, "the reason")
        check_consumed(position, end, "CopyFail")
        return CopyFail(decode_frontend_text(raw, "the reason"))


class CopyResponse(Message):
    """The base of the messages that open a COPY.

    `format_code` is 0 when the whole is text (rows are lines), 1 when it is binary; `column_formats` has one code for
    each column, all 0 when the whole is text. A replication stream has no columns.
    """

    __slots__ = ("column_formats", "format_code")

    def __init__(self, format_code: int, column_formats: list[int]) -> None:
        self.format_code: Final = format_code
        self.column_formats: Final = column_formats

    def contents(self) -> tuple[object, ...]:
        return (self.format_code, *self.column_formats)

    def summary(self) -> str:
        return f"format_code={self.format_code}, columns={len(self.column_formats)}"


def write_copy_response(out: BytesWriter, type_code: u8, response: CopyResponse) -> None:
    """Append the frame that opens a COPY: Int8 format code, Int16 count, Int16 format codes.

    Raises:
        EncodeError: a code is neither 0 nor 1, or there are more than 65,535; `out` is unchanged.
    """
    check_range(response.format_code, TEXT, BINARY, "the format code")
    check_range(len(response.column_formats), 0, MAX_COUNT, "the number of columns")
    for format_code in response.column_formats:
        check_range(format_code, TEXT, BINARY, "a column's format code")
    write_header(out, type_code, 1 + COUNT_BYTES + 2 * i64(len(response.column_formats)))
    out.append(u8(response.format_code))
    write_formats(out, response.column_formats)


def decode_copy_response(buffer: bytes, start: i64, end: i64) -> tuple[int, list[int]]:
    """The format code and the columns' format codes in the body `buffer[start:end]` of a message that opens a COPY.

    Raises:
        ProtocolError: a code is neither 0 nor 1, a column is binary in a text COPY, count and bytes disagree.
    """
    format_code = int(check_format(read_byte(buffer, start, end, "the format code"), "a COPY"))
    position, column_formats = take_formats(buffer, start + 1, end, "columns")
    check_consumed(position, end, "the columns of a COPY")
    if format_code == TEXT and BINARY in column_formats:
        raise ProtocolError("a column is binary in a COPY that is text")
    return format_code, column_formats


class CopyInResponse(CopyResponse):
    """The backend waits for CopyData."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_copy_response`."""
        write_copy_response(out, COPY_IN_RESPONSE, self)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CopyInResponse:
        """Decode one body, `buffer[start:end]`: Int8 format code, Int16 count (unsigned), Int16 format codes.

        Raises:
            ProtocolError: a code is neither 0 nor 1, a column is binary in a text COPY, count and bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYINRESPONSE
        """
        format_code, column_formats = decode_copy_response(buffer, start, end)
        return CopyInResponse(format_code, column_formats)


class CopyOutResponse(CopyResponse):
    """The backend sends CopyData from now on."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_copy_response`."""
        write_copy_response(out, COPY_OUT_RESPONSE, self)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CopyOutResponse:
        """Decode one body, `buffer[start:end]`: Int8 format code, Int16 count (unsigned), Int16 format codes.

        Raises:
            ProtocolError: a code is neither 0 nor 1, a column is binary in a text COPY, count and bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYOUTRESPONSE
        """
        format_code, column_formats = decode_copy_response(buffer, start, end)
        return CopyOutResponse(format_code, column_formats)


class CopyBothResponse(CopyResponse):
    """Both sides send CopyData from now on: a replication stream."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_copy_response`."""
        write_copy_response(out, COPY_BOTH_RESPONSE, self)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CopyBothResponse:
        """Decode one body, `buffer[start:end]`: Int8 format code, Int16 count (unsigned), Int16 format codes.

        Raises:
            ProtocolError: a code is neither 0 nor 1, a column is binary in a text COPY, count and bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYBOTHRESPONSE
        """
        format_code, column_formats = decode_copy_response(buffer, start, end)
        return CopyBothResponse(format_code, column_formats)
