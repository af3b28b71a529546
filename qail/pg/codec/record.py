"""Anonymous records, `ROW(...)`, as tuples: each field says its type's OID, and is decoded by that type's codec.

The form is that of a composite type: Int32 number of fields, then each field's Int32 type OID, Int32 length and bytes.

Rule 1: a field of a type that is not known yet raises TypesNeeded, for a look-up and a second try; a type without a
binary codec has no form in here, since a record has no text format of its fields.
Rule 2: records nest as deep as the data says: MAX_LEVELS bounds it. Each level has a codec of its own, made when met.

Source: src/backend/utils/adt/rowtypes.c, record_send and record_recv
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i32_be
from mypy_extensions import i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import BINARY_FORMAT, Codec
from qail.pg.codec.refusal import TypesNeeded, decode_inside, short_repr
from qail.pg.wire.constants import LENGTH_BYTES, NULL_LENGTH, OID_BYTES

RECORD_OID: Final = 2249
RECORD_ARRAY_OID: Final = 2287
MAX_LEVELS: Final = 32
COUNT_BYTES: Final = 4


class CodecFinder:
    """Who knows the codecs of a database: the registry."""

    def find(self, type_oid: int) -> Codec | None:
        """The codec of a type; None where it is not known."""
        raise AssertionError("a finder defines find")


class RecordCodec(Codec):
    """Any anonymous record. PostgreSQL takes none as a parameter."""

    def __init__(self, finder: CodecFinder, level: int = 1) -> None:
        super().__init__("record", RECORD_OID)
        self._finder: Final = finder
        self._level: Final = level
        self._inner: RecordCodec | None = None
        self._inner_array: ArrayCodec | None = None

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Never.

        Raises:
            EncodeError: always: the server has no input for anonymous composite types.
        """
        what = f"{type(value).__name__} {short_repr(value)}"
        raise EncodeError(f"record takes no parameter, such as {what}: cast it to a composite type that has a name")

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A tuple.

        Raises:
            TypesNeeded: fields of types that are not known.
            DecodeError: counts and bytes disagree, records nested too deep, or a field is no value of its type.
        """
        if length < COUNT_BYTES:
            raise DecodeError(f"a record has at least {COUNT_BYTES} bytes, and {length} came")
        end = position + length
        count = i64(read_i32_be(buffer, position))
        position += COUNT_BYTES
        if count < 0 or count > (end - position) // (OID_BYTES + LENGTH_BYTES):
            raise DecodeError(f"a record claims {count} fields in {length} bytes")
        values: list[object] = []
        needed: list[int] = []
        index: i64 = 0
        try:
            while index < count:
                if end - position < OID_BYTES + LENGTH_BYTES:
                    raise DecodeError("the record ends before it")
                oid = i64(read_i32_be(buffer, position)) & 0xFFFFFFFF
                size = i64(read_i32_be(buffer, position + OID_BYTES))
                position += OID_BYTES + LENGTH_BYTES
                if size == NULL_LENGTH:
                    values.append(None)
                elif size < 0 or size > end - position:
                    raise DecodeError(f"it claims {size} of {end - position} bytes")
                else:
                    values.append(self._value(buffer, position, size, int(oid), needed))
                    position += size
                index += 1
        except DecodeError as error:
            raise decode_inside(error, f"field {index + 1} of a record") from error.__cause__
        if needed:
            oids = ", ".join([str(oid) for oid in needed[:8]])
            raise TypesNeeded(f"a record has fields of types that are not known (OID {oids})", needed)
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the last field of a record")
        return tuple(values)

    def _value(self, buffer: bytes, position: i64, size: i64, type_oid: int, needed: list[int]) -> object:
        """A field's value; `needed` gets the types that are not known, and then no value is of interest any more."""
        codec = self._codec_of(type_oid)
        if codec is None:
            needed.append(type_oid)
        return None if codec is None or needed else codec.decode(buffer, position, size)

    def _codec_of(self, type_oid: int) -> Codec | None:
        """The codec of a field; None where its type is not known. Raises DecodeError where it reads no binary."""
        if type_oid == RECORD_OID:
            return self._deeper()
        if type_oid == RECORD_ARRAY_OID:
            if self._inner_array is None:
                self._inner_array = ArrayCodec("record[]", RECORD_ARRAY_OID, self._deeper())
            return self._inner_array
        codec = self._finder.find(type_oid)
        if codec is not None and codec.format_code != BINARY_FORMAT:
            raise DecodeError(f"{codec.type_name} has no binary codec, and a record has no text of its fields: cast it")
        return codec

    def _deeper(self) -> RecordCodec:
        if self._level >= MAX_LEVELS:
            raise DecodeError(f"records are nested deeper than {MAX_LEVELS} levels")
        if self._inner is None:
            self._inner = RecordCodec(self._finder, self._level + 1)
        return self._inner
