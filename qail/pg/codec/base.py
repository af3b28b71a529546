"""Codec: one PostgreSQL type's values, to and from bytes. The native base class of every family's codecs.

Rule 1: `encode` appends one field, Int32 length and then that many bytes: the form a value has alike in Bind, in a
COPY row and as an array element. NULL (length -1) is written by the caller; a codec never sees None.
Rule 2: `encode` checks the value before it writes: after an EncodeError `out` is as it was.
Rule 3: `decode` reads `buffer[position:position + length]` and nothing else; the caller has checked that it is there.
It raises DecodeError for bytes that are no value of the type, and keeps no reference to `buffer`.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

TEXT_FORMAT: Final = 0
BINARY_FORMAT: Final = 1


class Codec:
    """The base. `type_name` is PostgreSQL's name, for errors; `format_code` is 1 (binary) or 0 (text)."""

    __slots__ = ("format_code", "type_name", "type_oid")

    def __init__(self, type_name: str, type_oid: int, format_code: int = BINARY_FORMAT) -> None:
        self.type_name: Final = type_name
        self.type_oid: Final = type_oid
        self.format_code: Final = format_code

    def is_sequence_like(self) -> bool:
        """Whether a list or a tuple can be one value of this type: then it is no dimension of an array."""
        return False

    def is_plain_text(self) -> bool:
        """Whether `decode` takes any UTF-8 and gives it as a str, and does nothing else: a loop may then do it."""
        return False

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append `value` as one field: Int32 length, then the bytes.

        Raises:
            EncodeError: the value is not of the Python types this type takes, or out of its range; `out` is unchanged.
        """
        raise AssertionError("a codec defines encode")

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """The value in `buffer[position:position + length]`.

        Raises:
            DecodeError: these bytes are no value of the type.
        """
        raise AssertionError("a codec defines decode")
