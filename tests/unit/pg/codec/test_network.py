from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, refused, round_trip
from support.values.network import STRATEGIES

pytestmark = pytest.mark.feature("CO11")
INET, CIDR = CODECS["inet"], CODECS["cidr"]


@given(STRATEGIES["inet"])
def test_addresses_and_interfaces_round_trip(value: Any) -> None:
    back = round_trip(INET, value)

    assert back == value
    assert type(back) is type(value)


@given(STRATEGIES["cidr"])
def test_networks_round_trip(value: Any) -> None:
    back = round_trip(CIDR, value)

    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("10.1.2.3", "02 20 00 04 0a010203"),
        ("10.1.2.3/8", "02 08 00 04 0a010203"),
        ("255.255.255.255/0", "02 00 00 04 ffffffff"),
        ("::1", "03 80 00 10 00000000000000000000000000000001"),
        ("2001:db8::/32", "03 20 00 10 20010db8000000000000000000000000"),
    ],
)
def test_the_bytes_of_an_inet(value: str, data: str) -> None:
    assert encoded(INET, value) == encoded(INET, ip_interface(value)) == bytes.fromhex(data)


def test_the_bytes_of_a_cidr() -> None:
    assert encoded(CIDR, "10.0.0.0/8") == bytes.fromhex("02 08 01 04 0a000000")
    assert encoded(CIDR, ip_network("ff00::/8")) == bytes.fromhex("03 08 01 10 ff000000000000000000000000000000")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10.1.2.3", IPv4Address("10.1.2.3")),
        (IPv4Interface("10.1.2.3/32"), IPv4Address("10.1.2.3")),
        (IPv4Interface("10.1.2.3/31"), IPv4Interface("10.1.2.3/31")),
        (IPv4Network("10.0.0.0/8"), IPv4Interface("10.0.0.0/8")),
        (IPv4Network("10.0.0.1/32"), IPv4Address("10.0.0.1")),
        ("::1/64", IPv6Interface("::1/64")),
        (IPv6Interface("::1/128"), IPv6Address("::1")),
        (IPv6Network("::/127"), IPv6Interface("::/127")),
    ],
)
def test_only_a_shorter_prefix_makes_an_interface(value: object, expected: object) -> None:
    back = round_trip(INET, value)

    assert back == expected
    assert type(back) is type(expected)


@pytest.mark.parametrize("text", ["1.2.3.4/255.255.255.0", "1.2.3.4/24"])
def test_text_is_read_by_ipaddress(text: str) -> None:
    assert round_trip(INET, text) == ip_interface("1.2.3.4/24")


@pytest.mark.parametrize("value", [1, True, 1.5, b"\x7f\0\0\1", ["10.0.0.1"], ("10.0.0.1", 8)])
def test_only_objects_of_ipaddress_and_text_are_taken(value: object) -> None:
    refused(INET, value, "inet takes an address, interface or network of ipaddress, or str, not")
    refused(CIDR, value, "cidr takes a network of ipaddress, or str, not")


@pytest.mark.parametrize(
    "text", ["", " ", "localhost", "1.2.3", "256.1.1.1", "1.2.3.4/33", "::/129", "1.2.3.4 ", "1.2.3.4\0"]
)
def test_text_of_no_address_is_refused(text: str) -> None:
    refused(INET, text, "inet takes an address like 10.1.2.3, .* not str")
    refused(CIDR, text, "cidr takes a network like 10.1.0.0/16")


def test_long_text_is_refused_in_linear_time_and_cut() -> None:
    refused(INET, "1." * 5_000_000, r"not str '1\.1\.")
    refused(CIDR, ":" * 5_000_000, "not str ':::")


@pytest.mark.parametrize("value", [ip_address("10.0.0.0"), ip_interface("10.0.0.0/8"), ip_address("::")])
def test_an_address_is_no_network(value: object) -> None:
    refused(CIDR, value, r"convert it with ipaddress\.ip_network\(\)")


@pytest.mark.parametrize("text", ["10.0.0.1/8", "::1/127", "255.255.255.255/0"])
def test_bits_right_of_the_mask_are_refused(text: str) -> None:
    refused(CIDR, text, "without bits to the right of the mask")


@pytest.mark.parametrize(
    "value", [IPv6Address("fe80::1%eth0"), IPv6Interface("fe80::1%1/64"), "fe80::1%eth0", "fe80::1%eth0/64"]
)
def test_a_scope_id_is_refused(value: object) -> None:
    refused(INET, value, "inet has no scope ids, and IPv6Interface|inet has no scope ids, and IPv6Address")


def test_a_network_with_a_scope_id_is_refused() -> None:
    for value in (ip_network("fe80::%eth0/64"), "fe80::%eth0/64"):
        refused(INET, value, "inet has no scope ids")
        refused(CIDR, value, "cidr has no scope ids")


@pytest.mark.parametrize(
    "data",
    [
        "",
        "02",
        "02 20 00 04 0a0102",
        "02 20 00 04 0a01020304",
        "02 21 00 04 0a010203",
        "02 ff 00 04 0a010203",
        "03 20 00 04 0a010203",
        "00 20 00 04 0a010203",
        "02 20 00 10 0a010203",
        "02 20 00 10 0a0102030a0102030a0102030a010203",
        "03 81 00 10 0a0102030a0102030a0102030a010203",
        "03 80 00 04 0a0102030a0102030a0102030a010203",
    ],
)
def test_a_head_that_does_not_fit_is_refused(data: str) -> None:
    for codec in (INET, CIDR):
        with pytest.raises(DecodeError, match="has no head that fits"):
            decoded(codec, bytes.fromhex(data))


@pytest.mark.parametrize("data", ["02 18 01 04 0a000001", "02 00 01 04 80000000", "03 7f 01 10 " + "00" * 15 + "01"])
def test_a_cidr_with_bits_right_of_its_mask_is_refused(data: str) -> None:
    with pytest.raises(DecodeError, match="cidr came with bits to the right of its mask"):
        decoded(CIDR, bytes.fromhex(data))


@given(
    st.one_of(
        st.binary(max_size=24),
        st.builds(bytes.__add__, st.sampled_from([b"\2\x18\0\4", b"\3\x40\1\x10"]), st.binary(max_size=17)),
    )
)
def test_any_bytes_are_a_value_that_encodes_again_or_a_decode_error(data: bytes) -> None:
    for codec in (INET, CIDR):
        try:
            found = decoded(codec, data)
        except DecodeError:
            continue
        # The flag is the type's own, whatever came.
        again = encoded(codec, found)
        assert (again[:2], again[3:]) == (data[:2], data[3:])
