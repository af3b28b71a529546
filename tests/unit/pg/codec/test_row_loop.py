"""The loop over rows, where it takes short ways; what it does at all is in test_rows.py."""

from __future__ import annotations

import struct
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import ProtocolError
from qail.pg.codec.base import Codec
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.row_loop import MOST_WINDOW_BYTES, SHORT_TEXT_BYTES, is_ascii, window_bytes
from qail.pg.codec.rows import RowDecoder
from support.codecs import CODECS

INT4, INT8, TEXT, BYTEA, ENUM_LIKE = CODECS["int4"], CODECS["int8"], CODECS["text"], CODECS["bytea"], CODECS['"char"']
REGISTRY: Final = CodecRegistry()
# Enough for several texts that values are cut out of.
ROWS: Final = 60
LENGTHS: Final = (*range(18), 31, 32, 33, SHORT_TEXT_BYTES - 1, SHORT_TEXT_BYTES, SHORT_TEXT_BYTES + 1, 200)


def frame(fields: bytes, count: int) -> bytes:
    return b"D" + struct.pack("!iH", 6 + len(fields), count) + fields


def row_of(*values: bytes | None) -> bytes:
    """A DataRow of fields as they are."""
    fields = [b"\xff\xff\xff\xff" if value is None else struct.pack("!i", len(value)) + value for value in values]
    return frame(b"".join(fields), len(values))


def decoder(*codecs: Codec) -> RowDecoder:
    return RowDecoder(list(codecs), REGISTRY, [codec.type_oid for codec in codecs])


def rows_of(data: bytes, *codecs: Codec) -> list[tuple[object, ...]]:
    """All rows of `data`, which fills its buffer."""
    sink = decoder(*codecs)
    assert sink.take_rows(data, 0, len(data)) == len(data)
    assert sink.error is None
    return sink.rows


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("neighbour", [b"", b"\xff" * 8, b"\x80"])
def test_short_text_of_every_length_is_itself_whatever_stands_beside_it(length: int, neighbour: bytes) -> None:
    texts = [chr(97 + number % 26) * length for number in range(ROWS)]
    data = b"".join(row_of(neighbour, text.encode(), neighbour) for text in texts)

    assert rows_of(data, BYTEA, TEXT, BYTEA) == [(neighbour, text, neighbour) for text in texts]


@pytest.mark.parametrize("length", [each for each in LENGTHS if each >= 2])
def test_one_letter_that_is_not_ascii_is_found_at_every_place(length: int) -> None:
    texts = ["x" * ROWS, *["x" * place + "é" + "y" * (length - 2 - place) for place in range(length - 1)]]
    # Long enough for a text to be cut from before the first of them.
    data = b"".join(row_of(text.encode()) for text in ["a" * 60] * 9 + texts)

    assert rows_of(data, TEXT)[9:] == [(text,) for text in texts]


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 17, SHORT_TEXT_BYTES])
def test_what_is_no_utf8_is_refused_at_every_place(length: int) -> None:
    good = row_of(b"a" * 60) * 9
    for place in range(length):
        sink = decoder(TEXT)
        data = good + row_of(b"x" * place + b"\x80" + b"x" * (length - 1 - place)) + good
        assert sink.take_rows(data, 0, len(data)) == len(data)
        assert str(sink.error) == f"column 1 of row 10: text is not UTF-8 at byte {place} of {length}"
        assert sink.skipped_rows == 10


texts = st.one_of(st.none(), st.text("ab\0\x7f\x80é", max_size=20), st.text("a", min_size=100, max_size=140))


@given(
    st.lists(st.tuples(texts, st.integers(-(2**63), 2**63 - 1), texts), min_size=20, max_size=60), st.integers(0, 99)
)
def test_any_rows_of_texts_and_numbers_come_as_they_were_sent(
    rows: list[tuple[str | None, int, str | None]], before: int
) -> None:
    codecs = [TEXT, INT8, TEXT]
    data = bytearray(b"C" * before)
    for first, number, last in rows:
        values = [None if text is None else text.encode() for text in (first, last)]
        data += row_of(values[0], struct.pack("!q", number), values[1])
    sink = decoder(*codecs)

    assert sink.take_rows(bytes(data) + b"Z", before, len(data) + 1) == len(data)
    assert sink.rows == rows


