from __future__ import annotations

import pickle
import struct
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.text_array import text_of_field
from qail.pg.codec.text_composite import text_twin
from qail.pg.codec.text_search import TsQuery, TsVector
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO17")
VECTOR, QUERY = CODECS["tsvector"], CODECS["tsquery"]
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


class Word(StrEnum):
    CAT = "cat"


def lexeme(word: str, *positions: int) -> bytes:
    return word.encode() + b"\0" + struct.pack(f"!H{len(positions)}H", len(positions), *positions)


def vector(*lexemes: bytes) -> bytes:
    return struct.pack("!i", len(lexemes)) + b"".join(lexemes)


def operand(word: str, weights: int = 0, *, prefix: bool = False) -> bytes:
    return struct.pack("!bBB", 1, weights, prefix) + word.encode() + b"\0"


def query(*items: bytes) -> bytes:
    return struct.pack("!i", len(items)) + b"".join(items)


NOT, AND, OR = b"\x02\x01", b"\x02\x02", b"\x02\x03"


def phrase(distance: int) -> bytes:
    return b"\x02\x04" + struct.pack("!h", distance)


A, B, C = operand("a"), operand("b"), operand("c")
# The weights D to A in the upper bits of a position.
VECTORS = [
    ("", vector()),
    ("'a'", vector(lexeme("a"))),
    ("'a':1,2C,3B,4A", vector(lexeme("a", 1, 2 | 1 << 14, 3 | 2 << 14, 4 | 3 << 14))),
    ("'a' 'ab' 'ü':16383", vector(lexeme("a"), lexeme("ab"), lexeme("ü", 16383))),
    ("'a b' 'c\\\\d' 'it''s'", vector(lexeme("a b"), lexeme("c\\d"), lexeme("it's"))),
]
QUERIES = [
    ("'a'", query(A)),
    ("'a':*AB", query(operand("a", 12, prefix=True))),
    ("'a':*", query(operand("a", prefix=True))),
    ("'a':D & 'b':C", query(AND, operand("b", 2), operand("a", 1))),
    ("!'a'", query(NOT, A)),
    ("!!'a'", query(NOT, NOT, A)),
    ("'a' | 'b' & 'c'", query(OR, AND, C, B, A)),
    ("( 'a' | 'b' ) & 'c'", query(AND, C, OR, B, A)),
    ("!( 'a' & 'b' )", query(NOT, AND, B, A)),
    ("'a' & 'b' & 'c'", query(AND, C, AND, B, A)),
    ("'a' <-> 'b' <2> 'c'", query(phrase(2), C, phrase(1), B, A)),
    ("'a' <-> ( 'b' <0> 'c' )", query(phrase(1), phrase(0), C, B, A)),
    ("!'a' <16384> !'b'", query(phrase(16384), NOT, B, NOT, A)),
    ("'it''s' | '\\\\'", query(OR, operand("\\"), operand("it's"))),
]


@pytest.mark.parametrize(("text", "data"), VECTORS)
def test_a_vector_is_its_text(text: str, data: bytes) -> None:
    found = decoded(VECTOR, data)

    assert type(found) is TsVector
    assert found == text
    assert encoded(VECTOR, found) == encoded(VECTOR, text) == data


