"""bool: one byte, 0 or 1. An int is no bool.

Source: src/backend/utils/adt/bool.c, boolsend and boolrecv
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i64

from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import wrong_length, wrong_type


class BoolCodec(Codec):
    """Python bool."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append one byte.

        Raises:
            EncodeError: `value` is no bool; 0 and 1 are not taken for one.
        """
        if not isinstance(value, bool):
            raise wrong_type(self.type_name, value, "bool", "pass True or False")
        write_i32_be(out, 1)
        out.append(1 if value else 0)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """False for 0, True for any other byte, as the server's own boolrecv takes it.

        Raises:
            DecodeError: not one byte.
        """
        if length != 1:
            raise wrong_length(self.type_name, 1, length)
        return buffer[position] != 0


CODECS: Final[list[Codec]] = [BoolCodec("bool", 16)]
