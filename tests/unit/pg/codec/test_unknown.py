from __future__ import annotations

import copy
import pickle

import pytest
from librt.strings import BytesWriter

from qail.errors import DecodeError
from qail.pg.codec.base import TEXT_FORMAT
from qail.pg.codec.unknown import Unknown, UnknownCodec, UnreadableCodec
from support.codecs import decoded, encoded, refused

pytestmark = pytest.mark.feature("CO18")
POINT = UnknownCodec("the type with OID 600", 600)


def test_an_unknown_type_travels_as_text() -> None:
    assert POINT.format_code == TEXT_FORMAT
    assert encoded(POINT, "(1,2)") == b"(1,2)"


def test_an_unknown_type_arrives_marked() -> None:
    value = decoded(POINT, "(1,2) é".encode())

    assert type(value) is Unknown
    assert value == "(1,2) é"
    assert repr(value) == "Unknown('(1,2) é')"


def test_marked_text_travels() -> None:
    value = Unknown("x")

    for other in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert (type(other), other) == (Unknown, "x")
    assert hash(value) == hash("x")


@pytest.mark.parametrize(("value", "match"), [(5, "takes str, not int"), ("a\0", "NUL"), ("\ud800", "surrogate")])
def test_only_text_is_taken(value: object, match: str) -> None:
    refused(POINT, value, match)


def test_what_is_no_utf8_is_refused() -> None:
    with pytest.raises(DecodeError, match="UTF-8"):
        decoded(POINT, b"\xff")


def test_an_unreadable_column_says_what_to_do() -> None:
    codec = UnreadableCodec("the type with OID 600", 600)

    with pytest.raises(DecodeError, match="run the query again"):
        decoded(codec, b"x")
    with pytest.raises(AssertionError):
        codec.encode(BytesWriter(), "x")
