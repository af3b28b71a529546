"""inet and cidr: family, prefix length, a flag, number of bytes, then the address; as the objects of ipaddress.

Rule 1: an inet whose prefix is the whole address (/32, /128) is an IPv4Address or IPv6Address, any other an
IPv4Interface or IPv6Interface; a cidr is an IPv4Network or IPv6Network. asyncpg and psycopg do the same.
Rule 2: all of these are taken for inet, since a network is an address with a prefix, too; an interface of /32 or /128
comes back as the address it is. cidr takes networks alone. A str is read by ipaddress, before anything is sent.
Rule 3: nothing is dropped: a scope id (`fe80::1%eth0`) has no place in PostgreSQL, and bits to the right of a cidr's
mask none either, so both are refused.

Source: src/backend/utils/adt/network.c, network_send and network_recv
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_interface,
    ip_network,
)
from typing import Any, Final

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.ip_objects import (
    BITS_4,
    BITS_6,
    IS_QUICK,
    address_4,
    address_6,
    interface_4,
    interface_6,
    network_4,
    network_6,
    prefix_length,
)
from qail.pg.codec.refusal import short_repr, wrong_type

# PGSQL_AF_INET and PGSQL_AF_INET6 in src/include/utils/inet.h; the first is AF_INET, which is 2 everywhere.
FAMILY_4: Final = 2
FAMILY_6: Final = 3
HEAD_BYTES: Final = 4
BYTES_4: Final = 4
BYTES_6: Final = 16

_INT_FROM_BYTES: Final[Any] = int.from_bytes


class InetCodec(Codec):
    """inet as an address or an interface."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append 8 or 20 bytes.

        Raises:
            EncodeError: `value` is no object of ipaddress and no text of one, or has a scope id.
        """
        found: Any = value
        # One test each: mypyc makes a slow one of a tuple with classes that are not native.
        if isinstance(value, IPv4Interface) or isinstance(value, IPv6Interface):  # noqa: SIM101 - see above
            write_network(out, self.type_name, found, prefix_length(found), 0)
        elif isinstance(value, IPv4Address) or isinstance(value, IPv6Address):  # noqa: SIM101
            write_network(out, self.type_name, found, -1, 0)
        elif isinstance(value, IPv4Network) or isinstance(value, IPv6Network):  # noqa: SIM101
            write_network(out, self.type_name, found.network_address, prefix_length(found), 0)
        elif isinstance(value, str):
            try:
                found = ip_interface(value)
            except ValueError:
                raise no_address(self.type_name, value, "an address like 10.1.2.3, 10.1.2.3/8 or 2001:db8::1") from None
            write_network(out, self.type_name, found, prefix_length(found), 0)
        else:
            takes = "an address, interface or network of ipaddress, or str"
            raise wrong_type(self.type_name, value, takes, "convert it with ipaddress.ip_interface()")

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """An address; an interface where the prefix is shorter.

        Raises:
            DecodeError: head and bytes disagree.
        """
        bits = check_head(self.type_name, buffer, position, length)
        if buffer[position] == FAMILY_4:
            number = i64(read_i32_be(buffer, position + HEAD_BYTES)) & 0xFFFFFFFF
            return address_4(number) if bits == BITS_4 else interface_4(number, bits)
        wide = wide_number(buffer, position)
        return address_6(wide) if bits == BITS_6 else interface_6(wide, bits)


class CidrCodec(Codec):
    """cidr as a network."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append 8 or 20 bytes.

        Raises:
            EncodeError: `value` is no network and no text of one, or has a scope id or bits right of its mask.
        """
        found: Any = value
        if isinstance(value, str):
            try:
                found = ip_network(value)
            except ValueError:
                takes = "a network like 10.1.0.0/16, without bits to the right of the mask"
                raise no_address(self.type_name, value, takes) from None
        elif not isinstance(value, IPv4Network) and not isinstance(value, IPv6Network):
            takes = "a network of ipaddress, or str"
            raise wrong_type(self.type_name, value, takes, "convert it with ipaddress.ip_network()")
        write_network(out, self.type_name, found.network_address, prefix_length(found), 1)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A network.

        Raises:
            DecodeError: head and bytes disagree, or bits stand to the right of the mask.
        """
        bits = check_head(self.type_name, buffer, position, length)
        if buffer[position] == FAMILY_4:
            number = i64(read_i32_be(buffer, position + HEAD_BYTES)) & 0xFFFFFFFF
            host_bits: i64 = BITS_4 - bits
            if number >> host_bits << host_bits == number:
                return network_4(number, bits)
        else:
            wide = wide_number(buffer, position)
            rest = BITS_6 - int(bits)
            if wide >> rest << rest == wide:
                return network_6(wide, bits)
        raise DecodeError(f"{self.type_name} came with bits to the right of its mask of {bits} bits")


def no_address(type_name: str, text: str, takes: str) -> EncodeError:
    """The error for a str that ipaddress does not read."""
    return EncodeError(f"{type_name} takes {takes}, not str {short_repr(text)}: correct it")


def write_network(out: BytesWriter, type_name: str, address: Any, bits: i64, flag: i64) -> None:
    """Append the field of an address of either family; `bits` of -1 are all there are.

    Raises:
        EncodeError: the address has a scope id; `out` is unchanged.
    """
    number: int = address._ip if IS_QUICK else int(address)
    if isinstance(address, IPv4Address):
        write_head(out, FAMILY_4, BITS_4 if bits < 0 else bits, flag, BYTES_4)
        # The upper half of the range is the negative half of an Int32.
        write_i32_be(out, i32(number if number < 2**31 else number - 2**32))
        return
    if address.scope_id is not None:
        raise EncodeError(
            f"{type_name} has no scope ids, and {type(address).__name__} {short_repr(address)} has one: "
            "store it in a column of its own"
        )
    write_head(out, FAMILY_6, BITS_6 if bits < 0 else bits, flag, BYTES_6)
    out.write(number.to_bytes(BYTES_6, "big"))


def write_head(out: BytesWriter, family: i64, bits: i64, flag: i64, count: i64) -> None:
    """Append the field's length, and the four bytes that stand ahead of the address."""
    write_i32_be(out, i32(HEAD_BYTES + count))
    write_i32_be(out, i32(family << 24 | bits << 16 | flag << 8 | count))


def check_head(type_name: str, buffer: bytes, position: i64, length: i64) -> i64:
    """The prefix length, once the head fits the bytes. The flag says "cidr", and the server does not read it either.

    Raises:
        DecodeError: head and bytes disagree.
    """
    count: i64 = length - HEAD_BYTES
    family: i64 = FAMILY_4 if count == BYTES_4 else FAMILY_6
    most: i64 = BITS_4 if count == BYTES_4 else BITS_6
    if (
        (count == BYTES_4 or count == BYTES_6)
        and buffer[position] == family
        and buffer[position + 1] <= most
        and buffer[position + 3] == count
    ):
        return i64(buffer[position + 1])
    raise DecodeError(f"{type_name} of {length} bytes has no head that fits an address of 4 or 16 bytes")


def wide_number(buffer: bytes, position: i64) -> int:
    """The IPv6 address behind the head at `position`."""
    start = position + HEAD_BYTES
    number: int = _INT_FROM_BYTES(buffer[start : start + BYTES_6], "big")
    return number


CODECS: Final[list[Codec]] = [CidrCodec("cidr", 650), InetCodec("inet", 869)]
