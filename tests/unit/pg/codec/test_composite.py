from __future__ import annotations

import copy
import pickle
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.composite import MAX_KEPT_CLASSES, CompositeCodec, tuple_class
from qail.pg.codec.refusal import TypesNeeded
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO16")

INT4, TEXT = CODECS["int4"], CODECS["text"]
PAIR = CompositeCodec("app.pair", 50_000, ["a", "two words"], [INT4, TEXT])
PAIRS = ArrayCodec("app.pair[]", 50_001, PAIR)
HOME = CompositeCodec("app.home", 50_002, ["street", "pairs"], [TEXT, PAIRS])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
numbers = st.integers(-(2**31), 2**31 - 1)
pairs = st.tuples(numbers | st.none(), texts | st.none())


def field(oid: int, data: bytes | None) -> bytes:
    return struct.pack("!Ii", oid, -1 if data is None else len(data)) + (data or b"")


def record(*fields: bytes, count: int | None = None) -> bytes:
    return struct.pack("!i", len(fields) if count is None else count) + b"".join(fields)


ONE = record(field(23, b"\0\0\0\1"), field(25, b"x"))


@given(st.tuples(texts | st.none(), st.lists(pairs | st.none()) | st.none()))
def test_values_round_trip_nested_in_arrays(value: tuple[Any, ...]) -> None:
    assert round_trip(HOME, value) == value


@given(st.binary(max_size=80) | st.integers(0, 26).map(lambda cut: ONE[:cut]))
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    for codec in (PAIR, HOME):
        try:
            value = decoded(codec, data)
        except DecodeError:
            continue
        assert round_trip(codec, value) == value


def test_the_bytes_are_a_count_and_for_each_field_its_type_and_itself() -> None:
    assert encoded(PAIR, (1, "x")) == ONE
    assert encoded(PAIR, (None, None)) == record(field(23, None), field(25, None))
    assert encoded(CompositeCodec("app.nothing", 1, [], []), ()) == record()


def test_tuples_lists_mappings_and_named_tuples_go_in() -> None:
    found: Any = decoded(PAIR, ONE)

    for value in ((1, "x"), [1, "x"], {"two words": "x", "a": 1}, found):
        assert encoded(PAIR, value) == ONE


def test_a_value_comes_out_as_a_named_tuple() -> None:
    found: Any = decoded(PAIR, ONE)

    assert (found, found.a, found[1]) == ((1, "x"), 1, "x")
    assert type(found).__name__ == "pair"
    assert repr(found) == "pair(a=1, _1='x')"
    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == found
    assert type(pickle.loads(pickle.dumps(found))) is type(found)
    assert type(decoded(PAIR, ONE)) is type(found)


def test_any_attribute_name_is_safe() -> None:
    names = ("class", "_x", "a-b", "index", "count", "", "é", "a", "__class__", "_fields", "def")
    kind = tuple_class('app."odd name"', names)
    value = kind(*range(len(names)))

    assert tuple(value) == tuple(range(len(names)))
    assert (value.é, value.a) == (6, 7)
    assert value._0 == 0
    assert (value.index, value.count) == (3, 4)
    assert pickle.loads(pickle.dumps(value)) == value


def test_classes_are_kept_for_a_bounded_number_of_types() -> None:
    first = tuple_class("app.first", ("a",))
    assert tuple_class("app.first", ("a",)) is first

    for number in range(MAX_KEPT_CLASSES):
        tuple_class(f"app.t{number}", ("a",))

    assert tuple_class("app.first", ("a",)) is not first


@pytest.mark.parametrize(
    "data",
    [
        record(field(23, b"\0\0\0\1")),
        record(field(23, None), field(25, None), field(23, None)),
        record(field(25, b"x"), field(23, b"\0\0\0\1")),
        record(field(23, None), field(1043, b"x")),
    ],
)
def test_other_fields_than_the_catalog_told_of_mean_that_the_type_was_altered(data: bytes) -> None:
    with pytest.raises(TypesNeeded, match=r"app\.pair came with .* it was altered") as raised:
        decoded(PAIR, data)
    assert raised.value.type_oids == [50_000]

    nested = record(field(25, b"s"), field(50_001, struct.pack("!iiiiii", 1, 0, 50_000, 1, 1, len(data)) + data))
    with pytest.raises(TypesNeeded, match=r"in app\.home\.pairs: in app\.pair\[\]: .*app\.pair came with") as raised:
        decoded(HOME, nested)
    assert raised.value.type_oids == [50_000]


@pytest.mark.parametrize("length", hostile_lengths(1))
def test_a_hostile_length_of_a_field_is_a_decode_error(length: int) -> None:
    data = record(field(23, None), struct.pack("!Ii", 25, length) + b"x")
    if length == 1:
        assert decoded(PAIR, data) == (None, "x")
        return
    with pytest.raises(DecodeError, match=r"app\.pair"):
        decoded(PAIR, data)


@pytest.mark.parametrize("count", [-(2**31), -1, 0, 1, 3, 2**31 - 1])
def test_a_hostile_count_is_a_decode_error(count: int) -> None:
    with pytest.raises(DecodeError, match=r"app\.pair came with"):
        decoded(PAIR, record(field(23, None), field(25, None), count=count))


@pytest.mark.parametrize("data", [b"", b"\0\0\0", ONE + b"\0", ONE[:-1], ONE[:12], ONE[:17]])
def test_bytes_too_few_and_too_many_are_decode_errors(data: bytes) -> None:
    with pytest.raises(DecodeError, match=r"app\.pair"):
        decoded(PAIR, data)


@pytest.mark.feature("PA3")
def test_what_does_not_fit_says_where_and_nothing_is_written() -> None:
    refused(PAIR, "(1,x)", r"app\.pair takes a tuple, list or mapping of 2 fields, not str '\(1,x\)': give a, two")
    refused(PAIR, (1,), r"app\.pair takes 2 fields, not 1 as in tuple \(1,\): give all of a, two words")
    refused(PAIR, {"a": 1}, r"takes a mapping of its attributes, and \{'a': 1\} lacks two words")
    refused(PAIR, {"a": 1, "two words": "", "c": 2}, "has keys that are no attributes: give a, two words")
    refused(PAIR, ("x", 1), r"in app\.pair\.a: int4 takes int, not str 'x'")
    refused(
        HOME, ("s", [(1, "x"), (2, 5)]), r"in app\.home\.pairs: in app\.pair\[\]: in app\.pair\.two words: text takes"
    )
    wide = CompositeCodec("app.wide", 1, [f"c{n}" for n in range(20)], [INT4] * 20)
    refused(wide, (1,), r"give all of c0, c1, c2, c3, c4, c5, c6, c7 \.\.\.$")
