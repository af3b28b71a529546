"""Types with a binary codec as text: every value that may be sent has a text, and it is the server's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import ip_interface
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import Interval, Json, Point, TypeCodec, Unknown
from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT, Codec
from qail.pg.codec.integer import INT8_MIN
from qail.pg.codec.refusal import TextNeeded
from qail.pg.codec.text_array import text_of_field
from qail.pg.codec.text_composite import text_twin
from qail.pg.codec.user import FunctionCodec
from support.codecs import CODECS, decoded, refused
from support.every_codec import EVERY_CODEC, valid_encodings

pytestmark = pytest.mark.feature("CO18")
HSTORE = next(codec for codec in EVERY_CODEC if codec.type_name == "hstore")
GEOMETRY = next(codec for codec in EVERY_CODEC if codec.type_name == "geometry")
POINT_EWKB = b"\1\1\0\0\0" + bytes(16)


class Word(Enum):
    """Its text is its value, and not its str."""

    CAT = "cat"


TEXTS: list[tuple[Codec, Any, bytes]] = [
    (CODECS["bool"], True, b"t"),
    (CODECS["bool"], False, b"f"),
    (CODECS["bytea"], b"\0\xff", rb"\x00ff"),
    (CODECS["timestamptz"], datetime(2024, 2, 29, 12, tzinfo=UTC), b"2024-02-29 12:00:00+00:00"),
    (CODECS["interval"], timedelta(days=-1), b"-1 days"),
    (CODECS["interval"], Interval(-1, 3, INT8_MIN), b"-1 mons 3 days -2562047788 hours -54.775808 secs"),
    (CODECS["inet"], ip_interface("10.0.0.1/8"), b"10.0.0.1/8"),
    (CODECS["point"], Point(0.1, -2), b"(0.1,-2)"),
    (CODECS["json"], "x", b'"x"'),
    (CODECS["jsonb"], "x", b'"x"'),
    (CODECS["jsonb"], True, b"true"),
    (CODECS["json"], Json(None), b"null"),
    (CODECS["jsonb"], Unknown('{"a": 1}'), b'{"a": 1}'),
    (HSTORE, {'a"b': None, "c\\": 'd"'}, rb'"a\"b"=>NULL, "c\\"=>"d\""'),
    (GEOMETRY, POINT_EWKB, POINT_EWKB.hex().encode()),
    (CODECS["tsquery"], " a & b", b" a & b"),
    (CODECS["tsquery"], Word.CAT, b"cat"),
    (CODECS["oidvector"], [1, 2], b"1 2"),
    (CODECS["int2vector"], (-5,), b"-5"),
]


@pytest.mark.parametrize(
    ("codec", "value", "text"), TEXTS, ids=[f"{codec.type_name}-{text!r}" for codec, _, text in TEXTS]
)
def test_a_value_is_written_as_the_server_reads_it(codec: Codec, value: Any, text: bytes) -> None:
    twin = text_twin(codec)

    assert text_of_field(twin, value) == text
    assert (twin.format_code, twin.type_oid, twin.type_name) == (TEXT_FORMAT, codec.type_oid, codec.type_name)


def test_every_value_of_every_type_has_a_text() -> None:
    """What any codec can read, its twin can write: but the upper half of "char", whose text depends on the server."""
    without: set[str] = set()
    samples = valid_encodings()
    for codec in EVERY_CODEC:
        for data in samples.get(codec.type_name, []):
            if can_be_sent(codec, data):
                try:
                    text_of_field(text_twin(codec), decoded(codec, data))
                except EncodeError:
                    without.add(codec.type_name)

    assert without <= {'"char"', '"char"[]'}


def can_be_sent(codec: Codec, data: bytes) -> bool:
    """Records and the like are read alone."""
    try:
        text_of_field(codec, decoded(codec, data))
    except TextNeeded:
        return True
    except (DecodeError, EncodeError):
        return False
    return True


@pytest.mark.parametrize("name", ["tsquery", "oidvector", "int2vector"])
def test_nothing_but_the_empty_value_needs_its_text(name: str) -> None:
    empty: Any = "" if name == "tsquery" else []

    with pytest.raises(TextNeeded):
        text_of_field(CODECS[name], empty)
    for value in [empty, *([["a"], "a b"] if name == "tsquery" else [5, "1 2", [2**40], [None]])]:
        if value != empty:
            refused(CODECS[name], value, name)
            refused(text_twin(CODECS[name]), value, name)
    assert decoded(text_twin(CODECS[name]), b"") == empty


@given(st.lists(st.integers(-(2**15), 2**15 - 1)))
def test_a_vector_round_trips_as_text(numbers: list[int]) -> None:
    twin = text_twin(CODECS["int2vector"])

    assert decoded(twin, text_of_field(twin, numbers)) == numbers


@given(
    st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text('aé"\\', max_size=4), st.lists, max_leaves=5)
)
def test_a_document_round_trips_as_text(value: Any) -> None:
    for name in ("json", "jsonb"):
        twin = text_twin(CODECS[name])
        text = text_of_field(twin, value)

        assert decoded(twin, text) == value == json.loads(text)


@pytest.mark.parametrize("name", ["json", "jsonb", "int2vector", "int4", "bool", "uuid", "numeric"])
def test_what_is_no_text_of_the_type_is_a_decode_error(name: str) -> None:
    for data in (b"\xff", b"no such value", b"{"):
        with pytest.raises(DecodeError):
            decoded(text_twin(CODECS[name]), data)


def test_a_registered_binary_codec_says_how_to_be_text() -> None:
    functions = TypeCodec(encode=bytes, decode=bytes, format="binary")

    refused(
        text_twin(FunctionCodec("point", 600, functions, BINARY_FORMAT)), b"", "give the registered codec format='text'"
    )


def test_the_upper_half_of_char_is_refused_inside_of_text_only() -> None:
    assert text_of_field(text_twin(CODECS['"char"']), "x") == b"x"
    refused(text_twin(CODECS['"char"']), "\xe9", "send it alone")
