from __future__ import annotations

import struct
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import DecodeError, Outcome, ProtocolError
from qail.pg.codec.base import Codec
from qail.pg.codec.chain import chained
from qail.pg.codec.composite import CompositeCodec
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.codec.text import TextCodec
from qail.pg.codec.unknown import Unknown, UnknownCodec
from qail.pg.wire.description import ColumnDescription, RowDescription
from support.codecs import CODECS, hostile_lengths

INT4, INT8, TEXT, BOOL = CODECS["int4"], CODECS["int8"], CODECS["text"], CODECS["bool"]
POINT: Final = UnknownCodec("point", 600)
REGISTRY: Final = CodecRegistry()


def body_of(codecs: list[Codec], values: tuple[object, ...]) -> bytes:
    out = BytesWriter()
    for codec, value in zip(codecs, values, strict=True):
        if value is None:
            out.write(b"\xff\xff\xff\xff")
        else:
            codec.encode(out, value)
    return out.getvalue()


def frame(fields: bytes, count: int) -> bytes:
    return b"D" + struct.pack("!iH", 6 + len(fields), count) + fields


def frames(codecs: list[Codec], rows: list[tuple[object, ...]]) -> bytes:
    return b"".join(frame(body_of(codecs, row), len(codecs)) for row in rows)


def description(*columns: tuple[str, int], format_code: int = 0) -> bytes:
    out = BytesWriter()
    RowDescription([ColumnDescription(name, oid, format_code=format_code) for name, oid in columns]).encode(out)
    return out.getvalue()[5:]


def decoder(*codecs: Codec) -> RowDecoder:
    return RowDecoder(list(codecs), REGISTRY, [codec.type_oid for codec in codecs])


def take_all(sink: RowDecoder, data: bytes) -> None:
    """Feed `data` in the middle of a buffer; all of it must be taken."""
    buffer = b"xyz" + data + b"C\0\0"
    assert sink.take_rows(buffer, 3, 3 + len(data)) == 3 + len(data)


ROWS: Final[list[tuple[object, ...]]] = [(1, "a", None, True), (-5, "", 2**40, False), (None, None, None, None)]


def test_a_run_becomes_tuples() -> None:
    codecs: list[Codec] = [INT4, TEXT, INT8, BOOL]
    sink = decoder(*codecs)

    take_all(sink, frames(codecs, ROWS))

    assert sink.rows == ROWS
    assert all(type(row) is tuple for row in sink.rows)
    assert (sink.error, sink.is_changed, sink.skipped_rows) == (None, False, 0)


def test_rows_do_not_share_their_values() -> None:
    sink = decoder(TEXT, TEXT)

    take_all(sink, frames([TEXT, TEXT], [("a", "b"), ("c", None), (None, "d")]))

    assert sink.rows == [("a", "b"), ("c", None), (None, "d")]


def test_rows_without_columns_are_empty_tuples() -> None:
    sink = decoder()

    take_all(sink, frame(b"", 0) * 3)

    assert sink.rows == [(), (), ()]


@given(st.lists(st.tuples(st.integers(0, 9), st.text("ab", max_size=9)), max_size=6), st.data())
def test_any_cut_gives_the_same_rows(rows: list[tuple[object, ...]], data: st.DataObject) -> None:
    codecs: list[Codec] = [INT4, TEXT]
    whole = frames(codecs, rows)
    sink = decoder(*codecs)

    position, end = 0, 0
    while position < len(whole):
        end = data.draw(st.integers(end + 1, len(whole)))
        taken = sink.take_rows(whole, position, end)
        assert position <= taken <= end
        position = taken
        if end == len(whole):
            assert position == end

    assert sink.rows == rows


def test_a_run_ends_at_another_message() -> None:
    row = frames([INT4], [(1,)])
    sink = decoder(INT4)

    taken = sink.take_rows(row + row + b"C\0\0\0\x0dSELECT 2\0", 0, 2 * len(row) + 14)

    assert taken == 2 * len(row)
    assert sink.rows == [(1,), (1,)]


def test_a_prepared_chain_is_taken() -> None:
    codecs: list[Codec] = [INT4, TEXT]
    sink = RowDecoder(codecs, REGISTRY, [23, 25], description(("id", 23), ("name", 25)), chained(codecs))

    take_all(sink, frames(codecs, [(1, "a")]))

    assert sink.rows == [(1, "a")]
    assert [column.name for column in sink.columns] == ["id", "name"]
    assert sink.type_oids == [23, 25]


@pytest.mark.parametrize("length", [each for each in hostile_lengths(10) if each < 6])
def test_a_frame_length_that_cannot_be_is_refused(length: int) -> None:
    data = b"D" + struct.pack("!i", length) + bytes(20)
    for end in (5, 6, 25):
        with pytest.raises(ProtocolError, match="claims a length"):
            decoder(INT4).take_rows(data, 0, end)


