"""Addresses, interfaces and networks of ipaddress from their numbers, without its slow constructors.

Rule 1: what is made has the very state that the constructor would have given it. That is compared once, at import
(`is_quick_sound`); a Python that keeps its addresses otherwise gets them from the constructors.
Rule 2: numbers and prefix lengths are in range, and a network's number has no bits to the right of its mask: the
callers have checked.

An IPv4Interface takes its constructor the time of ten addresses, most of it for looking at what it was given.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Final

from mypy_extensions import i64

BITS_4: Final = 32
BITS_6: Final = 128

_NEW: Final[Any] = object.__new__
_ADDRESS_4: Final[Any] = IPv4Address
_ADDRESS_6: Final[Any] = IPv6Address
_INTERFACE_4: Final[Any] = IPv4Interface
_INTERFACE_6: Final[Any] = IPv6Interface
_NETWORK_4: Final[Any] = IPv4Network
_NETWORK_6: Final[Any] = IPv6Network
# Filled as they are met: all of them would take a millisecond at import.
_NETMASKS_4: Final[list[Any]] = [None] * (BITS_4 + 1)
_NETMASKS_6: Final[list[Any]] = [None] * (BITS_6 + 1)


def address_4(number: int) -> object:
    """The IPv4Address of that number."""
    return quick_address_4(number) if IS_QUICK else IPv4Address(number)


def address_6(number: int) -> object:
    """The IPv6Address of that number, without scope id."""
    return quick_address_6(number) if IS_QUICK else IPv6Address(number)


def network_4(number: int, bits: i64) -> object:
    """The IPv4Network of that number and prefix length."""
    return quick_network_4(number, bits) if IS_QUICK else IPv4Network((number, int(bits)))


def network_6(number: int, bits: i64) -> object:
    """The IPv6Network of that number and prefix length."""
    return quick_network_6(number, bits) if IS_QUICK else IPv6Network((number, int(bits)))


def interface_4(number: int, bits: i64) -> object:
    """The IPv4Interface of that number and prefix length."""
    return quick_interface_4(number, bits) if IS_QUICK else IPv4Interface((number, int(bits)))


def interface_6(number: int, bits: i64) -> object:
    """The IPv6Interface of that number and prefix length, without scope id."""
    return quick_interface_6(number, bits) if IS_QUICK else IPv6Interface((number, int(bits)))


def prefix_length(found: Any) -> int:
    """The prefix length of an interface or network. Its property takes as long as all the rest of writing one."""
    if IS_QUICK:
        bits: int = found._prefixlen
        return bits
    return int(found.with_prefixlen.rpartition("/")[2])


def quick_address_4(number: int) -> Any:
    """An IPv4Address, attribute by attribute; so do the other five."""
    found: Any = _NEW(_ADDRESS_4)
    found._ip = number
    return found


def quick_address_6(number: int) -> Any:
    """An IPv6Address."""
    found: Any = _NEW(_ADDRESS_6)
    found._ip = number
    found._scope_id = None
    return found


def quick_network_4(number: int, bits: i64) -> Any:
    """An IPv4Network. The two shortest have an attribute more, which lists their hosts: the constructor gives it."""
    if bits >= BITS_4 - 1:
        return IPv4Network((number, int(bits)))
    found: Any = _NEW(_NETWORK_4)
    found.network_address = quick_address_4(number)
    found.netmask = netmask_4(bits)
    found._prefixlen = int(bits)
    return found


def quick_network_6(number: int, bits: i64) -> Any:
    """An IPv6Network, likewise."""
    if bits >= BITS_6 - 1:
        return IPv6Network((number, int(bits)))
    found: Any = _NEW(_NETWORK_6)
    found.network_address = quick_address_6(number)
    found.netmask = netmask_6(bits)
    found._prefixlen = int(bits)
    return found


def quick_interface_4(number: int, bits: i64) -> Any:
    """An IPv4Interface."""
    rest = BITS_4 - int(bits)
    found: Any = _NEW(_INTERFACE_4)
    found._ip = number
    found.network = quick_network_4(number >> rest << rest, bits)
    found.netmask = netmask_4(bits)
    found._prefixlen = int(bits)
    return found


def quick_interface_6(number: int, bits: i64) -> Any:
    """An IPv6Interface."""
    rest = BITS_6 - int(bits)
    found: Any = _NEW(_INTERFACE_6)
    found._ip = number
    found._scope_id = None
    found.network = quick_network_6(number >> rest << rest, bits)
    found.netmask = netmask_6(bits)
    found._prefixlen = int(bits)
    return found


def netmask_4(bits: i64) -> Any:
    """The IPv4Address that is the mask of that prefix length."""
    found: Any = _NETMASKS_4[bits]
    if found is None:
        found = _NETMASKS_4[bits] = IPv4Network((0, int(bits))).netmask
    return found


def netmask_6(bits: i64) -> Any:
    """The IPv6Address that is the mask of that prefix length."""
    found: Any = _NETMASKS_6[bits]
    if found is None:
        found = _NETMASKS_6[bits] = IPv6Network((0, int(bits))).netmask
    return found


def state_of(address: object) -> dict[str, object]:
    """All that an object of ipaddress consists of, by attribute."""
    state: dict[str, object] = dict(getattr(address, "__dict__", {}))
    for base in type(address).__mro__:
        for name in getattr(base, "__slots__", ()):
            if name != "__weakref__" and hasattr(address, name):
                state[name] = getattr(address, name)
    return state


def is_quick_sound() -> bool:
    """Whether this Python's constructors make what the quick way makes."""
    try:
        pairs: list[tuple[object, object]] = [
            (quick_address_4(1), IPv4Address(1)),
            (quick_address_6(1), IPv6Address(1)),
            (quick_network_4(256, 24), IPv4Network((256, 24))),
            (quick_network_6(256, 120), IPv6Network((256, 120))),
            (quick_interface_4(257, 24), IPv4Interface((257, 24))),
            (quick_interface_6(257, 120), IPv6Interface((257, 120))),
        ]
    except (AttributeError, TypeError):
        return False
    return all(type(ours) is type(theirs) and state_of(ours) == state_of(theirs) for ours, theirs in pairs)


IS_QUICK: Final = is_quick_sound()
