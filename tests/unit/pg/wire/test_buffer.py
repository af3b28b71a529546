"""ReceiveBuffer and the sinks: what is copied, what is held, who may subclass."""

from __future__ import annotations

import tracemalloc

import pytest

from qail.errors import ProtocolError
from qail.pg.wire.buffer import DiscardSink, ReceiveBuffer, RowSink, read_early_frame_bytes, read_frame_bytes, skip_rows
from qail.pg.wire.message import encode_message
from qail.pg.wire.result import DataRow, ReadyForQuery

ROW = encode_message(DataRow([b"abc", None]))
READY = encode_message(ReadyForQuery(ord("I")))


@pytest.mark.feature("PR4")
def test_a_chunk_is_handed_on_uncopied_when_nothing_was_kept() -> None:
    receive = ReceiveBuffer()
    data = bytes(100)

    assert receive.feed(data) is data
    assert receive.copied_bytes == 0


@pytest.mark.feature("PR4")
def test_nothing_is_handed_on_while_bytes_are_missing() -> None:
    receive = ReceiveBuffer()
    receive.feed(b"xxabc")
    receive.keep(b"xxabc", 2, 4)

    assert receive.feed(b"de") == b""
    assert receive.feed(b"f") == b""
    assert receive.held_bytes == 6
    assert receive.feed(b"gh") == b"abcdefgh"
    assert receive.held_bytes == 0


def test_keeping_an_empty_tail_keeps_nothing() -> None:
    receive = ReceiveBuffer()

    receive.keep(b"abc", 3, 5)
    receive.keep(b"", 0, 5)

    assert receive.feed(b"d") == b"d"


@pytest.mark.feature("PR4")
def test_many_small_chunks_are_held_in_little_more_than_their_bytes() -> None:
    receive = ReceiveBuffer()
    receive.keep(b"d", 0, 300_000)
    tracemalloc.start()

    try:
        for number in range(149_000):
            receive.feed(number.to_bytes(3, "big")[1:])
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert receive.held_bytes == 298_001
    assert held < 2 * 298_001


@pytest.mark.parametrize("end", range(len(READY)))
def test_a_frames_size_is_known_with_its_header(end: int) -> None:
    assert read_frame_bytes(READY, 0, end) == (len(READY) if end >= 5 else 0)


def test_an_early_frames_size_is_known_with_its_header() -> None:
    frame = b"R\0\0\0\x08\0\0\0\0"

    assert [read_early_frame_bytes(frame, 0, end) for end in range(7)] == [0, 0, 0, 0, 0, 9, 9]


def test_rows_are_skipped_up_to_another_message() -> None:
    stream = ROW + ROW + READY + ROW

    assert skip_rows(stream, 0, len(stream)) == 2 * len(ROW)
    assert skip_rows(stream, 2 * len(ROW), len(stream)) == 2 * len(ROW)
    assert DiscardSink().take_rows(stream, len(ROW), len(stream)) == 2 * len(ROW)


@pytest.mark.feature("PR5")
def test_a_bad_row_behind_good_ones_is_a_protocol_error() -> None:
    stream = ROW + b"D\0\0\0\x05\0"

    with pytest.raises(ProtocolError, match="length of 5"):
        skip_rows(stream, 0, len(stream))


def test_a_sink_may_be_written_in_any_module() -> None:
    class Counting(RowSink):
        def __init__(self) -> None:
            self.runs = 0

        def take_rows(self, buffer: bytes, position: int, end: int) -> int:
            self.runs += 1
            return skip_rows(buffer, position, end)

    sink = Counting()

    assert sink.take_rows(ROW, 0, len(ROW)) == len(ROW)
    assert sink.runs == 1


def test_a_sink_that_takes_no_rows_or_data_says_so() -> None:
    with pytest.raises(AssertionError, match="take_rows"):
        RowSink().take_rows(ROW, 0, len(ROW))
    with pytest.raises(AssertionError, match="CopyData"):
        RowSink().take_copy_data(b"x", 0, 1)
