"""The messages of a replication stream: each stands alone in a CopyData, behind CopyBothResponse.

Rule 1: `encode` appends the whole CopyData frame; `decode` takes what is inside it, type byte included.
Rule 2: positions in the log (LSN) are unsigned Int64; times are microseconds since 2000-01-01 00:00 UTC, signed.

Source: protocol-replication.html#PROTOCOL-REPLICATION-START-REPLICATION
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i64_be, write_i64_be
from mypy_extensions import i64, u8

from qail.errors import ProtocolError
from qail.pg.wire.constants import (
    COPY_DATA,
    HOT_STANDBY_FEEDBACK,
    PRIMARY_KEEPALIVE,
    STANDBY_STATUS_UPDATE,
    UINT32_MAX,
    XLOG_DATA,
)
from qail.pg.wire.fields import check_range, own_bytes, read_byte, read_u32, write_header, write_u32
from qail.pg.wire.message import Message, hidden

INT64_MIN: Final = -0x8000_0000_0000_0000
INT64_MAX: Final = 0x7FFF_FFFF_FFFF_FFFF
UINT64_MAX: Final = 0xFFFF_FFFF_FFFF_FFFF

# Type byte and fixed fields of each message.
_XLOG_DATA_BYTES: Final = 25
_KEEPALIVE_BYTES: Final = 18
_STATUS_BYTES: Final = 34
_FEEDBACK_BYTES: Final = 25


class XLogData(Message):
    """A piece of the log or of a logical stream: `data` begins at `start_lsn`; the server's log ends at `end_lsn`."""

    __slots__ = ("data", "end_lsn", "server_time", "start_lsn")

    def __init__(self, start_lsn: int, end_lsn: int, server_time: int, data: bytes) -> None:
        self.start_lsn: Final = start_lsn
        self.end_lsn: Final = end_lsn
        self.server_time: Final = server_time
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.start_lsn, self.end_lsn, self.server_time, self.data)

    def summary(self) -> str:
        return f"start_lsn={self.start_lsn:#x}, end_lsn={self.end_lsn:#x}, data={hidden(self.data)}"

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `w`, Int64 start, Int64 end, Int64 time, data."""
        _check_lsn(self.start_lsn)
        _check_lsn(self.end_lsn)
        _check_time(self.server_time)
        data = own_bytes(self.data)
        _write_head(out, XLOG_DATA, _XLOG_DATA_BYTES + len(data))
        _write_u64(out, self.start_lsn)
        _write_u64(out, self.end_lsn)
        write_i64_be(out, i64(self.server_time))
        out.write(data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> XLogData:
        """Decode `buffer[start:end]`: `w`, Int64 start, Int64 end, Int64 time, data.

        Raises:
            ProtocolError: another type, or fewer than 25 bytes.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-XLOGDATA
        """
        _check_head(buffer, start, end, XLOG_DATA, _XLOG_DATA_BYTES)
        return XLogData(
            _read_u64(buffer, start + 1),
            _read_u64(buffer, start + 9),
            int(read_i64_be(buffer, start + 17)),
            buffer[start + _XLOG_DATA_BYTES : end],
        )


class PrimaryKeepalive(Message):
    """Where the server's log ends; `reply_requested` asks for a StandbyStatusUpdate at once."""

    __slots__ = ("end_lsn", "reply_requested", "server_time")

    def __init__(self, end_lsn: int, server_time: int, *, reply_requested: bool) -> None:
        self.end_lsn: Final = end_lsn
        self.server_time: Final = server_time
        self.reply_requested: Final = reply_requested

    def contents(self) -> tuple[object, ...]:
        return (self.end_lsn, self.server_time, self.reply_requested)

    def summary(self) -> str:
        return f"end_lsn={self.end_lsn:#x}, reply_requested={self.reply_requested}"

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `k`, Int64 end, Int64 time, Byte1 flag."""
        _check_lsn(self.end_lsn)
        _check_time(self.server_time)
        _write_head(out, PRIMARY_KEEPALIVE, _KEEPALIVE_BYTES)
        _write_u64(out, self.end_lsn)
        write_i64_be(out, i64(self.server_time))
        out.append(1 if self.reply_requested else 0)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> PrimaryKeepalive:
        """Decode `buffer[start:end]`: `k`, Int64 end, Int64 time, Byte1 flag (0 or 1).

        Raises:
            ProtocolError: another type, another size, another flag.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-PRIMARY-KEEPALIVE-MESSAGE
        """
        _check_exact(buffer, start, end, PRIMARY_KEEPALIVE, _KEEPALIVE_BYTES)
        return PrimaryKeepalive(
            _read_u64(buffer, start + 1),
            int(read_i64_be(buffer, start + 9)),
            reply_requested=_read_flag(buffer, start + 17),
        )


class StandbyStatusUpdate(Message):
    """How far the frontend has written, flushed and applied the log; each is the position behind the last byte."""

    __slots__ = ("applied_lsn", "client_time", "flushed_lsn", "reply_requested", "written_lsn")

    def __init__(
        self, written_lsn: int, flushed_lsn: int, applied_lsn: int, client_time: int, *, reply_requested: bool
    ) -> None:
        self.written_lsn: Final = written_lsn
        self.flushed_lsn: Final = flushed_lsn
        self.applied_lsn: Final = applied_lsn
        self.client_time: Final = client_time
        self.reply_requested: Final = reply_requested

    def contents(self) -> tuple[object, ...]:
        return (self.written_lsn, self.flushed_lsn, self.applied_lsn, self.client_time, self.reply_requested)

    def summary(self) -> str:
        return (
            f"written_lsn={self.written_lsn:#x}, flushed_lsn={self.flushed_lsn:#x}, applied_lsn={self.applied_lsn:#x}"
        )

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `r`, Int64 written, flushed, applied, Int64 time, Byte1 flag."""
        _check_lsn(self.written_lsn)
        _check_lsn(self.flushed_lsn)
        _check_lsn(self.applied_lsn)
        _check_time(self.client_time)
        _write_head(out, STANDBY_STATUS_UPDATE, _STATUS_BYTES)
        _write_u64(out, self.written_lsn)
        _write_u64(out, self.flushed_lsn)
        _write_u64(out, self.applied_lsn)
        write_i64_be(out, i64(self.client_time))
        out.append(1 if self.reply_requested else 0)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> StandbyStatusUpdate:
        """Decode `buffer[start:end]`: `r`, Int64 written, flushed, applied, Int64 time, Byte1 flag (0 or 1).

        Raises:
            ProtocolError: another type, another size, another flag.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-STANDBY-STATUS-UPDATE
        """
        _check_exact(buffer, start, end, STANDBY_STATUS_UPDATE, _STATUS_BYTES)
        return StandbyStatusUpdate(
            _read_u64(buffer, start + 1),
            _read_u64(buffer, start + 9),
            _read_u64(buffer, start + 17),
            int(read_i64_be(buffer, start + 25)),
            reply_requested=_read_flag(buffer, start + 33),
        )


