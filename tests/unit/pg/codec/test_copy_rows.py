from __future__ import annotations

import struct
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import DecodeError, EncodeError, ProtocolError, UsageError
from qail.pg.codec.base import Codec
from qail.pg.codec.copy_rows import COPY_HEADER, COPY_TRAILER, CopyRowReader, CopyRowWriter
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import CODECS, hostile_lengths

pytestmark = pytest.mark.feature("CP2", partial="binary records only; the other sources come with a later issue")
INT4, TEXT = CODECS["int4"], CODECS["text"]
PAIR: Final[list[Codec]] = [INT4, TEXT]
ROWS: Final[list[tuple[object, ...]]] = [(1, "a"), (None, "é"), (3, None), (4, "")]


def copied(codecs: list[Codec], rows: list[tuple[object, ...]]) -> bytes:
    out = BytesWriter()
    out.write(COPY_HEADER)
    CopyRowWriter(codecs).write_records(out, list(rows))
    out.write(COPY_TRAILER)
    return out.getvalue()


def feed(reader: CopyRowReader, data: bytes, *cuts: int) -> None:
    ends = [*sorted(cuts), len(data)]
    start = 0
    for end in ends:
        reader.take_copy_data(b"<" + data[start:end] + b">", 1, 1 + end - start)
        start = end


def test_the_stream_is_the_manuals() -> None:
    assert COPY_HEADER == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    assert copied(PAIR, ROWS[:1]) == COPY_HEADER + struct.pack("!hiiis", 2, 4, 1, 1, b"a") + b"\xff\xff"
    assert copied(PAIR, [(None, None)])[19:-2] == struct.pack("!hii", 2, -1, -1)


def test_records_round_trip() -> None:
    reader = CopyRowReader(PAIR)

    feed(reader, copied(PAIR, ROWS))
    reader.finish()

    assert reader.rows == ROWS
    assert (reader.error, reader.skipped_rows) == (None, 0)


@given(st.lists(st.tuples(st.integers(0, 9), st.text("ab", max_size=5)), max_size=5), st.data())
def test_any_chunking_gives_the_same_rows(rows: list[tuple[object, ...]], data: st.DataObject) -> None:
    stream = copied(PAIR, rows)
    reader = CopyRowReader(PAIR)

    feed(reader, stream, *data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader.finish()

    assert reader.rows == rows


def test_single_bytes_give_the_same_rows() -> None:
    stream = copied(PAIR, ROWS)
    reader = CopyRowReader(PAIR)

    feed(reader, stream, *range(len(stream)))
    reader.finish()

    assert reader.rows == ROWS


def test_a_header_extension_is_passed_over() -> None:
    stream = copied(PAIR, ROWS)
    reader = CopyRowReader(PAIR)

    feed(reader, stream[:15] + struct.pack("!i", 3) + b"abc" + stream[19:], 7, 20)

    assert reader.rows == ROWS


@pytest.mark.parametrize("record", [(1, "a"), [1, "a"]])
def test_any_sequence_is_a_record(record: object) -> None:
    out = BytesWriter()
    writer = CopyRowWriter(PAIR)

    writer.write(out, record)

    assert out.getvalue() == copied(PAIR, [(1, "a")])[19:-2]
    assert writer.row_count == 1


@pytest.mark.parametrize(
    ("record", "match"),
    [
        ((1,), "record 3 has 1 values for 2 columns"),
        ((1, "a", 2), "has 3 values"),
        ("ab", "record 3 is str"),
        (5, "is int"),
        (("x", "a"), 'record 3, column "id": int4 takes int, not str'),
        ((1, 2), 'column "name": text takes str'),
    ],
)
def test_a_bad_record_is_named_and_nothing_is_written(record: object, match: str) -> None:
    out = BytesWriter()
    writer = CopyRowWriter(PAIR, ["id", "name"])
    writer.write_records(out, [(1, "a"), (2, "b")])
    before = out.getvalue()

    with pytest.raises(EncodeError, match=match):
        writer.write(out, record)
    assert out.getvalue() == before
    with pytest.raises(EncodeError, match="record 4"):
        writer.write_records(out, [(3, "c"), record])
    assert out.getvalue() == before
    assert writer.row_count == 2


def test_an_unnamed_column_is_named_by_its_number() -> None:
    with pytest.raises(EncodeError, match="record 1, column 2: text"):
        CopyRowWriter(PAIR).write(BytesWriter(), (1, 2))


def test_a_type_that_is_read_as_text_is_not_read_from_binary() -> None:
    with pytest.raises(UsageError, match='column "place": point is read as text here, not in binary'):
        CopyRowReader([INT4, UnknownCodec("point", 600)], ["id", "place"])
    with pytest.raises(UsageError, match="column 1: point"):
        CopyRowReader([UnknownCodec("point", 600)])


def test_a_type_without_a_binary_form_is_refused_at_once() -> None:
    with pytest.raises(EncodeError, match='column "place": point has no binary form'):
        CopyRowWriter([INT4, UnknownCodec("point", 600)], ["id", "place"])
    with pytest.raises(EncodeError, match="column 1"):
        CopyRowWriter([UnknownCodec("point", 600)])
    with pytest.raises(EncodeError, match="at most 1664"):
        CopyRowWriter([INT4] * 1665)


def test_a_bad_value_is_kept_as_the_error_and_the_rest_is_counted() -> None:
    bad = struct.pack("!hiiis", 2, 4, 1, 1, b"\xff")
    stream = copied(PAIR, ROWS[:2])
    reader = CopyRowReader(PAIR, ["id", "name"])

    feed(reader, stream[:-2] + bad + stream[19:])
    reader.finish()

    assert reader.rows == ROWS[:2]
    assert reader.skipped_rows == 3
    assert isinstance(reader.error, DecodeError)
    assert str(reader.error) == 'column "name" of row 3: text is not UTF-8 at byte 0 of 1'


@pytest.mark.parametrize("length", [each for each in hostile_lengths(4) if each < -1])
def test_a_negative_field_length_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError, match="claims"):
        feed(CopyRowReader([INT4]), COPY_HEADER + struct.pack("!hi", 1, length) + bytes(8))


