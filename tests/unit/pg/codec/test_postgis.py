from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.postgis import EXTENSION_CODECS
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO17")
GEOMETRY = EXTENSION_CODECS["geometry"]("geometry", 99_001)
GEOGRAPHY = EXTENSION_CODECS["geography"]("geography", 99_002)
POINT = struct.pack("<BIdd", 1, 1, 1.0, 2.0)


def test_ewkb_is_bytes_both_ways() -> None:
    for codec in (GEOMETRY, GEOGRAPHY):
        assert encoded(codec, POINT) == POINT
        assert decoded(codec, POINT) == POINT


@pytest.mark.parametrize("value", [bytearray(POINT), memoryview(POINT), memoryview(POINT[::-1])[::-1]])
def test_any_buffer_is_taken(value: object) -> None:
    assert round_trip(GEOMETRY, value) == POINT


@pytest.mark.parametrize("value", [b"", b"\x01", b"\x01\x01\0\0", b"\x02\x01\0\0\0", b"POINT(1 2)"])
def test_what_is_no_ewkb_is_refused(value: bytes) -> None:
    refused(GEOMETRY, value, "outside geometry .EWKB of 5 to")
    with pytest.raises(DecodeError, match="geometry is EWKB"):
        decoded(GEOMETRY, value)


@pytest.mark.parametrize("value", ["POINT(1 2)", 5, (1, 2), None])
def test_what_has_no_buffer_is_refused(value: object) -> None:
    refused(GEOGRAPHY, value, "geography takes ")


@given(st.binary(max_size=32))
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(GEOMETRY, data)
    except DecodeError:
        return
    assert encoded(GEOMETRY, value) == data
