"""numeric as Decimal: every digit and the scale, NaN and the infinities.

A value is Int16 group count (unsigned), Int16 weight, sign word, display scale, then groups of four decimal digits,
the first worth 10000**weight. Decimal keeps a negative zero and a NaN's payload; numeric has neither, and drops them.

Rule 1: up to 15 digits go through one native integer; more go through their decimal text, in linear time.
Rule 2: the Decimal is made by its constructor alone, which never rounds; no context is asked.

Source: src/backend/utils/adt/numeric.c, numeric_send and numeric_recv; the infinities need a server from 14 on
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from librt.strings import BytesWriter, read_i16_be, write_i16_be, write_i32_be
from mypy_extensions import i16, i32, i64, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, wrong_type

POSITIVE: Final = 0x0000
NEGATIVE: Final = 0x4000
NAN: Final = 0xC000
POSITIVE_INFINITY: Final = 0xD000
NEGATIVE_INFINITY: Final = 0xF000
HEADER_BYTES: Final = 8
# NUMERIC_DSCALE_MAX: fourteen bits of the header.
MAX_SCALE: Final = 16_383
# NUMERIC_WEIGHT_MAX + 1 groups of four digits stand before the point.
MAX_INTEGER_DIGITS: Final = 131_072
# The bits of 10**131072. Converting an int takes time that grows with the square of its size: no larger one is tried.
MAX_INTEGER_BITS: Final = 435_412
# Fifteen digits and the three zeros that align them to a group are below 2**63.
MAX_SHORT_DIGITS: Final = 15
# Four groups; with the zeros that the scale may ask for still below 10**18.
MAX_SHORT_GROUPS: Final = 4
MAX_NATIVE_DIGITS: Final = 18

_POWERS: Final[list[int]] = [10**exponent for exponent in range(MAX_NATIVE_DIGITS + 1)]
_SUFFIXES: Final[list[str]] = [f"E-{scale}" for scale in range(64)]
# Final: compiled, one load instead of a dictionary look-up per value.
_DECIMAL: Final = Decimal
_NAN: Final = Decimal("NaN")
_INFINITY: Final = Decimal("Infinity")
_NEGATIVE_INFINITY: Final = Decimal("-Infinity")


class NumericCodec(Codec):
    """numeric as Decimal; an int is taken too, a float is not (`Decimal(str(x))` says what is meant)."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the groups.

        Raises:
            EncodeError: `value` is neither Decimal nor int, or has more digits than numeric holds: 131072 before the
                point, 16383 behind it.
        """
        if isinstance(value, _DECIMAL):
            text = str(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            if value.bit_length() > MAX_INTEGER_BITS:
                raise too_many_digits(self.type_name, value)
            # Decimal, because str() of an int refuses more than 4300 digits.
            text = str(_DECIMAL(value))
        else:
            fix = "use Decimal(str(value))" if isinstance(value, float) else "convert it with Decimal()"
            raise wrong_type(self.type_name, value, "Decimal or int", fix)
        encode_text(out, text.encode("ascii"), self.type_name, value)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Decimal whose exponent is the negative scale.

        Raises:
            DecodeError: the count and the bytes disagree, or a group, the sign or the scale is out of its range.
        """
        if length < HEADER_BYTES:
            raise DecodeError(f"numeric has at least {HEADER_BYTES} bytes, and {length} came")
        count = i64(read_i16_be(buffer, position)) & 0xFFFF
        if length != HEADER_BYTES + 2 * count:
            raise DecodeError(f"numeric counts {count} groups of digits in {length} bytes")
        weight = i64(read_i16_be(buffer, position + 2))
        sign = i64(read_i16_be(buffer, position + 4)) & 0xFFFF
        scale = i64(read_i16_be(buffer, position + 6)) & 0xFFFF
        if scale > MAX_SCALE:
            raise DecodeError(f"numeric has a scale of {scale}, and {MAX_SCALE} is the largest")
        if sign != POSITIVE and sign != NEGATIVE:
            return special_value(sign)
        exponent = 4 * (weight + 1 - count)
        if count <= MAX_SHORT_GROUPS and 4 * count + exponent + scale <= MAX_NATIVE_DIGITS:
            return short_value(buffer, position + HEADER_BYTES, count, sign == NEGATIVE, exponent, scale)
        return long_value(buffer, position + HEADER_BYTES, count, sign == NEGATIVE, exponent, scale)


