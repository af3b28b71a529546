"""float4 and float8: IEEE 754, big-endian, every NaN, infinity, signed zero and subnormal as it is.

An int is taken for a float, as asyncpg does, and rounded as any float is; a bool is not. float4 rounds to the nearest
single-precision number, and what would overflow to infinity or underflow to zero there is refused, as the server's
own cast refuses it.

Source: src/backend/utils/adt/float.c, float4send and float8send
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_f32_be, read_f64_be, write_f32_be, write_f64_be, write_i32_be
from mypy_extensions import i64

from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, wrong_length, wrong_type

INFINITY: Final = float("inf")
# Half a step beyond the largest single-precision number: from here on rounding gives infinity.
FLOAT4_OVERFLOW: Final = 2.0**128 - 2.0**103
# Half of the smallest subnormal: up to here rounding (half to even) gives zero.
FLOAT4_UNDERFLOW: Final = 2.0**-150


def float_of(type_name: str, value: object) -> float:
    """`value` as a float.

    Raises:
        EncodeError: it is neither float nor int, or an int beyond the largest float.
    """
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise out_of_range(type_name, value, "about -1.8e308 to 1.8e308", "use numeric") from None
    raise wrong_type(type_name, value, "float or int", "convert it with float()")


class Float4Codec(Codec):
    """float4 as float."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append four bytes.

        Raises:
            EncodeError: `value` is neither float nor int, or its nearest float4 is infinite or zero and it is not.
        """
        number = float_of(self.type_name, value)
        size = abs(number)
        if size >= FLOAT4_OVERFLOW and size != INFINITY:
            raise out_of_range(self.type_name, value, "-3.4028235e38 to 3.4028235e38", "use float8")
        if 0.0 < size <= FLOAT4_UNDERFLOW:
            raise out_of_range(self.type_name, value, "no closer to zero than 1.4e-45", "use float8")
        write_i32_be(out, 4)
        write_f32_be(out, number)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A float, exactly the single-precision number.

        Raises:
            DecodeError: not four bytes.
        """
        if length != 4:
            raise wrong_length(self.type_name, 4, length)
        return read_f32_be(buffer, position)


class Float8Codec(Codec):
    """float8 as float."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append eight bytes.

        Raises:
            EncodeError: `value` is neither float nor int, or an int beyond the largest float.
        """
        number = value if isinstance(value, float) else float_of(self.type_name, value)
        write_i32_be(out, 8)
        write_f64_be(out, number)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A float.

        Raises:
            DecodeError: not eight bytes.
        """
        if length != 8:
            raise wrong_length(self.type_name, 8, length)
        return read_f64_be(buffer, position)


CODECS: Final[list[Codec]] = [Float4Codec("float4", 700), Float8Codec("float8", 701)]
