"""Ranges and multiranges in text format, for subtypes that have no binary codec: PostgreSQL's literals.

`[1,5)`, `(,"a b"]`, `empty`; and `{[1,5),[7,9)}`. A bound in quotes doubles a quote, or has a backslash ahead of it.

Rule: time is linear in the bytes.

Source: src/backend/utils/adt/rangetypes.c, range_parse and range_deparse; multirangetypes.c, multirange_in
"""

from __future__ import annotations

import re
from typing import Any, Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import items_of
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.multirange import Multirange, is_multirange
from qail.pg.codec.range import EMPTY, LOWER_INCLUSIVE, UPPER_INCLUSIVE, Range, is_range, made_range
from qail.pg.codec.refusal import decode_inside, encode_inside, wrong_type
from qail.pg.codec.text_array import text_of_field

# A bound: quoted and plain pieces, up to what ends it.
_PIECE: Final = re.compile(rb'"((?:[^"\\]++|\\.|"")*+)"|\\(.)|([^"\\,()\[\]]++)', re.DOTALL)
_ESCAPED: Final = re.compile(rb'\\(.)|"(")', re.DOTALL)


class TextRangeCodec(Codec):
    """A range type over a subtype with a text codec."""

    def __init__(self, type_name: str, type_oid: int, subtype: Codec) -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)
        self.subtype: Final = subtype

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the literal.

        Raises:
            EncodeError: no Range, or a bound that does not fit the subtype; `out` is unchanged.
        """
        if not is_range(value):
            raise wrong_type(self.type_name, value, "a Range", "pass qail.Range(lower, upper)")
        if value.is_empty:
            text = b"empty"
        else:
            bounds = value.bounds.encode()
            text = (
                bounds[:1] + self._bound(value.lower, "lower") + b"," + self._bound(value.upper, "upper") + bounds[1:]
            )
        write_i32_be(out, i32(len(text)))
        out.write(text)

    def _bound(self, value: object, which: str) -> bytes:
        if value is None:
            return b""
        try:
            text = text_of_field(self.subtype, value)
        except EncodeError as error:
            raise encode_inside(error, f"the {which} bound of {self.type_name}") from error.__cause__
        return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'""') + b'"'

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Range.

        Raises:
            DecodeError: no range literal, or a bound is no value of the subtype.
        """
        data = buffer[position : position + length]
        found, end = self.read(data, 0)
        if end != len(data):
            raise DecodeError(f"{len(data) - end} bytes follow the bounds of {self.type_name}")
        return found

    def read(self, data: bytes, start: int) -> tuple[Range[Any], int]:
        """The range literal at `start`, and where it ends. Raises DecodeError."""
        if data[start : start + 5].lower() == b"empty":
            return made_range(None, None, EMPTY), start + 5
        opening = data[start : start + 1]
        lower, position = self._read_bound(data, start + 1, "lower")
        upper, end = self._read_bound(data, position + 1, "upper")
        closing = data[end : end + 1]
        if opening not in (b"[", b"(") or data[position : position + 1] != b"," or closing not in (b"]", b")"):
            raise DecodeError(f"{self.type_name} came as no range literal")
        flags = (LOWER_INCLUSIVE if opening == b"[" else 0) | (UPPER_INCLUSIVE if closing == b"]" else 0)
        return made_range(lower, upper, flags), end + 1

    def _read_bound(self, data: bytes, start: int, which: str) -> tuple[object, int]:
        """A bound, None where there is none, and the position of what ends it."""
        position = start
        pieces: list[bytes] = []
        while (found := _PIECE.match(data, position)) is not None:
            quoted, escaped, plain = found.groups()
            if quoted is not None:
                pieces.append(_ESCAPED.sub(_unescaped, quoted) if b"\\" in quoted or b'"' in quoted else quoted)
            else:
                pieces.append(escaped if escaped is not None else plain)
            position = found.end()
        if position == start:
            return None, position
        text = b"".join(pieces)
        try:
            return self.subtype.decode(text, 0, len(text)), position
        except DecodeError as error:
            raise decode_inside(error, f"the {which} bound of {self.type_name}") from error.__cause__


def _unescaped(found: re.Match[bytes]) -> bytes:
    return found[1] or found[2]


class TextMultirangeCodec(Codec):
    """A multirange type whose range is one of text."""

    def __init__(self, type_name: str, type_oid: int, member: TextRangeCodec) -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)
        self.member: Final = member

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the literal.

        Raises:
            EncodeError: no sequence of ranges, or one that does not fit; `out` is unchanged.
        """
        items: list[object] | None = list(value) if is_multirange(value) else items_of(value)
        if items is None:
            fix = "pass qail.Multirange([Range(lower, upper), ...])"
            raise wrong_type(self.type_name, value, "a Multirange or a list of Range objects", fix)
        try:
            text = b"{" + b",".join([text_of_field(self.member, item) for item in items]) + b"}"
        except EncodeError as error:
            raise encode_inside(error, self.type_name) from error.__cause__
        write_i32_be(out, i32(len(text)))
        out.write(text)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Multirange.

        Raises:
            DecodeError: no multirange literal, or a range is none.
        """
        data = buffer[position : position + length]
        if data[:1] != b"{" or data[-1:] != b"}":
            raise DecodeError(f"{self.type_name} came as no multirange literal")
        ranges: list[Range[Any]] = []
        at = 1
        try:
            while at < len(data) - 1:
                found, at = self.member.read(data, at)
                ranges.append(found)
                if data[at : at + 1] not in (b",", b"}"):
                    raise DecodeError("no comma between its ranges")
                at += 1
        except DecodeError as error:
            raise decode_inside(error, self.type_name) from error.__cause__
        return Multirange(ranges)