def special_value(sign: i64) -> Decimal:
    """NaN or an infinity.

    Raises:
        DecodeError: `sign` is no sign word.
    """
    if sign == NAN:
        return _NAN
    if sign == POSITIVE_INFINITY:
        return _INFINITY
    if sign == NEGATIVE_INFINITY:
        return _NEGATIVE_INFINITY
    raise DecodeError(f"numeric has the sign word {sign:#06x}, which is none")


def read_group(buffer: bytes, position: i64) -> i64:
    """One group of four digits.

    Raises:
        DecodeError: not 0 to 9999.
    """
    group = i64(read_i16_be(buffer, position))
    if group < 0 or group > 9999:
        raise DecodeError(f"numeric has a group of digits of {group}")
    return group


def short_value(buffer: bytes, position: i64, count: i64, is_negative: bool, exponent: i64, scale: i64) -> Decimal:
    """At most four groups, through one native integer; the caller has checked that the result has 18 digits at most.

    Raises:
        DecodeError: a group is not 0 to 9999.
    """
    coefficient: i64 = 0
    behind = position + 2 * count
    while position < behind:
        coefficient = coefficient * 10_000 + read_group(buffer, position)
        position += 2
    if coefficient == 0:
        exponent = -scale
    while exponent < -scale and coefficient % 10 == 0:
        # The last group is filled up with zeros that the scale does not show.
        coefficient //= 10
        exponent += 1
    if exponent > -scale:
        coefficient *= i64(_POWERS[exponent + scale])
        exponent = -scale
    if is_negative:
        coefficient = -coefficient
    if exponent == 0:
        return _DECIMAL(int(coefficient))
    if exponent > -64:
        return _DECIMAL(str(coefficient) + _SUFFIXES[-exponent])
    return _DECIMAL(f"{coefficient}E{exponent}")


def long_value(buffer: bytes, position: i64, count: i64, is_negative: bool, exponent: i64, scale: i64) -> Decimal:
    """Any number of groups, through decimal text: Decimal reads it in linear time and rounds nothing.

    The text has at most 4 * count + 131072 + 16383 characters: weight and scale are 16-bit fields.

    Raises:
        DecodeError: a group is not 0 to 9999.
    """
    text = BytesWriter()
    if is_negative:
        text.append(0x2D)
    text.append(0x30)
    behind = position + 2 * count
    is_zero = True
    while position < behind:
        group = read_group(buffer, position)
        is_zero = is_zero and group == 0
        append_digits(text, group)
        position += 2
    if is_zero:
        exponent = -scale
    least = len(text) - (-scale - exponent)
    while exponent < -scale and len(text) > least and text[len(text) - 1] == 0x30:
        text.truncate(len(text) - 1)
        exponent += 1
    if exponent > -scale:
        text.write(b"0" * (exponent + scale))
        exponent = -scale
    return _DECIMAL(f"{text.getvalue().decode('ascii')}E{exponent}")