def test_text_in_more_rows_than_one_str_is_made_of_is_all_there() -> None:
    rows = [(f"name {number}", number, f"été {number}", None) for number in range(MOST_WINDOW_BYTES // 8)]
    out = BytesWriter()
    data = b""
    for first, number, last, _ in rows:
        data += row_of(first.encode(), struct.pack("!i", number), last.encode(), None)
    out.write(data)

    assert rows_of(out.getvalue(), TEXT, INT4, TEXT, TEXT) == rows


def test_rows_of_very_different_sizes_are_all_there() -> None:
    rows = [("x" * (7 if number % 5 else 4_000 + number), "short") for number in range(50)]
    data = b"".join(row_of(first.encode(), second.encode()) for first, second in rows)

    assert rows_of(data, TEXT, TEXT) == rows


@pytest.mark.parametrize(
    ("decoded", "row_bytes", "left", "text_columns", "expected"),
    [
        (0, 10, 10_000, 1, 0),
        (255, 10, 10_000, 1, 0),
        (256, 10, 10_000, 1, 512),
        (256, 128, 10_000, 1, 512),
        (256, 129, 10_000, 1, 0),
        (256, 129, 10_000, 2, 512),
        (256, 600, 10_000, 9, 0),
        (1_000_000, 10, 10_000_000, 1, MOST_WINDOW_BYTES),
        (1_000_000, 10, 100, 1, 100),
    ],
)
def test_a_str_to_cut_from_is_made_of_as_much_as_pays(
    decoded: int, row_bytes: int, left: int, text_columns: int, expected: int
) -> None:
    assert window_bytes(decoded, row_bytes, left, text_columns) == expected


@pytest.mark.parametrize("length", range(18))
def test_ascii_is_told_from_the_rest_at_every_place(length: int) -> None:
    for around in (b"\0", b"\x7f", b"\x80", b"\xff"):
        buffer = around * 11 + b"\x7f" * length + around * 3
        assert is_ascii(buffer, 11, length)
        for place in range(11, 11 + length):
            for code in (0x80, 0xC3, 0xFF):
                spoilt = bytearray(buffer)
                spoilt[place] = code
                assert not is_ascii(bytes(spoilt), 11, length)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (b"", "column 1 of 3 has no length"),
        (struct.pack("!i", 1) + b"a\0\0\0", "column 2 of 3 has no length"),
        (struct.pack("!ii", -1, -1), "column 3 of 3 has no length"),
        (struct.pack("!iii", -1, -1, -2), "column 3 of 3 claims -2 of 0 bytes"),
        (struct.pack("!iii", -1, 0, 1), "column 3 of 3 claims 1 of 0 bytes"),
        (struct.pack("!iii", -1, 2**31 - 1, 1), "column 2 of 3 claims 2147483647 of 4 bytes"),
        (struct.pack("!iii", -1, -(2**31), 1), "column 2 of 3 claims -2147483648 of 4 bytes"),
        (struct.pack("!iii", -1, 5, 1), "column 2 of 3 claims 5 of 4 bytes"),
        (struct.pack("!iii", -1, 4, 1), "column 3 of 3 has no length"),
        (struct.pack("!iiii", -1, 0, 0, 0), "4 bytes follow the last column"),
    ],
)
# What stands behind the frame may look like lengths: of NULLs, of empty values.
@pytest.mark.parametrize("behind", [b"", b"\xff" * 8, b"\0" * 8, b"\xff"])
def test_lengths_that_disagree_are_said_of_the_right_column(fields: bytes, fault: str, behind: bytes) -> None:
    data = frame(fields, 3)
    sink = decoder(TEXT, BYTEA, TEXT)

    with pytest.raises(ProtocolError, match=fault):
        sink.take_rows(data + behind, 0, len(data))
    assert sink.rows == []


@pytest.mark.parametrize("nulls", [0, 1, 3])
def test_a_bad_value_is_said_of_the_right_column(nulls: int) -> None:
    codecs = [TEXT] * nulls + [INT4, ENUM_LIKE, TEXT]
    sink = decoder(*codecs)
    data = row_of(*[None] * nulls, b"\0\0\0\1", b"two", b"behind")

    assert sink.take_rows(data, 0, len(data)) == len(data)
    assert f"column {nulls + 2} of row 1: a value of " in str(sink.error)


def test_a_bad_value_comes_before_a_length_that_disagrees_behind_it() -> None:
    sink = decoder(INT4, INT4)
    data = frame(struct.pack("!i", 3) + b"abc" + struct.pack("!i", 99), 2)

    assert sink.take_rows(data, 0, len(data)) == len(data)
    assert "column 1 of row 1: a value of int4" in str(sink.error)
