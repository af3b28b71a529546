"""The look-up's question and answer, without a server: all names are qualified, and hostile answers do no harm."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.codec.type_facts import TypeFacts
from qail.pg.protocol.request import Request
from qail.pg.steps.types import TypeQuestion

pytestmark = pytest.mark.feature("CO16")

COLUMNS = 12


def question(*oids: int, is_in_transaction: bool = False) -> TypeQuestion:
    return TypeQuestion(CodecRegistry(), list(oids), is_in_transaction=is_in_transaction)


def answer(asked: TypeQuestion, rows: list[tuple[str | None, ...]]) -> list[TypeFacts]:
    """The facts, when the server has answered with these rows."""
    sink = asked.request.items[0].sink
    assert isinstance(sink, RowDecoder)
    names = b"".join(b"c\0" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0) for _ in range(len(rows[0])))
    sink.describe(struct.pack("!h", len(rows[0])) + names)
    for row in rows:
        fields = b"".join(
            struct.pack("!i", -1) if field is None else struct.pack("!i", len(field.encode())) + field.encode()
            for field in row
        )
        frame = b"D" + struct.pack("!ih", 6 + len(fields), len(row)) + fields
        sink.take_rows(frame, 0, len(frame))
    return asked.facts()


def sql_of(request: Request) -> str:
    return request.data[6 : request.data.index(b"\0", 6)].decode()


def test_one_segment_asks_for_all_types_and_changes_nothing() -> None:
    asked = question(16_385, 4_294_967_295, is_in_transaction=True)

    assert b"{16385,4294967295}" in asked.request.data
    assert asked.request.data.count(b"P\0") == 1
    assert asked.request.data.endswith(b"S\0\0\0\4")
    assert (asked.request.is_read_only, asked.request.is_in_transaction) == (True, True)


def test_every_name_is_that_of_pg_catalog_operators_included() -> None:
    sql = sql_of(question(1).request)

    assert re.findall(r"(?:FROM|JOIN) (?!LATERAL|pg_catalog\.|wanted\b|\()\S+", sql) == []
    assert re.findall(r"(?<!OPERATOR\(pg_catalog\.)(?<!\()[=<>+]+(?!\))", re.sub(r"'[^']*'", "", sql)) == []
    assert re.findall(r"::(?!pg_catalog\.)\w+", sql) == []
    assert set(re.findall(r"(\S*\w)\(", sql)) == {"OPERATOR", "pg_catalog.unnest"}
    assert re.findall(r"\bIN\b|\bANY\b|\bUSING\b|\bBETWEEN\b|\bLIKE\b", sql) == []


def test_rows_become_facts_with_their_parts_in_order() -> None:
    rows: list[Any] = [
        ("50000", "app", "pair", "c", "50001", "0", ",", "t", "record_send", None, "a", "23"),
        ("50000", "app", "pair", "c", "50001", "0", ",", "t", "record_send", None, "b", "25"),
        ("50002", "ext", "box3", "b", "0", "0", ";", "f", None, "postgis", None, None),
    ]

    pair, box = answer(question(50_000, 50_002), rows)

    assert (pair.display_name, pair.kind, pair.array_oid, pair.parts) == (
        "app.pair",
        "c",
        50_001,
        [("a", 23), ("b", 25)],
    )
    assert (pair.has_binary, pair.send_function, pair.extension) == (True, "record_send", "")
    assert (box.delimiter, box.has_binary, box.send_function, box.extension) == (";", False, "", "postgis")


@pytest.mark.parametrize(
    "row",
    [
        ("50000",) * (COLUMNS - 1),
        ("50000",) * (COLUMNS + 1),
        ("x", *["1"] * (COLUMNS - 1)),
        ("1", "a", "b", "c", "1", "1", ",", "t", None, None, "part", "x"),
        ("9" * 5000, *["1"] * (COLUMNS - 1)),
    ],
)
def test_an_answer_of_another_form_is_a_decode_error(row: tuple[str | None, ...]) -> None:
    with pytest.raises(DecodeError, match="answered a look-up of types with rows of another form"):
        answer(question(1), [row])


@given(st.lists(st.lists(st.text("0123456789acdemr,t{}", max_size=6) | st.none(), min_size=COLUMNS, max_size=COLUMNS)))
def test_whatever_comes_is_facts_or_a_decode_error(rows: list[list[str | None]]) -> None:
    if not rows:
        return
    registry = CodecRegistry()
    try:
        facts = answer(question(1), [tuple(row) for row in rows])
    except DecodeError:
        return
    registry.learn_types(facts, [each.type_oid for each in facts])


def test_an_answer_that_is_no_text_is_a_decode_error() -> None:
    asked = question(1)
    sink = asked.request.items[0].sink
    assert isinstance(sink, RowDecoder)
    sink.describe(struct.pack("!h", 1) + b"c\0" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0))
    frame = b"D" + struct.pack("!ihi", 11, 1, 1) + b"\xff"
    sink.take_rows(frame, 0, len(frame))

    with pytest.raises(DecodeError, match="UTF-8"):
        asked.facts()