@pytest.mark.parametrize("length", [0x40000000, 2**31 - 1])
def test_a_frame_longer_than_any_is_refused(length: int) -> None:
    with pytest.raises(ProtocolError, match="claims a length"):
        decoder(INT4).take_rows(b"D" + struct.pack("!i", length) + bytes(20), 0, 25)


def test_an_unfinished_frame_is_left() -> None:
    row = frames([INT4], [(1,)])

    for end in range(len(row)):
        assert decoder(INT4).take_rows(row, 0, end) == 0


@pytest.mark.parametrize("length", [each for each in hostile_lengths(4) if each not in (-1, 4)])
def test_a_field_length_that_cannot_be_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError, match=r"column 1 of 1 claims|bytes follow") as refusal:
        decoder(TEXT).take_rows(frame(struct.pack("!i", length) + b"abcd", 1), 0, 15)
    assert refusal.value.connection_spent


def test_a_null_with_bytes_behind_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="4 bytes follow"):
        decoder(TEXT).take_rows(frame(b"\xff\xff\xff\xffabcd", 1), 0, 15)


@pytest.mark.parametrize("count", [0, 1, 3, 32_768, 65_535])
def test_another_number_of_columns_is_a_protocol_error(count: int) -> None:
    fields = body_of([INT4, INT4], (1, 2))

    with pytest.raises(ProtocolError, match=f"DataRow has {count} columns, and 2 were described"):
        decoder(INT4, INT4).take_rows(frame(fields, count), 0, 23)


def test_a_row_that_ends_early_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="column 2 of 2 has no length"):
        decoder(INT4, INT4).take_rows(frame(body_of([INT4], (1,)) + b"\0\0", 2), 0, 17)


@given(st.binary(max_size=60))
def test_any_bytes_give_rows_or_our_own_errors(data: bytes) -> None:
    sink = decoder(INT4, TEXT)

    try:
        taken = sink.take_rows(data, 0, len(data))
    except ProtocolError:
        return
    assert 0 <= taken <= len(data)


@given(st.binary(max_size=40), st.integers(0, 3))
def test_any_body_gives_a_row_or_our_own_errors(body: bytes, count: int) -> None:
    data = frame(body, count)
    sink = decoder(INT4, TEXT)

    try:
        assert sink.take_rows(data, 0, len(data)) == len(data)
    except ProtocolError:
        return
    assert len(sink.rows) + sink.skipped_rows == 1


@pytest.mark.feature("RS4")
def test_a_bad_value_is_kept_as_the_error_and_the_stream_goes_on() -> None:
    good = frames([INT4, TEXT], [(1, "a")])
    bad = frame(body_of([INT4], (2,)) + struct.pack("!i", 1) + b"\xff", 2)
    sink = RowDecoder([INT4, TEXT], REGISTRY, [23, 25], description(("id", 23), ("name", 25)))

    take_all(sink, good + good + bad + good)
    take_all(sink, good + bad)

    assert sink.rows == [(1, "a"), (1, "a")]
    assert sink.skipped_rows == 4
    assert isinstance(sink.error, DecodeError)
    assert str(sink.error) == 'column "name" of row 3: text is not UTF-8 at byte 0 of 1'
    assert (sink.error.outcome, sink.error.connection_spent) == (Outcome.DONE, False)


def test_a_bad_value_of_an_unnamed_column_is_named_by_its_number() -> None:
    sink = decoder(INT4, BOOL)

    take_all(sink, frame(body_of([INT4], (2,)) + struct.pack("!i", 2) + b"ab", 2))

    assert "column 2 of row 1: a value of bool" in str(sink.error)


def test_skipping_still_checks_the_frames() -> None:
    sink = decoder(BOOL)
    take_all(sink, frame(struct.pack("!i", 2) + b"ab", 1))

    with pytest.raises(ProtocolError, match="claims a length"):
        sink.take_rows(b"D\0\0\0\5\0", 0, 6)


def test_a_description_as_expected_changes_nothing() -> None:
    sink = decoder(INT4, TEXT)

    sink.describe(description(("a", 23), ("b", 25)))
    take_all(sink, frames([INT4, TEXT], [(1, "x")]))

    assert (sink.is_changed, sink.rows) == (False, [(1, "x")])
    assert [column.name for column in sink.columns] == ["a", "b"]


@pytest.mark.feature("PR4")
def test_a_changed_description_rebinds_before_the_first_row() -> None:
    sink = decoder(INT4)

    sink.describe(description(("a", 700)))
    take_all(sink, frame(struct.pack("!if", 4, 1.5), 1))

    assert sink.is_changed
    assert sink.rows == [(1.5,)]
    assert sink.type_oids == [700]