class HotStandbyFeedback(Message):
    """The oldest transactions the frontend still needs, and their epochs; 0 for none."""

    __slots__ = ("catalog_xmin", "catalog_xmin_epoch", "client_time", "xmin", "xmin_epoch")

    def __init__(
        self, client_time: int, xmin: int, xmin_epoch: int, catalog_xmin: int, catalog_xmin_epoch: int
    ) -> None:
        self.client_time: Final = client_time
        self.xmin: Final = xmin
        self.xmin_epoch: Final = xmin_epoch
        self.catalog_xmin: Final = catalog_xmin
        self.catalog_xmin_epoch: Final = catalog_xmin_epoch

    def contents(self) -> tuple[object, ...]:
        return (self.client_time, self.xmin, self.xmin_epoch, self.catalog_xmin, self.catalog_xmin_epoch)

    def summary(self) -> str:
        return f"xmin={self.xmin}, catalog_xmin={self.catalog_xmin}"

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `h`, Int64 time, Int32 xmin, its epoch, catalog xmin, its epoch."""
        _check_time(self.client_time)
        numbers = [self.xmin, self.xmin_epoch, self.catalog_xmin, self.catalog_xmin_epoch]
        for number in numbers:
            check_range(number, 0, UINT32_MAX, "a transaction id or its epoch")
        _write_head(out, HOT_STANDBY_FEEDBACK, _FEEDBACK_BYTES)
        write_i64_be(out, i64(self.client_time))
        for number in numbers:
            write_u32(out, number)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> HotStandbyFeedback:
        """Decode `buffer[start:end]`: `h`, Int64 time, Int32 xmin, its epoch, catalog xmin, its epoch.

        Raises:
            ProtocolError: another type, or another size.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-HOT-STANDBY-FEEDBACK-MESSAGE
        """
        _check_exact(buffer, start, end, HOT_STANDBY_FEEDBACK, _FEEDBACK_BYTES)
        return HotStandbyFeedback(
            int(read_i64_be(buffer, start + 1)),
            int(read_u32(buffer, start + 9, end, "xmin")),
            int(read_u32(buffer, start + 13, end, "the epoch of xmin")),
            int(read_u32(buffer, start + 17, end, "the catalog's xmin")),
            int(read_u32(buffer, start + 21, end, "the epoch of the catalog's xmin")),
        )


def decode_backend_replication(buffer: bytes, start: i64, end: i64) -> Message:
    """Decode what a backend put into a CopyData, `buffer[start:end]`: XLogData or PrimaryKeepalive.

    Raises:
        ProtocolError: another type, or a body that is wrong for it.
    """
    type_code = read_byte(buffer, start, end, "the type of a replication message")
    if type_code == XLOG_DATA:
        return XLogData.decode(buffer, start, end)
    if type_code == PRIMARY_KEEPALIVE:
        return PrimaryKeepalive.decode(buffer, start, end)
    raise ProtocolError(f"no backend sends a replication message of type {type_code:#04x}")


def decode_frontend_replication(buffer: bytes, start: i64, end: i64) -> Message:
    """Decode what a frontend put into a CopyData, `buffer[start:end]`: StandbyStatusUpdate or HotStandbyFeedback.

    Raises:
        ProtocolError: another type, or a body that is wrong for it.
    """
    type_code = read_byte(buffer, start, end, "the type of a replication message")
    if type_code == STANDBY_STATUS_UPDATE:
        return StandbyStatusUpdate.decode(buffer, start, end)
    if type_code == HOT_STANDBY_FEEDBACK:
        return HotStandbyFeedback.decode(buffer, start, end)
    raise ProtocolError(f"no frontend sends a replication message of type {type_code:#04x}")


def _check_lsn(value: int) -> None:
    check_range(value, 0, UINT64_MAX, "a position in the log")


def _check_time(value: int) -> None:
    check_range(value, INT64_MIN, INT64_MAX, "a time in microseconds")


def _write_head(out: BytesWriter, type_code: u8, size: i64) -> None:
    write_header(out, COPY_DATA, size)
    out.append(type_code)


def _write_u64(out: BytesWriter, value: int) -> None:
    write_i64_be(out, i64(value - UINT64_MAX - 1 if value > INT64_MAX else value))


def _read_u64(buffer: bytes, position: i64) -> int:
    # As int: an i64 has no room for the upper half.
    value = int(read_i64_be(buffer, position))
    return value + UINT64_MAX + 1 if value < 0 else value


def _read_flag(buffer: bytes, position: i64) -> bool:
    flag = i64(buffer[position])
    if flag > 1:
        raise ProtocolError(f"a flag is {flag}, neither 0 nor 1")
    return flag == 1


def _check_head(buffer: bytes, start: i64, end: i64, type_code: i64, least_bytes: i64) -> None:
    if read_byte(buffer, start, end, "the type of a replication message") != type_code:
        raise ProtocolError(f"the type of the replication message is {buffer[start]:#04x}, not {type_code:#04x}")
    if end - start < least_bytes:
        raise ProtocolError(f"a replication message has {end - start} bytes, not {least_bytes}")


def _check_exact(buffer: bytes, start: i64, end: i64, type_code: i64, size: i64) -> None:
    _check_head(buffer, start, end, type_code, size)
    if end - start != size:
        raise ProtocolError(f"a replication message has {end - start} bytes, not {size}")
