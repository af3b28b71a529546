"""Every codec there is: built-in ones, those of extensions, and types such as a user makes, nested in each other."""

from __future__ import annotations

import bisect
import struct
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from qail.errors import EncodeError
from qail.pg.codec import registry
from qail.pg.codec.base import Codec
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from qail.pg.codec.registry import BUILTIN, CodecRegistry
from qail.pg.codec.type_facts import ARRAY, COMPOSITE, DOMAIN, ENUM, MULTIRANGE, RANGE, TypeFacts
from support.codecs import encoded
from support.value_cases import CASES

FIRST_OID: Final = 100_000
"""Of the types made here; extensions come first."""
MOOD, PLACE, DEEP, SPAN, SPANS, YEAR, PAIRS = range(FIRST_OID + 1_000, FIRST_OID + 1_070, 10)
INT4, TEXT, NUMERIC, TIMESTAMPTZ, RECORD = 23, 25, 1700, 1184, 2249


def _facts(oid: int, name: str, kind: str, related: int = 0, parts: tuple[tuple[str, int], ...] = ()) -> TypeFacts:
    facts = TypeFacts(oid, "public", name, kind, array_oid=oid + 1, related_oid=related)
    facts.parts = list(parts)
    return facts


def _user_types() -> list[TypeFacts]:
    made = [
        _facts(MOOD, "mood", ENUM, parts=(("sad", 0), ("glad", 0))),
        _facts(YEAR, "year", DOMAIN, INT4),
        _facts(PLACE, "place", COMPOSITE, parts=(("n", INT4), ("name", TEXT), ("feeling", MOOD), ("at", TIMESTAMPTZ))),
        _facts(DEEP, "deep", COMPOSITE, parts=(("place", PLACE), ("places", PLACE + 1), ("any", RECORD), ("y", YEAR))),
        _facts(SPAN, "span", RANGE, NUMERIC),
        _facts(SPANS, "spans", MULTIRANGE, SPAN),
        _facts(PAIRS, "pairs", COMPOSITE, parts=(("spans", SPANS), ("deep", DEEP + 1))),
    ]
    arrays = [TypeFacts(each.array_oid, "public", f"_{each.name}", ARRAY, related_oid=each.type_oid) for each in made]
    return made + arrays


def every_codec() -> tuple[CodecRegistry, list[Codec]]:
    """A registry that knows all types, and their codecs in a stable order."""
    found = CodecRegistry()
    oids = list(BUILTIN)
    for number, name in enumerate(sorted(registry._EXTENSIONS)):
        oid = FIRST_OID + 2 * number
        found.learn(name, oid, oid + 1)
        oids += [oid, oid + 1]
    facts = _user_types()
    found.learn_types(facts, [each.type_oid for each in facts])
    oids += [each.type_oid for each in facts] + [RECORD, RECORD + 38]
    codecs = {codec.type_name: codec for codec in map(found.find, oids) if codec is not None}
    return found, [codecs[name] for name in sorted(codecs)]


class CodecChoice:
    """A codec by two bytes, which mean the same one whatever others are added."""

    def __init__(self, codecs: list[Codec]) -> None:
        keyed: dict[int, Codec] = {}
        for codec in codecs:
            key = zlib.crc32(codec.type_name.encode()) & 0xFFFF
            while key in keyed:
                key = (key + 1) & 0xFFFF
            keyed[key] = codec
        self._keys: Final = sorted(keyed)
        self._codecs: Final = [keyed[key] for key in self._keys]

    def key(self, codec: Codec) -> bytes:
        return self._keys[self._codecs.index(codec)].to_bytes(2, "big")

    def chosen(self, key: bytes) -> Codec:
        number = int.from_bytes(key[:2], "big")
        return self._codecs[bisect.bisect_left(self._keys, number) % len(self._codecs)]


REGISTRY, EVERY_CODEC = every_codec()
CHOICE: Final = CodecChoice(EVERY_CODEC)
BY_NAME: Final[dict[str, Codec]] = {codec.type_name: codec for codec in EVERY_CODEC}


def valid_encodings() -> dict[str, list[bytes]]:
    """By type name, what our own encoders make of the conformance cases: alone, and two in an array with a NULL."""
    found: dict[str, list[bytes]] = {}
    for case in CASES:
        codec = BY_NAME.get(case.name)
        array = BY_NAME.get(f"{case.name}[]")
        values: list[tuple[Codec | None, object]] = [(codec, case.value), (array, [case.value, None, case.value])]
        for each, value in values:
            if each is None:
                continue
            try:
                data = encoded(each, value)
            except EncodeError:
                # A list value in an array would be one more dimension; a few values are decoded only.
                continue
            found.setdefault(each.type_name, []).append(data)
    field = struct.pack("!Iii", INT4, 4, 7)
    found["money"] = [b"$12.34", b"-1.234.567,89 EUR"]
    found["record"] = [struct.pack("!i", 2) + field + struct.pack("!Ii", TEXT, -1), struct.pack("!i", 0)]
    found["record[]"] = [struct.pack("!iiIiii", 1, 0, RECORD, 1, 1, 16) + struct.pack("!i", 1) + field]
    for name, values_of in _made_values().items():
        codec = BY_NAME[name]
        found.setdefault(name, []).extend(encoded(codec, value) for value in values_of)
    return found


def _made_values() -> dict[str, list[object]]:
    place = (7, "Ada", "glad", None)
    deep = (place, [place, None, place], None, 1999)
    span = Range(Decimal("1.5"), Decimal(7), "(]")
    return {
        BY_OID[MOOD].type_name: ["sad"],
        BY_OID[YEAR].type_name: [2024],
        BY_OID[PLACE].type_name: [place, (None, None, None, None)],
        BY_OID[PLACE + 1].type_name: [[place, None, place]],
        BY_OID[DEEP].type_name: [deep],
        BY_OID[DEEP + 1].type_name: [[deep, deep]],
        BY_OID[SPAN].type_name: [span, Range.empty(), Range()],
        BY_OID[SPANS].type_name: [Multirange([span, Range(Decimal(9))])],
        BY_OID[PAIRS].type_name: [(None, [deep]), (Multirange([span]), None)],
        **{name: _ranges(Range(low, high)) for name, low, high in RANGES},
        **{
            name.replace("range", "multirange"): [Multirange(), Multirange([Range(low, high)])]
            for name, low, high in RANGES
        },
        "int2vector": [[1, -2, 3]],
        "oidvector": [[1, 2**32 - 1]],
        "unknown": ["x"],
    }


def _ranges(whole: Range[Any]) -> list[object]:
    return [whole, Range.empty(), Range(), Range(None, whole.upper, "(]"), Range(whole.lower, None, "()")]


RANGES: Final[list[tuple[str, Any, Any]]] = [
    ("int4range", 1, 5),
    ("int8range", -(2**40), 2**40),
    ("numrange", Decimal("1.5"), Decimal("2.25")),
    ("daterange", date(2024, 1, 1), date(2024, 2, 29)),
    ("tsrange", datetime(2024, 1, 1), datetime(2024, 2, 29)),
    ("tstzrange", datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)),
]
BY_OID: Final[dict[int, Codec]] = {codec.type_oid: codec for codec in EVERY_CODEC}
