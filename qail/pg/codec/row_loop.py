"""The loop over rows and their values: DataRow frames -> tuples, decoded where they lie.

Rule 1: every length is checked against the bytes that are left before it is used; nothing is allocated from it.
Rule 2: the loop itself keeps no count of columns: which one was at fault is found out where one was.
Rule 3: short ASCII text is cut out of a str that is made of many rows at once. It is never larger than twice what was
decoded before, so that a short answer pays nothing, and what is made in vain costs little beside what was of use.

Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from librt.strings import read_i16_be, read_i32_be, read_i64_be
from mypy_extensions import i64, mypyc_attr

from qail.errors import DecodeError, ProtocolError
from qail.pg.codec.base import Codec
from qail.pg.codec.chain import CodecLink
from qail.pg.codec.refusal import TypesNeeded, with_cause
from qail.pg.wire.constants import COUNT_BYTES, DATA_ROW, HEADER_BYTES, LENGTH_BYTES, MAX_FRAME_BYTES, NULL_LENGTH

# The length field of a DataRow without columns: itself and the count.
LEAST_LENGTH: Final = LENGTH_BYTES + COUNT_BYTES
# Longer text is decoded as fast by itself.
SHORT_TEXT_BYTES: Final = 127
LEAST_DECODED_BYTES: Final = 256
MOST_WINDOW_BYTES: Final = 16_384
# Rows with more bytes for each column of text gain nothing.
MOST_BYTES_A_TEXT: Final = 128
WORD_BYTES: Final = 8
# The upper bit of each byte, shifted down by two: a constant of more than 62 bits is an object, compiled.
UPPER_BITS: Final = 0x2020202020202020


@mypyc_attr(native_class=False)
class ColumnError(DecodeError):
    """A DecodeError that knows the number of its column, from 0, and what types are to be looked up."""

    def __init__(self, message: str, column_index: int, type_oids: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.column_index = column_index
        self.type_oids = list(type_oids)


def frame_end(buffer: bytes, position: i64, end: i64) -> i64:
    """The position behind the DataRow at `position`; `position` itself when no whole DataRow is there.

    Raises:
        ProtocolError: the frame's length cannot be.
    """
    if end - position < HEADER_BYTES or buffer[position] != DATA_ROW:
        return position
    length = i64(read_i32_be(buffer, position + 1))
    if length < LEAST_LENGTH or length > MAX_FRAME_BYTES:
        raise ProtocolError(f"DataRow claims a length of {length} bytes")
    # The length counts itself but not the type byte, hence 1.
    return position if length > end - position - 1 else position + 1 + length


def decode_run(buffer: bytes, position: i64, end: i64, columns: CodecLink, rows: list[tuple[object, ...]]) -> i64:
    """Append the rows of the whole DataRows at `buffer[position:end]` to `rows`; the position behind the last one.

    Args:
        columns: `chained` codecs.

    Raises:
        ColumnError: a value has no Python form; the rows before it are in `rows`.
        ProtocolError: lengths and counts disagree.
    """
    count: i64 = len(columns.slots)
    start = position
    text = ""
    text_start = position
    text_end = position if columns.text_columns > 0 else end
    while True:
        behind = frame_end(buffer, position, end)
        if behind == position:
            return position
        claimed = i64(read_i16_be(buffer, position + HEADER_BYTES)) & 0xFFFF
        if claimed != count:
            raise ProtocolError(f"DataRow has {claimed} columns, and {count} were described")
        if behind > text_end:
            size = window_bytes(position - start, behind - position, end - position, columns.text_columns)
            text_start = position
            text_end = position + size
            text = buffer[position:text_end].decode("latin-1") if size > 0 else ""
        position += HEADER_BYTES + COUNT_BYTES
        rows.append(decode_row(buffer, position, behind, columns, text, text_start))
        position = behind


def window_bytes(decoded: i64, row_bytes: i64, left: i64, text_columns: i64) -> i64:
    """How many bytes from here on are worth a str that short text is cut out of; 0 for none."""
    if decoded < LEAST_DECODED_BYTES or row_bytes > text_columns * MOST_BYTES_A_TEXT:
        return 0
    size = 2 * decoded
    if size > MOST_WINDOW_BYTES:
        size = MOST_WINDOW_BYTES
    if size > left:
        size = left
    return size if size >= row_bytes else 0


def decode_row(
    buffer: bytes, position: i64, end: i64, columns: CodecLink, text: str = "", text_start: i64 = 0
) -> tuple[object, ...]:
    """The fields at `buffer[position:end]`, one for each of `columns`.

    Args:
        columns: `chained` codecs.
        text: the characters of the buffer from `text_start` on, behind `end` at least, in Latin-1; or nothing.

    Raises:
        ColumnError: a value has no Python form.
        ProtocolError: a length and the bytes that are left disagree.
    """
    start = position
    column = columns
    slots = columns.slots
    length: i64 = 0
    try:
        # Made in its place: a list in between, a count and a test of the links would take a sixth more.
        row = tuple(
            (
                short_text(column.codec, buffer, position, length, text, text_start)
                if (column := column.next).is_text
                else column.codec.decode(buffer, position, length)
            )
            if (length := i64(read_i32_be(buffer, (position := position + length + LENGTH_BYTES) - LENGTH_BYTES))) >= 0
            and length <= end - position
            else passed((length := null_bytes(length, buffer, start, end, len(slots))), (column := column.next))
            for _ in slots
        )
    except DecodeError as error:
        needed = error.type_oids if isinstance(error, TypesNeeded) else []
        index = column_at(buffer, start, position)
        raise with_cause(ColumnError(str(error), index, needed), error.__cause__) from error.__cause__
    except IndexError:
        # A length beyond the end of the buffer.
        fault = fault_of(buffer, start, end, len(slots))
        if fault is None:
            raise
        raise fault from None
    if position + length != end:
        fault = fault_of(buffer, start, end, len(slots))
        assert fault is not None
        raise fault
    return row


def null_bytes(length: i64, buffer: bytes, start: i64, end: i64, count: i64) -> i64:
    """How many bytes the value of a NULL has, which is what `length` must then stand for.

    Raises:
        ProtocolError: it is another length.
    """
    if length != NULL_LENGTH:
        fault = fault_of(buffer, start, end, count)
        assert fault is not None
        raise fault
    return 0


def passed(length: i64, column: CodecLink) -> object:
    """NULL. The arguments are for what their making does."""
    return None


def short_text(codec: Codec, buffer: bytes, position: i64, length: i64, text: str, text_start: i64) -> object:
    """The text in `buffer[position:position + length]`, out of `text` where that is the same.

    Raises:
        DecodeError: not UTF-8.
    """
    if text and length <= SHORT_TEXT_BYTES and is_ascii(buffer, position, length):
        begin = position - text_start
        return text[begin : begin + length]
    return codec.decode(buffer, position, length)


def is_ascii(buffer: bytes, position: i64, length: i64) -> bool:
    """Whether `buffer[position:position + length]` is ASCII. At least seven bytes stand before it."""
    last = position + length - WORD_BYTES
    if length < WORD_BYTES:
        if length == 0:
            return True
        # Only the bytes of the value, which are the lower ones of a word that ends with it.
        mask: i64 = UPPER_BITS >> ((WORD_BYTES - length) << 3)
        return read_i64_be(buffer, last) >> 2 & mask == 0
    while position < last:
        if read_i64_be(buffer, position) >> 2 & UPPER_BITS != 0:
            return False
        position += WORD_BYTES
    return read_i64_be(buffer, last) >> 2 & UPPER_BITS == 0


def column_at(buffer: bytes, start: i64, value: i64) -> int:
    """The number of the column whose value begins at `value`, in a row whose fields begin at `start`."""
    index = 0
    while start + LENGTH_BYTES < value:
        length = i64(read_i32_be(buffer, start))
        start += LENGTH_BYTES
        if length > 0:
            start += length
        index += 1
    return index


def fault_of(buffer: bytes, position: i64, end: i64, count: i64) -> ProtocolError | None:
    """What is wrong with the lengths of the fields at `buffer[position:end]`; None where nothing is."""
    index: i64 = 0
    while index < count:
        left = end - position - LENGTH_BYTES
        if left < 0:
            return ProtocolError(f"column {index + 1} of {count} has no length")
        length = i64(read_i32_be(buffer, position))
        position += LENGTH_BYTES
        if length > left or length < NULL_LENGTH:
            return ProtocolError(f"column {index + 1} of {count} claims {length} of {left} bytes")
        if length > 0:
            position += length
        index += 1
    return None if position == end else ProtocolError(f"{end - position} bytes follow the last column of a DataRow")
