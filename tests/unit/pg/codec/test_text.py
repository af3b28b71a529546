from __future__ import annotations

from enum import Enum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.text import TextCodec
from qail.pg.codec.unknown import Unknown
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO4")
CHAR = CODECS['"char"']
names = pytest.mark.parametrize("name", ["text", "varchar", "bpchar", "name", "xml", "unknown"])


class Colour(StrEnum):
    RED = "red"


class Letter(Enum):
    X = "x"


class Plain(Enum):
    BLUE = "blue"
    SEVEN = 7


@names
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_round_trips(name: str, value: str) -> None:
    assert encoded(CODECS[name], value) == value.encode()
    assert round_trip(CODECS[name], value) == value


@pytest.mark.parametrize("value", ["", "\U0001f427", "a\U0010ffffb", "é\u0301", "\uffff", " padded   ", "\x01\x7f\r\n"])
def test_odd_text_round_trips(value: str) -> None:
    assert round_trip(CODECS["text"], value) == value


def test_an_extensions_text_type_is_text() -> None:
    citext = TextCodec("citext", 99_999)

    assert round_trip(citext, "Grün") == "Grün"
    refused(citext, "a\0b", "citext takes no NUL")


@names
@pytest.mark.parametrize("value", ["\0", "a\0b"])
def test_nul_is_refused(name: str, value: str) -> None:
    refused(CODECS[name], value, f"{name} takes no NUL character.*bytea")


@names
@pytest.mark.parametrize("value", ["\ud800", "a\udfff", "\ud83d\ude00"])
def test_surrogates_are_refused(name: str, value: str) -> None:
    refused(CODECS[name], value, "surrogate")


@names
@pytest.mark.parametrize("value", [1, b"a", None, True, ["a"], Plain.SEVEN])
def test_only_text_is_text(name: str, value: object) -> None:
    refused(CODECS[name], value, f"{name} takes str, not {type(value).__name__}")


def test_an_enum_with_a_str_value_is_its_value() -> None:
    assert round_trip(CODECS["text"], Colour.RED) == "red"
    assert round_trip(CODECS["text"], Plain.BLUE) == "blue"
    assert round_trip(CHAR, Letter.X) == "x"


def test_unknown_text_goes_back_as_text() -> None:
    assert round_trip(CODECS["text"], Unknown("(1,2)")) == "(1,2)"


def test_decoded_text_is_a_plain_str() -> None:
    assert type(round_trip(CODECS["text"], Colour.RED)) is str


@pytest.mark.parametrize("data", [b"\xff", b"\xc3", b"a\x80", b"\xed\xa0\x80"])
def test_what_is_no_utf8_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="text is not UTF-8 at byte"):
        decoded(CODECS["text"], data)


@given(st.integers(0, 255))
def test_every_byte_of_char_round_trips(code: int) -> None:
    value = decoded(CHAR, bytes([code]))

    assert value == (chr(code) if code else "")
    assert encoded(CHAR, value) == bytes([code])


@pytest.mark.parametrize("value", ["ab", "\u0100", "\0", "\U0001f427"])
def test_char_is_one_byte(value: str) -> None:
    refused(CHAR, value, 'is outside "char"')


@pytest.mark.parametrize("value", [1, b"a", None])
def test_char_takes_text(value: object) -> None:
    refused(CHAR, value, '"char" takes str')


@pytest.mark.parametrize("data", [b"", b"ab"])
def test_char_of_another_size_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="has 1 bytes"):
        decoded(CHAR, data)
