"""Rows of binary COPY, both ways.

The stream is a header (11 bytes of signature, Int32 flags, Int32 length of an extension), rows (Int16 number of fields,
then each field as in DataRow) and a trailer (Int16 -1). CopyData messages may cut it anywhere.

Source: sql-copy.html, "Binary Format"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from librt.strings import BytesWriter, read_i16_be, read_i32_be, write_i16_be, write_i32_be
from mypy_extensions import i16, i64

from qail.errors import DecodeError, EncodeError, ProtocolError, QailError, UsageError
from qail.pg.codec.array import items_of
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.chain import chained
from qail.pg.codec.refusal import short_repr, with_cause
from qail.pg.codec.row_loop import ColumnError, decode_row
from qail.pg.wire.buffer import RowSink
from qail.pg.wire.constants import COUNT_BYTES, LENGTH_BYTES, MAX_COLUMNS, NULL_LENGTH

COPY_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
# No flags, no extension.
COPY_HEADER: Final = COPY_SIGNATURE + bytes(8)
COPY_TRAILER: Final = b"\xff\xff"
TRAILER_COUNT: Final = -1
HEADER_BYTES: Final = 19
# The extension has no use yet; more than this of it is no header but a stream gone wrong.
MAX_EXTENSION_BYTES: Final = 65_536


class CopyRowWriter:
    """Encodes records for COPY FROM STDIN in binary. `COPY_HEADER` goes before the first, `COPY_TRAILER` after."""

    def __init__(self, codecs: list[Codec], names: Sequence[str] = ()) -> None:
        """`codecs` in column order, all of binary format; `names` are the columns', for errors.

        Raises:
            EncodeError: a column's type has no binary form, or there are too many columns.
        """
        for index, codec in enumerate(codecs):
            if codec.format_code == TEXT_FORMAT:
                where = f'column "{names[index]}"' if index < len(names) else f"column {index + 1}"
                raise EncodeError(f"{where}: {codec.type_name} has no binary form here; copy in text format")
        if len(codecs) > MAX_COLUMNS:
            raise EncodeError(f"a table has at most {MAX_COLUMNS} columns, not {len(codecs)}")
        self.names: Final = list(names)
        self.row_count: int = 0
        self._count: Final[i64] = len(codecs)
        self._first: Final = chained(codecs)

    def write(self, out: BytesWriter, record: object) -> None:
        """Append one record, a tuple or another sequence with a value for each column.

        Raises:
            EncodeError: another number of values, or one that does not fit; `out` is unchanged.
        """
        row = self._row_of(record)
        start = len(out)
        write_i16_be(out, i16(self._count))
        column = self._first
        index: i64 = 0
        try:
            for value in row:
                column = column.next
                if value is None:
                    write_i32_be(out, NULL_LENGTH)
                else:
                    column.codec.encode(out, value)
                index += 1
        except EncodeError as error:
            out.truncate(start)
            name = f'"{self.names[index]}"' if index < len(self.names) else str(index + 1)
            named = EncodeError(f"record {self.row_count + 1}, column {name}: {error}")
            raise with_cause(named, error.__cause__) from error.__cause__
        self.row_count += 1

    def write_records(self, out: BytesWriter, records: list[object]) -> None:
        """Append many records.

        Raises:
            EncodeError: as `write`; `out` is unchanged, whichever record it was.
        """
        start = len(out)
        row_count = self.row_count
        try:
            for record in records:
                self.write(out, record)
        except EncodeError:
            out.truncate(start)
            self.row_count = row_count
            raise

    def _row_of(self, record: object) -> tuple[object, ...]:
        if isinstance(record, tuple):
            row = cast("tuple[object, ...]", record)
        else:
            items = items_of(record)
            if items is None:
                what = f"{type(record).__name__} {short_repr(record)}"
                raise EncodeError(f"record {self.row_count + 1} is {what}: pass a tuple or another sequence")
            row = tuple(items)
        if len(row) != self._count:
            raise EncodeError(f"record {self.row_count + 1} has {len(row)} values for {self._count} columns")
        return row


class CopyRowReader(RowSink):
    """Takes the CopyData of COPY TO STDOUT in binary.

    `rows` are tuples in column order, of `waiting_bytes`; take them away between calls, and set that to 0, and the
    memory stays bounded. `error` is the first
    DecodeError, after which rows are only counted, in `skipped_rows`. `finish` says whether the stream was whole.
    """

    def __init__(self, codecs: list[Codec], names: Sequence[str] = ()) -> None:
        """`codecs` in column order, all of binary format; `names` are the columns', for errors.

        Raises:
            UsageError: a column's type is read as text here, which a binary COPY does not send.
        """
        for index, codec in enumerate(codecs):
            if codec.format_code == TEXT_FORMAT:
                where = f'column "{names[index]}"' if index < len(names) else f"column {index + 1}"
                fix = "leave the column out, or copy in another format"
                raise UsageError(f"{where}: {codec.type_name} is read as text here, not in binary: {fix}")
        self.rows: list[tuple[object, ...]] = []
        self.waiting_bytes: int = 0
        self.error: QailError | None = None
        self.skipped_rows: int = 0
        self.names: Final = list(names)
        self._first: Final = chained(codecs)
        self._count: Final[i64] = len(codecs)
        self._row_number: i64 = 0
        self._has_header = False
        self._has_trailer = False
        self._pending: list[bytes] = []
        self._pending_bytes: i64 = 0
        self._needed_bytes: i64 = 0

    def take_copy_data(self, buffer: bytes, position: i64, end: i64) -> None:
        """Take `buffer[position:end]`: what is whole is decoded, the rest waits for more.

        Raises:
            ProtocolError: this is no binary COPY of these columns.
        """
        self.waiting_bytes += end - position
        if self._pending_bytes > 0:
            self._pending.append(buffer[position:end])
            self._pending_bytes += end - position
            if self._pending_bytes < self._needed_bytes:
                return
            # Joined only when the next row may be whole, so that many small pieces stay linear.
            buffer = b"".join(self._pending)
            self._pending = []
            position = 0
            end = len(buffer)
        position = self._take(buffer, position, end)
        self._pending_bytes = end - position
        if self._pending_bytes > 0:
            self._pending = [buffer[position:end]]

    def finish(self) -> None:
        """Check at CopyDone that nothing is missing.

        Raises:
            ProtocolError: the trailer has not come.
        """
        if not self._has_trailer:
            raise ProtocolError(f"binary COPY ended after {self._row_number} rows without its trailer")

    def _take(self, buffer: bytes, position: i64, end: i64) -> i64:
        """Decode what is whole at `buffer[position:end]`; the position behind it."""
        if not self._has_header:
            behind = self._take_header(buffer, position, end)
            if behind == position:
                return position
            position = behind
        while True:
            behind = self._row_end(buffer, position, end)
            if behind == position:
                return position
            if not self._has_trailer:
                self._take_row(buffer, position + COUNT_BYTES, behind)
            position = behind

    def _take_header(self, buffer: bytes, position: i64, end: i64) -> i64:
        self._needed_bytes = HEADER_BYTES
        if end - position < HEADER_BYTES:
            return position
        if buffer[position : position + len(COPY_SIGNATURE)] != COPY_SIGNATURE:
            raise ProtocolError("COPY data without the signature of the binary format")
        flags = i64(read_i32_be(buffer, position + 11)) & 0xFFFFFFFF
        extension_bytes = i64(read_i32_be(buffer, position + 15))
        # The upper half of the flags are those a reader has to know; OIDs (bit 16) ended with PostgreSQL 12.
        if flags > 0xFFFF or extension_bytes < 0 or extension_bytes > MAX_EXTENSION_BYTES:
            raise ProtocolError(f"binary COPY has flags {flags:#x} and claims {extension_bytes} bytes of extension")
        self._needed_bytes = HEADER_BYTES + extension_bytes
        if end - position < self._needed_bytes:
            return position
        self._has_header = True
        return position + self._needed_bytes

    def _row_end(self, buffer: bytes, position: i64, end: i64) -> i64:
        """The position behind the row or trailer at `position`; `position` itself when it is not whole yet."""
        start = position
        if end > position and self._has_trailer:
            raise ProtocolError(f"{end - position} bytes follow the trailer of binary COPY")
        self._needed_bytes = COUNT_BYTES
        if end - position < COUNT_BYTES:
            return start
        count = i64(read_i16_be(buffer, position))
        position += COUNT_BYTES
        if count == TRAILER_COUNT:
            self._has_trailer = True
            if end > position:
                raise ProtocolError(f"{end - position} bytes follow the trailer of binary COPY")
            return position
        if count != self._count:
            raise ProtocolError(f"a COPY row has {count} fields, and the table {self._count} columns")
        while count > 0:
            self._needed_bytes = position - start + LENGTH_BYTES
            if end - position < LENGTH_BYTES:
                return start
            length = i64(read_i32_be(buffer, position))
            if length < NULL_LENGTH:
                raise ProtocolError(f"a field of a COPY row claims {length} bytes")
            position += LENGTH_BYTES
            if length > end - position:
                self._needed_bytes = position - start + length
                return start
            if length > 0:
                position += length
            count -= 1
        return position

    def _take_row(self, buffer: bytes, position: i64, end: i64) -> None:
        self._row_number += 1
        if self.error is not None:
            self.skipped_rows += 1
            return
        try:
            row = decode_row(buffer, position, end, self._first)
        except ColumnError as error:
            index = error.column_index
            name = f'"{self.names[index]}"' if index < len(self.names) else str(index + 1)
            self.error = DecodeError(f"column {name} of row {self._row_number}: {error}")
            self.error.__cause__ = error.__cause__
            self.skipped_rows += 1
            return
        self.rows.append(row)


class CopyByteReader(RowSink):
    """Takes the CopyData of COPY TO STDOUT in any format, as it is: `rows` are their bodies, of `waiting_bytes`.

    In text and CSV the server sends a line in each, its end included.
    """

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.waiting_bytes: int = 0

    def take_copy_data(self, buffer: bytes, position: i64, end: i64) -> None:
        """Keep `buffer[position:end]`."""
        self.rows.append(buffer[position:end])
        self.waiting_bytes += end - position
