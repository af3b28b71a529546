from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO2")
FLOAT4, FLOAT8 = CODECS["float4"], CODECS["float8"]
both = pytest.mark.parametrize("name", ["float4", "float8"])
FLOAT4_MAX = (2 - 2.0**-23) * 2.0**127


@given(st.floats(allow_nan=False))
def test_float8_round_trips(value: float) -> None:
    assert encoded(FLOAT8, value) == struct.pack("!d", value)
    assert struct.pack("!d", round_trip(FLOAT8, value)) == struct.pack("!d", value)


@given(st.floats(width=32, allow_nan=False))
def test_float4_round_trips(value: float) -> None:
    assert encoded(FLOAT4, value) == struct.pack("!f", value)
    assert struct.pack("!d", round_trip(FLOAT4, value)) == struct.pack("!d", value)


@both
@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.0, -0.0])
def test_infinities_and_zeros_keep_their_sign(name: str, value: float) -> None:
    back = round_trip(CODECS[name], value)

    assert isinstance(back, float)
    assert back == value
    assert math.copysign(1, back) == math.copysign(1, value)


@both
def test_nan_stays_nan(name: str) -> None:
    back = round_trip(CODECS[name], math.nan)

    assert isinstance(back, float)
    assert math.isnan(back)


@pytest.mark.parametrize(("name", "least"), [("float4", 2.0**-149), ("float8", 5e-324)])
def test_subnormals_round_trip(name: str, least: float) -> None:
    for value in (least, -least, 3 * least):
        assert round_trip(CODECS[name], value) == value


def test_float4_rounds_to_the_nearest() -> None:
    assert round_trip(FLOAT4, 0.1) == struct.unpack("!f", struct.pack("!f", 0.1))[0]


def test_float4_ends_where_rounding_would_give_infinity() -> None:
    below = math.nextafter(2.0**128 - 2.0**103, 0.0)

    assert round_trip(FLOAT4, below) == FLOAT4_MAX
    for value in (2.0**128 - 2.0**103, -(2.0**128), 1e300, 10**300):
        refused(FLOAT4, value, "is outside float4")


def test_float4_refuses_what_would_become_zero() -> None:
    assert round_trip(FLOAT4, math.nextafter(2.0**-150, 1.0)) == 2.0**-149
    for value in (2.0**-150, -5e-324):
        refused(FLOAT4, value, "is outside float4")


@both
def test_an_int_is_taken_as_a_float(name: str) -> None:
    back = round_trip(CODECS[name], 3)

    assert isinstance(back, float)
    assert back == 3.0


def test_an_int_beyond_the_largest_float_is_refused() -> None:
    refused(FLOAT8, 10**400, "is outside float8")


@both
@pytest.mark.parametrize("value", [True, "1.0", b"1", None, 1j])
def test_only_numbers_are_taken(name: str, value: object) -> None:
    refused(CODECS[name], value, f"{name} takes float or int, not")


@both
@pytest.mark.parametrize("size", [0, 1, 3, 5, 7, 9])
def test_another_size_is_refused(name: str, size: int) -> None:
    with pytest.raises(DecodeError, match="bytes, and"):
        decoded(CODECS[name], bytes(size))
