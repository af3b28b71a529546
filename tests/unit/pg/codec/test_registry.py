from __future__ import annotations

import pytest

from qail import pgtype
from qail.pg._generated.types import TYPES
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT
from qail.pg.codec.registry import BUILTIN, CodecRegistry
from qail.pg.codec.text import TextCodec

BY_OID = {oid: (name, array_oid, element) for name, oid, array_oid, _category, element in TYPES}


def test_every_codec_is_of_the_type_that_the_server_has_under_its_oid() -> None:
    for oid, codec in BUILTIN.items():
        name, _array_oid, element = BY_OID[oid]
        assert codec.type_oid == oid
        if isinstance(codec, ArrayCodec):
            assert codec.element.type_oid == element
            assert codec.type_name == codec.element.type_name + "[]"
        else:
            assert codec.type_name.strip('"') == name


def test_every_type_has_the_array_type_that_the_server_gives_it() -> None:
    for oid, codec in BUILTIN.items():
        array_oid = BY_OID[oid][1]
        if array_oid:
            array = BUILTIN[array_oid]
            assert isinstance(array, ArrayCodec)
            assert array.element is codec


def test_every_pg_type_has_a_binary_codec() -> None:
    types = [each for each in vars(pgtype).values() if isinstance(each, pgtype.PgType)]

    assert len(types) > 15
    for each in types:
        assert BUILTIN[each.oid].format_code == BINARY_FORMAT
        assert BUILTIN[each.array_oid].format_code == BINARY_FORMAT
        assert (each.name, each.array_oid) == BY_OID[each.oid][:2]


def test_an_oid_that_nobody_knows_is_text() -> None:
    registry = CodecRegistry()

    assert registry.find(600) is None
    assert registry.for_column(600).format_code == TEXT_FORMAT
    assert registry.for_parameter(600) is registry.for_column(600)
    assert "600" in registry.for_column(600).type_name


def test_a_registered_codec_wins_in_its_registry_only() -> None:
    registry, other = CodecRegistry(), CodecRegistry()
    unknown = registry.for_column(600)
    mine, text = TextCodec("mine", 600), TextCodec("my text", 25)

    registry.register(mine)
    registry.register(text)

    assert registry.for_column(600) is mine is not unknown
    assert registry.for_parameter(25) is text
    assert other.find(600) is None
    assert other.for_parameter(25) is BUILTIN[25]


@pytest.mark.feature("CO4")
def test_citext_is_learnt_by_its_name() -> None:
    registry = CodecRegistry()

    assert registry.learn("citext", 17_001, 17_006)
    assert registry.for_column(17_001).type_name == "citext"
    assert registry.for_column(17_006).type_name == "citext[]"
    assert not registry.learn("hstore", 17_002, 17_007)
    assert registry.find(17_002) is None


def test_a_type_without_an_array_can_be_learnt() -> None:
    registry = CodecRegistry()

    assert registry.learn("citext", 17_001, 0)
    assert registry.find(0) is None
