"""What a backend answers to statements: rows, completions, ReadyForQuery.

The hot path reads tags and the transaction status with `read_command_tag` and `read_transaction_status`, and rows in
runs (`buffer.RowSink`); the classes here are the same messages as values.

Source: protocol-message-formats.html, protocol-flow.html
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire.constants import (
    BIND_COMPLETE,
    CLOSE_COMPLETE,
    COMMAND_COMPLETE,
    COUNT_BYTES,
    DATA_ROW,
    EMPTY_QUERY_RESPONSE,
    FAILED_TRANSACTION,
    IDLE,
    IN_TRANSACTION,
    MAX_COUNT,
    MAX_SHORT_FRAME_BYTES,
    PARSE_COMPLETE,
    PORTAL_SUSPENDED,
    READY_FOR_QUERY,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_range,
    decode_backend_text,
    encode_cstring,
    find_terminator,
    read_byte,
    read_count,
    read_values,
    values_bytes,
    write_header,
    write_string,
    write_u16,
    write_values,
)
from qail.pg.wire.message import Message, check_empty, encode_empty


def read_command_tag(buffer: bytes, start: i64, end: i64) -> str:
    """The tag in the body of a CommandComplete, `buffer[start:end]`: one string, such as `INSERT 0 1`.

    Raises:
        ProtocolError: it is not terminated, or bytes follow.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COMMANDCOMPLETE
    """
    stop = find_terminator(buffer, start, end, "the command tag")
    check_consumed(stop + 1, end, "CommandComplete")
    return decode_backend_text(buffer[start:stop])


def read_transaction_status(buffer: bytes, start: i64, end: i64) -> i64:
    """The byte in a ReadyForQuery's body, `buffer[start:end]`: `I` idle, `T` in a transaction, `E` in a failed one.

    Raises:
        ProtocolError: it is another byte, or not one.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-READYFORQUERY
    """
    status = read_byte(buffer, start, end, "the transaction status")
    check_consumed(start + 1, end, "ReadyForQuery")
    if status != IDLE and status != IN_TRANSACTION and status != FAILED_TRANSACTION:
        raise ProtocolError(f"the transaction status is {status:#04x}, none of I, T, E")
    return status


class DataRow(Message):
    """One row: encoded values, None is NULL."""

    __slots__ = ("values",)

    def __init__(self, values: list[bytes | None]) -> None:
        self.values: Final = values

    def contents(self) -> tuple[object, ...]:
        return tuple(self.values)

    def summary(self) -> str:
        return f"<{len(self.values)} values>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int16 count, then Int32 length (-1 is NULL) and bytes of each value."""
        check_range(len(self.values), 0, MAX_COUNT, "the number of columns")
        write_header(out, DATA_ROW, values_bytes(self.values) + COUNT_BYTES)
        write_u16(out, len(self.values))
        write_values(out, self.values)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> DataRow:
        """Decode one body, `buffer[start:end]`: Int16 count (unsigned), then Int32 length and bytes of each value.

        Raises:
            ProtocolError: the count, a length and the bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
        """
        count = read_count(buffer, start, end, "columns")
        return DataRow(read_values(buffer, start + COUNT_BYTES, end, count, "a column"))


class CommandComplete(Message):
    """A command ended; `tag` names it and, for most, counts its rows."""

    __slots__ = ("tag",)

    def __init__(self, tag: str) -> None:
        self.tag: Final = tag

    def contents(self) -> tuple[object, ...]:
        return (self.tag,)

    def summary(self) -> str:
        return repr(self.tag)

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: one string."""
        raw = encode_cstring(self.tag, "the command tag")
        write_header(out, COMMAND_COMPLETE, i64(len(raw)) + 1, MAX_SHORT_FRAME_BYTES)
        write_string(out, raw)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CommandComplete:
        """Decode one body, `buffer[start:end]`; see `read_command_tag`.

        Raises:
            ProtocolError: the tag is not terminated, or bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COMMANDCOMPLETE
        """
        return CommandComplete(read_command_tag(buffer, start, end))


class ReadyForQuery(Message):
    """A segment was answered whole. `status` is the transaction status: IDLE, IN_TRANSACTION or FAILED_TRANSACTION."""

    __slots__ = ("status",)

    def __init__(self, status: int) -> None:
        self.status: Final = status

    def contents(self) -> tuple[object, ...]:
        return (self.status,)

    def summary(self) -> str:
        return repr(chr(self.status))

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Byte1 status.

        Raises:
            EncodeError: the status is none of the three; `out` is unchanged.
        """
        if self.status not in (IDLE, IN_TRANSACTION, FAILED_TRANSACTION):
            raise EncodeError(f"{self.status} is no transaction status")
        write_header(out, READY_FOR_QUERY, 1)
        out.append(u8(self.status))

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> ReadyForQuery:
        """Decode one body, `buffer[start:end]`; see `read_transaction_status`.

        Raises:
            ProtocolError: it is not one byte of `I`, `T`, `E`.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-READYFORQUERY
        """
        return ReadyForQuery(int(read_transaction_status(buffer, start, end)))


class ParseComplete(Message):
    """The statement of a Parse exists now."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, PARSE_COMPLETE)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> ParseComplete:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PARSECOMPLETE
        """
        check_empty(start, end, "ParseComplete")
        return ParseComplete()


class BindComplete(Message):
    """The portal of a Bind exists now."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, BIND_COMPLETE)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> BindComplete:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BINDCOMPLETE
        """
        check_empty(start, end, "BindComplete")
        return BindComplete()


class CloseComplete(Message):
    """The statement or portal of a Close is gone."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, CLOSE_COMPLETE)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> CloseComplete:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CLOSECOMPLETE
        """
        check_empty(start, end, "CloseComplete")
        return CloseComplete()


class EmptyQueryResponse(Message):
    """The SQL held no statement; comes in place of CommandComplete."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, EMPTY_QUERY_RESPONSE)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> EmptyQueryResponse:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-EMPTYQUERYRESPONSE
        """
        check_empty(start, end, "EmptyQueryResponse")
        return EmptyQueryResponse()


class PortalSuspended(Message):
    """The row limit of an Execute was reached; more rows are left."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, PORTAL_SUSPENDED)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> PortalSuspended:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PORTALSUSPENDED
        """
        check_empty(start, end, "PortalSuspended")
        return PortalSuspended()
