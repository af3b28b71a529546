"""From what a catalog says to codecs: each kind, nested; what is refused; what an alteration forgets."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import Range, TypeCodec
from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT, Codec
from qail.pg.codec.composite import CompositeCodec
from qail.pg.codec.domain import DomainCodec
from qail.pg.codec.enum import EnumClassCodec, EnumCodec
from qail.pg.codec.learning import MAX_NESTING, TooDeepCodec
from qail.pg.codec.multirange import MultirangeCodec
from qail.pg.codec.range import RangeCodec
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.text import TextCodec
from qail.pg.codec.text_array import TextArrayCodec
from qail.pg.codec.text_composite import TextCompositeCodec
from qail.pg.codec.text_range import TextMultirangeCodec, TextRangeCodec
from qail.pg.codec.type_facts import ARRAY, BASE, COMPOSITE, DOMAIN, ENUM, MULTIRANGE, PSEUDO, RANGE, TypeFacts
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import decoded, round_trip

pytestmark = pytest.mark.feature("CO16")

MOOD, MOODS, POSITIVE, HOME, HOMES, SPAN, SPANS, ODD = range(50_000, 50_008)


def facts(
    oid: int, name: str, kind: str, related: int = 0, *, array: int = 0, parts: Any = (), schema: str = "app"
) -> TypeFacts:
    found = TypeFacts(oid, schema, name, kind, array_oid=array, related_oid=related)
    found.parts.extend(parts)
    return found


def catalog() -> list[TypeFacts]:
    return [
        facts(MOOD, "mood", ENUM, array=MOODS, parts=[("sad", 0), ("ok", 0)]),
        facts(MOODS, "_mood", ARRAY, MOOD),
        facts(POSITIVE, "positive", DOMAIN, 23),
        facts(HOME, "home", COMPOSITE, array=HOMES, parts=[("street", 25), ("moods", MOODS), ("n", POSITIVE)]),
        facts(SPAN, "span", RANGE, POSITIVE),
        facts(SPANS, "spans", MULTIRANGE, SPAN),
    ]


def learnt(*asked: int, types: list[TypeFacts] | None = None, **hows: Any) -> CodecRegistry:
    registry = CodecRegistry()
    for name, how in hows.items():
        registry.register_type(name, how)
    registry.learn_types(catalog() if types is None else types, list(asked))
    return registry


def found(registry: CodecRegistry, oid: int) -> Codec:
    codec = registry.find(oid)
    assert codec is not None
    assert codec.type_oid == oid
    return codec


@pytest.mark.parametrize(
    ("oid", "kind", "name"),
    [
        (MOOD, EnumCodec, "app.mood"),
        (MOODS, ArrayCodec, "app.mood[]"),
        (POSITIVE, DomainCodec, "app.positive"),
        (HOME, CompositeCodec, "app.home"),
        (SPAN, RangeCodec, "app.span"),
        (SPANS, MultirangeCodec, "app.spans"),
    ],
)
def test_each_kind_gets_its_codec_and_all_it_is_made_of(oid: int, kind: type[Codec], name: str) -> None:
    codec = found(learnt(oid), oid)

    assert type(codec) is kind
    assert codec.type_name == name


def test_the_array_type_of_what_was_found_is_known_too() -> None:
    registry = learnt(HOME)

    assert registry.missing([HOME, HOMES, MOOD, MOODS, POSITIVE, 23, 0, SPAN]) == [SPAN]
    value = ("x", ["sad", None], 5)
    assert round_trip(found(registry, HOMES), [value, None]) == [value, None]


def test_a_type_that_is_not_there_is_asked_for_again_and_text_until_then() -> None:
    registry = learnt(MOOD, 60_000)

    assert registry.missing([60_000, MOOD]) == [60_000]
    assert registry.for_column(60_000).format_code == TEXT_FORMAT


@pytest.mark.parametrize("kind", [BASE, PSEUDO])
def test_a_type_without_a_codec_is_marked_text_and_not_asked_for_again(kind: str) -> None:
    registry = learnt(ODD, types=[facts(ODD, "odd", kind, array=ODD + 1)])

    assert type(found(registry, ODD)) is UnknownCodec
    assert type(found(registry, ODD + 1)) is TextArrayCodec
    assert found(registry, ODD).type_name == "app.odd"


def test_a_container_of_what_travels_as_text_is_text() -> None:
    types = [
        facts(1 + ODD, "in_it", COMPOSITE, parts=[("a", 23), ("o", ODD)]),
        facts(2 + ODD, "range", RANGE, ODD),
        facts(3 + ODD, "ranges", MULTIRANGE, 2 + ODD),
        facts(4 + ODD, "domain", DOMAIN, ODD),
        facts(ODD, "odd", BASE),
    ]
    registry = learnt(*range(ODD, ODD + 5), types=types)

    kinds = [type(found(registry, oid)) for oid in range(ODD, ODD + 5)]
    assert kinds == [UnknownCodec, TextCompositeCodec, TextRangeCodec, TextMultirangeCodec, UnknownCodec]


class Mood(Enum):
    SAD = "sad"


class Home(NamedTuple):
    street: str
    moods: list[Mood]
    n: int


@pytest.mark.feature("CO18")
def test_what_is_registered_holds_inside_of_what_is_learnt() -> None:
    registry = learnt(HOMES - 1, SPAN, mood=Mood, home=Home, int4=TypeCodec(encode=str, decode=float))

    assert type(found(registry, MOOD)) is EnumClassCodec
    assert type(found(registry, HOME)) is TextCompositeCodec
    home = decoded(found(registry, HOME), b"(x,{sad},5)")
    assert home == Home("x", [Mood.SAD], 5)
    assert isinstance(home, Home)
    assert decoded(found(registry, SPAN), b"[1,2)") == Range(1.0, 2.0)


@pytest.mark.feature("CO18")
@pytest.mark.parametrize("name", ["mood", ("app", "mood"), ("other", "mood")])
def test_a_schema_says_which_type_of_a_name_is_meant(name: Any) -> None:
    registry = CodecRegistry()
    registry.register_type(name, Mood)
    registry.learn_types([facts(MOOD, "mood", ENUM, parts=[("sad", 0)])], [MOOD])

    assert type(found(registry, MOOD)) is (EnumCodec if name[0] == "other" else EnumClassCodec)


@pytest.mark.feature("CO18")
def test_a_class_of_the_wrong_kind_is_refused_and_nothing_is_kept() -> None:
    registry = CodecRegistry()
    registry.register_type("mood", Home)

    with pytest.raises(UsageError, match=r"Home is registered for app\.mood, which is an enum: register a TypeCodec"):
        registry.learn_types(catalog(), [HOME])
    assert registry.missing([MOOD, HOME]) == [MOOD, HOME]


@pytest.mark.feature("CO18")
def test_an_override_of_a_builtin_type_reaches_its_arrays_and_ranges_and_no_other_registry() -> None:
    registry, other = CodecRegistry(), CodecRegistry()
    registry.register_type("numeric", TypeCodec(encode=repr, decode=float))

    assert round_trip(registry.for_column(1231), [1.5, None]) == [1.5, None]
    assert round_trip(registry.for_column(3906), Range(1.5, 2.5)) == Range(1.5, 2.5)
    assert round_trip(registry.for_column(6151), [[Range(1.5, 2.5)]]) == [(Range(1.5, 2.5),)]
    assert registry.for_column(1700).format_code == TEXT_FORMAT
    assert other.for_column(1700).format_code == BINARY_FORMAT


@pytest.mark.parametrize(
    ("name", "extension", "send", "is_known"),
    [
        ("citext", "citext", "citextsend", True),
        ("citext", "", "citextsend", True),
        ("citext", "other", "mine_send", False),
        ("hstore", "hstore", "hstore_send", True),
        ("halfvec", "vector", "anything", True),
        ("vector", "vectors", "_vectors_send", False),
        ("odd", "odd", "odd_send", False),
    ],
)
def test_a_type_is_an_extensions_if_it_belongs_to_it_or_sends_like_it(
    name: str, extension: str, send: str, is_known: bool
) -> None:
    one = facts(ODD, name, BASE, schema="Ext")
    one.extension, one.send_function = extension, send
    codec = found(learnt(ODD, types=[one]), ODD)

    assert (type(codec) is not UnknownCodec) is is_known
    assert codec.type_name == f'"Ext".{name}'


def test_an_alteration_forgets_the_type_and_all_that_is_made_of_it() -> None:
    registry = learnt(HOME, SPANS)
    home, span = found(registry, HOME), found(registry, SPAN)

    registry.forget([MOOD])

    assert registry.missing([MOOD, MOODS, HOME, HOMES, SPAN, SPANS, POSITIVE]) == [MOOD, MOODS, HOME, HOMES]
    registry.learn_types(catalog(), [HOME])
    assert found(registry, HOME) is not home
    assert found(registry, SPAN) is span
    registry.forget_composites([SPAN])
    assert registry.missing([HOME]) == []
    registry.forget_composites([HOMES])
    assert registry.missing([HOME, HOMES, MOOD]) == [HOME, HOMES]


def chain(levels: int) -> list[TypeFacts]:
    types = [facts(60_000, "t0", COMPOSITE, parts=[("v", 23)])]
    types += [facts(60_000 + n, f"t{n}", COMPOSITE, parts=[("v", 59_999 + n)]) for n in range(1, levels)]
    return types


def test_types_nest_to_a_bound_and_no_deeper() -> None:
    deepest = 60_000 + MAX_NESTING - 1
    registry = learnt(deepest, deepest + 1, types=chain(MAX_NESTING + 1))

    value: Any = (5,)
    for _ in range(MAX_NESTING - 1):
        value = (value,)
    assert round_trip(found(registry, deepest), value) == value
    too_deep = found(registry, deepest + 1)
    assert type(too_deep) is TooDeepCodec
    with pytest.raises(DecodeError, match=rf"app\.t{MAX_NESTING} nests more than {MAX_NESTING} types: cast it to text"):
        decoded(too_deep, b"")
    with pytest.raises(EncodeError, match="nests more than"):
        round_trip(too_deep, value)


def test_a_chain_of_a_thousand_types_is_refused_as_a_whole_and_its_parts_are_not() -> None:
    registry = learnt(60_999, types=chain(1000)[-MAX_NESTING - 2 :])
    assert type(found(registry, 60_999)) is TooDeepCodec
    assert registry.missing([60_998, 60_000]) == [60_998, 60_000]

    registry.learn_types(chain(1000), [60_010])
    assert type(found(registry, 60_010)) is CompositeCodec


def test_a_catalog_that_says_a_type_contains_itself_is_refused() -> None:
    types = [facts(MOOD, "a", COMPOSITE, parts=[("v", HOME)]), facts(HOME, "b", COMPOSITE, parts=[("v", MOOD)])]

    assert type(found(learnt(MOOD, types=types), MOOD)) is TooDeepCodec


@given(
    st.lists(
        st.builds(
            facts,
            st.integers(50_000, 50_006),
            st.sampled_from(["mood", "home", "citext", "x"]),
            st.sampled_from([ARRAY, BASE, COMPOSITE, DOMAIN, ENUM, MULTIRANGE, PSEUDO, RANGE, "?"]),
            st.integers(49_999, 50_006) | st.just(23) | st.just(0),
            array=st.integers(50_000, 50_008) | st.just(0),
            parts=st.lists(
                st.tuples(st.sampled_from(["a", "b"]), st.integers(50_000, 50_006) | st.just(25)), max_size=3
            ),
        ),
        max_size=7,
    )
)
def test_whatever_a_catalog_says_codecs_come_of_it(types: list[TypeFacts]) -> None:
    registry = learnt(*range(50_000, 50_007), types=types)

    for oid in range(50_000, 50_009):
        codec = registry.for_column(oid)
        for data in (b"", b"\0\0\0\0", b"{}", b"()"):
            try:
                decoded(codec, data)
            except DecodeError:
                continue


def test_a_name_is_quoted_where_sql_would_have_to() -> None:
    assert facts(1, "mood", ENUM).display_name == "app.mood"
    assert facts(1, "int4", BASE, schema="pg_catalog").display_name == "int4"
    assert facts(1, 'Odd "name"', ENUM, schema="My schema").display_name == '"My schema"."Odd ""name"""'
    assert repr(facts(1, "mood", ENUM)) == "TypeFacts(1, app.mood, 'e')"
    assert isinstance(found(learnt(MOOD), MOOD), TextCodec)