def append_digits(text: BytesWriter, group: i64) -> None:
    """Append the four ASCII digits of a group."""
    text.append(u8(0x30 + group // 1000))
    text.append(u8(0x30 + group // 100 % 10))
    text.append(u8(0x30 + group // 10 % 10))
    text.append(u8(0x30 + group % 10))


def too_many_digits(type_name: str, value: object) -> EncodeError:
    """The error for a number beyond what numeric holds."""
    limits = f"{MAX_INTEGER_DIGITS} digits before the point, {MAX_SCALE} behind it"
    return out_of_range(type_name, value, limits, "round it, for instance with quantize()")


def encode_text(out: BytesWriter, text: bytes, type_name: str, value: object) -> None:
    """Append the field for a Decimal's text: sign, digits with or without a point, `E` and exponent; or a name.

    Raises:
        EncodeError: more digits than numeric holds; `out` is unchanged.
    """
    end: i64 = len(text)
    is_negative = text[0] == 0x2D
    position: i64 = 1 if is_negative else 0
    if text[position] > 0x39:
        write_special(out, text, is_negative)
        return
    start = position
    point: i64 = -1
    coefficient: i64 = 0
    digit_count: i64 = 0
    while position < end:
        code = i64(text[position])
        if code == 0x2E:
            point = position
        elif code > 0x39:
            break
        else:
            digit_count += 1
            if digit_count <= MAX_SHORT_DIGITS:
                coefficient = coefficient * 10 + code - 0x30
        position += 1
    exponent: i64 = 0 if point < 0 else point + 1 - position
    digits_end = position
    if position < end:
        exponent += i64(int(text[position + 1 :]))
    if digit_count <= MAX_SHORT_DIGITS and coefficient == 0 and -exponent <= MAX_SCALE:
        write_header(out, 0, 0, POSITIVE, max(-exponent, 0))
        return
    if -exponent > MAX_SCALE or digit_count + exponent > MAX_INTEGER_DIGITS:
        raise too_many_digits(type_name, value)
    sign = NEGATIVE if is_negative else POSITIVE
    if digit_count <= MAX_SHORT_DIGITS and exponent <= 0:
        write_short(out, coefficient, sign, -exponent)
    else:
        write_long(out, text[start:digits_end].replace(b".", b""), sign, exponent)


def write_header(out: BytesWriter, count: i64, weight: i64, sign: i64, scale: i64) -> None:
    """Append the field's length and the four words before its groups."""
    write_i32_be(out, i32(HEADER_BYTES + 2 * count))
    write_i16_be(out, i16(count if count < 32_768 else count - 65_536))
    write_i16_be(out, i16(weight))
    write_i16_be(out, i16(sign if sign < 32_768 else sign - 65_536))
    write_i16_be(out, i16(scale))


def write_special(out: BytesWriter, text: bytes, is_negative: bool) -> None:
    """Append the field for `NaN`, `sNaN` or `Infinity`."""
    if text.endswith(b"Infinity"):
        write_header(out, 0, 0, NEGATIVE_INFINITY if is_negative else POSITIVE_INFINITY, 0)
    else:
        write_header(out, 0, 0, NAN, 0)


def write_short(out: BytesWriter, coefficient: i64, sign: i64, scale: i64) -> None:
    """Append the field for coefficient * 10**-scale: the coefficient is positive and has 15 digits at most."""
    fraction_groups = (scale + 3) // 4
    coefficient *= i64(_POWERS[4 * fraction_groups - scale])
    while coefficient % 10_000 == 0:
        coefficient //= 10_000
        fraction_groups -= 1
    count: i64 = 1
    divisor: i64 = 1
    while coefficient // divisor >= 10_000:
        divisor *= 10_000
        count += 1
    write_header(out, count, count - fraction_groups - 1, sign, scale)
    while divisor > 0:
        write_i16_be(out, i16(coefficient // divisor))
        coefficient %= divisor
        divisor //= 10_000


def write_long(out: BytesWriter, digits: bytes, sign: i64, exponent: i64) -> None:
    """Append the field for digits * 10**exponent."""
    scale = -exponent if exponent < 0 else 0
    # Zeros behind align the point to a group, zeros before fill up the first group.
    digits += b"0" * (exponent % 4)
    exponent -= exponent % 4
    digits = b"0" * (-len(digits) % 4) + digits
    start: i64 = 0
    end: i64 = len(digits)
    while start < end and digits[start : start + 4] == b"0000":
        start += 4
    weight = (end - start + exponent) // 4 - 1
    while end > start and digits[end - 4 : end] == b"0000":
        end -= 4
    if start == end:
        weight = 0
        sign = POSITIVE
    write_header(out, (end - start) // 4, weight, sign, scale)
    while start < end:
        thousands = i64(digits[start]) * 1000 + i64(digits[start + 1]) * 100
        group = thousands + i64(digits[start + 2]) * 10 + i64(digits[start + 3])
        # 53_328 is the four digits' 0x30, by their places.
        write_i16_be(out, i16(group - 53_328))
        start += 4


CODECS: Final[list[Codec]] = [NumericCodec("numeric", 1700)]