@pytest.mark.parametrize(("text", "data"), QUERIES)
def test_a_query_is_its_text(text: str, data: bytes) -> None:
    found = decoded(QUERY, data)

    assert type(found) is TsQuery
    assert found == text
    assert encoded(QUERY, found) == encoded(QUERY, text) == data


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("b a\tb", "'a' 'b'"),
        (" fat:2 cat:3a ", "'cat':3A 'fat':2"),
        ("a:3,1,2b a:2A,1", "'a':1,2A,3"),
        ("a:1*,2D,20000", "'a':1A,2,16383"),
        ("it's:1 'q''d'x", "'it''s':1 'q''d' 'x'"),
        (r"a\ b \'c \\:5 'd\'e'", r"'''c' '\\':5 'a b' 'd''e'"),
        (":a", "':a'"),
        ("a&b !(c)", "'!(c)' 'a&b'"),
        (f"a:{','.join(map(str, range(1, 300)))}", f"'a':{','.join(map(str, range(1, 257)))}"),
        ("''", "''"),
        ("'a\u00a0b' c\\\u00a0d", "'a\u00a0b' 'c\u00a0d'"),
    ],
)
def test_a_vector_is_read_as_the_server_reads_it(text: str, canonical: str) -> None:
    assert round_trip(VECTOR, text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a&b|c", "'a' & 'b' | 'c'"),
        ("a|b|c&!d", "'a' | 'b' | 'c' & !'d'"),
        ("a<->b<-> c", "'a' <-> 'b' <-> 'c'"),
        ("a <->(b & c)", "'a' <-> ( 'b' & 'c' )"),
        ("( ( a ) )", "'a'"),
        ("!(!a)&(b)", "!!'a' & 'b'"),
        ("a & (b & c)", "'a' & 'b' & 'c'"),
        ("a:b*A", "'a':*AB"),
        ("'it''s' & \\& ", "'it''s' & '&'"),
        ("a:&b", "'a' & 'b'"),
        ("a'b", "'a''b'"),
    ],
)
def test_a_query_is_read_as_the_server_reads_it(text: str, canonical: str) -> None:
    assert round_trip(QUERY, text) == canonical


@given(st.dictionaries(words, st.lists(st.integers(1, 16383), max_size=5)))
def test_any_words_round_trip_in_a_vector(entries: dict[str, list[int]]) -> None:
    text = " ".join(
        "'"
        + word.replace("\\", "\\\\").replace("'", "''")
        + "'"
        + (":" + ",".join(map(str, positions)) if positions else "")
        for word, positions in entries.items()
    )

    found = round_trip(VECTOR, text)

    assert round_trip(VECTOR, found) == found
    assert encoded(VECTOR, found)[:4] == struct.pack("!i", len(entries))


@given(words, words)
def test_any_words_round_trip_in_a_query(left: str, right: str) -> None:
    quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in (left, right)]

    assert decoded(QUERY, query(OR, operand(right), operand(left))) == " | ".join(quoted)
    assert encoded(QUERY, "|".join(quoted)) == query(OR, operand(right), operand(left))


def test_an_enum_of_text_is_text() -> None:
    assert round_trip(VECTOR, Word.CAT) == round_trip(QUERY, Word.CAT) == "'cat'"


@pytest.mark.parametrize(
    "text", ["'a", "a:", "a:x", "a:0", "a:1,", "a:1x", "a:1AB", "a\\", "'a'':", "a:-1", "'a':1'b'"]
)
def test_what_is_no_vector_is_refused(text: str) -> None:
    refused(VECTOR, text, "tsvector cannot be read at .* of str ")


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a &",
        "& a",
        "!",
        "(a",
        "a)",
        "()",
        "a <b> c",
        "a <-> ",
        "a <1 b",
        "'a",
        ":a",
        "a:x",
        "a !b",
        "(",
        "a & (b",
        "a<b",
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    refused(QUERY, text, "tsquery cannot be read at .* of str ")


@pytest.mark.parametrize("text", ["", "  \t\n"])
def test_an_empty_query_arrives_and_goes_as_text_only(text: str) -> None:
    assert decoded(QUERY, query()) == ""
    refused(QUERY, text, "tsquery str .* has no binary form that a server reads: pass it as a parameter")
    assert text_of_field(text_twin(QUERY), text) == b""


@pytest.mark.parametrize("codec", [VECTOR, QUERY], ids=["tsvector", "tsquery"])
def test_what_both_refuse(codec: object) -> None:
    found = VECTOR if codec is VECTOR else QUERY
    name = found.type_name
    refused(found, "a\0", f"{name} takes no NUL")
    refused(found, "a\ud800", "surrogate")
    refused(found, 5, f"{name} takes str, not int")
    refused(found, b"a", f"{name} takes str, not bytes")
    refused(found, "a\u00a0b", f"{name} .* has white space outside ASCII in a word: quote")
    refused(found, "é" * 1024, "words of at most 2046 bytes")
    assert round_trip(found, "é" * 1023) == f"'{'é' * 1023}'"


