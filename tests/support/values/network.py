"""Values of the network address types and of MAC addresses, and what each must refuse."""

from __future__ import annotations

from ipaddress import (
    IPv4Interface,
    IPv4Network,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.mac import MacAddress
from support.values.case import Case, cases

# The spellings that the manual names (datatype-net-types.html).
MACS: Final = [
    *("08:00:2b:01:02:03", "08-00-2b-01-02-03", "08002b:010203", "08002b-010203", "0800.2b01.0203", "0800-2b01-0203"),
    *("08002b010203", "08:00:2B:01:02:03"),
]
MACS8: Final = [
    *("08:00:2b:01:02:03:04:05", "08-00-2b-01-02-03-04-05", "08002b:0102030405", "08002b-0102030405"),
    *("0800.2b01.0203.0405", "0800-2b01-0203-0405", "08002b01:02030405", "08002b0102030405", "08:00:2b:01:02:03"),
]


def interfaces(bits: int) -> st.SearchStrategy[Any]:
    """Interfaces of a prefix shorter than the address, which would make them one."""
    return st.builds(IPv4Interface if bits == 32 else IPv6Interface, st.tuples(numbers(bits), st.integers(0, bits - 1)))


def networks(bits: int) -> st.SearchStrategy[Any]:
    kind: Any = IPv4Network if bits == 32 else IPv6Network
    return st.builds(kind, st.tuples(numbers(bits), st.integers(0, bits)), strict=st.just(False))


def numbers(bits: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 2**bits - 1), st.sampled_from([0, 1, 2 ** (bits - 1), 2**bits - 1]))


