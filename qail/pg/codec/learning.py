"""From what a catalog says of types to their codecs: enums, domains, composites, ranges, extension types, arrays.

Rule 1: types are told apart by OID, never by a guess at a name. A name decides only what a user registered for it, and
which family takes a type that belongs to an extension.
Rule 2: a codec is made after those it is made of, so none contains itself; more than MAX_NESTING levels are refused,
value by value, and so is a catalog that says a type contains itself.
Rule 3: a container is binary where all it is made of is; otherwise it travels as text.
Rule 4: nothing is known of a type unless all of it could be learnt: the caller keeps `made` when nothing was raised.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, TypeAlias

from librt.strings import BytesWriter
from mypy_extensions import i64

from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import BINARY_FORMAT, Codec
from qail.pg.codec.composite import CompositeCodec
from qail.pg.codec.domain import DomainCodec
from qail.pg.codec.enum import EnumClassCodec, EnumCodec
from qail.pg.codec.multirange import MultirangeCodec
from qail.pg.codec.parameters import is_all_binary
from qail.pg.codec.range import RangeCodec
from qail.pg.codec.record import CodecFinder
from qail.pg.codec.text import TextCodec, VersionedTextCodec
from qail.pg.codec.text_array import TextArrayCodec
from qail.pg.codec.text_composite import TextCompositeCodec
from qail.pg.codec.text_range import TextMultirangeCodec, TextRangeCodec
from qail.pg.codec.type_facts import (
    ARRAY,
    BASE,
    COMPOSITE,
    DOMAIN,
    ENUM,
    KIND_NAMES,
    MULTIRANGE,
    RANGE,
    TypeFacts,
)
from qail.pg.codec.unknown import UnknownCodec
from qail.pg.codec.user import TypeCodec, function_codec
from qail.pg.codec.user_class import ClassForm

MAX_NESTING: Final = 64
Maker: TypeAlias = Callable[[str, int], Codec]
Hows: TypeAlias = dict[tuple[str, str], Any]
"""What was registered, by schema ("" for any) and name: a TypeCodec or a class."""

# The extensions of types that are not named like theirs.
HOMES: Final = {
    "box2d": "postgis",
    "box3d": "postgis",
    "earth": "earthdistance",
    "geography": "postgis",
    "geometry": "postgis",
    "halfvec": "vector",
    "lquery": "ltree",
    "ltxtquery": "ltree",
    "query_int": "intarray",
    "sparsevec": "vector",
}
JSON_OID: Final = 114
JSONB_OID: Final = 3802


class TooDeepCodec(Codec):
    """A type that nests too deep: its values are refused, both ways."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Never a value.

        Raises:
            EncodeError: always.
        """
        raise EncodeError(f"{self.type_name} nests more than {MAX_NESTING} types: send it as text, cast on the server")

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Never a value.

        Raises:
            DecodeError: always.
        """
        raise DecodeError(f"{self.type_name} nests more than {MAX_NESTING} types: cast it to text")


