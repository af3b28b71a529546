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
# UUID(bytes=...) takes five times as long: it is a Python function that checks eight ways to be called. A UUID has two
# slots, and no setter of its own, since it is immutable.
_UUID_CLASS: Final = UUID
_UUID: Final[Any] = UUID
_NEW: Final[Any] = object.__new__
_SET_INT: Final[Any] = _UUID.int.__set__
_SET_IS_SAFE: Final[Any] = _UUID.is_safe.__set__
_UNKNOWN_SAFETY: Final = SafeUUID.unknown
_INT_FROM_BYTES: Final[Any] = int.from_bytes


class UuidCodec(Codec):
    """uuid as uuid.UUID."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append sixteen bytes.

        Raises:
            EncodeError: `value` is no uuid.UUID.
        """
        if not isinstance(value, _UUID_CLASS):
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
        found: object = _NEW(_UUID)
        _SET_INT(found, _INT_FROM_BYTES(buffer[position : position + UUID_BYTES], "big"))
        _SET_IS_SAFE(found, _UNKNOWN_SAFETY)
        return found


CODECS: Final[list[Codec]] = [UuidCodec("uuid", 2950)]
