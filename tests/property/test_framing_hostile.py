"""Hostile bytes: every field of every message, with every bad number, is a message or a ProtocolError."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import EncodeError, ProtocolError, UsageError
from qail.pg.wire.base_backup import decode_base_backup
from qail.pg.wire.buffer import read_early_frame_bytes, read_frame_bytes, skip_rows
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.reader import BackendReader, FrontendReader
from qail.pg.wire.registry import decode_backend, decode_frontend
from qail.pg.wire.replication import decode_backend_replication, decode_frontend_replication
from qail.pg.wire.startup import decode_untyped
from support import wire_strategies as messages
from support.memory import least_peak

BAD_LENGTHS = [-(2**31), -2, -1, 0, 1, 3, 2**31 - 1]


def decode_any(kind: str, frame: bytes, code: int = 3) -> Message:
    """The message in a frame whose header is not looked at."""
    end = len(frame)
    if kind == "backend":
        return decode_backend(frame[0], frame, 5, end)
    if kind == "frontend":
        return decode_frontend(frame[0], frame, 5, end, code)
    if kind == "untyped":
        return decode_untyped(frame, 4, end)
    if kind == "backup":
        return decode_base_backup(frame, 5, end)
    if frame[5:6] in (b"w", b"k"):
        return decode_backend_replication(frame, 5, end)
    return decode_frontend_replication(frame, 5, end)


def body_offset(kind: str) -> int:
    return 4 if kind == "untyped" else 5


CASES: list[tuple[str, int, Message]] = [
    *[("backend", 0, example) for example in messages.BACKEND_EXAMPLES],
    *[("frontend", 0, example) for example in messages.FRONTEND_EXAMPLES],
    *[("frontend", code, example) for code, example in messages.PASSWORD_EXAMPLES],
    *[("untyped", 0, example) for example in messages.UNTYPED_EXAMPLES],
    *[("replication", 0, example) for example in messages.REPLICATION_EXAMPLES],
    *[("backup", 0, example) for example in messages.BASE_BACKUP_EXAMPLES],
]
IDS = [type(example).__name__ for _, _, example in CASES]
# Their body is data to its end: any bytes are such a message.
OPEN_ENDED = {
    *("CopyData", "SASLResponse", "GSSResponse", "AuthenticationGSSContinue", "AuthenticationSASLContinue"),
    *("AuthenticationSASLFinal", "BackendKeyData", "CancelRequest", "XLogData", "BackupData"),
}


def numbers(left: int, size: int) -> list[int]:
    """What is put into a field of `size` bytes behind which `left` bytes follow."""
    chosen = {-(2 ** (8 * size - 1)), -2, -1, 0, 1, left, left + 1, 2 ** (8 * size - 1) - 1}
    return sorted(number for number in chosen if -(2 ** (8 * size - 1)) <= number < 2 ** (8 * size - 1))


def is_message_or_protocol_error(kind: str, code: int, frame: bytes) -> bool:
    """Whether it decodes; what decodes encodes to the same bytes, unless it held text that is no UTF-8."""
    try:
        message = decode_any(kind, frame, code)
    except ProtocolError:
        return False
    try:
        again = encode_message(message)
    except EncodeError as error:
        pytest.fail(f"{message!r} decodes and does not encode: {error}")
    start = body_offset(kind)
    if frame[start:].isascii() and type(message).__name__ not in ("ErrorResponse", "NoticeResponse", "Execute"):
        assert again[start:] == frame[start:]
    return True


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(("kind", "code", "example"), CASES, ids=IDS)
def test_every_field_with_every_bad_number_is_a_message_or_a_protocol_error(
    kind: str, code: int, example: Message
) -> None:
    frame = encode_message(example)

    for size in (1, 2, 4):
        for position in range(body_offset(kind), len(frame) - size + 1):
            for number in numbers(len(frame) - position - size, size):
                changed = frame[:position] + number.to_bytes(size, "big", signed=True) + frame[position + size :]
                is_message_or_protocol_error(kind, code, changed)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(("kind", "code", "example"), CASES, ids=IDS)
def test_a_body_cut_short_is_a_protocol_error(kind: str, code: int, example: Message) -> None:
    frame = encode_message(example)

    for end in range(body_offset(kind), len(frame)):
        decoded = is_message_or_protocol_error(kind, code, frame[:end])
        assert not decoded or type(example).__name__ in OPEN_ENDED


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(("kind", "code", "example"), CASES, ids=IDS)
@pytest.mark.parametrize("tail", [b"\0", b"x", b"\0\0\0\0", b"x\0"])
def test_bytes_behind_the_last_field_are_a_protocol_error(kind: str, code: int, example: Message, tail: bytes) -> None:
    if type(example).__name__ in OPEN_ENDED:
        return

    with pytest.raises(ProtocolError):
        decode_any(kind, encode_message(example) + tail, code)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(("kind", "code", "example"), CASES, ids=IDS)
def test_a_body_without_any_nul_is_a_protocol_error_where_a_string_is_due(
    kind: str, code: int, example: Message
) -> None:
    frame = encode_message(example)
    start = body_offset(kind)

    is_message_or_protocol_error(kind, code, frame[:start] + b"x" * (len(frame) - start))


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(("kind", "code"), sorted({(kind, code) for kind, code, _ in CASES}))
@given(st.binary(max_size=80), st.integers(0, 255))
def test_any_body_of_any_type_is_a_message_or_a_protocol_error(kind: str, code: int, body: bytes, first: int) -> None:
    head = bytes([first, 0, 0, 0, 0])[5 - body_offset(kind) :]

    with contextlib.suppress(ProtocolError):
        decode_any(kind, head + body, code)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("example", messages.BACKEND_EXAMPLES, ids=lambda example: type(example).__name__)
@pytest.mark.parametrize("length", [*BAD_LENGTHS, 0x4000_0000])
def test_a_bad_length_field_is_a_protocol_error_of_the_reader(example: Message, length: int) -> None:
    frame = encode_message(example)
    hostile = frame[:1] + length.to_bytes(4, "big", signed=True) + frame[5:]

    with pytest.raises(ProtocolError):
        BackendReader().feed(hostile)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("length", [*BAD_LENGTHS, 0x4000_0000])
@pytest.mark.parametrize("type_code", b"QPBDECXSHFdcfp")
def test_a_bad_length_field_is_a_protocol_error_of_the_other_reader(type_code: int, length: int) -> None:
    reader = FrontendReader()
    reader.feed(encode_message(messages.UNTYPED_EXAMPLES[0]))

    with pytest.raises(ProtocolError):
        reader.feed(bytes([type_code]) + length.to_bytes(4, "big", signed=True))


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("length", [*BAD_LENGTHS, 7, 10_001])
def test_a_bad_length_of_the_first_frame_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError):
        FrontendReader().feed(length.to_bytes(4, "big", signed=True) + b"\0\3\0\0")


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(
    ("type_code", "greatest"),
    [
        *[(code, 0x3FFF_FFFF) for code in b"DTdVENA"],
        (ord("t"), 262_146),
        *[(code, 30_000) for code in b"RK23CWGHIvnS1sZc"],
    ],
)
def test_a_length_is_bounded_by_the_type_of_the_message(type_code: int, greatest: int) -> None:
    def header(length: int) -> bytes:
        return bytes([type_code]) + length.to_bytes(4, "big")

    assert read_frame_bytes(header(greatest), 0, 5) == greatest + 1
    with pytest.raises(ProtocolError):
        read_frame_bytes(header(greatest + 1), 0, 5)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("type_code", range(256))
def test_little_is_taken_before_authentication(type_code: int) -> None:
    greatest = {ord("R"): 2_000, ord("v"): 2_000, ord("E"): 30_000}.get(type_code)

    if greatest is None:
        with pytest.raises(ProtocolError):
            read_early_frame_bytes(bytes([type_code]), 0, 1)
    else:
        assert read_early_frame_bytes(bytes([type_code]), 0, 1) == 0
        assert read_early_frame_bytes(bytes([type_code]) + greatest.to_bytes(4, "big"), 0, 5) == greatest + 1
        with pytest.raises(ProtocolError):
            read_early_frame_bytes(bytes([type_code]) + (greatest + 1).to_bytes(4, "big"), 0, 5)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("type_code", sorted(set(range(256)) - set(b"DTdVENAtRK23CWGHIvnS1sZc")))
def test_an_unknown_type_is_refused_with_its_first_byte(type_code: int) -> None:
    with pytest.raises(ProtocolError):
        BackendReader().feed(bytes([type_code]))


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("length", [-(2**31), -2, -1, 0, 1, 5, 0x4000_0000, 2**31 - 1])
def test_a_bad_length_of_a_row_is_a_protocol_error_when_rows_are_skipped(length: int) -> None:
    with pytest.raises(ProtocolError):
        skip_rows(b"D" + length.to_bytes(4, "big", signed=True) + bytes(20), 0, 25)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("type_code", b"DTdVENA")
def test_a_claimed_gigabyte_allocates_nothing(type_code: int) -> None:
    header = bytes([type_code]) + (0x3FFF_FFFF).to_bytes(4, "big")

    def claim() -> None:
        reader = BackendReader()
        reader.feed(header + bytes(100))
        reader.feed(bytes(100))
        assert reader.held_bytes == 205

    assert least_peak(claim) < 10_000


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("type_code", b"DTt")
def test_a_claimed_count_allocates_nothing(type_code: int) -> None:
    body = b"\xff\xff" + bytes(1_000)

    def claim() -> None:
        with pytest.raises(ProtocolError, match="65535"):
            decode_backend(type_code, body, 0, len(body))

    assert least_peak(claim) < 10_000


@pytest.mark.feature("PR5")
def test_a_reader_takes_nothing_after_a_protocol_error() -> None:
    reader = BackendReader()
    with pytest.raises(ProtocolError):
        reader.feed(b"Z\0\0\0\5I\xff")
    assert len(reader.messages) == 1

    with pytest.raises(UsageError):
        reader.feed(b"Z\0\0\0\5I")


@pytest.mark.feature("PR5")
@given(
    st.lists(st.one_of(list(messages.BACKEND.values())), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=3),
    st.lists(st.integers(0, 600), max_size=8),
)
def test_a_damaged_stream_ends_alike_wherever_it_is_cut(
    sent: list[Message], damage: list[tuple[int, int]], cuts: list[int]
) -> None:
    stream = bytearray(b"".join(map(encode_message, sent)))
    for position, byte in damage:
        stream[position % len(stream)] = byte

    def outcome(edges: list[int]) -> tuple[list[Message], bool]:
        reader = BackendReader()
        found: list[Message] = []
        try:
            for start, end in itertools.pairwise([0, *sorted(edges), len(stream)]):
                found += reader.feed(bytes(stream[start:end]))
        except ProtocolError:
            return found + reader.messages, True
        return found, False

    assert outcome([min(position, len(stream)) for position in cuts]) == outcome([])
