"""Text arrays: PostgreSQL's literals read and written, and nothing else taken for one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import PgArray, Unknown
from qail.errors import DecodeError
from qail.pg.codec.text_array import TextArrayCodec
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO15")

CODEC = TextArrayCodec("app.odd[]", 50_001, UnknownCodec("app.odd", 50_000))
BOXES = TextArrayCodec("box[]", 1020, UnknownCodec("box", 603), ";")
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
elements = texts.map(Unknown) | st.none()


def rectangular(element: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    def fill(sizes: list[int]) -> st.SearchStrategy[Any]:
        inner = element if len(sizes) == 1 else fill(sizes[1:])
        return st.lists(inner, min_size=sizes[0], max_size=sizes[0])

    return st.lists(st.integers(1, 3), min_size=1, max_size=6).flatmap(fill)


@given(rectangular(elements) | st.just([]))
def test_arrays_of_text_round_trip(value: list[Any]) -> None:
    assert round_trip(CODEC, value) == value
    assert round_trip(BOXES, value) == value


@given(st.binary(max_size=60) | st.text('{}[]:=",\\ a1N', max_size=40).map(str.encode))
def test_any_bytes_are_an_array_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        return
    assert round_trip(CODEC, value) == value


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("{}", []),
        ("{a,b}", ["a", "b"]),
        ('{"a b",NULL,"NULL",""}', ["a b", None, "NULL", ""]),
        ("{null,Null,nUlL}", [None, None, None]),
        (r'{"q\"q","b\\b",a\ b,\n,\NULL}', ['q"q', "b\\b", "a b", "n", "NULL"]),
        ("{{a,b},{c,NULL}}", [["a", "b"], ["c", None]]),
        ("{{{a}},{{b}}}", [[["a"]], [["b"]]]),
        (' { a , "b" } ', ["a", "b"]),
        ("[0:1]={a,b}", PgArray(["a", "b"], [0])),
        ("[-1:-1][2:3]={{a,b}}", PgArray([["a", "b"]], [-1, 2])),
        ("[1:2]={a,b}", ["a", "b"]),
        ("{a b}", ["a b"]),
        ("{ü,🐧}", ["ü", "🐧"]),
    ],
)
def test_a_literal_is_read_as_postgresql_reads_it(literal: str, value: list[Any]) -> None:
    found = decoded(CODEC, literal.encode())

    assert found == value
    assert type(found) is type(value)
    assert getattr(found, "lower_bounds", None) == getattr(value, "lower_bounds", None)
    assert round_trip(CODEC, found) == value


@pytest.mark.parametrize(
    "literal",
    [
        *("", "a", "{", "}", "{a", '{"a', '{"a}', "{a,}", "{,a}", "{a}}", "{a}b", '{a"b"}', '{"a"b}', "{a{b}}", "{\\"),
        *("{{a},b}", "{a,{b}}", "{{a},{b,c}}", "{{},{}}", "{{a},{{b}}}", "{{{a}},{b}}", "{{{{{{{a}}}}}}}", "{a;b"),
        *("[0:1]={a}", "[0:0]={}", "[1:0]={}", "[0:0]", "[a:b]={}", "[1:1]{a}", "[1:1][1:1]={a}", "[0:4294967296]={a}"),
        *("[1:2147483647]={a}", "[1:99999999999]={a}", "[1]={a}", "[1:1" + "][1:1" * 6 + "]={a}", "[=", "{\xff"),
    ],
)
def test_what_is_no_literal_is_a_decode_error(literal: str) -> None:
    with pytest.raises(DecodeError, match=r"^in app\.odd\[\]: "):
        decoded(CODEC, literal.encode("latin-1"))


def test_the_delimiter_is_that_of_the_element_type() -> None:
    assert decoded(BOXES, b"{(1,1),(0,0);(2,2),(1,1);NULL}") == ["(1,1),(0,0)", "(2,2),(1,1)", None]
    assert encoded(BOXES, ["(1,1),(0,0)", None]) == b'{"(1,1),(0,0)";NULL}'


def test_what_is_written_is_quoted_and_has_bounds_where_they_are_not_1() -> None:
    assert encoded(CODEC, ['q"q', "b\\b", "NULL", None]) == rb'{"q\"q","b\\b","NULL",NULL}'
    assert encoded(CODEC, PgArray([["a"]], [0, 5])) == b'[0:0][5:5]={{"a"}}'
    assert encoded(CODEC, ()) == b"{}"


def test_what_is_no_array_or_does_not_fit_is_refused_and_nothing_is_written() -> None:
    refused(CODEC, "{a}", r"app\.odd\[\] takes a list or another sequence, not str")
    refused(CODEC, ["a", 5], r"in app\.odd\[\]: app\.odd takes str, not int 5")
    refused(CODEC, [["a"], ["b", "c"]], r"in app\.odd\[\]: a dimension takes lists of 1 items")
    refused(CODEC, ["a\0"], "NUL")
    refused(CODEC, PgArray(["a"], [1, 1]), "lower bounds")


@pytest.mark.parametrize("piece", [b'"\\\\",', b"\\a", b"{", b'"", ', b"[1:1]", b" ", b'"'])
def test_reading_takes_time_in_proportion_to_the_bytes(piece: bytes) -> None:
    # Quadratic work would take minutes; there is no clock in the assertion, only an end.
    for data in (piece * 50_000, b"{" + piece * 50_000, b'{"' + piece * 50_000 + b'"}'):
        with suppress(DecodeError):
            decoded(CODEC, data)
