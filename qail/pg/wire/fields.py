"""Checked readers and writers of the fields that messages are made of.

Rule 1: a reader looks at `buffer[position:end]` and nothing else; whatever the bytes are, it returns or raises
ProtocolError. Nothing is allocated from a length or count before the bytes it speaks of are known to be there.
Rule 2: a writer's checks come before its first byte: after an EncodeError `out` is as it was.
Rule 3: text is UTF-8 both ways. Our own text is refused when it cannot be written; a backend's text is decoded with
U+FFFD for what is no UTF-8 (before it knows our encoding, and from SQL_ASCII databases, it may send anything).

Source: protocol-message-types.html
"""

from __future__ import annotations

from librt.strings import BytesWriter, read_i16_be, read_i32_be, write_i16_be, write_i32_be
from mypy_extensions import i16, i32, i64, u8

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire.constants import (
    BINARY,
    COUNT_BYTES,
    INT32_MAX,
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    NULL_LENGTH,
    TEXT,
    UINT32_MAX,
)


def read_byte(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """The byte at `position`, 0..255.

    Raises:
        ProtocolError: `position` is not before `end`.
    """
    if end - position < 1:
        raise ProtocolError(f"{what} is missing")
    return i64(buffer[position])


def read_count(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """An Int16 count at `position`, unsigned: 0..65,535. The caller compares it with the bytes that are left.

    Raises:
        ProtocolError: fewer than two bytes are left.
    """
    if end - position < COUNT_BYTES:
        raise ProtocolError(f"the count of {what} is missing: {end - position} of {COUNT_BYTES} bytes are left")
    return i64(read_i16_be(buffer, position)) & 0xFFFF


def check_count(count: i64, item_bytes: i64, position: i64, end: i64, what: str) -> None:
    """Refuse a `count` of items, each of at least `item_bytes`, that cannot stand in `buffer[position:end]`.

    Raises:
        ProtocolError: there is no room for that many.
    """
    # Division, not multiplication: count may be any 32-bit number.
    if count < 0 or count > (end - position) // item_bytes:
        raise ProtocolError(f"{count} {what} are claimed in {end - position} bytes")


def read_i16(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """A signed Int16.

    Raises:
        ProtocolError: fewer than two bytes are left.
    """
    if end - position < 2:
        raise ProtocolError(f"{what} takes 2 bytes and {end - position} are left")
    return i64(read_i16_be(buffer, position))


def read_i32(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """A signed Int32.

    Raises:
        ProtocolError: fewer than four bytes are left.
    """
    if end - position < 4:
        raise ProtocolError(f"{what} takes 4 bytes and {end - position} are left")
    return i64(read_i32_be(buffer, position))


def read_u32(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """An unsigned Int32, as OIDs are.

    Raises:
        ProtocolError: fewer than four bytes are left.
    """
    return read_i32(buffer, position, end, what) & UINT32_MAX


def read_value_length(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """The Int32 length before a value at `position`: -1 for NULL, or 0..the number of bytes that follow it.

    Raises:
        ProtocolError: the length is below -1 or more than what is left.
    """
    length = read_i32(buffer, position, end, what)
    if length < NULL_LENGTH or length > end - position - LENGTH_BYTES:
        raise ProtocolError(f"{what} claims {length} of {end - position - LENGTH_BYTES} bytes")
    return length


def read_values(buffer: bytes, position: i64, end: i64, count: i64, what: str) -> list[bytes | None]:
    """`count` values, each an Int32 length (-1 is NULL) and its bytes, that fill `buffer[position:end]`.

    Raises:
        ProtocolError: a length is wrong, or bytes follow the last value.
    """
    position, values = take_values(buffer, position, end, count, what)
    check_consumed(position, end, what)
    return values


def take_values(buffer: bytes, position: i64, end: i64, count: i64, what: str) -> tuple[i64, list[bytes | None]]:
    """As `read_values`; returns also the position behind the last value, and lets bytes follow it."""
    check_count(count, LENGTH_BYTES, position, end, what)
    values: list[bytes | None] = []
    for _ in range(count):
        length = read_value_length(buffer, position, end, what)
        position += LENGTH_BYTES
        if length == NULL_LENGTH:
            values.append(None)
        else:
            values.append(buffer[position : position + length])
            position += length
    return position, values


def take_formats(buffer: bytes, position: i64, end: i64, what: str) -> tuple[i64, list[int]]:
    """An Int16 count and that many Int16 format codes; returns the position behind them, and the codes.

    Raises:
        ProtocolError: they do not fit, or a code is neither 0 nor 1.
    """
    count = read_count(buffer, position, end, what)
    position += COUNT_BYTES
    check_count(count, 2, position, end, what)
    formats: list[int] = []
    for _ in range(count):
        formats.append(int(check_format(read_i16(buffer, position, end, what), what)))
        position += 2
    return position, formats


def check_format(format_code: i64, what: str) -> i64:
    """`format_code`, which is 0 (text) or 1 (binary).

    Raises:
        ProtocolError: it is another number.
    """
    if format_code != TEXT and format_code != BINARY:
        raise ProtocolError(f"{what}: the format code is {format_code}, not 0 or 1")
    return format_code


def find_terminator(buffer: bytes, position: i64, end: i64, what: str) -> i64:
    """The offset of the NUL that ends the string at `position`.

    Raises:
        ProtocolError: there is none before `end`.
    """
    found: i64 = buffer.find(b"\0", position, end) if position < end else -1
    if found < 0:
        raise ProtocolError(f"{what} is not terminated")
    return found


def decode_backend_text(raw: bytes) -> str:
    """Text as a backend sent it, with U+FFFD for bytes that are no UTF-8 (rule 3). Never raises."""
    return raw.decode("utf-8", "replace")


def decode_frontend_text(raw: bytes, what: str) -> str:
    """Text as a frontend sent it.

    Raises:
        ProtocolError: it is not UTF-8.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError(f"{what} is not UTF-8") from None


def take_frontend_string(buffer: bytes, position: i64, end: i64, what: str) -> tuple[i64, bytes]:
    """A frontend's string as bytes, without its NUL, and the position behind the NUL.

    Raises:
        ProtocolError: it is not terminated or not UTF-8.
    """
    stop = find_terminator(buffer, position, end, what)
    raw = buffer[position:stop]
    if not raw.isascii():
        decode_frontend_text(raw, what)
    return stop + 1, raw


def check_consumed(position: i64, end: i64, what: str) -> None:
    """Refuse bytes behind the last field.

    Raises:
        ProtocolError: `position` is not `end`.
    """
    if position != end:
        raise ProtocolError(f"{end - position} bytes follow the end of {what}")


def encode_cstring(text: str | bytes, what: str) -> bytes:
    """`text` as the bytes of a cstring, without the NUL that ends it.

    Raises:
        EncodeError: it holds NUL or a lone surrogate, or it is bytes that are no UTF-8.
    """
    if isinstance(text, str):
        try:
            raw = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise EncodeError(
                f"{what} has a lone surrogate at character {error.start}; UTF-8 has no form for it"
            ) from None
    else:
        raw = own_bytes(text)
        check_utf8(raw, what)
    found = raw.find(b"\0")
    if found >= 0:
        raise EncodeError(f"{what} has a NUL byte at offset {found}; a string of the protocol ends there")
    return raw


def own_bytes(raw: bytes) -> bytes:
    """`raw` itself, or plain bytes with its content when it is of a subclass, whose `len()` may say anything."""
    return raw if type(raw) is bytes else b"".join([raw])


def check_utf8(raw: bytes, what: str) -> None:
    """Refuse bytes that are no UTF-8.

    Raises:
        EncodeError: they are not.
    """
    if raw.isascii():
        return
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodeError(f"{what} is not UTF-8 from byte {error.start} on") from None


def write_cstring(out: BytesWriter, text: str | bytes, what: str) -> None:
    """Append `text` and the NUL that ends it. `what` names the thing in errors.

    Raises:
        EncodeError: it holds NUL or a lone surrogate, or it is bytes that are no UTF-8; `out` is unchanged.
    """
    write_string(out, encode_cstring(text, what))


def write_string(out: BytesWriter, raw: bytes) -> None:
    """Append bytes that `encode_cstring` has passed, and a NUL."""
    out.write(raw)
    out.append(0)


def write_header(out: BytesWriter, type_code: u8, body_bytes: i64, limit: i64 = MAX_FRAME_BYTES) -> None:
    """Append a type byte and the Int32 length of a frame whose body has `body_bytes`.

    Raises:
        EncodeError: the length, which counts itself, would be above `limit`; `out` is unchanged.
    """
    check_frame_bytes(body_bytes, limit)
    out.append(type_code)
    write_i32_be(out, i32(body_bytes + LENGTH_BYTES))


def check_frame_bytes(body_bytes: i64, limit: i64) -> None:
    """Refuse a body with which the frame's length, which counts itself, is above `limit`.

    Raises:
        EncodeError: it is.
    """
    if body_bytes > limit - LENGTH_BYTES:
        raise EncodeError(f"a message of {body_bytes} bytes is above the limit of {limit - LENGTH_BYTES}")


def patch_length(out: BytesWriter, start: i64) -> None:
    """Set the length of the frame that begins at `start` (its type byte) and ends where `out` ends.

    Raises:
        EncodeError: it is above 1 GiB - 1; the frame is removed: `out` ends at `start` again.
    """
    length = i64(len(out)) - start - 1
    if length > MAX_FRAME_BYTES:
        out.truncate(start)
        raise EncodeError(f"a message of {length} bytes is above the limit of {MAX_FRAME_BYTES}")
    out[start + 1] = u8((length >> 24) & 0xFF)
    out[start + 2] = u8((length >> 16) & 0xFF)
    out[start + 3] = u8((length >> 8) & 0xFF)
    out[start + 4] = u8(length & 0xFF)


def check_range(value: int, least: int, greatest: int, what: str) -> None:
    """Refuse an integer that its field cannot hold.

    Raises:
        EncodeError: `value` is not in `least..greatest`.
    """
    if value < least or value > greatest:
        raise EncodeError(f"{what} is {value}, outside {least}..{greatest}")


def check_formats(formats: list[int], count: i64, what: str) -> None:
    """Refuse format codes that no Bind can carry for `count` values: none, one for all, or one for each.

    Raises:
        EncodeError: another number of codes, or a code that is neither 0 nor 1.
    """
    if len(formats) > 1 and len(formats) != count:
        raise EncodeError(f"{len(formats)} format codes for {count} {what}")
    for format_code in formats:
        check_range(format_code, TEXT, BINARY, f"a format code of {what}")


def write_u16(out: BytesWriter, value: i64) -> None:
    """Append an unsigned Int16; the caller has checked that it is 0..65,535."""
    write_i16_be(out, i16(value - 0x1_0000 if value > 0x7FFF else value))


def write_u32(out: BytesWriter, value: i64) -> None:
    """Append an unsigned Int32; the caller has checked that it is 0..4,294,967,295."""
    write_i32_be(out, i32(value - 0x1_0000_0000 if value > INT32_MAX else value))


def write_formats(out: BytesWriter, formats: list[int]) -> None:
    """Append an Int16 count and the codes, which `check_formats` has passed."""
    write_u16(out, len(formats))
    for format_code in formats:
        write_u16(out, format_code)


def values_bytes(values: list[bytes | None]) -> i64:
    """The bytes that `write_values` will append."""
    total: i64 = LENGTH_BYTES * len(values)
    for value in values:
        if value is not None:
            total += len(own_bytes(value))
    return total


def write_values(out: BytesWriter, values: list[bytes | None]) -> None:
    """Append each value: Int32 length (-1 is NULL) and its bytes. The caller has checked their `values_bytes`."""
    for value in values:
        if value is None:
            write_i32_be(out, NULL_LENGTH)
        else:
            raw = own_bytes(value)
            write_i32_be(out, i32(len(raw)))
            out.write(raw)