def test_a_distance_has_a_bound() -> None:
    refused(QUERY, "a <16385> b", "distances up to 16384")
    refused(QUERY, f"a <{'9' * 5000}> b", "distances up to 16384")


@pytest.mark.parametrize("depth", [1_000, 300_000])
def test_depth_is_no_matter(depth: int) -> None:
    nots = query(*[NOT] * depth, A)
    assert decoded(QUERY, nots) == "!" * depth + "'a'"
    assert encoded(QUERY, "!" * depth + "a") == nots
    right = query(*[phrase(1), A] * depth, A) if depth == 1_000 else query(*[AND] * depth, *[A] * (depth + 1))
    assert round_trip(QUERY, decoded(QUERY, right)) == decoded(QUERY, right)
    assert encoded(QUERY, "(" * depth + "a" + ")" * depth) == query(A)


@pytest.mark.parametrize("codec", [VECTOR, QUERY], ids=["tsvector", "tsquery"])
@given(data=st.binary(max_size=64), count=st.integers(0, 4))
def test_any_bytes_are_a_value_or_a_decode_error(codec: object, data: bytes, count: int) -> None:
    found = VECTOR if codec is VECTOR else QUERY
    for each in (data, struct.pack("!i", count) + data):
        try:
            value = decoded(found, each)
        except DecodeError:
            continue
        if value != "" or found is VECTOR:
            assert round_trip(found, value) == value


@given(st.lists(st.sampled_from([NOT, AND, OR, phrase(1), phrase(7), A, B]), max_size=8))
def test_any_items_are_a_query_or_a_decode_error(items: list[bytes]) -> None:
    try:
        value = decoded(QUERY, query(*items))
    except DecodeError:
        return
    assert round_trip(QUERY, value) == value if items else value == ""


@pytest.mark.parametrize("codec", [VECTOR, QUERY], ids=["tsvector", "tsquery"])
@pytest.mark.parametrize("count", [length for length in hostile_lengths(1) if length != 1])
def test_a_hostile_count_is_refused(codec: object, count: int) -> None:
    found, body = (VECTOR, lexeme("a")) if codec is VECTOR else (QUERY, A)
    with pytest.raises(DecodeError, match=found.type_name):
        decoded(found, struct.pack("!i", count) + body)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        vector(b"a"),
        vector(b"a\0"),
        vector(b"a\0\0"),
        vector(b"a\0\0\x01"),
        vector(b"a\0\xff\xff\0\x01"),
        vector(lexeme("a", 0)),
        vector(b"\xff\0\0\0"),
    ],
)
def test_a_hostile_vector_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="tsvector"):
        decoded(VECTOR, data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        query(b"\x01\0\0a"),
        query(b"\x01\x10\0a\0"),
        query(b"\x01\0\0\xff\0"),
        query(b"\x03\x01"),
        query(b"\x02\x05", A, A),
        query(b"\x02\0", A, A),
        query(NOT),
        query(AND, A),
        query(A, A),
        query(A, AND, A),
        query(b"\x02\x04\xff\xff", A, A),
        query(b"\x02\x04\x40\x01", A, A),
        query(A, b"\x02\x04\x01"),
        query(A, b"\x02"),
    ],
)
def test_a_hostile_query_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="tsquery"):
        decoded(QUERY, data)


def test_the_values_are_text_that_says_what_it_is() -> None:
    for value in (TsVector("'a':1"), TsQuery("'a' & 'b'")):
        assert isinstance(value, str)
        assert eval(repr(value)) == value
        assert type(eval(repr(value))) is type(value)
        assert type(pickle.loads(pickle.dumps(value))) is type(value)
