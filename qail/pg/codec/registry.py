"""From a type's OID to its codec: the built-in types, one line each, and what one pool adds.

Rule 1: BUILTIN is complete for the types whose OIDs never change; everything else is looked up by name in a database
and added to that pool's CodecRegistry.
Rule 2: an OID nobody knows is text, marked as Unknown. Nothing is guessed from a value.

Source: src/include/catalog/pg_type.dat for the OIDs
"""

from __future__ import annotations

from typing import Final

from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import Codec
from qail.pg.codec.boolean import BoolCodec
from qail.pg.codec.bytea import ByteaCodec
from qail.pg.codec.datetime import DateCodec, TimestampCodec, TimestamptzCodec
from qail.pg.codec.floating import Float4Codec, Float8Codec
from qail.pg.codec.integer import Int2Codec, Int4Codec, Int8Codec, Unsigned4Codec, Unsigned8Codec
from qail.pg.codec.numeric import NumericCodec
from qail.pg.codec.text import ByteCharCodec, TextCodec
from qail.pg.codec.unknown import UnknownCodec
from qail.pg.codec.uuid import UuidCodec

_SCALARS: Final[list[Codec]] = [
    BoolCodec("bool", 16),
    ByteaCodec("bytea", 17),
    ByteCharCodec('"char"', 18),
    TextCodec("name", 19),
    Int8Codec("int8", 20),
    Int2Codec("int2", 21),
    Int4Codec("int4", 23),
    TextCodec("text", 25),
    Unsigned4Codec("oid", 26),
    Unsigned4Codec("xid", 28),
    TextCodec("xml", 142),
    Float4Codec("float4", 700),
    Float8Codec("float8", 701),
    TextCodec("unknown", 705),
    TextCodec("bpchar", 1042),
    TextCodec("varchar", 1043),
    DateCodec("date", 1082),
    TimestampCodec("timestamp", 1114),
    TimestamptzCodec("timestamptz", 1184),
    NumericCodec("numeric", 1700),
    UuidCodec("uuid", 2950),
    Unsigned8Codec("xid8", 5069),
]
# Array type OID by element type OID; unknown has no array.
_ARRAYS: Final[dict[int, int]] = {
    16: 1000,
    17: 1001,
    18: 1002,
    19: 1003,
    20: 1016,
    21: 1005,
    23: 1007,
    25: 1009,
    26: 1028,
    28: 1011,
    142: 143,
    700: 1021,
    701: 1022,
    1042: 1014,
    1043: 1015,
    1082: 1182,
    1114: 1115,
    1184: 1185,
    1700: 1231,
    2950: 2951,
    5069: 271,
}

# Types of extensions whose binary form is that of text; their OIDs differ from database to database.
TEXT_LIKE: Final = frozenset({"citext"})


def _build() -> dict[int, Codec]:
    codecs: dict[int, Codec] = {}
    for scalar in _SCALARS:
        codecs[scalar.type_oid] = scalar
        array_oid = _ARRAYS.get(scalar.type_oid)
        if array_oid is not None:
            codecs[array_oid] = ArrayCodec(scalar.type_name + "[]", array_oid, scalar)
    return codecs


BUILTIN: Final[dict[int, Codec]] = _build()


class CodecRegistry:
    """The codecs of one pool: the built-in ones, and those registered here, which win."""

    def __init__(self) -> None:
        self._registered: Final[dict[int, Codec]] = {}
        self._unknown: Final[dict[int, Codec]] = {}

    def find(self, type_oid: int) -> Codec | None:
        """The codec registered for `type_oid`, or None."""
        found = self._registered.get(type_oid)
        return found if found is not None else BUILTIN.get(type_oid)

    def register(self, codec: Codec) -> None:
        """Use `codec` for its type OID from now on; plans bound before keep what they had."""
        self._registered[codec.type_oid] = codec
        self._unknown.pop(codec.type_oid, None)

    def learn(self, type_name: str, type_oid: int, array_oid: int) -> bool:
        """Register an extension's type by its name, and its array type; False where qail knows no type of that name.

        Args:
            array_oid: 0 where there is no array of it.
        """
        if type_name not in TEXT_LIKE:
            return False
        codec = TextCodec(type_name, type_oid)
        self.register(codec)
        if array_oid:
            self.register(ArrayCodec(type_name + "[]", array_oid, codec))
        return True

    def for_parameter(self, type_oid: int) -> Codec:
        """The codec for a parameter: the registered one, or text."""
        return self._find_or_text(type_oid)

    def for_column(self, type_oid: int) -> Codec:
        """The codec for a result column: the registered one, or text that arrives as `Unknown`."""
        return self._find_or_text(type_oid)

    def _find_or_text(self, type_oid: int) -> Codec:
        found = self.find(type_oid)
        if found is not None:
            return found
        unknown = self._unknown.get(type_oid)
        if unknown is None:
            unknown = UnknownCodec(f"the type with OID {type_oid}", type_oid)
            self._unknown[type_oid] = unknown
        return unknown
