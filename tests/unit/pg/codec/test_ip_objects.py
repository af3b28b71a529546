from __future__ import annotations

import pickle
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.codec import ip_objects
from qail.pg.codec.ip_objects import address_4, address_6, interface_4, interface_6, network_4, network_6, state_of

pytestmark = pytest.mark.feature("CO11")
NUMBERS = {32: st.integers(0, 2**32 - 1), 128: st.integers(0, 2**128 - 1)}


def check(ours: Any, theirs: Any) -> None:
    """Alike in everything that can be asked."""
    assert type(ours) is type(theirs)
    assert ours == theirs
    assert (str(ours), repr(ours), hash(ours)) == (str(theirs), repr(theirs), hash(theirs))
    assert pickle.loads(pickle.dumps(ours)) == theirs
    mine, other = state_of(ours), state_of(theirs)
    # The shortest two networks have a function of their own, another one each time.
    assert (mine.pop("hosts", None) is None) == (other.pop("hosts", None) is None)
    if isinstance(ours, IPv4Interface | IPv6Interface):
        network: Any = mine.pop("network")
        check(network, other.pop("network"))
    assert mine == other


def test_this_python_keeps_its_addresses_as_we_make_them() -> None:
    assert ip_objects.IS_QUICK is ip_objects.is_quick_sound() is True


@given(NUMBERS[32])
def test_addresses_of_four_bytes_are_those_of_the_constructor(number: int) -> None:
    check(address_4(number), IPv4Address(number))


@given(NUMBERS[128])
def test_addresses_of_sixteen_bytes_are_those_of_the_constructor(number: int) -> None:
    check(address_6(number), IPv6Address(number))


@pytest.mark.parametrize("bits", range(33))
def test_networks_and_interfaces_of_every_prefix_are_those_of_the_constructor(bits: int) -> None:
    number = 0xC0A8_0101
    network = number >> (32 - bits) << (32 - bits)

    check(network_4(network, bits), IPv4Network((network, bits)))
    check(interface_4(number, bits), IPv4Interface((number, bits)))


@pytest.mark.parametrize("bits", [29, 30, 31, 32])
def test_the_hosts_of_the_shortest_networks_are_those_of_the_constructor(bits: int) -> None:
    ours: Any = network_4(0xC0A8_0100, bits)

    assert list(ours.hosts()) == list(IPv4Network((0xC0A8_0100, bits)).hosts())


@pytest.mark.parametrize("bits", range(129))
def test_wide_networks_and_interfaces_of_every_prefix_are_those_of_the_constructor(bits: int) -> None:
    number = 0x2001_0DB8_0000_0000_0000_FF00_0042_8329
    network = number >> (128 - bits) << (128 - bits)

    check(network_6(network, bits), IPv6Network((network, bits)))
    check(interface_6(number, bits), IPv6Interface((number, bits)))


@given(NUMBERS[32], st.integers(0, 32))
def test_interfaces_of_any_number_are_those_of_the_constructor(number: int, bits: int) -> None:
    ours: Any = interface_4(number, bits)

    check(ours, IPv4Interface((number, bits)))
    assert ours.ip == IPv4Address(number)
    assert ours.with_prefixlen == f"{IPv4Address(number)}/{bits}"


@given(NUMBERS[128], st.integers(0, 128))
def test_wide_interfaces_of_any_number_are_those_of_the_constructor(number: int, bits: int) -> None:
    check(interface_6(number, bits), IPv6Interface((number, bits)))


# A Python whose interfaces have an attribute more.
OTHER_PYTHON = """
import ipaddress
constructor = ipaddress.IPv4Interface.__init__
def other_constructor(self, address):
    constructor(self, address)
    self.zone = None
ipaddress.IPv4Interface.__init__ = other_constructor
from librt.strings import BytesWriter
from qail.pg.codec import ip_objects
from qail.pg.codec.registry import BUILTIN
assert not ip_objects.IS_QUICK
for oid, texts in ((869, ["10.1.2.3", "10.1.2.3/8", "::1", "::1/64"]), (650, ["10.0.0.0/8", "::/64", "1.2.3.4"])):
    for text in texts:
        value = (ipaddress.ip_network if oid == 650 else ipaddress.ip_interface)(text)
        out = BytesWriter()
        BUILTIN[oid].encode(out, value)
        back = BUILTIN[oid].decode(out.getvalue(), 4, len(out) - 4)
        print(type(back).__name__, back, getattr(back, "zone", "-"))
"""


def test_a_python_that_keeps_them_otherwise_gets_them_from_its_constructors() -> None:
    done = subprocess.run([sys.executable, "-c", OTHER_PYTHON], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "IPv4Address 10.1.2.3 -",
        "IPv4Interface 10.1.2.3/8 None",
        "IPv6Address ::1 -",
        "IPv6Interface ::1/64 -",
        "IPv4Network 10.0.0.0/8 -",
        "IPv6Network ::/64 -",
        "IPv4Network 1.2.3.4/32 -",
    ]


def test_a_changed_attribute_would_be_noticed() -> None:
    changed = IPv4Network("10.0.0.0/8")
    changed.netmask = IPv4Address("255.0.0.1")

    assert state_of(changed) != state_of(IPv4Network("10.0.0.0/8"))
    assert state_of(IPv6Address("fe80::1%a")) != state_of(IPv6Address("fe80::1"))
