"""text, varchar, bpchar, name, xml, unknown and text-like extension types; and "char", which is one byte.

Rule 1: text is UTF-8 without NUL, because the server stores no NUL and we agreed on client_encoding UTF8.
Rule 2: nothing is cut: a name has 63 bytes at most. What a type pads or cuts by its own modifier, as char(3) and
varchar(3) do, is the server's to decide.
Rule 3: the server believes an XML declaration in binary xml about its encoding; so it must be the true one, UTF-8.

Source: src/backend/utils/adt/varlena.c, textsend and textrecv; src/backend/utils/adt/char.c, charsend and charrecv;
src/backend/utils/adt/name.c, namerecv; src/backend/utils/adt/xml.c, xml_recv; contrib/citext
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final

from librt.strings import BytesWriter, write_i32_be, write_i64_be
from mypy_extensions import i32, i64, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.refusal import SINGLE_VALUES, out_of_range, short_repr, wrong_length, wrong_type

# 1 GiB - 1: the largest frame a server takes, and the largest field it stores (MaxAllocSize in memutils.h).
MAX_FIELD_BYTES: Final = 0x3FFFFFFF
# NAMEDATALEN is 64, with the NUL at the end.
MAX_NAME_BYTES: Final = 63
# Of jsonpath, ltree, lquery and ltxtquery.
TEXT_VERSION: Final = 1
# Up to here a text is written faster by its characters than by way of bytes.
FEW_CHARACTERS: Final = 12
WORD_BYTES: Final = 8
ONES: Final = 0x0101010101010101
# The upper bit of each byte, shifted down by two: a constant of more than 62 bits is an object, compiled.
UPPER_BITS: Final = 0x2020202020202020
# What a byte of "char" stands for.
CHARACTERS: Final[list[str]] = ["", *[chr(code) for code in range(1, 256)]]
_XML_ENCODING: Final = re.compile(r"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)""")
# As pg_char_to_encoding compares names.
_NO_ALPHANUMERIC: Final = re.compile("[^0-9A-Za-z]")


