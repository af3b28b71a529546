"""uuid: sixteen bytes, as uuid.UUID.

Source: src/backend/utils/adt/uuid.c, uuid_send and uuid_recv
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, SafeUUID

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i64

from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import wrong_length, wrong_type

UUID_BYTES: Final = 16
_UUID: Final = UUID
# UUID(bytes=...) takes five times as long: it is a Python function that checks eight ways to be called. So a value is
# made as an object of a class that differs in being empty and writable, and becomes a UUID by its `__class__`.
_BLANK: Final[Any] = type(
    "BlankUUID", (UUID,), {"__slots__": (), "__init__": object.__init__, "__setattr__": object.__setattr__}
)
_UNKNOWN_SAFETY: Final = SafeUUID.unknown
# Big-endian, unless it is told otherwise.
_INT_FROM_BYTES: Final[Any] = int.from_bytes


class UuidCodec(Codec):
    """uuid as uuid.UUID."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append sixteen bytes.

        Raises:
            EncodeError: `value` is no uuid.UUID.
        """
        if not isinstance(value, _UUID):
            raise wrong_type(self.type_name, value, "uuid.UUID", "convert it with uuid.UUID()")
        number: int = value.int
        write_i32_be(out, UUID_BYTES)
        out.write(number.to_bytes(UUID_BYTES, "big"))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A UUID.

        Raises:
            DecodeError: not sixteen bytes.
        """
        if length != UUID_BYTES:
            raise wrong_length(self.type_name, UUID_BYTES, length)
        found: Any = _BLANK()
        found.int = _INT_FROM_BYTES(buffer[position : position + UUID_BYTES])
        found.is_safe = _UNKNOWN_SAFETY
        found.__class__ = _UUID
        return found


CODECS: Final[list[Codec]] = [UuidCodec("uuid", 2950)]
