"""From a type's OID to its codec: the families of built-in types, and what one pool adds.

Rule 1: BUILTIN is complete for the types whose OIDs never change; everything else is looked up by OID in a database
(`steps/types.py`, `learning.py`) and added to that pool's CodecRegistry.
Rule 2: an OID nobody knows is text, marked as Unknown. Nothing is guessed from a value.

Source: src/include/catalog/pg_type.dat for the OIDs
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

from qail.pg._generated.types import TYPES
from qail.pg.codec import (
    bit_string,
    boolean,
    bytea,
    cube,
    datetime,
    floating,
    geometry,
    hstore,
    integer,
    interval,
    json,
    ltree,
    mac,
    money,
    network,
    numeric,
    postgis,
    snapshot,
    system,
    text,
    text_search,
    time,
    uuid,
    vector,
)
from qail.pg.codec.base import Codec
from qail.pg.codec.learning import Hows, Learner, array_over, multirange_codec, range_codec, text_prefix
from qail.pg.codec.multirange import BUILTIN_MULTIRANGES
from qail.pg.codec.range import BUILTIN_RANGES
from qail.pg.codec.record import RECORD_ARRAY_OID, CodecFinder, RecordCodec
from qail.pg.codec.text_array import BOX_OID
from qail.pg.codec.type_facts import COMPOSITE, TypeFacts
from qail.pg.codec.unknown import UnknownCodec
from qail.pg.codec.user import TypeCodec, checked_name, function_codec
from qail.pg.codec.user_class import checked_class

# A family is a module with its CODECS; a new one is a name in the import above and a line here.
_FAMILIES: Final[list[list[Codec]]] = [
    bit_string.CODECS,
    boolean.CODECS,
    bytea.CODECS,
    datetime.CODECS,
    floating.CODECS,
    geometry.CODECS,
    integer.CODECS,
    interval.CODECS,
    json.CODECS,
    mac.CODECS,
    money.CODECS,
    network.CODECS,
    numeric.CODECS,
    snapshot.CODECS,
    system.CODECS,
    text.CODECS,
    text_search.CODECS,
    time.CODECS,
    uuid.CODECS,
]
_ARRAY_OIDS: Final[dict[int, int]] = {oid: array_oid for _name, oid, array_oid, _category, _element in TYPES}

# Types of extensions, by name: their OIDs differ from database to database.
_EXTENSIONS: Final[dict[str, Callable[[str, int], Codec]]] = {
    **cube.EXTENSION_CODECS,
    **hstore.EXTENSION_CODECS,
    **ltree.EXTENSION_CODECS,
    **postgis.EXTENSION_CODECS,
    **text.EXTENSION_CODECS,
    **vector.EXTENSION_CODECS,
}


_OIDS: Final[dict[str, int]] = {name: oid for name, oid, _array_oid, _category, _element in TYPES}


def _built(scalars: list[Codec]) -> dict[int, Codec]:
    """The codecs of `scalars`, and of the built-in arrays, ranges and multiranges over them."""
    codecs: dict[int, Codec] = {scalar.type_oid: scalar for scalar in scalars}
    for name, oid, subtype_oid in BUILTIN_RANGES:
        if subtype_oid in codecs:
            codecs[oid] = range_codec(name, oid, codecs[subtype_oid])
    for name, oid, range_oid in BUILTIN_MULTIRANGES:
        if range_oid in codecs:
            codecs[oid] = multirange_codec(name, oid, codecs[range_oid])
    for codec in list(codecs.values()):
        array_oid = _ARRAY_OIDS.get(codec.type_oid, 0)
        if array_oid:
            codecs[array_oid] = array_over(codec, array_oid, ";" if codec.type_oid == BOX_OID else ",")
    return codecs


BUILTIN: Final[dict[int, Codec]] = _built([scalar for family in _FAMILIES for scalar in family])


class CodecRegistry(CodecFinder):
    """The codecs of one pool: the built-in ones, those learnt of its database, and those registered here, which win."""

    def __init__(self) -> None:
        self.max_result_bytes: i64 = 0
        """The most of one statement's rows that is kept for its caller; 0 is no limit."""
        self._registered: Final[dict[int, Codec]] = {}
        self._learnt: Final[dict[int, Codec]] = {}
        self.has_functions: bool = False
        """Whether functions of the user read some built-in type."""
        self._inside: Final[dict[int, frozenset[int]]] = {}
        self._depths: Final[dict[int, int]] = {}
        self._composites: Final[set[int]] = set()
        self.look_ups: int = 0
        """How many have been made."""
        self._asked_at: Final[dict[int, int]] = {}
        self._unknown: Final[dict[int, Codec]] = {}
        self._hows: Final[Hows] = {}
        record = RecordCodec(self)
        self._records: Final[dict[int, Codec]] = {
            record.type_oid: record,
            RECORD_ARRAY_OID: array_over(record, RECORD_ARRAY_OID),
        }

    def find(self, type_oid: int) -> Codec | None:
        """The codec registered for `type_oid`, or None."""
        found = self._registered.get(type_oid)
        if found is None:
            found = self._learnt.get(type_oid)
        if found is None:
            found = BUILTIN.get(type_oid)
        return found if found is not None else self._records.get(type_oid)

    def register(self, codec: Codec) -> None:
        """Use `codec` for its type OID from now on; plans bound before keep what they had."""
        self._registered[codec.type_oid] = codec
        self._unknown.pop(codec.type_oid, None)

    def register_type(self, name: object, how: object) -> None:
        """Use `how`, a TypeCodec or a class, for types of this name; whatever was learnt is learnt anew.

        Raises:
            UsageError: no name of a type, or nothing that can be registered for one.
        """
        schema, plain = checked_name(name)
        if self._hows.get((schema, plain)) is how:
            return
        functions = how if isinstance(how, TypeCodec) else None
        self._hows[schema, plain] = how if functions is not None else checked_class(how)
        built_in = BUILTIN.get(_OIDS.get(plain, 0)) if schema in ("", "pg_catalog") else None
        if functions is not None and built_in is not None:
            codec = function_codec(plain, built_in.type_oid, functions, text_prefix(built_in))
            for each in _built([codec]).values():
                self.register(each)
            self.has_functions = True
        self.forget(list(self._learnt))

    def missing(self, type_oids: list[int]) -> list[int]:
        """Those of `type_oids` of which nothing is known: to be looked up."""
        return [type_oid for type_oid in dict.fromkeys(type_oids) if type_oid and self.find(type_oid) is None]

    def learn_types(self, facts: list[TypeFacts], asked: list[int]) -> None:
        """Keep what a look-up of `asked` has told, and make the codecs.

        A type of which the catalog says nothing is not kept: it is asked for again by the next description that has it.

        Raises:
            UsageError: a class that was registered for a type does not fit it; nothing is kept.
        """
        learner = Learner(self, self._hows, _EXTENSIONS, {each.type_oid: each for each in facts})
        learner.known(self._inside, self._depths)
        for type_oid in asked:
            learner.learn(type_oid)
        self.look_ups += 1
        self._asked_at.update(dict.fromkeys(asked, self.look_ups))
        self._learnt.update(learner.made)
        self._inside.update(learner.inside)
        self._depths.update(learner.depths)
        self._composites.update([each.type_oid for each in facts if each.kind == COMPOSITE])

    def asked_since(self, type_oids: list[int], look_ups: int) -> bool:
        """Whether all of `type_oids` were asked for by a later look-up than the first `look_ups`."""
        return not [type_oid for type_oid in type_oids if self._asked_at.get(type_oid, 0) <= look_ups]

    def forget(self, type_oids: list[int]) -> None:
        """These types may have been altered: they, and all that is made of them, are to be looked up again."""
        gone = set(type_oids)
        for type_oid in list(self._learnt):
            if type_oid in gone or not gone.isdisjoint(self._inside.get(type_oid, frozenset())):
                del self._learnt[type_oid]
                self._inside.pop(type_oid, None)
                self._depths.pop(type_oid, None)

    def forget_composites(self, type_oids: list[int] | None = None) -> None:
        """Composite types may have been altered: as `forget` of all of them, or of those in `type_oids`."""
        gone = self._composites
        if type_oids is not None:
            inside: set[int] = set(type_oids)
            for type_oid in type_oids:
                inside |= self._inside.get(type_oid, frozenset())
            gone = gone & inside
        self.forget(list(gone))

    def learn(self, type_name: str, type_oid: int, array_oid: int) -> bool:
        """Register an extension's type by its name, and its array type; False where qail knows no type of that name.

        Args:
            array_oid: 0 where there is no array of it.
        """
        maker = _EXTENSIONS.get(type_name)
        if maker is None:
            return False
        codec = maker(type_name, type_oid)
        self.register(codec)
        if array_oid:
            self.register(array_over(codec, array_oid))
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
