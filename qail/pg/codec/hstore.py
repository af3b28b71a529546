"""hstore: text to text or NULL, as a dict.

A value is Int32 count, then for each pair the key and the value as fields: Int32 length (-1: the value is NULL) and
UTF-8. The server keeps the pairs in an order of its own.

Source: contrib/hstore/hstore_io.c, hstore_send and hstore_recv
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import patch_i32
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES, text_from, text_of, utf8_of
from qail.pg.wire.constants import LENGTH_BYTES, NULL_LENGTH


class HstoreCodec(Codec):
    """hstore as dict[str, str | None]. Any Mapping of them is taken."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the pairs.

        Raises:
            EncodeError: no mapping; a key that is no str, a value that is neither str nor None; `out` is unchanged.
        """
        if not isinstance(value, Mapping):
            raise wrong_type(self.type_name, value, "a dict of str to str or None", "convert it with dict()")
        pairs = cast("Mapping[object, object]", value)
        start = len(out)
        try:
            write_i32_be(out, 0)  # the length, known at the end
            write_i32_be(out, i32(len(pairs)))
            for key, item in pairs.items():
                self._write_text(out, key)
                if item is None:
                    write_i32_be(out, NULL_LENGTH)
                else:
                    self._write_text(out, item)
        except EncodeError as error:
            out.truncate(start)
            raise EncodeError(f"in {self.type_name}: {error}") from None
        length = len(out) - start - LENGTH_BYTES
        if length > MAX_FIELD_BYTES:
            out.truncate(start)
            raise out_of_range(self.type_name, pairs, f"at most {MAX_FIELD_BYTES} bytes", "split it")
        patch_i32(out, start, length)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A dict.

        Raises:
            DecodeError: count, lengths and bytes disagree, a key is NULL, or something is not UTF-8.
        """
        end = position + length
        if length < LENGTH_BYTES:
            raise DecodeError(f"{self.type_name} has at least {LENGTH_BYTES} bytes, and {length} came")
        count = i64(read_i32_be(buffer, position))
        position += LENGTH_BYTES
        # Each pair has at least its two lengths.
        if count < 0 or count > (end - position) // (2 * LENGTH_BYTES):
            raise DecodeError(f"{self.type_name} claims {count} pairs in {length} bytes")
        found: dict[str, str | None] = {}
        while count > 0:
            key_bytes = self._field_length(buffer, position, end)
            position += LENGTH_BYTES
            if key_bytes == NULL_LENGTH:
                raise DecodeError(f"a key of {self.type_name} is NULL")
            key = text_from(self.type_name, buffer, position, position + key_bytes)
            position += key_bytes
            value_bytes = self._field_length(buffer, position, end)
            position += LENGTH_BYTES
            if value_bytes == NULL_LENGTH:
                found[key] = None
            else:
                found[key] = text_from(self.type_name, buffer, position, position + value_bytes)
                position += value_bytes
            count -= 1
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the last pair of {self.type_name}")
        return found

    def _write_text(self, out: BytesWriter, value: object) -> None:
        data = utf8_of("a key or value", text_of("a key or value", value))
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def _field_length(self, buffer: bytes, position: i64, end: i64) -> i64:
        """The length at `position`, which fits the bytes behind it, or -1."""
        if end - position < LENGTH_BYTES:
            raise DecodeError(f"{self.type_name} ends before its last pair")
        length = i64(read_i32_be(buffer, position))
        if length < NULL_LENGTH or length > end - position - LENGTH_BYTES:
            raise DecodeError(f"a field of {self.type_name} claims {length} of {end - position - LENGTH_BYTES} bytes")
        return length


EXTENSION_CODECS: Final[dict[str, Callable[[str, int], Codec]]] = {"hstore": HstoreCodec}
