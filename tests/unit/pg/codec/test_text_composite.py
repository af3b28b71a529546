"""Composite types as text: record literals read and written; fields as their binary codecs have them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import Multirange, Range, TypeCodec, Unknown
from qail.errors import DecodeError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import BINARY_FORMAT
from qail.pg.codec.composite import CompositeCodec
from qail.pg.codec.domain import DomainCodec
from qail.pg.codec.refusal import TypesNeeded
from qail.pg.codec.text_composite import TextCompositeCodec
from qail.pg.codec.unknown import UnknownCodec
from qail.pg.codec.user import FunctionCodec
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO18")

ODD = UnknownCodec("app.odd", 50_000)
CODEC = TextCompositeCodec("app.with_odd", 50_001, ["o", "n", "d"], [ODD, CODECS["int4"], CODECS["date"]])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).map(Unknown)
INNER = CompositeCodec("app.inner", 50_002, ["a", "b"], [CODECS["int4"], CODECS["text"]])
BOX = TypeCodec(encode=lambda value: f"<{value}>", decode=lambda text: text[1:-1])
BOXED = FunctionCodec("json", 114, BOX, BINARY_FORMAT)
PLAIN: list[tuple[Any, Any]] = [
    (CODECS["bool"], True),
    (CODECS["int8"], -(2**63)),
    (CODECS["float8"], 1.5e300),
    (CODECS["numeric"], Decimal("1.50")),
    (CODECS["uuid"], UUID(int=5)),
    (CODECS["text"], 'a,")\\('),
    (DomainCodec("app.positive", 50_003, CODECS["int4"]), 7),
    (CODECS["int4[]"], [1, None, 3]),
    (ArrayCodec("app.inner[]", 50_004, INNER), [(1, 'x"y'), None]),
    (CODECS["int4range"], Range(1, 5)),
    (CODECS["int4multirange"], Multirange([Range(1, 5), Range(7)])),
    (INNER, (None, "")),
    (BOXED, "x"),
    (CODECS["jsonpath"], '$."a"'),
]


@given(st.tuples(texts | st.none(), st.integers(-(2**31), 2**31 - 1) | st.none(), texts | st.none()))
def test_values_round_trip(value: tuple[Any, ...]) -> None:
    assert round_trip(CODEC, value) == value


@given(st.binary(max_size=40) | st.text('()",\\ a1', max_size=30).map(str.encode))
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        return
    assert round_trip(CODEC, value) == value


@pytest.mark.parametrize(("codec", "value"), PLAIN, ids=[codec.type_name for codec, _ in PLAIN])
def test_fields_with_binary_codecs_are_read_and_written_as_text(codec: Any, value: Any) -> None:
    around = TextCompositeCodec("app.around", 1, ["o", "v"], [ODD, codec])

    assert round_trip(around, ("x", value)) == ("x", value)


def test_a_field_whose_text_nobody_reads_is_marked_text_and_taken_back() -> None:
    found: Any = decoded(CODEC, b"(x,1,2024-02-29)")

    assert (type(found.d), found.d) == (Unknown, "2024-02-29")
    assert encoded(CODEC, found) == b'("x","1","2024-02-29")'
    assert encoded(CODEC, ("x", 1, date(2024, 2, 29))) == b'("x","1","2024-02-29")'


@pytest.mark.parametrize(
    ("literal", "value"),
    [("(,,)", (None, None, None)), ('("",1,"a b")', ("", 1, "a b")), ('("q""q\\"",,)', ('q"q"', None, None))],
)
def test_a_literal_is_read_as_postgresql_reads_it(literal: str, value: tuple[Any, ...]) -> None:
    assert decoded(CODEC, literal.encode()) == value


@pytest.mark.parametrize("literal", ["", "(", ")", "a,1,b", '("a,1,b)', "(a,1,b))", "(a(,1,b)", "(a,x,b)"])
def test_what_is_no_literal_is_a_decode_error(literal: str) -> None:
    with pytest.raises(DecodeError, match=r"app\.with_odd"):
        decoded(CODEC, literal.encode())


@pytest.mark.feature("CO16")
@pytest.mark.parametrize("literal", ["()", "(a,1)", "(a,1,b,c)"])
def test_another_number_of_fields_means_that_the_type_was_altered(literal: str) -> None:
    with pytest.raises(TypesNeeded, match="it was altered") as raised:
        decoded(CODEC, literal.encode())
    assert raised.value.type_oids == [50_001]


def test_what_does_not_fit_says_where_and_nothing_is_written() -> None:
    refused(CODEC, ("x", "1", None), r"in app\.with_odd\.n: int4 takes int, not str '1'")
    refused(CODEC, ("x",), r"app\.with_odd takes 3 fields, not 1")
    refused(CODEC, ("x", 1, 5), r"in app\.with_odd\.d: date takes")
    json = TextCompositeCodec("app.around", 1, ["o", "v"], [ODD, CODECS["jsonb"]])
    assert encoded(json, ("x", {"a": 1})) == b'("x","{""a"":1}")'


@pytest.mark.parametrize("piece", [b'""', b"\\a", b'"a"', b"a", b'"'])
def test_reading_takes_time_in_proportion_to_the_bytes(piece: bytes) -> None:
    for data in (b"(" + piece * 50_000, b'("' + piece * 50_000 + b")", b"(" + piece * 50_000 + b",)"):
        with suppress(DecodeError):
            decoded(CODEC, data)
