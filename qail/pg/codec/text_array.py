"""Arrays in text format, for elements that have no binary codec: PostgreSQL's array literals, read and written exactly.

`{1,"two words",NULL}`, nested by dimension, with `[0:2]=` ahead where a lower bound is not 1; elements are separated by
the element type's delimiter, which is `;` for box and `,` for all others. A backslash takes the next byte as it is.

Rule 1: time is linear in the bytes, and nothing is built from a claimed bound: `[1:2147483647]={}` is refused.
Rule 2: what is written is always quoted, so that no element can be taken for anything else; NULL never is.

Source: src/backend/utils/adt/arrayfuncs.c, array_in and array_out; arrays.html#ARRAYS-IO
"""

from __future__ import annotations

import re
from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import MAX_DIMENSIONS, PgArray, bounds_of, items_of, nested_items_of, sizes_of
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.integer import INT4_MAX, INT4_MIN
from qail.pg.codec.refusal import decode_inside, encode_inside, out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES
from qail.pg.wire.constants import LENGTH_BYTES

BOX_OID: Final = 603
"""The one built-in type with another delimiter."""
QUOTE: Final = ord('"')
BACKSLASH: Final = ord("\\")
OPEN: Final = ord("{")
CLOSE: Final = ord("}")
BLANKS: Final = b" \t\n\r\v\f"
_PG_ARRAY: Final = PgArray
_QUOTE_OR_ESCAPE: Final = re.compile(rb'["\\]')
# The bounds of one dimension; the digits are bounded, so that no number is large.
_BOUNDS: Final = re.compile(rb"\[([+-]?[0-9]{1,10}):([+-]?[0-9]{1,10})\]")


class TextArrayCodec(Codec):
    """An array over `element`, whose codec is one of text."""

    def __init__(self, type_name: str, type_oid: int, element: Codec, delimiter: str = ",") -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)
        self.element: Final = element
        self.delimiter: Final = delimiter
        self._is_of_sequences: Final = element.is_sequence_like()

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the literal.

        Raises:
            EncodeError: no sequence, ragged, deeper than 6, or an element that does not fit; `out` is unchanged.
        """
        items = items_of(value)
        if items is None:
            raise wrong_type(self.type_name, value, "a list or another sequence", "put it into a list")
        most = MAX_DIMENSIONS
        if self._is_of_sequences:
            most = len(value.lower_bounds) if isinstance(value, _PG_ARRAY) else 1
        sizes = sizes_of(self.type_name, items, most)
        bounds = bounds_of(self.type_name, value, sizes)
        text = BytesWriter()
        for size, bound in zip(sizes, bounds, strict=True):
            if bounds != [1] * len(bounds):
                text.write(f"[{bound}:{bound + size - 1}]".encode())
        if len(text):
            text.append(u8(ord("=")))
        try:
            self._write_items(text, items, sizes, 0)
        except EncodeError as error:
            raise encode_inside(error, self.type_name) from error.__cause__
        if len(text) > MAX_FIELD_BYTES:
            raise out_of_range(self.type_name, value, f"at most {MAX_FIELD_BYTES} bytes", "split it")
        write_i32_be(out, i32(len(text)))
        out.write(text.getvalue())

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A list, nested by dimension; a PgArray when a lower bound is not 1.

        Raises:
            DecodeError: no array literal, or an element is no value of its type.
        """
        reader = _Reader(self.type_name, self.element, self.delimiter, buffer[position : position + length])
        try:
            return reader.read(is_of_sequences=self._is_of_sequences)
        except DecodeError as error:
            raise decode_inside(error, self.type_name) from error.__cause__

    def _write_items(self, text: BytesWriter, items: list[object], sizes: list[int], depth: i64) -> None:
        delimiter = self.delimiter.encode()
        text.append(u8(OPEN))
        is_first = True
        for item in items:
            if not is_first:
                text.write(delimiter)
            is_first = False
            if depth + 1 < len(sizes):
                inner = nested_items_of(item)
                if inner is None or len(inner) != sizes[depth + 1]:
                    raise wrong_type("a dimension", item, f"lists of {sizes[depth + 1]} items", "make them one size")
                self._write_items(text, inner, sizes, depth + 1)
            elif item is None:
                text.write(b"NULL")
            else:
                text.append(u8(QUOTE))
                text.write(text_of_field(self.element, item).replace(b"\\", b"\\\\").replace(b'"', b'\\"'))
                text.append(u8(QUOTE))
        text.append(u8(CLOSE))


def text_of_field(codec: Codec, value: object) -> bytes:
    """What `codec` writes for `value`, without the length. Raises EncodeError."""
    out = BytesWriter()
    codec.encode(out, value)
    return out.getvalue()[LENGTH_BYTES:]