@pytest.mark.parametrize("count", [-(2**15), -2, 0, 1, 3, 2**15 - 1])
def test_another_number_of_fields_is_a_protocol_error(count: int) -> None:
    with pytest.raises(ProtocolError, match="fields"):
        feed(CopyRowReader(PAIR), COPY_HEADER + struct.pack("!h", count) + bytes(8))


@pytest.mark.parametrize(
    "header", [b"x" * 19, COPY_HEADER[:11] + b"\0\1\0\0" + bytes(4), COPY_HEADER[:15] + b"\x80\0\0\0"]
)
def test_what_is_no_header_is_a_protocol_error(header: bytes) -> None:
    with pytest.raises(ProtocolError, match="binary"):
        feed(CopyRowReader(PAIR), header)


@pytest.mark.parametrize("length", [70_000, 2**31 - 1])
def test_a_huge_extension_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError, match="extension"):
        feed(CopyRowReader(PAIR), COPY_HEADER[:15] + struct.pack("!i", length))


def test_a_claimed_size_allocates_nothing() -> None:
    reader = CopyRowReader([TEXT])

    feed(reader, COPY_HEADER + struct.pack("!hi", 1, 2**31 - 1) + b"abc")

    assert reader.rows == []
    with pytest.raises(ProtocolError, match="ended after 0 rows"):
        reader.finish()


def test_bytes_behind_the_trailer_are_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="follow the trailer"):
        feed(CopyRowReader(PAIR), copied(PAIR, ROWS) + b"\0")
    with pytest.raises(ProtocolError, match="follow the trailer"):
        feed(CopyRowReader(PAIR), copied(PAIR, []) + b"\0", len(copied(PAIR, [])))


@given(st.binary(max_size=60))
def test_any_bytes_give_rows_or_a_protocol_error(data: bytes) -> None:
    reader = CopyRowReader(PAIR)

    try:
        feed(reader, COPY_HEADER + data)
        reader.finish()
    except ProtocolError:
        return
    assert len(reader.rows) + reader.skipped_rows >= 0
