"""money: an Int64 count of the smallest unit of a currency that only the server knows.

How many fraction digits that unit stands for follows from the session's lc_monetary: 2 for dollars, 0 for yen, 3 for
dinars. The server does not report that setting, any statement or function may change it, and the text form leaves it
open as well: `1.234` is one thousand in one locale and one and a bit in another.

Rule: nothing is guessed. A money whose digits nobody told is refused, and the error names what is exact in every
locale: a cast to numeric on the way out, from numeric on the way in. `money_as_decimal` is for who knows the locale
of all sessions it is used in; with it, money is an exact Decimal both ways.

Source: src/backend/utils/adt/cash.c, cash_send, cash_recv and cash_numeric; datatype-money.html
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from librt.strings import BytesWriter, read_i64_be, write_i32_be, write_i64_be
from mypy_extensions import i64

from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.base import Codec
from qail.pg.codec.integer import INT8_MAX, INT8_MIN
from qail.pg.codec.refusal import out_of_range, wrong_length, wrong_type
from qail.pg.codec.user import TypeCodec
from qail.pg.wire.constants import LENGTH_BYTES

MONEY_OID: Final = 790
MONEY_BYTES: Final = 8
UNKNOWN_DIGITS: Final = -1
# More than any currency has, and 10**18 is the largest power of ten in an Int64; cash.c knows no more than 10.
MAX_FRACTION_DIGITS: Final = 10
MAX_INT8_DIGITS: Final = 19
_ADVICE: Final = "how many fraction digits it has depends on the server's lc_monetary, which a client is not told"

_CAST: Final = "send it as numeric, CAST(CAST($1 AS numeric) AS money), or see money_as_decimal()"


class MoneyCodec(Codec):
    """money as Decimal, where its number of fraction digits is known; refused by name where it is not."""

    def __init__(self, type_name: str, type_oid: int, fraction_digits: int = UNKNOWN_DIGITS) -> None:
        super().__init__(type_name, type_oid)
        self.fraction_digits: Final[int] = fraction_digits

    def to_bytes(self, value: object) -> bytes:
        """The binary form of a value, without its length. Raises EncodeError as `encode` does."""
        out = BytesWriter()
        self.encode(out, value)
        return out.getvalue()[LENGTH_BYTES:]

    def from_bytes(self, data: bytes) -> object:
        """The value of a binary form. Raises DecodeError as `decode` does."""
        return self.decode(data, 0, len(data))

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the count of the smallest unit.

        Raises:
            EncodeError: the digits are unknown, `value` is no Decimal or int, has more digits, or is out of range.
        """
        if self.fraction_digits == UNKNOWN_DIGITS:
            raise EncodeError(f"{self.type_name} cannot be sent, because {_ADVICE}: {_CAST}")
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise wrong_type(self.type_name, value, "Decimal or int", "convert it with Decimal(str(...))")
        units = units_of(Decimal(value), self.fraction_digits)
        if units is None or not INT8_MIN <= units <= INT8_MAX:
            limits = f"{self.fraction_digits} fraction digits, at most {INT8_MAX} of the smallest unit"
            raise out_of_range(self.type_name, value, limits, "round it, for instance with quantize()")
        write_i32_be(out, MONEY_BYTES)
        write_i64_be(out, i64(units))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Decimal with as many fraction digits as the currency.

        Raises:
            DecodeError: the digits are unknown, or not eight bytes.
        """
        if length != MONEY_BYTES:
            raise wrong_length(self.type_name, MONEY_BYTES, length)
        if self.fraction_digits == UNKNOWN_DIGITS:
            raise DecodeError(
                f"{self.type_name} cannot be read, because {_ADVICE}: cast it to numeric, or see money_as_decimal()"
            )
        units = int(read_i64_be(buffer, position))
        return Decimal(f"{units}E-{self.fraction_digits}")


def money_as_decimal(fraction_digits: int) -> TypeCodec:
    """What makes money a Decimal where every session has a locale with so many fraction digits.

    For `create_pool(types={"money": money_as_decimal(2)})`. A session that sets another `lc_monetary` gets wrong
    amounts: where that may be, cast to numeric instead.

    Raises:
        UsageError: not 0 to 10.
    """
    if not 0 <= fraction_digits <= MAX_FRACTION_DIGITS:
        raise UsageError(f"money has 0 to {MAX_FRACTION_DIGITS} fraction digits, not {fraction_digits}")
    codec = MoneyCodec("money", MONEY_OID, fraction_digits)
    return TypeCodec(encode=codec.to_bytes, decode=codec.from_bytes, format="binary")


def units_of(value: Decimal, fraction_digits: int) -> int | None:
    """`value` in units of 10**-fraction_digits; None where that is no integer, or surely outside an Int64.

    Arithmetic of Decimals would round as the thread's context says; that of ints is exact.
    """
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return None
    text = "".join([str(digit) for digit in digits]).lstrip("0")
    significant = text.rstrip("0")
    if not significant:
        return 0
    zeros = exponent + len(text) - len(significant) + fraction_digits
    # An exponent may stand for millions of zeros: none is made.
    if zeros < 0 or len(significant) + zeros > MAX_INT8_DIGITS:
        return None
    units: int = int(significant) * 10**zeros
    return -units if sign else units


CODECS: Final[list[Codec]] = [MoneyCodec("money", MONEY_OID)]
