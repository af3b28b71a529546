from __future__ import annotations

import array
import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.codecs import CODECS, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO5")
BYTEA = CODECS["bytea"]
ALL = bytes(range(256))


@given(st.binary())
def test_bytes_round_trip(value: bytes) -> None:
    assert round_trip(BYTEA, value) == value


@pytest.mark.parametrize("value", [b"", ALL, ALL * 4])
def test_all_bytes_round_trip(value: bytes) -> None:
    back = round_trip(BYTEA, value)

    assert back == value
    assert type(back) is bytes


def test_64_mb_round_trip() -> None:
    value = ALL * (64 * 4096)

    assert round_trip(BYTEA, value) == value


@pytest.mark.parametrize(
    "value",
    [bytearray(ALL), memoryview(ALL), memoryview(ALL + ALL)[::2], array.array("B", ALL), memoryview(bytearray(ALL))],
)
def test_any_buffer_is_taken(value: object) -> None:
    expected = (ALL + ALL)[::2] if isinstance(value, memoryview) and not value.contiguous else ALL
    assert encoded(BYTEA, value) == expected


def test_a_buffer_of_wider_items_goes_as_its_bytes() -> None:
    value = array.array("i", [1, -1])

    assert encoded(BYTEA, value) == value.tobytes()


def test_a_mapped_file_is_a_buffer() -> None:
    with mmap.mmap(-1, 16) as value:
        assert encoded(BYTEA, value) == bytes(16)


@pytest.mark.parametrize("value", ["abc", 5, [1, 2], None, 1.5, True])
def test_what_has_no_buffer_is_refused(value: object) -> None:
    refused(BYTEA, value, f"bytea takes bytes or another buffer, not {type(value).__name__}")
