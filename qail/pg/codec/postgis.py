"""geometry and geography of PostGIS: EWKB, as bytes. `qail.shapely` makes shapely's objects of them.

EWKB is the standard's well-known binary, with the SRID and the flags of Z and M in its type. Its first byte is the
order of the others, then comes Int32 the type; more is not looked at here.

Source: postgis/lwgeom_inout.c, LWGEOM_send and LWGEOM_recv
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.bytea import bytes_of
from qail.pg.codec.refusal import out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES

LEAST_BYTES: Final = 5
LITTLE_ENDIAN: Final = 1


class EwkbCodec(Codec):
    """geometry and geography as bytes. Any buffer is taken."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the bytes.

        Raises:
            EncodeError: `value` has no buffer, or is no EWKB.
        """
        if isinstance(value, str):
            raise wrong_type(self.type_name, value, "EWKB as bytes", "make bytes.fromhex() of EWKB, or cast the text")
        data = value if isinstance(value, bytes) else bytes_of(self.type_name, value)
        if not is_ewkb(data, 0, len(data)):
            limits = f"EWKB of {LEAST_BYTES} to {MAX_FIELD_BYTES} bytes"
            raise out_of_range(self.type_name, value, limits, "make EWKB of it, or cast text to the type in SQL")
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A copy of the bytes.

        Raises:
            DecodeError: it is no EWKB.
        """
        if not is_ewkb(buffer, position, length):
            raise DecodeError(
                f"{self.type_name} is EWKB of at least {LEAST_BYTES} bytes, and {length} of something came"
            )
        return buffer[position : position + length]


def is_ewkb(buffer: bytes, position: i64, length: i64) -> bool:
    """Whether the bytes start as EWKB does."""
    return LEAST_BYTES <= length <= MAX_FIELD_BYTES and buffer[position] <= LITTLE_ENDIAN


EXTENSION_CODECS: Final[dict[str, Callable[[str, int], Codec]]] = {"geography": EwkbCodec, "geometry": EwkbCodec}