class _Reader:
    """One literal, read from left to right."""

    def __init__(self, type_name: str, element: Codec, delimiter: str, data: bytes) -> None:
        self._type_name: Final = type_name
        self._element: Final = element
        self._delimiter: Final = ord(delimiter)
        # Where an element without quotes ends.
        self._stop: Final = re.compile(rb'[{}"\\' + re.escape(delimiter.encode()) + rb"]")
        self._data: Final = data
        self._position = 0
        self._sizes: list[int] = []
        self._leaf_depth = -1

    def read(self, *, is_of_sequences: bool) -> object:
        """The whole array."""
        bounds, claimed = self._read_bounds()
        self._skip_blanks()
        if self._peek() != OPEN:
            raise DecodeError("no array literal")
        items = self._read_level(0)
        self._skip_blanks()
        if self._position != len(self._data):
            raise DecodeError(f"{len(self._data) - self._position} bytes follow the array")
        sizes = self._sizes
        if sizes == [0]:
            sizes = []
        if bounds and claimed != sizes:
            raise DecodeError(f"the dimensions {claimed} are written ahead of an array of {sizes}")
        if not sizes:
            return items
        if any(bound != 1 for bound in bounds):
            return PgArray(items, bounds)
        if is_of_sequences and len(sizes) > 1:
            return PgArray(items, [1] * len(sizes))
        return items

    def _read_bounds(self) -> tuple[list[int], list[int]]:
        """The lower bounds and the sizes that stand ahead; nothing where nothing does."""
        bounds: list[int] = []
        sizes: list[int] = []
        self._skip_blanks()
        while self._peek() == ord("["):
            found = _BOUNDS.match(self._data, self._position)
            if found is None or len(bounds) == MAX_DIMENSIONS:
                raise DecodeError("no array literal: its dimensions cannot be read")
            low, high = int(found[1]), int(found[2])
            if not INT4_MIN <= low <= high <= INT4_MAX:
                raise DecodeError(f"a dimension cannot go from {low} to {high}")
            bounds.append(low)
            sizes.append(high - low + 1)
            self._position = found.end()
        if bounds:
            self._skip_blanks()
            if self._peek() != ord("="):
                raise DecodeError("no array literal: no = behind its dimensions")
            self._position += 1
        return bounds, sizes

    def _read_level(self, depth: int) -> list[object]:
        """One `{...}`; the position is at its brace."""
        if depth == MAX_DIMENSIONS:
            raise DecodeError(f"an array has at most {MAX_DIMENSIONS} dimensions")
        self._position += 1
        items: list[object] = []
        self._skip_blanks()
        if self._peek() == CLOSE:
            if depth > 0:
                raise DecodeError("an empty dimension inside another one")
            self._position += 1
            self._sizes = [0]
            return items
        while True:
            items.append(self._read_item(depth))
            self._skip_blanks()
            code = self._peek()
            self._position += 1
            if code == CLOSE:
                break
            if code != self._delimiter:
                raise DecodeError(f"no delimiter at byte {self._position}")
        self._close_level(depth, len(items))
        return items

    def _close_level(self, depth: int, size: int) -> None:
        """Every list of one depth has one size."""
        sizes = self._sizes
        while len(sizes) <= depth:
            sizes.append(-1)
        if sizes[depth] not in (-1, size):
            raise DecodeError("its dimensions are ragged")
        sizes[depth] = size

    def _read_item(self, depth: int) -> object:
        self._skip_blanks()
        code = self._peek()
        if code == OPEN:
            if 0 <= self._leaf_depth <= depth:
                raise DecodeError("its dimensions are ragged")
            return self._read_level(depth + 1)
        if self._leaf_depth < 0:
            self._leaf_depth = depth
        elif depth != self._leaf_depth:
            raise DecodeError("its dimensions are ragged")
        if code == QUOTE:
            return self._decoded(self._read_quoted())
        return self._read_plain()

    def _read_quoted(self) -> bytes:
        data = self._data
        pieces: list[bytes] = []
        start = self._position + 1
        while True:
            found = _QUOTE_OR_ESCAPE.search(data, start)
            if found is None:
                raise DecodeError("an element's quotes are not closed")
            pieces.append(data[start : found.start()])
            start = found.end()
            if found[0] == b'"':
                self._position = start
                return b"".join(pieces)
            pieces.append(data[start : start + 1])
            start += 1

    def _read_plain(self) -> object:
        data = self._data
        pieces: list[bytes] = []
        start = self._position
        is_escaped = False
        while True:
            found = self._stop.search(data, start)
            if found is None or found[0] in (b"{", b'"'):
                raise DecodeError("an element is not closed")
            pieces.append(data[start : found.start()])
            if found[0] != b"\\":
                break
            is_escaped = True
            pieces.append(data[found.end() : found.end() + 1])
            start = found.end() + 1
        self._position = found.start()
        text = b"".join(pieces)
        if not is_escaped:
            text = text.rstrip(BLANKS)
            if text.upper() == b"NULL":
                return None
        if not text:
            raise DecodeError("an element without quotes is empty")
        return self._decoded(text)

    def _decoded(self, data: bytes) -> object:
        return self._element.decode(data, 0, len(data))

    def _peek(self) -> int:
        """The byte at the position; -1 at the end."""
        return self._data[self._position] if self._position < len(self._data) else -1

    def _skip_blanks(self) -> None:
        data = self._data
        while self._position < len(data) and data[self._position] in BLANKS:
            self._position += 1
