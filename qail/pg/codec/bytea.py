"""bytea: any buffer in, bytes out.

Source: src/backend/utils/adt/varlena.c, byteasend and bytearecv
"""

from __future__ import annotations

from typing import Any, Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES


def bytes_of(type_name: str, value: object) -> bytes:
    """A copy of any buffer's bytes, in C order when it is not contiguous.

    Raises:
        EncodeError: `value` has no buffer.
    """
    buffer: Any = value
    try:
        # Through memoryview: bytes(5) would be five zeros, and bytes([1, 2]) a list's items.
        with memoryview(buffer) as view:
            return view.tobytes()
    except TypeError:
        fix = "encode the text first, with .encode()" if isinstance(value, str) else "convert it to bytes"
        raise wrong_type(type_name, value, "bytes or another buffer", fix) from None


class ByteaCodec(Codec):
    """bytea as bytes."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the bytes.

        Raises:
            EncodeError: `value` has no buffer, or is larger than a field may be.
        """
        data = value if isinstance(value, bytes) else bytes_of(self.type_name, value)
        if len(data) > MAX_FIELD_BYTES:
            raise out_of_range(self.type_name, data, f"at most {MAX_FIELD_BYTES} bytes", "split it, or a large object")
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A copy of the bytes."""
        return buffer[position : position + length]


CODECS: Final[list[Codec]] = [ByteaCodec("bytea", 17)]