class Learner:
    """Makes the codecs of one look-up. `made` has all of them, `inside` for each the types in it, by OID."""

    def __init__(self, finder: CodecFinder, hows: Hows, makers: dict[str, Maker], facts: dict[int, TypeFacts]) -> None:
        self.made: Final[dict[int, Codec]] = {}
        self.inside: Final[dict[int, frozenset[int]]] = {}
        self.depths: Final[dict[int, int]] = {}
        self._finder: Final = finder
        self._hows: Final = hows
        self._makers: Final = makers
        self._facts: Final = facts
        self._known_inside: dict[int, frozenset[int]] = {}
        self._known_depths: dict[int, int] = {}

    def known(self, inside: dict[int, frozenset[int]], depths: dict[int, int]) -> None:
        """What earlier look-ups have found of the types that the finder knows."""
        self._known_inside = inside
        self._known_depths = depths

    def learn(self, type_oid: int) -> None:
        """Make the codec of a type that was asked for, of all in it, and of the array of each.

        Raises:
            UsageError: a class that was registered for a type does not fit it.
        """
        facts = self._facts.get(type_oid)
        if facts is None or self._finder.find(type_oid) is not None:
            return
        if self._codec_of(type_oid, 1) is None:
            self.made[type_oid] = TooDeepCodec(facts.display_name, type_oid)
        for each in list(self.made):
            self._add_array(each)

    def _add_array(self, type_oid: int) -> None:
        facts = self._facts.get(type_oid)
        if facts is None or not facts.array_oid or facts.array_oid in self.made:
            return
        if self._finder.find(facts.array_oid) is None and self._depth_of(type_oid) < MAX_NESTING:
            codec = array_over(self.made[type_oid], facts.array_oid, facts.delimiter)
            self._keep(facts.array_oid, codec, [type_oid])

    def _keep(self, type_oid: int, codec: Codec, inner: list[int]) -> None:
        inside: set[int] = set(inner)
        depth = 0
        for each in inner:
            inside |= self.inside.get(each, self._known_inside.get(each, frozenset()))
            depth = max(depth, self._depth_of(each) + 1)
        self.made[type_oid] = codec
        self.inside[type_oid] = frozenset(inside)
        self.depths[type_oid] = depth

    def _depth_of(self, type_oid: int) -> int:
        return self.depths.get(type_oid, self._known_depths.get(type_oid, 0))

    def _codec_of(self, type_oid: int, level: int) -> Codec | None:
        """The codec of a type; None where it nests too deep."""
        found = self.made.get(type_oid)
        if found is None:
            found = self._finder.find(type_oid)
        if found is not None:
            return found if level - 1 + self._depth_of(type_oid) <= MAX_NESTING else None
        facts = self._facts.get(type_oid)
        if facts is None:
            # A look-up does not ask beyond the bound.
            return UnknownCodec(f"the type with OID {type_oid}", type_oid) if level <= MAX_NESTING else None
        inner = [oid for _, oid in facts.parts] if facts.kind == COMPOSITE else [facts.related_oid]
        inner = [oid for oid in inner if oid]
        if inner and level > MAX_NESTING:
            return None
        codecs: list[Codec] = []
        for oid in inner:
            codec = self._codec_of(oid, level + 1)
            if codec is None:
                return None
            codecs.append(codec)
        made = self._make(facts, codecs)
        self._keep(type_oid, made, inner)
        return made

    def _make(self, facts: TypeFacts, inner: list[Codec]) -> Codec:
        name, oid, kind = facts.display_name, facts.type_oid, facts.kind
        how = self._how(facts)
        if isinstance(how, TypeCodec):
            return function_codec(name, oid, how, self._text_prefix(facts, inner))
        if how is not None and not _is_for(how, kind):
            what = f"{KIND_NAMES.get(kind, kind)}"
            raise UsageError(f"{how.__name__} is registered for {name}, which is {what}: register a TypeCodec for it")
        if kind == ENUM:
            return (
                EnumCodec(name, oid)
                if how is None
                else EnumClassCodec(name, oid, how, [part for part, _ in facts.parts])
            )
        if kind == COMPOSITE:
            names = [part for part, _ in facts.parts]
            form = None if how is None else ClassForm(name, how, names)
            if is_all_binary(inner):
                return CompositeCodec(name, oid, names, inner, form)
            return TextCompositeCodec(name, oid, names, inner, form)
        if kind == BASE:
            return self._base(facts)
        return _container(facts, inner[0]) if inner else UnknownCodec(name, oid)

    def _how(self, facts: TypeFacts) -> Any:
        found = self._hows.get((facts.schema, facts.name))
        return found if found is not None else self._hows.get(("", facts.name))

    def _base(self, facts: TypeFacts) -> Codec:
        """A base type: that of an extension whose family is known, or text."""
        maker = self._makers.get(facts.name)
        if maker is not None and is_at_home(facts):
            made = maker(facts.display_name, facts.type_oid)
            if facts.has_binary or made.format_code != BINARY_FORMAT:
                return made
        return UnknownCodec(facts.display_name, facts.type_oid)

    def _text_prefix(self, facts: TypeFacts, inner: list[Codec]) -> bytes | None:
        """What stands ahead of the text in the binary form of a type; None where that is something else."""
        if facts.kind == ENUM:
            return b""
        if facts.kind == DOMAIN:
            return text_prefix(inner[0])
        return text_prefix(self._base(facts)) if facts.kind == BASE else None


def text_prefix(codec: Codec) -> bytes | None:
    """What stands ahead of the text in the binary form of a type; None where that is something else."""
    if isinstance(codec, DomainCodec):
        return text_prefix(codec.base)
    if isinstance(codec, VersionedTextCodec):
        return b"\x01"
    if codec.format_code == BINARY_FORMAT and (isinstance(codec, TextCodec) or codec.type_oid == JSON_OID):
        return b""
    return b"\x01" if codec.type_oid == JSONB_OID else None


def is_at_home(facts: TypeFacts) -> bool:
    """Whether a base type is the one of its name that is known: by its extension, or by the function that sends it."""
    home = HOMES.get(facts.name, facts.name)
    return facts.extension == home or facts.send_function in (f"{facts.name}_send", f"{facts.name}send")


def _is_for(how: Any, kind: str) -> bool:
    return kind == ENUM if issubclass(how, Enum) else kind == COMPOSITE


def array_over(element: Codec, type_oid: int, delimiter: str = ",") -> Codec:
    """The codec of the array type over `element`, in the format that has."""
    name = element.type_name + "[]"
    if element.format_code == BINARY_FORMAT:
        return ArrayCodec(name, type_oid, element, delimiter)
    return TextArrayCodec(name, type_oid, element, delimiter)


def _container(facts: TypeFacts, inner: Codec) -> Codec:
    """An array, domain, range or multirange."""
    name, oid = facts.display_name, facts.type_oid
    if facts.kind == ARRAY:
        return array_over(inner, oid, facts.delimiter)
    if facts.kind == DOMAIN:
        return UnknownCodec(name, oid) if isinstance(inner, UnknownCodec) else DomainCodec(name, oid, inner)
    if facts.kind == RANGE:
        return range_codec(name, oid, inner)
    if facts.kind == MULTIRANGE:
        return multirange_codec(name, oid, inner)
    return UnknownCodec(name, oid)


def range_codec(type_name: str, type_oid: int, subtype: Codec) -> Codec:
    """The codec of a range type over `subtype`, in the format that has."""
    is_binary = subtype.format_code == BINARY_FORMAT
    return RangeCodec(type_name, type_oid, subtype) if is_binary else TextRangeCodec(type_name, type_oid, subtype)


def multirange_codec(type_name: str, type_oid: int, member: Codec) -> Codec:
    """The codec of a multirange type over `member`, in the format that has."""
    if isinstance(member, TextRangeCodec):
        return TextMultirangeCodec(type_name, type_oid, member)
    if member.format_code == BINARY_FORMAT:
        return MultirangeCodec(type_name, type_oid, member)
    return UnknownCodec(type_name, type_oid)
