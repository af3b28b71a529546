from __future__ import annotations

import struct
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO3")
NUMERIC = CODECS["numeric"]


def same(left: object, right: Decimal) -> bool:
    """Equal with the same scale; as_tuple, because Decimal's == does not see trailing zeros."""
    return isinstance(left, Decimal) and left.as_tuple() == right.as_tuple()


def groups(count: int, weight: int, sign: int, scale: int, *digits: int) -> bytes:
    return struct.pack(f"!HhHH{len(digits)}h", count, weight, sign, scale, *digits)


@given(st.integers(-(10**40), 10**40), st.integers(0, 60))
def test_every_digit_and_the_scale_round_trip(coefficient: int, scale: int) -> None:
    value = Decimal(coefficient).scaleb(-scale) if abs(coefficient) < 10**28 else Decimal(f"{coefficient}E-{scale}")

    assert same(round_trip(NUMERIC, value), value if coefficient else value.copy_abs())


@given(st.integers(-(10**16), 10**16), st.integers(0, 20))
def test_short_values_round_trip(coefficient: int, scale: int) -> None:
    value = Decimal(f"{coefficient}E-{scale}")

    assert same(round_trip(NUMERIC, value), value if coefficient else value.copy_abs())


@given(st.integers())
def test_ints_are_taken(value: int) -> None:
    assert same(round_trip(NUMERIC, value), Decimal(value))


@given(st.integers(1, 10**20), st.integers(1, 60))
def test_a_positive_exponent_is_written_out(coefficient: int, exponent: int) -> None:
    assert same(round_trip(NUMERIC, Decimal(f"{coefficient}E+{exponent}")), Decimal(coefficient * 10**exponent))


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "0.00",
        "0.0000",
        "0.00000000000000000000",
        "1",
        "-1",
        "1.0",
        "10000",
        "0.0001",
        "0.00001",
        "9999.9999",
        "100000000",
        "123456789012345",
        "1234567890123456",
        "-0.5",
        "1E-16383",
        "1.10",
        "99999999999999.9",
    ],
)
def test_the_edges_of_groups_round_trip(text: str) -> None:
    assert same(round_trip(NUMERIC, Decimal(text)), Decimal(text))


def test_the_form_is_the_servers() -> None:
    assert encoded(NUMERIC, Decimal("12345.670")) == groups(3, 1, 0, 3, 1, 2345, 6700)
    assert encoded(NUMERIC, Decimal("-0.00012")) == groups(2, -1, 0x4000, 5, 1, 2000)
    assert encoded(NUMERIC, Decimal("0.0")) == groups(0, 0, 0, 1)
    assert encoded(NUMERIC, Decimal("1E+8")) == groups(1, 2, 0, 0, 1)
    assert encoded(NUMERIC, Decimal("1234567890123456.0")) == groups(4, 3, 0, 1, 1234, 5678, 9012, 3456)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_special_values_round_trip(text: str) -> None:
    assert str(round_trip(NUMERIC, Decimal(text))) == text


@pytest.mark.parametrize(
    ("given", "kept"), [("-0", "0"), ("-0.00", "0.00"), ("0E+5", "0"), ("sNaN", "NaN"), ("NaN7", "NaN")]
)
def test_what_numeric_has_not_is_dropped(given: str, kept: str) -> None:
    assert str(round_trip(NUMERIC, Decimal(given))) == kept


def test_the_largest_size_round_trips() -> None:
    value = Decimal("9" * 131_072 + "." + "7" * 16_383)

    assert same(round_trip(NUMERIC, value), value)
    assert same(round_trip(NUMERIC, Decimal("1E+131071")), Decimal("1" + "0" * 131_071))
    assert same(round_trip(NUMERIC, 10**5000), Decimal("1" + "0" * 5000))


@pytest.mark.parametrize("text", ["1E+131072", "1E-16384", "1E+999999", "0E-16384", "1.5E-16383"])
def test_more_digits_than_numeric_holds_are_refused(text: str) -> None:
    refused(NUMERIC, Decimal(text), "is outside numeric")


@pytest.mark.parametrize(("value", "fix"), [(1.5, "Decimal"), (True, "Decimal"), ("1", "Decimal"), (None, "Decimal")])
def test_only_decimals_and_ints_are_taken(value: object, fix: str) -> None:
    refused(NUMERIC, value, f"numeric takes Decimal or int, not {type(value).__name__}.*{fix}")


def test_the_decimal_context_does_not_matter() -> None:
    value = Decimal("1234567890.123456789012345678901234567890")

    with localcontext() as context:
        context.prec = 3
        assert same(round_trip(NUMERIC, value), value)
        assert same(round_trip(NUMERIC, Decimal("1234.5678")), Decimal("1234.5678"))


def test_digits_behind_the_scale_are_kept() -> None:
    # A server does not send them; losing them would be a wrong value all the same.
    assert same(decoded(NUMERIC, groups(2, 0, 0, 2, 1, 2345)), Decimal("1.2345"))
    assert same(decoded(NUMERIC, groups(6, 4, 0, 2, 1, 2, 3, 4, 5, 2345)), Decimal("10002000300040005.2345"))


def test_leading_zero_groups_do_not_matter() -> None:
    assert same(decoded(NUMERIC, groups(2, 1, 0, 0, 0, 7)), Decimal(7))
    assert same(decoded(NUMERIC, groups(1, 0, 0x4000, 3, 0)), Decimal("0.000"))
    assert same(decoded(NUMERIC, groups(5, 4, 0, 1, 0, 0, 0, 0, 0)), Decimal("0.0"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        groups(1, 0, 0, 0),
        groups(0, 0, 0, 0, 1),
        groups(2, 0, 0, 0, 1),
        groups(65535, 0, 0, 0, 1),
        groups(1, 0, 0, 0, 10000),
        groups(1, 0, 0, 0, -1),
        groups(0, 0, 4660, 0),
        groups(0, 0, 0, 16384),
        groups(1, 0, 49153, 0, 1),
        groups(6, 0, 0, 0, 1, 2, 3, 4, 5, 10000),
    ],
)
def test_what_is_no_numeric_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="numeric"):
        decoded(NUMERIC, data)


@given(st.binary(max_size=40))
def test_any_bytes_give_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(NUMERIC, data)
    except DecodeError:
        return
    assert isinstance(value, Decimal)


@given(
    st.integers(-32768, 32767),
    st.sampled_from([0, 0x4000]),
    st.integers(0, 16_383),
    st.lists(st.integers(0, 9999), max_size=9),
)
def test_the_value_is_the_sum_of_its_groups(weight: int, sign: int, scale: int, digits: list[int]) -> None:
    value = decoded(NUMERIC, groups(len(digits), weight, sign, scale, *digits))

    coefficient = 0
    for digit in digits:
        coefficient = coefficient * 10_000 + digit
    exponent = 4 * (weight + 1 - len(digits))
    assert isinstance(value, Decimal)
    assert value == Decimal(f"{'-' if sign else ''}{coefficient}E{exponent}")
    assert int(value.as_tuple().exponent) <= 0
