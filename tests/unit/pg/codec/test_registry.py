from __future__ import annotations

import pytest

from qail import pgtype
from qail.pg._generated.types import TYPES
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT
from qail.pg.codec.registry import BUILTIN, CodecRegistry
from qail.pg.codec.text import TextCodec
from qail.pg.codec.text_array import TextArrayCodec

INTERNAL = "a pseudo-type of functions in C: no query has a value of it"
POLYMORPHIC = "a pseudo-type of declarations: a query has values of the type it stands for"
HANDLER = "a pseudo-type: what a handler function in C returns"
# Everything without a codec among the built-in types, and why.
REASONS = {
    **dict.fromkeys(["internal", "pg_ddl_command", "trigger", "event_trigger"], INTERNAL),
    **dict.fromkeys(
        ["table_am_handler", "index_am_handler", "tsm_handler", "fdw_handler", "language_handler"], HANDLER
    ),
    **dict.fromkeys(
        ["any", "anyelement", "anyenum", "anynonarray", "anyrange", "anymultirange", "anycompatible"],
        POLYMORPHIC,
    ),
    **dict.fromkeys(
        ["anycompatiblearray", "anycompatiblenonarray", "anycompatiblerange", "anycompatiblemultirange"], POLYMORPHIC
    ),
    "anyarray": "a pseudo-type; pg_statistic alone has columns of it: their text, as Unknown",
    "void": "a pseudo-type without values: what comes is the empty text, as Unknown",
    "cstring": "a pseudo-type of input and output functions: its text, as Unknown",
    "_cstring": "an array of a pseudo-type, for the catalogs' own functions: its text, as Unknown",
    "record": "each registry has a codec of its own for it, since its fields may be of that database's types",
    "_record": "likewise",
}
# Those whose binary form is an OID, or that have none: see qail/pg/codec/system.py.
TEXT_ONLY = {name for name, *_ in TYPES if name.startswith("reg")} | {"aclitem"}
BY_NAME = {name: oid for name, oid, *_ in TYPES}
BY_OID = {oid: (name, array_oid, element) for name, oid, array_oid, _category, element in TYPES}


def test_every_codec_is_of_the_type_that_the_server_has_under_its_oid() -> None:
    for oid, codec in BUILTIN.items():
        name, _array_oid, element = BY_OID[oid]
        assert codec.type_oid == oid
        if isinstance(codec, (ArrayCodec, TextArrayCodec)):
            assert codec.element.type_oid == element
            assert codec.type_name == codec.element.type_name + "[]"
        else:
            assert codec.type_name.strip('"') == name


def test_every_type_has_the_array_type_that_the_server_gives_it() -> None:
    for oid, codec in BUILTIN.items():
        array_oid = BY_OID[oid][1]
        if array_oid:
            array = BUILTIN[array_oid]
            assert isinstance(array, (ArrayCodec, TextArrayCodec))
            assert array.element is codec
            assert array.format_code == codec.format_code


@pytest.mark.parametrize("name", [name for name, *_ in TYPES if name not in REASONS])
def test_every_type_of_the_server_has_a_codec(name: str) -> None:
    """Nothing built in arrives as Unknown: what has no codec stands in REASONS, with the reason."""
    (oid,) = [oid for each, oid, *_ in TYPES if each == name]

    assert oid in BUILTIN


def test_what_has_no_codec_is_what_no_column_can_be() -> None:
    categories = {name: category for name, _oid, _array_oid, category, _element in TYPES}

    for name, reason in REASONS.items():
        assert BY_NAME[name] not in BUILTIN
        assert categories[name] == "P" or name == "_cstring", reason


def test_every_pg_type_has_a_codec_of_the_form_it_has() -> None:
    types = [each for each in vars(pgtype).values() if isinstance(each, pgtype.PgType)]

    registry = CodecRegistry()
    assert len(types) > 60
    for each in types:
        expected = TEXT_FORMAT if each.name in TEXT_ONLY else BINARY_FORMAT
        for oid in each.oid, each.array_oid:
            codec = registry.find(oid)
            assert codec is not None
            assert codec.format_code == expected
        assert (each.name, each.array_oid) == BY_OID[each.oid][:2]


def test_an_oid_that_nobody_knows_is_text() -> None:
    registry = CodecRegistry()

    assert registry.find(60_000) is None
    assert registry.for_column(60_000).format_code == TEXT_FORMAT
    assert registry.for_parameter(60_000) is registry.for_column(60_000)
    assert "60000" in registry.for_column(60_000).type_name


def test_a_registered_codec_wins_in_its_registry_only() -> None:
    registry, other = CodecRegistry(), CodecRegistry()
    unknown = registry.for_column(60_000)
    mine, text = TextCodec("mine", 60_000), TextCodec("my text", 25)

    registry.register(mine)
    registry.register(text)

    assert registry.for_column(60_000) is mine is not unknown
    assert registry.for_parameter(25) is text
    assert other.find(60_000) is None
    assert other.for_parameter(25) is BUILTIN[25]


@pytest.mark.feature("CO4")
def test_citext_is_learnt_by_its_name() -> None:
    registry = CodecRegistry()

    assert registry.learn("citext", 17_001, 17_006)
    assert registry.for_column(17_001).type_name == "citext"
    assert registry.for_column(17_006).type_name == "citext[]"
    assert not registry.learn("nobodys", 17_002, 17_007)
    assert registry.find(17_002) is None


def test_a_type_without_an_array_can_be_learnt() -> None:
    registry = CodecRegistry()

    assert registry.learn("citext", 17_001, 0)
    assert registry.find(0) is None