CASES: Final[list[Case]] = [
    *cases("CO11", "inet", ("'0.0.0.0'", ip_address("0.0.0.0")), ("'127.0.0.1'", ip_address("127.0.0.1"))),
    *cases("CO11", "inet", ("'255.255.255.255'", ip_address("255.255.255.255"))),
    *cases("CO11", "inet", ("'128.0.0.1/32'", ip_address("128.0.0.1")), ("'0.0.0.0/0'", ip_interface("0.0.0.0/0"))),
    *cases("CO11", "inet", ("'10.1.2.3/8'", ip_interface("10.1.2.3/8")), ("'10.0.0.0/8'", ip_interface("10.0.0.0/8"))),
    *cases("CO11", "inet", ("'255.255.255.255/0'", ip_interface("255.255.255.255/0"))),
    *cases("CO11", "inet", ("'192.168.0.1/31'", ip_interface("192.168.0.1/31"))),
    *cases("CO11", "inet", ("'192.168.0.1/30'", ip_interface("192.168.0.1/30"))),
    *cases("CO11", "inet", ("'128.0.0.0/1'", ip_interface("128.0.0.0/1"))),
    *cases("CO11", "inet", ("'::'", ip_address("::")), ("'::1'", ip_address("::1"))),
    *cases("CO11", "inet", ("'2001:db8::ff00:42:8329'", ip_address("2001:db8::ff00:42:8329"))),
    *cases("CO11", "inet", ("'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", ip_address(2**128 - 1))),
    *cases("CO11", "inet", ("'::ffff:1.2.3.4'", ip_address("::ffff:1.2.3.4"))),
    *cases("CO11", "inet", ("'::1/0'", ip_interface("::1/0")), ("'fe80::1/10'", ip_interface("fe80::1/10"))),
    *cases("CO11", "inet", ("'fe80::1/127'", ip_interface("fe80::1/127")), ("'::/128'", ip_address("::"))),
    *cases("CO11", "inet", ("'2001:db8::1/64'", ip_interface("2001:db8::1/64"))),
    *cases("CO11", "cidr", ("'0.0.0.0/0'", ip_network("0.0.0.0/0")), ("'10.0.0.0/8'", ip_network("10.0.0.0/8"))),
    *cases("CO11", "cidr", ("'10'", ip_network("10.0.0.0/8")), ("'192.168'", ip_network("192.168.0.0/24"))),
    *cases("CO11", "cidr", ("'1.2.3.4'", ip_network("1.2.3.4/32")), ("'1.2.3.4/31'", ip_network("1.2.3.4/31"))),
    *cases("CO11", "cidr", ("'128.0.0.0/1'", ip_network("128.0.0.0/1"))),
    *cases("CO11", "cidr", ("'255.255.255.255/32'", ip_network("255.255.255.255/32"))),
    *cases("CO11", "cidr", ("'::/0'", ip_network("::/0")), ("'::1'", ip_network("::1/128"))),
    *cases("CO11", "cidr", ("'2001:db8::/32'", ip_network("2001:db8::/32")), ("'8000::/1'", ip_network("8000::/1"))),
    *cases("CO11", "cidr", ("'::ffff:1.2.3.0/120'", ip_network("::ffff:1.2.3.0/120"))),
    *cases("CO11", "cidr", ("'fe80::2/127'", ip_network("fe80::2/127"))),
    *cases("CO11", "macaddr", ("'08:00:2b:01:02:03'", MacAddress("08:00:2b:01:02:03"))),
    *cases("CO11", "macaddr", ("'00:00:00:00:00:00'", MacAddress(bytes(6)))),
    *cases("CO11", "macaddr", ("'FF-FF-FF-FF-FF-FF'", MacAddress(b"\xff" * 6))),
    *cases("CO11", "macaddr", ("'0800.2b01.0203'", MacAddress("0800.2b01.0203"))),
    *cases("CO11", "macaddr8", ("'08:00:2b:01:02:03:04:05'", MacAddress("08:00:2b:01:02:03:04:05"))),
    *cases("CO11", "macaddr8", ("'08:00:2b:01:02:03'", MacAddress("08:00:2b:ff:fe:01:02:03"))),
    *cases("CO11", "macaddr8", ("'ff:ff:ff:ff:ff:ff:ff:ff'", MacAddress(b"\xff" * 8))),
    *cases("CO11", "macaddr8", ("'00:00:00:00:00:00:00:00'", MacAddress(bytes(8)))),
]
# What is taken, and comes back as the value that says the same.
INPUTS: Final[list[Case]] = [
    *cases("CO11", "inet", ("'10.1.2.3'", "10.1.2.3"), ("'10.1.2.3/8'", "10.1.2.3/8"), ("'::1/64'", "::1/64")),
    *cases("CO11", "inet", ("'10.1.2.3'", ip_interface("10.1.2.3/32")), ("'::1'", ip_interface("::1/128"))),
    *cases("CO11", "inet", ("'10.0.0.0/8'", ip_network("10.0.0.0/8")), ("'fe80::/64'", ip_network("fe80::/64"))),
    *cases(
        "CO11", "cidr", ("'10.0.0.0/8'", "10.0.0.0/8"), ("'2001:db8::/32'", "2001:db8::/32"), ("'1.2.3.4'", "1.2.3.4")
    ),
    *cases("CO11", "macaddr", *[(f"'{text}'", text) for text in MACS], ("'00:00:00:00:00:01'", "00:00:00:00:00:01")),
    *cases(
        "CO11", "macaddr8", *[(f"'{text}'", text) for text in MACS8], ("'0800.2b01.0203'", MacAddress("08002b010203"))
    ),
]
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "inet": st.one_of(st.ip_addresses(), interfaces(32), interfaces(128)),
    "cidr": st.one_of(networks(32), networks(128)),
    "macaddr": st.binary(min_size=6, max_size=6).map(MacAddress),
    "macaddr8": st.binary(min_size=8, max_size=8).map(MacAddress),
}
WRONG: Final[dict[str, list[object]]] = {
    "inet": [
        1,
        True,
        b"\x7f\0\0\1",
        "",
        "localhost",
        "1.2.3",
        "1.2.3.256",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "::1/129",
        "fe80::1%eth0",
        ip_address("fe80::1%eth0"),
        ip_interface("fe80::1%eth0/64"),
        MacAddress(bytes(6)),
    ],
    "cidr": [
        ip_address("10.0.0.0"),
        ip_interface("10.0.0.0/8"),
        "10.0.0.1/8",
        "10",
        "::1/127",
        ip_network("fe80::%eth0/64"),
        0,
        b"\0" * 4,
    ],
    "macaddr": [
        "08:00:2b:01:02",
        "08:00:2b:01:02:0g",
        "08:00-2b:01:02:03",
        "08.00.2b.01.02.03",
        "",
        b"\0" * 6,
        MacAddress(bytes(8)),
        "08:00:2b:01:02:03:04:05",
        0,
        ip_address("::1"),
    ],
    "macaddr8": ["08:00:2b:01:02:03:04", b"\0" * 8, 8, "08:00:2b:01:02:03:04:05:06", "０8:00:2b:01:02:03:04:05"],  # noqa: RUF001  # a digit that is none here is meant
}
