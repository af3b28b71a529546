"""macaddr and macaddr8: six and eight bytes, as MacAddress.

Rule 1: a str is parsed here, in the spellings that PostgreSQL documents; nothing is sent that the server would refuse.
Rule 2: an address of six bytes for macaddr8 is widened with ff:fe in its middle, as the server's implicit cast does;
one of eight bytes is refused for macaddr, where it has no place.

asyncpg and psycopg give str for both; the text of a MacAddress is that str.

Source: src/backend/utils/adt/mac.c, macaddr_send; mac8.c, macaddr8_recv; datatype-net-types.html#DATATYPE-MACADDR
"""

from __future__ import annotations

import re
from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import short_repr, wrong_length, wrong_type

MAC_BYTES: Final = 6
MAC8_BYTES: Final = 8
# What stands between the halves when 48 bits become 64 (macaddrtomacaddr8).
EUI64_FILLER: Final = b"\xff\xfe"
# Pairs; fours, which alone may be parted by dots; halves; and the maker's half with the rest.
_PAIRS: Final = r"[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}(?:[0-9a-f]{2}\1[0-9a-f]{2}\1)?[0-9a-f]{2}"
_FOURS: Final = r"[0-9a-f]{4}([.-])[0-9a-f]{4}\2[0-9a-f]{4}(?:\2[0-9a-f]{4})?"
_HALVES: Final = r"[0-9a-f]{6}[:-]?[0-9a-f]{6}(?:[0-9a-f]{4})?|[0-9a-f]{8}[:-]?[0-9a-f]{8}"
_SPELLINGS: Final = re.compile(f"(?:{_PAIRS}|{_FOURS}|{_HALVES})", re.ASCII | re.IGNORECASE)
_SPELLING_CHARACTERS: Final = 23  # eight pairs and seven separators
_SEPARATORS: Final = str.maketrans("", "", ":-.")


class MacAddress:
    """A MAC address of six or eight bytes: immutable, hashable, in the order of its bytes.

    Two addresses of different sizes are never equal and have no order; `to_eui64` widens the shorter one.

    >>> print(MacAddress("0800.2B01.0203"), MacAddress(bytes(8)))
    08:00:2b:01:02:03 00:00:00:00:00:00:00:00
    """

    __slots__ = ("octets",)

    def __init__(self, address: str | bytes) -> None:
        """Raises ValueError for text in no spelling that PostgreSQL documents, and for another number of bytes."""
        octets = address if isinstance(address, bytes) else parsed(address)
        if octets is None or (len(octets) != MAC_BYTES and len(octets) != MAC8_BYTES):
            raise ValueError(f"{short_repr(address)} is no MAC address of {MAC_BYTES} or {MAC8_BYTES} bytes")
        self.octets: Final = octets

    def to_eui64(self) -> MacAddress:
        """The address in eight bytes, with ff:fe in the middle of a shorter one."""
        return MacAddress(widened(self.octets))

    def __str__(self) -> str:
        return self.octets.hex(":")

    def __repr__(self) -> str:
        return f"MacAddress('{self.octets.hex(':')}')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MacAddress) and self.octets == other.octets

    def __hash__(self) -> int:
        return hash(self.octets)

    def __lt__(self, other: object) -> bool:
        return self.octets < same_size(self, other)

    def __le__(self, other: object) -> bool:
        return self.octets <= same_size(self, other)

    def __gt__(self, other: object) -> bool:
        return self.octets > same_size(self, other)

    def __ge__(self, other: object) -> bool:
        return self.octets >= same_size(self, other)

    def __reduce__(self) -> tuple[type[MacAddress], tuple[bytes]]:
        return MacAddress, (self.octets,)


class MacCodec(Codec):
    """macaddr or macaddr8 as MacAddress, by the number of bytes."""

    def __init__(self, type_name: str, type_oid: int, size: int) -> None:
        super().__init__(type_name, type_oid)
        self._size: Final[i64] = size

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append six or eight bytes.

        Raises:
            EncodeError: `value` is neither MacAddress nor the text of one, or does not fit.
        """
        size = self._size
        octets = value.octets if isinstance(value, MacAddress) else self._parsed(value)
        if size == MAC8_BYTES:
            octets = widened(octets)
        elif len(octets) != MAC_BYTES:
            raise wrong_type(self.type_name, value, f"{MAC_BYTES} bytes", "use macaddr8, or a shorter address")
        write_i32_be(out, i32(size))
        out.write(octets)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A MacAddress.

        Raises:
            DecodeError: another number of bytes.
        """
        size = self._size
        if length != size:
            raise wrong_length(self.type_name, size, length)
        return MacAddress(buffer[position : position + length])

    def _parsed(self, value: object) -> bytes:
        if not isinstance(value, str):
            raise wrong_type(self.type_name, value, "MacAddress or str", "convert it with qail.MacAddress()")
        octets = parsed(value)
        if octets is None:
            raise EncodeError(
                f"{self.type_name} takes an address like 08:00:2b:01:02:03, not str {short_repr(value)}: correct it"
            )
        return octets


def parsed(text: str) -> bytes | None:
    """The bytes of an address in one of PostgreSQL's spellings; None for any other text."""
    if len(text) > _SPELLING_CHARACTERS or _SPELLINGS.fullmatch(text) is None:
        return None
    return bytes.fromhex(text.translate(_SEPARATORS))


def widened(octets: bytes) -> bytes:
    """Eight bytes: an address of six with ff:fe in its middle, one of eight as it is."""
    return octets[:3] + EUI64_FILLER + octets[3:] if len(octets) == MAC_BYTES else octets


def same_size(address: MacAddress, other: object) -> bytes:
    """The bytes of `other`, to be ordered with `address`.

    Raises:
        TypeError: no MacAddress, or one of another size.
    """
    if not isinstance(other, MacAddress) or len(other.octets) != len(address.octets):
        raise TypeError(f"a MacAddress of {len(address.octets)} bytes has no order with {short_repr(other)}")
    return other.octets


CODECS: Final[list[Codec]] = [MacCodec("macaddr8", 774, MAC8_BYTES), MacCodec("macaddr", 829, MAC_BYTES)]
