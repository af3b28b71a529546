"""Ranges and multiranges as text: PostgreSQL's literals read and written, and nothing else taken for one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import Multirange, Range, Unknown
from qail.errors import DecodeError
from qail.pg.codec.text_range import TextMultirangeCodec, TextRangeCodec
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO14")

CODEC = TextRangeCodec("app.span", 50_001, UnknownCodec("app.odd", 50_000))
MANY = TextMultirangeCodec("app.spans", 50_002, CODEC)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).map(Unknown)
bounds = st.sampled_from(["[)", "[]", "(]", "()"])
ranges = st.builds(Range, texts | st.none(), texts | st.none(), bounds)


@given(ranges, st.lists(ranges, max_size=4))
def test_ranges_of_text_round_trip(value: Range[str], values: list[Range[str]]) -> None:
    assert round_trip(CODEC, value) == value
    assert round_trip(MANY, values) == Multirange(values)


@given(st.binary(max_size=40) | st.text('[]()",\\{} ae', max_size=30).map(str.encode))
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    for codec in (CODEC, MANY):
        try:
            value = decoded(codec, data)
        except DecodeError:
            continue
        assert round_trip(codec, value) == value


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("[a,b)", Range("a", "b")),
        ("(,)", Range()),
        ('["a b","q""q\\"x"]', Range("a b", 'q"q"x', "[]")),
        ('(a\\,b,"")', Range("a,b", "", "()")),
        ("empty", Range.empty()),
        ("EMPTY", Range.empty()),
    ],
)
def test_a_literal_is_read_as_postgresql_reads_it(literal: str, value: Range[Any]) -> None:
    assert decoded(CODEC, literal.encode()) == value


@pytest.mark.parametrize("literal", ["", "[", "[a", "[a,b", "a,b)", "[a,b,c)", "[a,b)x", '["a,b)', "[a)", "[[a,b)"])
def test_what_is_no_literal_is_a_decode_error(literal: str) -> None:
    with pytest.raises(DecodeError, match=r"app\.span"):
        decoded(CODEC, literal.encode())


@pytest.mark.parametrize("literal", ["", "{", "}", "{[a,b)", "[a,b)}", "{[a,b)[c,d)}", "{a}", "{[a,b)};"])
def test_what_is_no_multirange_literal_is_a_decode_error(literal: str) -> None:
    with pytest.raises(DecodeError, match=r"app\.spans"):
        decoded(MANY, literal.encode())


def test_what_is_written_is_quoted() -> None:
    assert encoded(CODEC, Range('a"b\\', None, "(]")) == rb'("a""b\\",)'
    assert encoded(MANY, [Range.empty(), Range("a", "b")]) == b'{empty,["a","b")}'
    assert decoded(MANY, b"{}") == Multirange()


def test_what_does_not_fit_is_refused_and_nothing_is_written() -> None:
    refused(CODEC, "[a,b)", r"app\.span takes a Range, not str")
    refused(CODEC, Range(5), r"in the lower bound of app\.span: app\.odd takes str, not int 5")
    refused(MANY, Range("a"), r"app\.spans takes a Multirange or a list of Range objects")
    refused(MANY, ["a"], r"in app\.spans: app\.span takes a Range, not str")


@pytest.mark.parametrize("piece", [b'""', b"\\a", b'"a"', b"a", b'"'])
def test_reading_takes_time_in_proportion_to_the_bytes(piece: bytes) -> None:
    for data in (b"[" + piece * 50_000, b'["' + piece * 50_000, b"{[" + piece * 50_000 + b"}"):
        for codec in (CODEC, MANY):
            with suppress(DecodeError):
                decoded(codec, data)
