from __future__ import annotations

import struct
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError, UsageError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.money import MoneyCodec, money_as_decimal
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO12")
UNBOUND = CODECS["money"]
YEN, DOLLARS, DINARS = (MoneyCodec("money", 790, digits) for digits in (0, 2, 3))
INT8_MAX = 2**63 - 1


@pytest.mark.parametrize("value", [Decimal("1.00"), Decimal(0), 1, "$1.00", 1.5, None])
def test_money_of_an_unknown_locale_is_refused_with_the_cast_that_is_exact(value: object) -> None:
    refused(UNBOUND, value, r"money cannot be sent, because .*lc_monetary.*CAST\(CAST\(\$1 AS numeric\) AS money\)")
    refused(CODECS["money[]"], [value or 0], r"in money\[\]: money cannot be sent")


@pytest.mark.parametrize("units", [0, 100, -1, INT8_MAX, -INT8_MAX - 1])
def test_money_of_an_unknown_locale_is_not_read_either(units: int) -> None:
    with pytest.raises(DecodeError, match=r"money cannot be read, because .*lc_monetary.*cast it to numeric"):
        decoded(UNBOUND, struct.pack("!q", units))


@pytest.mark.parametrize(
    ("codec", "units", "text"),
    [
        (DOLLARS, 0, "0.00"),
        (DOLLARS, 100, "1.00"),
        (DOLLARS, -5, "-0.05"),
        (DOLLARS, INT8_MAX, "92233720368547758.07"),
        (DOLLARS, -INT8_MAX - 1, "-92233720368547758.08"),
        (YEN, 100, "100"),
        (YEN, INT8_MAX, "9223372036854775807"),
        (DINARS, 1234, "1.234"),
        (DINARS, -1, "-0.001"),
    ],
)
def test_where_the_digits_are_known_money_is_a_decimal(codec: MoneyCodec, units: int, text: str) -> None:
    back = decoded(codec, struct.pack("!q", units))

    assert isinstance(back, Decimal)
    assert back.as_tuple() == Decimal(text).as_tuple()
    assert encoded(codec, Decimal(text)) == struct.pack("!q", units)


@given(st.integers(-INT8_MAX - 1, INT8_MAX), st.integers(0, 10), st.integers(1, 12))
def test_no_context_of_decimals_changes_a_value(units: int, digits: int, precision: int) -> None:
    codec, data = MoneyCodec("money", 790, digits), struct.pack("!q", units)

    with localcontext() as context:
        context.prec = precision
        value = decoded(codec, data)
        assert encoded(codec, value) == data


@pytest.mark.parametrize(
    "value", [Decimal(5), Decimal("5.0"), Decimal("5.00000"), Decimal("5E+0"), Decimal("0.5E1"), 5]
)
def test_one_number_in_other_writings_is_one_amount(value: object) -> None:
    assert round_trip(DOLLARS, value) == Decimal("5.00")


@pytest.mark.parametrize("value", [Decimal("-0"), Decimal("0E+1000000"), Decimal("0E-1000000"), 0])
def test_every_zero_is_zero(value: object) -> None:
    assert str(round_trip(DOLLARS, value)) == "0.00"


@pytest.mark.parametrize(
    "text",
    [
        *("0.001", "1.005", "92233720368547758.08", "-92233720368547758.09", "1E+17", "1E+999999", "1E-999999"),
        *("NaN", "sNaN", "Infinity", "-Infinity", "1" * 40, "0." + "1" * 100_000),
    ],
)
def test_what_the_currency_cannot_hold_is_refused(text: str) -> None:
    refused(DOLLARS, Decimal(text), r"is outside money \(2 fraction digits, at most 9223372036854775807")


@pytest.mark.feature("PA3")
@pytest.mark.parametrize("value", [1.5, "1.00", True, None, b"1"])
def test_other_types_are_refused(value: object) -> None:
    refused(DOLLARS, value, r"money takes Decimal or int, not")


@pytest.mark.parametrize("digits", [-1, 11, 2**40])
def test_a_number_of_digits_that_no_currency_has_is_refused(digits: int) -> None:
    with pytest.raises(UsageError, match="0 to 10 fraction digits"):
        money_as_decimal(digits)


def test_an_array_of_it_is_a_list_of_decimals() -> None:
    array = ArrayCodec("money[]", 791, DOLLARS)

    assert round_trip(array, [Decimal("1.50"), None, 2]) == [Decimal("1.50"), None, Decimal("2.00")]


@pytest.mark.parametrize("size", [0, 4, 7, 9])
def test_another_size_is_refused(size: int) -> None:
    for codec in (UNBOUND, DOLLARS):
        with pytest.raises(DecodeError, match="money has 8 bytes"):
            decoded(codec, bytes(size))
