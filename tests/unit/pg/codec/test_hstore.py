from __future__ import annotations

import struct
from collections import OrderedDict
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.hstore import EXTENSION_CODECS
from support.codecs import decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO17")
CODEC = EXTENSION_CODECS["hstore"]("hstore", 99_999)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def field(data: bytes | None) -> bytes:
    return struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data


def test_pairs_are_fields_behind_their_count() -> None:
    expected = struct.pack("!i", 2) + field(b"a") + field(b"1") + field("ü".encode()) + field(None)

    assert encoded(CODEC, {"a": "1", "ü": None}) == expected
    assert decoded(CODEC, expected) == {"a": "1", "ü": None}
    assert encoded(CODEC, {}) == struct.pack("!i", 0)


@given(st.dictionaries(texts, texts | st.none()))
def test_any_dict_of_text_round_trips(value: dict[str, str | None]) -> None:
    assert round_trip(CODEC, value) == value


@pytest.mark.parametrize("value", [OrderedDict(a="1"), MappingProxyType({"a": "1"})])
def test_any_mapping_is_taken(value: object) -> None:
    assert round_trip(CODEC, value) == {"a": "1"}


@pytest.mark.parametrize("value", ["a=>1", [("a", "1")], 5, {"a"}])
def test_what_is_no_mapping_is_refused(value: object) -> None:
    refused(CODEC, value, "hstore takes a dict of str to str or None, not")


@pytest.mark.parametrize(
    "value", [{"a": 1}, {1: "a"}, {None: "a"}, {"b": "c", "a": b"d"}, {"a\0": ""}, {"a": "\ud800"}]
)
def test_pairs_of_anything_but_text_are_refused(value: object) -> None:
    refused(CODEC, value, "in hstore: a key or value takes ")


@given(st.binary())
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        return
    assert round_trip(CODEC, value) == value


@pytest.mark.parametrize("count", [length for length in hostile_lengths(1) if length != 1])
def test_a_hostile_count_is_refused(count: int) -> None:
    with pytest.raises(
        DecodeError, match=f"hstore claims {count} pairs" if count else "follow the last pair of hstore"
    ):
        decoded(CODEC, struct.pack("!i", count) + field(b"a") + field(b"b"))


@pytest.mark.parametrize("length", [-(2**31), -2, -1, 2, 10, 2**31 - 1])
def test_a_hostile_length_of_a_key_is_refused(length: int) -> None:
    with pytest.raises(DecodeError, match="hstore"):
        decoded(CODEC, struct.pack("!ii", 1, length) + b"a" + field(b"b"))


@pytest.mark.parametrize("length", [-(2**31), -2, 0, 2, 2**31 - 1])
def test_a_hostile_length_of_a_value_is_refused(length: int) -> None:
    with pytest.raises(DecodeError, match="hstore"):
        decoded(CODEC, struct.pack("!i", 1) + field(b"a") + struct.pack("!i", length) + b"b")


def test_text_that_is_none_is_refused() -> None:
    with pytest.raises(DecodeError, match="hstore is not UTF-8 at byte 1 of 2"):
        decoded(CODEC, struct.pack("!i", 1) + field(b"a\xff") + field(None))
