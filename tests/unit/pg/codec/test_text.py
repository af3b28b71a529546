from __future__ import annotations

from enum import Enum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec import ltree
from qail.pg.codec.base import TEXT_FORMAT
from qail.pg.codec.text import EXTENSION_CODECS, TextCodec
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
# A name has 63 bytes at most.
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=15))
def test_text_round_trips(name: str, value: str) -> None:
    assert encoded(CODECS[name], value) == value.encode()
    assert round_trip(CODECS[name], value) == value


@pytest.mark.parametrize("value", ["x" * 63, "é" * 31 + "x", "\U0001f427" * 15 + "xyz"])
def test_a_name_has_63_bytes(value: str) -> None:
    assert round_trip(CODECS["name"], value) == value
    refused(CODECS["name"], value + "x", r"outside name \(at most 63 bytes\): shorten it, or use text")
    assert round_trip(CODECS["text"], value + "x") == value + "x"


@pytest.mark.parametrize(
    "text",
    [
        "<a>\u00e9</a>",
        "",
        "<?xml version='1.0'?><a encoding='latin1'/>",
        "<?xml version='1.0' encoding='UTF-8'?><a/>",
        '<?xml version="1.0" encoding = "utf8" standalone="yes"?><a/>',
    ],
)
def test_xml_is_text(text: str) -> None:
    assert encoded(CODECS["xml"], text) == text.encode()
    assert round_trip(CODECS["xml"], text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<?xml version='1.0' encoding='latin1'?><a/>",
        '\n<?xml version="1.0"\tencoding\n= "UTF-16" ?><a/>',
        "<?xml version='1.0' encoding=''?>",
    ],
)
def test_xml_in_another_encoding_than_it_is_sent_in_is_refused(text: str) -> None:
    refused(CODECS["xml"], text, "xml is sent in UTF-8, and str .* declares another encoding")


@pytest.mark.parametrize("name", ["query_int", "seg"])
def test_a_type_without_a_binary_form_is_text(name: str) -> None:
    codec = EXTENSION_CODECS[name](name, 99_999)

    assert codec.format_code == TEXT_FORMAT
    assert round_trip(codec, "1&2") == "1&2"
    assert type(round_trip(codec, Colour.RED)) is str
    refused(codec, "a\0", f"{name} takes no NUL")
    refused(codec, 5, f"{name} takes str, not int")
    with pytest.raises(DecodeError, match=f"{name} is not UTF-8 at byte 1 of 2"):
        decoded(codec, b"a\xff")


@pytest.mark.parametrize("name", ["ltree", "lquery", "ltxtquery"])
def test_the_ltree_family_is_text_with_a_version(name: str) -> None:
    codec = ltree.EXTENSION_CODECS[name](name, 99_999)

    assert encoded(codec, "Top.\u00e9") == b"\x01Top.\xc3\xa9"
    assert round_trip(codec, "") == ""
    refused(codec, "a\0", f"{name} takes no NUL")
    refused(codec, b"a", f"{name} takes str, not bytes")
    for data in (b"", b"\x02a", b"\x01\xff"):
        with pytest.raises(DecodeError, match=name):
            decoded(codec, data)


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


@pytest.mark.parametrize("letter", ["a", "\x01", "\x7f", "\x80", "\u0100", "\U0001f427"])
def test_nul_is_found_at_every_place_in_text_of_every_length(letter: str) -> None:
    codec = CODECS["text"]
    for length in (*range(36), 63, 64, 65, 200):
        text = letter * length
        assert encoded(codec, text) == text.encode()
        for place in range(length):
            refused(codec, text[:place] + "\0" + text[place + 1 :], "text takes no NUL character")


@given(st.text(max_size=80))
def test_any_str_is_its_utf8_or_is_refused(value: str) -> None:
    if "\0" in value:
        refused(CODECS["text"], value, "text takes no NUL character")
    elif any("\ud800" <= character <= "\udfff" for character in value):
        refused(CODECS["text"], value, "surrogate")
    else:
        assert encoded(CODECS["text"], value) == value.encode()


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
