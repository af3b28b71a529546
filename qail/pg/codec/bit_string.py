"""bit and varbit: any number of bits, as BitString.

A value is Int32 number of bits, then the bits from the first on, eight a byte; the last byte is filled up with zeros.

Rule 1: the number of bits is part of the value: B'0' is not B'00'. Only a column's own length is checked by the server.
Rule 2: `bit` is quoted in SQL: without the quotes it means bit(1), and a cast to it would cut the value off.

Source: src/backend/utils/adt/varbit.c, bit_send, bit_recv and bit_cmp; datatype-bit.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, final, overload

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, wrong_type

HEADER_BYTES: Final = 4
# VARBITMAXLEN in src/include/utils/varbit.h; the number of bits is an Int32.
MAX_BITS: Final = 2**31 - 8


@final
class BitString:
    """Some bits, in order: `BitString("1011")`, `BitString(11, 4)`, `BitString(b"\\xb0", 4)`.

    A sequence of 0 and 1, whose slices are bit strings. Two are equal when they have the same bits and as many; the
    order is PostgreSQL's: that of the bits, as of letters in words, so that a beginning comes before the whole.

    >>> bits = BitString("1011")
    >>> print(bits, len(bits), bits[1], bits[2:], int(bits), bytes(bits), BitString("1") < BitString("10"))
    1011 4 0 11 11 b'\\xb0' True
    """

    __slots__ = ("_data", "_length")

    def __init__(self, bits: str | int | bytes = "", length: int | None = None) -> None:
        """Of a str of 0 and 1; of an int, in `length` bits; or of bytes, whose first `length` bits are meant.

        Raises ValueError where the bits do not fit into the length, or are beyond it and not zero.
        """
        given: object = bits
        data: bytes
        if isinstance(bits, str):
            data = data_of_text(bits)
            count = len(bits)
            if length is not None and length != count:
                raise ValueError(f"a bit string of {count} characters has no {length} bits")
        elif isinstance(bits, bytes):
            data = bits
            count = 8 * len(data) if length is None else length
            if count < 0 or (count + 7) // 8 != len(data) or has_stray_bits(data, count):
                raise ValueError(f"{len(data)} bytes are not {count} bits, filled up with zeros")
        elif not isinstance(given, int):
            raise TypeError(f"a bit string is made of str, int or bytes, not of {type(given).__name__}")
        else:
            if length is None:
                raise ValueError("a bit string made of an int needs its length")
            count = length
            if count < 0 or bits < 0 or bits.bit_length() > count:
                raise ValueError(f"an int of {bits.bit_length()} bits, or a negative one, has no {count} bits")
            data = (bits << (-count % 8)).to_bytes((count + 7) // 8, "big")
        self._data: Final = data
        self._length: Final[int] = count

    def __len__(self) -> int:
        return self._length

    def __int__(self) -> int:
        return int.from_bytes(self._data, "big") >> (-self._length % 8)

    def __bytes__(self) -> bytes:
        return self._data

    def __iter__(self) -> Iterator[int]:
        return iter([1 if bit == "1" else 0 for bit in str(self)])

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> BitString: ...

    def __getitem__(self, index: int | slice) -> int | BitString:
        if isinstance(index, slice):
            return BitString(str(self)[index])
        position = index + self._length if index < 0 else index
        if position < 0 or position >= self._length:
            raise IndexError(f"bit {index} of {self._length}")
        return (self._data[position // 8] >> (7 - position % 8)) & 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BitString) and self._length == other._length and self._data == other._data

    def __hash__(self) -> int:
        return hash((self._data, self._length))

    def __lt__(self, other: object) -> bool:
        return self._sort_key() < self._key_of(other)

    def __le__(self, other: object) -> bool:
        return self._sort_key() <= self._key_of(other)

    def __gt__(self, other: object) -> bool:
        return self._sort_key() > self._key_of(other)

    def __ge__(self, other: object) -> bool:
        return self._sort_key() >= self._key_of(other)

    def write(self, out: BytesWriter) -> None:
        """Append the field as it travels: its length, the number of bits, the bits; at most MAX_BITS."""
        write_i32_be(out, i32(HEADER_BYTES + len(self._data)))
        write_i32_be(out, i32(self._length))
        out.write(self._data)

    def _key_of(self, other: object) -> tuple[bytes, int]:
        if not isinstance(other, BitString):
            raise TypeError(f"a BitString compares with BitStrings, not with {type(other).__name__}")
        return other._sort_key()

    def _sort_key(self) -> tuple[bytes, int]:
        return self._data, self._length

    def __str__(self) -> str:
        return format(int(self), f"0{self._length}b") if self._length else ""

    def __repr__(self) -> str:
        return f"BitString({str(self)!r})"

    def __reduce__(self) -> tuple[type[BitString], tuple[bytes, int]]:
        return BitString, (self._data, self._length)


class BitStringCodec(Codec):
    """bit or varbit as BitString."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the number of bits and the bits.

        Raises:
            EncodeError: `value` is no BitString, or longer than PostgreSQL's.
        """
        if not isinstance(value, BitString):
            raise wrong_type(self.type_name, value, "BitString", "convert it: BitString('1011'), BitString(11, 4)")
        if len(value) > MAX_BITS:
            raise out_of_range(self.type_name, "...", f"at most {MAX_BITS} bits", "split it")
        value.write(out)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A BitString.

        Raises:
            DecodeError: the number of bits and the bytes disagree, or there are bits behind the last.
        """
        if length < HEADER_BYTES:
            raise DecodeError(f"a value of {self.type_name} has at least {HEADER_BYTES} bytes, and {length} came")
        count = i64(read_i32_be(buffer, position))
        if count < 0 or (count + 7) // 8 != length - HEADER_BYTES:
            raise DecodeError(f"{self.type_name} claims {count} bits in {length - HEADER_BYTES} bytes")
        data = buffer[position + HEADER_BYTES : position + length]
        if has_stray_bits(data, count):
            raise DecodeError(f"{self.type_name} has bits behind the last of its {count}")
        return BitString(data, count)


def data_of_text(text: str) -> bytes:
    """The bits of a str, filled up with zeros to whole bytes.

    Raises:
        ValueError: something else than 0 and 1.
    """
    # int() alone would take spaces, underscores and the digits of other scripts.
    rest = text.strip("01")
    if rest:
        raise ValueError(f"a bit string has 0 and 1 only, not {rest[:1]!r}")
    if not text:
        return b""
    return (int(text, 2) << (-len(text) % 8)).to_bytes((len(text) + 7) // 8, "big")


def has_stray_bits(data: bytes, count: int) -> bool:
    """Whether the last byte holds more than `count` bits leave for it."""
    return count % 8 != 0 and data[len(data) - 1] & (0xFF >> (count % 8)) != 0


CODECS: Final[list[Codec]] = [BitStringCodec('"bit"', 1560), BitStringCodec("varbit", 1562)]
