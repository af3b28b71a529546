"""int2, int4, int8, oid, xid, cid, xid8: big-endian integers, the last four unsigned.

Rule: a bool is no int, although Python says so; a value outside the type's range is refused, never wrapped.

Source: src/backend/utils/adt/int.c, int8.c, oid.c and xid.c, the send and recv functions
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i16_be, read_i32_be, read_i64_be, write_i16_be, write_i32_be, write_i64_be
from mypy_extensions import i16, i32, i64

from qail.errors import EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, wrong_length, wrong_type

INT2_MIN: Final = -(2**15)
INT2_MAX: Final = 2**15 - 1
INT4_MIN: Final = -(2**31)
INT4_MAX: Final = 2**31 - 1
INT8_MIN: Final = -(2**63)
INT8_MAX: Final = 2**63 - 1
UINT4_MAX: Final = 2**32 - 1
UINT8_MAX: Final = 2**64 - 1
# Within these bounds mypyc compares unboxed; they are 62 bits because its integers carry a tag.
SHORT_MIN: Final = -(2**62)
SHORT_MAX: Final = 2**62 - 1


def refuse_integer(type_name: str, value: object, low: int, high: int) -> EncodeError:
    """Say why `value` is no integer between `low` and `high`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return out_of_range(type_name, value, f"{low} to {high}", "use a wider type or check the value")
    return wrong_type(type_name, value, "int", "pass an int" if isinstance(value, bool) else "convert it with int()")


class Int2Codec(Codec):
    """int2 as int."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append two bytes.

        Raises:
            EncodeError: `value` is no int, or outside -32768 to 32767.
        """
        if not isinstance(value, int) or isinstance(value, bool) or not INT2_MIN <= value <= INT2_MAX:
            raise refuse_integer(self.type_name, value, INT2_MIN, INT2_MAX)
        write_i32_be(out, 2)
        write_i16_be(out, i16(value))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Int16.

        Raises:
            DecodeError: not two bytes.
        """
        if length != 2:
            raise wrong_length(self.type_name, 2, length)
        return i64(read_i16_be(buffer, position))


class Int4Codec(Codec):
    """int4 as int."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append four bytes.

        Raises:
            EncodeError: `value` is no int, or outside -2147483648 to 2147483647.
        """
        if not isinstance(value, int) or isinstance(value, bool) or not INT4_MIN <= value <= INT4_MAX:
            raise refuse_integer(self.type_name, value, INT4_MIN, INT4_MAX)
        write_i32_be(out, 4)
        write_i32_be(out, i32(value))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Int32.

        Raises:
            DecodeError: not four bytes.
        """
        if length != 4:
            raise wrong_length(self.type_name, 4, length)
        return i64(read_i32_be(buffer, position))


class Int8Codec(Codec):
    """int8 as int."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append eight bytes.

        Raises:
            EncodeError: `value` is no int, or outside -2**63 to 2**63 - 1.
        """
        if not isinstance(value, int) or isinstance(value, bool):
            raise refuse_integer(self.type_name, value, INT8_MIN, INT8_MAX)
        if not SHORT_MIN <= value <= SHORT_MAX and not INT8_MIN <= value <= INT8_MAX:
            raise refuse_integer(self.type_name, value, INT8_MIN, INT8_MAX)
        write_i32_be(out, 8)
        write_i64_be(out, i64(value))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Int64.

        Raises:
            DecodeError: not eight bytes.
        """
        if length != 8:
            raise wrong_length(self.type_name, 8, length)
        return read_i64_be(buffer, position)


class Unsigned4Codec(Codec):
    """oid, xid and cid as int, 0 to 4294967295."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append four bytes.

        Raises:
            EncodeError: `value` is no int, or outside 0 to 4294967295.
        """
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= UINT4_MAX:
            raise refuse_integer(self.type_name, value, 0, UINT4_MAX)
        write_i32_be(out, 4)
        # The upper half of the range is the negative half of an Int32.
        write_i32_be(out, i32(value if value <= INT4_MAX else value - 2**32))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Int32, unsigned.

        Raises:
            DecodeError: not four bytes.
        """
        if length != 4:
            raise wrong_length(self.type_name, 4, length)
        return i64(read_i32_be(buffer, position)) & 0xFFFFFFFF


class Unsigned8Codec(Codec):
    """xid8 as int, 0 to 2**64 - 1."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append eight bytes.

        Raises:
            EncodeError: `value` is no int, or outside 0 to 2**64 - 1.
        """
        if not isinstance(value, int) or isinstance(value, bool):
            raise refuse_integer(self.type_name, value, 0, UINT8_MAX)
        if 0 <= value <= SHORT_MAX:
            write_i32_be(out, 8)
            write_i64_be(out, i64(value))
            return
        if value < 0 or value > UINT8_MAX:
            raise refuse_integer(self.type_name, value, 0, UINT8_MAX)
        write_i32_be(out, 8)
        write_i64_be(out, i64(value if value <= INT8_MAX else value - 2**64))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Int64, unsigned.

        Raises:
            DecodeError: not eight bytes.
        """
        if length != 8:
            raise wrong_length(self.type_name, 8, length)
        number = read_i64_be(buffer, position)
        if number >= 0:
            return number
        wide = int(number)  # an i64 cannot hold the upper half
        return wide + 2**64


CODECS: Final[list[Codec]] = [
    Int8Codec("int8", 20),
    Int2Codec("int2", 21),
    Int4Codec("int4", 23),
    Unsigned4Codec("oid", 26),
    Unsigned4Codec("xid", 28),
    Unsigned4Codec("cid", 29),
    Unsigned8Codec("xid8", 5069),
]
