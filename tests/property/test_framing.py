"""Framing: any cut of a stream gives the same messages, and the work grows with its length."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import ProtocolError
from qail.pg.wire.buffer import DiscardSink, ReceiveBuffer, read_frame_bytes, skip_rows
from qail.pg.wire.copy import CopyData
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.reader import BackendReader, FrontendReader
from qail.pg.wire.result import DataRow
from qail.pg.wire.startup import StartupMessage
from support import wire_strategies as messages

BACKEND_MESSAGES = st.lists(st.one_of(list(messages.BACKEND.values())), max_size=12)
FRONTEND_MESSAGES = st.lists(st.one_of(list(messages.FRONTEND.values())), max_size=12)
CUTS = st.lists(st.integers(0, 2_000), max_size=30)
# Joining may copy a byte when it is kept, when small chunks are joined, and when the frame is whole.
COPIES_OF_A_BYTE = 3


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(position, len(stream)) for position in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


def pieces(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def read_all(reader: BackendReader | FrontendReader, chunks: list[bytes]) -> list[Message]:
    return [message for chunk in chunks for message in reader.feed(chunk)]


@pytest.mark.feature("PR4")
@given(BACKEND_MESSAGES, CUTS)
def test_any_cut_of_a_backend_stream_gives_the_same_messages(sent: list[Message], cuts: list[int]) -> None:
    stream = b"".join(map(encode_message, sent))

    assert read_all(BackendReader(), cut(stream, cuts)) == sent


@pytest.mark.feature("PR4")
@given(FRONTEND_MESSAGES, CUTS)
def test_any_cut_of_a_frontend_stream_gives_the_same_messages(sent: list[Message], cuts: list[int]) -> None:
    first: list[Message] = [StartupMessage(0x30000, {"user": "u"})]
    stream = b"".join(map(encode_message, first + sent))

    assert read_all(FrontendReader(), cut(stream, cuts)) == first + sent


@pytest.mark.feature("PR4")
@given(BACKEND_MESSAGES)
def test_a_message_is_returned_with_its_last_byte(sent: list[Message]) -> None:
    reader = BackendReader()

    for message in sent:
        frame = encode_message(message)
        assert reader.feed(frame[:-1]) == []
        assert reader.feed(frame[-1:]) == [message]


@pytest.mark.feature("PR4")
@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 64, 1_000, 4_096, 65_536, 10_000_000])
@pytest.mark.parametrize(("frame_bytes", "count"), [(3_000_000, 1), (10_000, 200), (11, 100_000)])
def test_a_byte_is_copied_a_bounded_number_of_times(chunk_bytes: int, frame_bytes: int, count: int) -> None:
    frame = encode_message(CopyData(bytes(frame_bytes)))
    receive = ReceiveBuffer()
    frames = 0

    for chunk in pieces(frame * count, chunk_bytes):
        buffer = receive.feed(chunk)
        position = 0
        while position < len(buffer):
            size = read_frame_bytes(buffer, position, len(buffer))
            if size == 0 or size > len(buffer) - position:
                receive.keep(buffer, position, size - (len(buffer) - position) if size else 0)
                break
            frames += 1
            position += size

    assert frames == count
    # Until its header is whole, a frame's first bytes are joined again with each chunk: 2 + 3 + 4 + 5 bytes at most.
    assert receive.copied_bytes <= COPIES_OF_A_BYTE * len(frame) * count + 14 * count
    assert receive.held_bytes == 0


@pytest.mark.feature("PR4")
@pytest.mark.parametrize("megabytes", [1, 2, 4])
def test_the_looks_at_a_stream_of_single_bytes_are_one_for_each_header_byte(megabytes: int) -> None:
    frame = encode_message(CopyData(bytes(megabytes * 1_000_000)))
    receive = ReceiveBuffer()
    looks = 0

    for chunk in pieces(frame, 1):
        buffer = receive.feed(chunk)
        if buffer:
            looks += 1
            size = read_frame_bytes(buffer, 0, len(buffer))
            if size == 0 or size > len(buffer):
                receive.keep(buffer, 0, size - len(buffer) if size else 0)

    # Five of the header, one of the whole frame; everything between is only gathered.
    assert looks == 6


@pytest.mark.feature("PR4")
@given(st.lists(messages.VALUES, max_size=20), st.integers(0, 500))
def test_skipped_rows_are_the_whole_ones(rows: list[list[bytes | None]], end: int) -> None:
    frames = [encode_message(DataRow(values)) for values in rows]
    stream = b"".join(frames)
    end = min(end, len(stream))
    whole = 0
    for frame in frames:
        if whole + len(frame) > end:
            break
        whole += len(frame)

    assert skip_rows(stream, 0, end) == whole
    assert DiscardSink().take_rows(stream, 0, end) == whole


@pytest.mark.feature("PR5")
@given(st.binary(max_size=200), CUTS)
def test_any_bytes_give_messages_or_a_protocol_error_wherever_they_are_cut(stream: bytes, cuts: list[int]) -> None:
    def outcome(chunks: list[bytes]) -> tuple[list[Message], bool]:
        reader = BackendReader()
        found: list[Message] = []
        try:
            for chunk in chunks:
                found += reader.feed(chunk)
        except ProtocolError:
            return found + reader.messages, True
        return found, False

    assert outcome(cut(stream, cuts)) == outcome([stream])


@pytest.mark.feature("PR3")
@given(BACKEND_MESSAGES)
def test_messages_written_one_after_another_are_one_stream(sent: list[Message]) -> None:
    out = BytesWriter()

    for message in sent:
        message.encode(out)

    assert read_all(BackendReader(), [out.getvalue()]) == sent
