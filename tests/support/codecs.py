"""Encoding and decoding single values, for the tests of `qail.pg.codec`."""

from __future__ import annotations

import struct
from typing import Final

import pytest
from librt.strings import BytesWriter

from qail.errors import EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.registry import BUILTIN

# What stands around a value in a real buffer; a codec must look at neither.
BEFORE: Final = b"\x7f\x01"
BEHIND: Final = b"\x02\xff\xfe"
CODECS: Final[dict[str, Codec]] = {codec.type_name: codec for codec in BUILTIN.values()}


def hostile_lengths(left: int) -> list[int]:
    """What a length field is tried with, where `left` bytes are left."""
    return [-(2**31), -2, -1, 0, 1, left, left + 1, 2**31 - 1]


def encoded(codec: Codec, value: object) -> bytes:
    """The bytes of one value, after checking that the field's length is theirs."""
    out = BytesWriter()
    out.write(BEFORE)
    codec.encode(out, value)
    field = out.getvalue()
    assert field.startswith(BEFORE)
    (length,) = struct.unpack_from("!i", field, len(BEFORE))
    data = field[len(BEFORE) + 4 :]
    assert length == len(data)
    return data


def decoded(codec: Codec, data: bytes) -> object:
    """The value of `data`, which stands in the middle of a buffer."""
    return codec.decode(BEFORE + data + BEHIND, len(BEFORE), len(data))


def round_trip(codec: Codec, value: object) -> object:
    """What comes back for `value`."""
    return decoded(codec, encoded(codec, value))


def refused(codec: Codec, value: object, match: str) -> None:
    """`value` is refused with a message that matches, and nothing is written."""
    out = BytesWriter()
    out.write(BEFORE)
    with pytest.raises(EncodeError, match=match):
        codec.encode(out, value)
    assert out.getvalue() == BEFORE