def text_of(type_name: str, value: object) -> str:
    """`value` as text: a str, or an Enum whose value is one.

    Raises:
        EncodeError: it is neither.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Enum):
        inner: object = value.value
        if isinstance(inner, str):
            return inner
    fix = "decode it first" if isinstance(value, SINGLE_VALUES) else "convert it with str()"
    raise wrong_type(type_name, value, "str", fix)


def utf8_of(type_name: str, text: str) -> bytes:
    """`text` in UTF-8.

    Raises:
        EncodeError: it holds NUL or a surrogate, or is longer than a field may be.
    """
    if "\0" in text:
        raise EncodeError(f"{type_name} takes no NUL character, as in str {short_repr(text)}: remove it, or use bytea")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise EncodeError(
            f"{type_name} takes Unicode text, and character {error.start} of str {short_repr(text)} is a surrogate: "
            "decode the text with the right encoding, or use bytea"
        ) from None
    if len(data) > MAX_FIELD_BYTES:
        raise out_of_range(type_name, text, f"at most {MAX_FIELD_BYTES} bytes", "split it")
    return data


def write_text(out: BytesWriter, type_name: str, text: str) -> None:
    """Append `text` as one field of UTF-8.

    Raises:
        EncodeError: it holds NUL or a surrogate, or is longer than a field may be; `out` is unchanged.
    """
    size: i64 = len(text)
    if size <= FEW_CHARACTERS:
        start = len(out)
        write_i32_be(out, i32(size))
        index: i64 = 0
        if size >= WORD_BYTES:
            a: i64 = ord(text[0])
            b: i64 = ord(text[1])
            c: i64 = ord(text[2])
            d: i64 = ord(text[3])
            e: i64 = ord(text[4])
            f: i64 = ord(text[5])
            g: i64 = ord(text[6])
            h: i64 = ord(text[7])
            word = a << 56 | b << 48 | c << 40 | d << 32 | e << 24 | f << 16 | g << 8 | h
            # ASCII, of which taking one away sets an upper bit of NUL alone. Another one keeps the loop from ending.
            if (a | b | c | d | e | f | g | h) <= 0x7F and (word - ONES) >> 2 & UPPER_BITS == 0:
                write_i64_be(out, word)
                index = WORD_BYTES
        while index < size:
            code: i64 = ord(text[index])
            if code == 0 or code > 0x7F:
                break
            out.append(u8(code))
            index += 1
        else:
            return
        out.truncate(start)
    data = utf8_of(type_name, text)
    write_i32_be(out, i32(len(data)))
    out.write(data)


def text_from(type_name: str, buffer: bytes, start: i64, end: i64) -> str:
    """The text in `buffer[start:end]`.

    Raises:
        DecodeError: not UTF-8.
    """
    try:
        return buffer[start:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError(f"{type_name} is not UTF-8 at byte {error.start} of {end - start}") from None


def check_version(type_name: str, version: i64, buffer: bytes, position: i64, length: i64) -> None:
    """Check the first byte of a value whose form has a version.

    Raises:
        DecodeError: it is another one, or there is none.
    """
    if length < 1:
        raise DecodeError(f"{type_name} starts with a version, and no bytes came")
    if buffer[position] != version:
        raise DecodeError(f"{type_name} came in version {buffer[position]}, and {version} is known")


class TextCodec(Codec):
    """Text as str; an Enum with a str value is taken as that value."""

    def is_plain_text(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append UTF-8.

        Raises:
            EncodeError: `value` is no str, or holds NUL or a surrogate.
        """
        write_text(out, self.type_name, value if isinstance(value, str) else text_of(self.type_name, value))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A str.

        Raises:
            DecodeError: not UTF-8.
        """
        try:
            return buffer[position : position + length].decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(f"{self.type_name} is not UTF-8 at byte {error.start} of {length}") from None


class NameCodec(TextCodec):
    """name: text of at most 63 bytes; the server would cut a longer one."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append UTF-8.

        Raises:
            EncodeError: `value` is no str, holds NUL or a surrogate, or is too long.
        """
        text = value if isinstance(value, str) else text_of(self.type_name, value)
        if len(text) <= FEW_CHARACTERS:
            # A character has four bytes at most, so these cannot be too many.
            write_text(out, self.type_name, text)
            return
        data = utf8_of(self.type_name, text)
        if len(data) > MAX_NAME_BYTES:
            raise out_of_range(self.type_name, value, f"at most {MAX_NAME_BYTES} bytes", "shorten it, or use text")
        write_i32_be(out, i32(len(data)))
        out.write(data)


class XmlCodec(TextCodec):
    """xml: text. The server drops a declaration's encoding from what it gives."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append UTF-8.

        Raises:
            EncodeError: `value` is no str, holds NUL or a surrogate, or declares another encoding than it is sent in.
        """
        text = text_of(self.type_name, value)
        declared = _XML_ENCODING.match(text)
        if declared is not None and _NO_ALPHANUMERIC.sub("", declared[1]).lower() not in ("utf8", "unicode"):
            raise EncodeError(
                f"{self.type_name} is sent in UTF-8, and str {short_repr(text)} declares another encoding, "
                "which the server would believe: take it out of the declaration"
            )
        data = utf8_of(self.type_name, text)
        write_i32_be(out, i32(len(data)))
        out.write(data)


class PlainTextCodec(Codec):
    """A type that has no binary form: its text, which the server reads and writes."""

    def __init__(self, type_name: str, type_oid: int) -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)

    def is_plain_text(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the text.

        Raises:
            EncodeError: `value` is no str, or holds NUL or a surrogate.
        """
        data = utf8_of(self.type_name, text_of(self.type_name, value))
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A str.

        Raises:
            DecodeError: not UTF-8.
        """
        return text_from(self.type_name, buffer, position, position + length)


class VersionedTextCodec(Codec):
    """A type whose binary form is its text behind a version byte."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the version and UTF-8.

        Raises:
            EncodeError: `value` is no str, or holds NUL or a surrogate.
        """
        data = utf8_of(self.type_name, text_of(self.type_name, value))
        if len(data) == MAX_FIELD_BYTES:
            raise out_of_range(self.type_name, value, f"at most {MAX_FIELD_BYTES - 1} bytes", "split it")
        write_i32_be(out, i32(len(data) + 1))
        out.append(u8(TEXT_VERSION))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A str.

        Raises:
            DecodeError: another version, or not UTF-8.
        """
        check_version(self.type_name, TEXT_VERSION, buffer, position, length)
        return text_from(self.type_name, buffer, position + 1, position + length)


class ByteCharCodec(Codec):
    """ "char", the one-byte type of the catalogs, as a str of one character up to U+00FF.

    The byte 0 is the empty str, as in the server's own text form. psycopg and asyncpg give bytes or text here; we
    keep every byte and the type table's str.
    """

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append one byte.

        Raises:
            EncodeError: `value` is no str of at most one character from U+0001 to U+00FF.
        """
        text = text_of(self.type_name, value)
        if not text:
            code = 0
        elif len(text) == 1 and 0 < ord(text) <= 0xFF:
            code = ord(text)
        else:
            raise out_of_range(self.type_name, value, "one character, U+0001 to U+00FF", "use text or a shorter str")
        write_i32_be(out, 1)
        out.append(u8(code))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A str of one character, or "" for the byte 0.

        Raises:
            DecodeError: not one byte.
        """
        if length != 1:
            raise wrong_length(self.type_name, 1, length)
        return CHARACTERS[i64(buffer[position])]


CODECS: Final[list[Codec]] = [
    ByteCharCodec('"char"', 18),
    NameCodec("name", 19),
    TextCodec("text", 25),
    XmlCodec("xml", 142),
    TextCodec("unknown", 705),
    TextCodec("bpchar", 1042),
    TextCodec("varchar", 1043),
]
EXTENSION_CODECS: Final[dict[str, Callable[[str, int], Codec]]] = {
    "citext": TextCodec,
    "query_int": PlainTextCodec,
    "seg": PlainTextCodec,
}
