from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.mac import MacAddress
from support.codecs import CODECS, decoded, encoded, refused, round_trip
from support.values.network import MACS, MACS8

pytestmark = pytest.mark.feature("CO11")
MAC, MAC8 = CODECS["macaddr"], CODECS["macaddr8"]
OCTETS = bytes.fromhex("08002b010203")
OCTETS8 = bytes.fromhex("08002b0102030405")


@given(st.binary(min_size=6, max_size=6), st.binary(min_size=8, max_size=8))
def test_addresses_of_both_sizes_round_trip(six: bytes, eight: bytes) -> None:
    assert encoded(MAC, MacAddress(six)) == six
    assert round_trip(MAC, MacAddress(six)) == MacAddress(six)
    assert encoded(MAC8, MacAddress(eight)) == eight
    assert round_trip(MAC8, MacAddress(eight)) == MacAddress(eight)


@pytest.mark.parametrize("text", [*MACS, *MACS8])
def test_every_spelling_that_the_manual_names_is_read(text: str) -> None:
    expected = OCTETS8 if len(text.translate(str.maketrans("", "", ":-."))) == 16 else OCTETS

    assert MacAddress(text).octets == MacAddress(text.upper()).octets == expected
    assert encoded(MAC if len(expected) == 6 else MAC8, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "08:00:2b:01:02", "08:00:2b:01:02:03:04", "08:00:2b:01:02:03:04:05:06", "08:00:2b:01:02:0g"),
        *("08:00-2b:01:02:03", "08.00.2b.01.02.03", "0800:2b01:0203", "0800.2b01-0203", "08002b01:0203"),
        *("08002b.010203", " 08:00:2b:01:02:03", "08:00:2b:01:02:03\n", "8:0:2b:1:2:3", "\u06608:00:2b:01:02:03"),
        "0" * 10_000_000,
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no MAC address of 6 or 8 bytes"):
        MacAddress(text)
    refused(MAC, text, "macaddr takes an address like 08:00:2b:01:02:03, not str")
    refused(MAC8, text, "macaddr8 takes an address like")


@pytest.mark.parametrize("size", [0, 5, 7, 9, 16])
def test_another_number_of_bytes_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="is no MAC address"):
        MacAddress(bytes(size))
    with pytest.raises(DecodeError, match="macaddr has 6 bytes"):
        decoded(MAC, bytes(size))
    with pytest.raises(DecodeError, match="macaddr8 has 8 bytes"):
        decoded(MAC8, bytes(size))


def test_a_short_address_is_widened_for_macaddr8_and_a_long_one_has_no_place_in_macaddr() -> None:
    short = MacAddress(OCTETS)

    assert str(short.to_eui64()) == "08:00:2b:ff:fe:01:02:03"
    assert short.to_eui64().to_eui64() == short.to_eui64()
    assert round_trip(MAC8, short) == round_trip(MAC8, "08:00:2b:01:02:03") == short.to_eui64()
    refused(MAC, MacAddress(OCTETS8), "macaddr takes 6 bytes")
    refused(MAC, short.to_eui64(), "macaddr takes 6 bytes")
    refused(MAC, str(short.to_eui64()), "macaddr takes 6 bytes")


@pytest.mark.parametrize("value", [OCTETS, bytearray(OCTETS), 0, 1.5, True, [1, 2]])
def test_only_a_mac_address_or_text_is_taken(value: object) -> None:
    refused(MAC, value, "macaddr takes MacAddress or str, not")
    refused(MAC8, value, "macaddr8 takes MacAddress or str, not")


def test_its_text_is_postgresqls_and_its_repr_evaluates() -> None:
    address = MacAddress("0800.2B01.0203")

    assert str(address) == f"{address}" == "08:00:2b:01:02:03"
    assert repr(address) == "MacAddress('08:00:2b:01:02:03')"
    assert eval(repr(address)) == address


def test_addresses_of_one_size_are_in_order_and_those_of_two_are_not() -> None:
    low, high = MacAddress(bytes(6)), MacAddress(b"\x80" + bytes(5))
    other: Any = MacAddress(bytes(8))

    assert low < high
    assert low <= high
    assert high > low
    assert high >= low
    assert not low > high
    assert sorted([high, low]) == [low, high]
    assert low != other
    assert low != str(low)
    for wrong in (other, "00:00:00:00:00:00", None):
        with pytest.raises(TypeError, match="has no order with"):
            _ = low < wrong
        with pytest.raises(TypeError, match="has no order with"):
            _ = low >= wrong


def test_it_travels_and_can_be_a_key() -> None:
    for address in (MacAddress(OCTETS), MacAddress(OCTETS8)):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(address, protocol)) == address
        assert copy.copy(address) == copy.deepcopy(address) == address
        assert {address: 1}[MacAddress(str(address))] == 1
