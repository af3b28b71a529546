"""From a type's OID to its codec: the families of built-in types, and what one pool adds.

Rule 1: BUILTIN is complete for the types whose OIDs never change; everything else is looked up by name in a database
and added to that pool's CodecRegistry.
Rule 2: an OID nobody knows is text, marked as Unknown. Nothing is guessed from a value.

Source: src/include/catalog/pg_type.dat for the OIDs
"""

from __future__ import annotations

from typing import Final

from qail.pg._generated.types import TYPES
from qail.pg.codec import boolean, bytea, datetime, floating, integer, numeric, text, uuid
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import Codec
from qail.pg.codec.text import TextCodec
from qail.pg.codec.unknown import UnknownCodec

# A family is a module with its CODECS; a new one is a name in the import above and a line here.
_FAMILIES: Final[list[list[Codec]]] = [
    boolean.CODECS,
    bytea.CODECS,
    datetime.CODECS,
    floating.CODECS,
    integer.CODECS,
    numeric.CODECS,
    text.CODECS,
    uuid.CODECS,
]
_ARRAY_OIDS: Final[dict[int, int]] = {oid: array_oid for _name, oid, array_oid, _category, _element in TYPES}

# Types of extensions whose binary form is that of text; their OIDs differ from database to database.
TEXT_LIKE: Final = frozenset({"citext"})


def _build() -> dict[int, Codec]:
    codecs: dict[int, Codec] = {}
    for family in _FAMILIES:
        for scalar in family:
            codecs[scalar.type_oid] = scalar
            array_oid = _ARRAY_OIDS.get(scalar.type_oid, 0)
            if array_oid:
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
