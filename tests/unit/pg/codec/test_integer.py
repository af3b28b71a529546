from __future__ import annotations

from enum import IntEnum
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO1")
RANGES: Final = {
    "int2": (-(2**15), 2**15 - 1, 2),
    "int4": (-(2**31), 2**31 - 1, 4),
    "int8": (-(2**63), 2**63 - 1, 8),
    "oid": (0, 2**32 - 1, 4),
    "xid": (0, 2**32 - 1, 4),
    "xid8": (0, 2**64 - 1, 8),
}
names = pytest.mark.parametrize("name", RANGES)


class Level(IntEnum):
    HIGH = 3


@names
@given(data=st.data())
def test_every_value_of_the_range_round_trips(name: str, data: st.DataObject) -> None:
    low, high, size = RANGES[name]
    value = data.draw(st.integers(low, high))

    written = encoded(CODECS[name], value)

    assert written == value.to_bytes(size, "big", signed=low < 0)
    assert decoded(CODECS[name], written) == value


@names
def test_the_ends_of_the_range_round_trip(name: str) -> None:
    low, high, _size = RANGES[name]
    middle = (low + high) // 2

    for value in (low, low + 1, middle, middle + 1, high - 1, high, 0, 1, 2**14):
        assert round_trip(CODECS[name], value) == value


@names
def test_what_does_not_fit_is_refused_and_nothing_is_written(name: str) -> None:
    low, high, _size = RANGES[name]

    for value in (low - 1, high + 1, low - 2**62, high + 2**62, 2**80, -(2**80)):
        refused(CODECS[name], value, f"is outside {name}")


@names
@pytest.mark.parametrize("value", [True, False, "1", 1.0, b"1", None, [1], 1j])
def test_only_an_int_is_an_int(name: str, value: object) -> None:
    refused(CODECS[name], value, f"{name} takes int, not {type(value).__name__}")


@names
def test_an_int_enum_is_an_int(name: str) -> None:
    assert round_trip(CODECS[name], Level.HIGH) == 3


@names
def test_another_size_is_refused(name: str) -> None:
    size = RANGES[name][2]

    for wrong in {0, 1, size - 1, size + 1, 16}:
        with pytest.raises(DecodeError, match=f"{name} has {size} bytes, and {wrong} came"):
            decoded(CODECS[name], bytes(wrong))


@names
def test_a_decoded_value_is_an_int(name: str) -> None:
    assert type(round_trip(CODECS[name], 1)) is int