def test_a_column_that_was_added_is_decoded_when_all_are_binary() -> None:
    sink = decoder(INT4)

    sink.describe(description(("a", 23), ("b", 25)))
    take_all(sink, frames([INT4, TEXT], [(1, "x")]))

    assert sink.rows == [(1, "x")]


def test_a_column_that_was_asked_for_as_text_stays_text() -> None:
    sink = decoder(POINT)

    sink.describe(description(("a", 23)))
    take_all(sink, frame(struct.pack("!i", 2) + b"42", 1))

    assert sink.rows == [("42",)]
    assert type(sink.rows[0][0]) is Unknown


def test_a_column_that_lost_its_binary_form_is_a_decode_error() -> None:
    registry = CodecRegistry()
    registry.register(UnknownCodec("app.odd", 60_000))
    sink = RowDecoder([INT4], registry, [23])

    sink.describe(description(("a", 60_000)))
    take_all(sink, frame(struct.pack("!i", 2) + b"42", 1) + frame(b"\xff\xff\xff\xff", 1))

    assert 'column "a" of row 1' in str(sink.error)
    assert "run the query again" in str(sink.error)
    assert sink.skipped_rows == 2


def test_rows_of_a_type_that_nobody_knows_are_kept_until_it_was_looked_up() -> None:
    registry = CodecRegistry()
    sink = RowDecoder([INT4], registry, [23])
    sink.describe(description(("a", 60_000)))
    take_all(sink, frames([TEXT], [("x",), ("y",)]))
    take_all(sink, frames([TEXT], [("z",)]))
    assert (sink.rows, sink.needed) == ([], [60_000])
    assert 'column "a" is of the type with OID 60000' in str(sink.error)

    registry.register(TextCodec("app.mood", 60_000))
    sink.decode_kept()

    assert sink.rows == [("x",), ("y",), ("z",)]
    assert (sink.error, sink.needed, sink.skipped_rows) == (None, None, 0)


def test_rows_of_a_type_that_could_not_be_looked_up_are_an_error_and_counted() -> None:
    cause = DecodeError("the look-up failed")
    sink = decoder(INT4)
    sink.describe(description(("a", 60_000)))
    take_all(sink, frames([TEXT], [("x",), ("y",)]))

    sink.give_up(cause)

    assert sink.error is not None
    assert sink.error.__cause__ is cause
    assert (sink.rows, sink.needed, sink.skipped_rows) == ([], None, 2)


def test_an_altered_composite_type_keeps_the_rows_behind_it_and_is_asked_for_once() -> None:
    old = CompositeCodec("app.address", 60_001, ["a"], [INT4])
    new = CompositeCodec("app.address", 60_001, ["a", "b"], [INT4, TEXT])
    registry = CodecRegistry()
    registry.register(old)
    sink = RowDecoder([old], registry, [60_001])
    take_all(sink, frames([old], [((1,),)]) + frames([new], [((2, "x"),), ((3, None),)]))
    assert (len(sink.rows), sink.needed) == (1, [60_001])

    sink.decode_kept()

    assert sink.needed is None
    assert "came with 2 fields instead of 1" in str(sink.error)
    assert sink.skipped_rows == 2

    again = RowDecoder([old], registry, [60_001])
    take_all(again, frames([new], [((2, "x"),), ((3, None),)]))
    registry.register(new)
    again.decode_kept()

    assert again.rows == [((2, "x"),), ((3, None),)]
    assert again.error is None


def test_a_changed_number_of_columns_with_formats_each_is_a_protocol_error() -> None:
    sink = decoder(INT4, POINT)

    with pytest.raises(ProtocolError, match="3 columns, and Bind asked the formats of 2"):
        sink.describe(description(("a", 23), ("b", 60_000), ("c", 23)))


def test_without_expectations_the_description_says_the_formats() -> None:
    sink = RowDecoder([], REGISTRY, None)
    assert (sink.columns, sink.type_oids) == ([], [])

    sink.describe(description(("a", 23), format_code=0))
    take_all(sink, frame(struct.pack("!i", 2) + b"42", 1))

    assert sink.rows == [("42",)]
    assert not sink.is_changed


def test_no_data_where_rows_were_expected_is_a_change() -> None:
    sink, command = decoder(INT4), decoder()

    sink.no_data()
    command.no_data()

    assert (sink.is_changed, sink.type_oids) == (True, [])
    assert not command.is_changed


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1", b"\0\1a\0", b"\xff\xff"])
def test_a_broken_description_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decoder(INT4).describe(body)
