"""Every message of both sides, encoded and then bent: a message or a ProtocolError comes out, and memory stays flat."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import ProtocolError
from qail.pg.protocol.session import Session
from qail.pg.wire.base_backup import decode_base_backup
from qail.pg.wire.constants import AUTH_CLEARTEXT_PASSWORD
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.reader import BackendReader, FrontendReader
from qail.pg.wire.registry import decode_backend, decode_frontend
from qail.pg.wire.replication import decode_backend_replication, decode_frontend_replication
from qail.pg.wire.startup import StartupMessage, decode_untyped
from support import wire_strategies as messages
from support.memory import peak_bytes
from support.mutation import BENDS, Bend, bent
from support.scripted_client import copy_out, query, ready_session, simple
from support.scripted_server import frames

pytestmark = pytest.mark.feature("PR5")
ANY_BACKEND = st.one_of(list(messages.BACKEND.values()))
ANY_FRONTEND = st.one_of(list(messages.FRONTEND.values()))
ANY_PASSWORD = st.one_of([st.tuples(st.just(code), each) for code, each in messages.PASSWORDS.values()])
ANY_UNTYPED = st.one_of(list(messages.UNTYPED.values()))
CUTS = st.lists(st.integers(0, 400), max_size=6)
# An object for each field that was sent, and never more: what 64 KiB of one-byte fields take, over what they are.
HELD_FOR_A_BYTE = 160
HELD_AT_LEAST = 40_000


def body_bent(frame: bytes, bends: list[Bend], other: bytes, header_bytes: int = 5) -> bytes:
    """The frame with another body, and the length of that."""
    body = bent(frame[header_bytes:], bends, other)
    return frame[: header_bytes - 4] + (len(body) + 4).to_bytes(4, "big") + body


def check_decoded(message: Message, frame: bytes) -> None:
    """What was decoded has a repr, and encodes to no more than came: a replaced letter is three bytes for one."""
    assert repr(message).startswith(type(message).__name__)
    assert len(encode_message(message)) <= 3 * len(frame) + 64


@given(ANY_BACKEND, ANY_BACKEND, BENDS)
def test_a_bent_body_of_a_backend_message(message: Message, other: Message, bends: list[Bend]) -> None:
    frame = body_bent(encode_message(message), bends, encode_message(other))

    try:
        found = decode_backend(frame[0], frame, 5, len(frame))
    except ProtocolError:
        return
    check_decoded(found, frame)
    again = encode_message(found)
    assert decode_backend(again[0], again, 5, len(again)) == found


@given(ANY_FRONTEND, ANY_FRONTEND, BENDS)
def test_a_bent_body_of_a_frontend_message(message: Message, other: Message, bends: list[Bend]) -> None:
    frame = body_bent(encode_message(message), bends, encode_message(other))

    try:
        found = decode_frontend(frame[0], frame, 5, len(frame), AUTH_CLEARTEXT_PASSWORD)
    except ProtocolError:
        return
    check_decoded(found, frame)
    again = encode_message(found)
    assert decode_frontend(again[0], again, 5, len(again)) == found


@given(ANY_PASSWORD, BENDS)
def test_a_bent_body_of_a_password_message(asked: tuple[int, Message], bends: list[Bend]) -> None:
    code, message = asked
    frame = body_bent(encode_message(message), bends, b"SCRAM-SHA-256\0\xff\xff\xff\xff")

    try:
        found = decode_frontend(frame[0], frame, 5, len(frame), code)
    except ProtocolError:
        return
    again = encode_message(found)
    assert decode_frontend(again[0], again, 5, len(again), code) == found


@given(ANY_UNTYPED, BENDS)
def test_a_bent_body_of_a_message_without_a_type(message: Message, bends: list[Bend]) -> None:
    frame = body_bent(encode_message(message), bends, b"user\0a\0database\0b\0\0", header_bytes=4)

    try:
        found = decode_untyped(frame, 4, len(frame))
    except ProtocolError:
        return
    again = encode_message(found)
    assert decode_untyped(again, 4, len(again)) == found


INSIDE_COPY_DATA = [*messages.BACKEND_REPLICATION.values(), *messages.FRONTEND_REPLICATION.values()]


@given(st.one_of([*INSIDE_COPY_DATA, *messages.BASE_BACKUP.values()]), BENDS)
def test_a_bent_body_of_a_replication_message(message: Message, bends: list[Bend]) -> None:
    frame = body_bent(encode_message(message), bends, bytes(40))

    for decode in (decode_backend_replication, decode_frontend_replication, decode_base_backup):
        try:
            found = decode(frame, 5, len(frame))
        except ProtocolError:
            continue
        again = encode_message(found)
        assert decode(again, 5, len(again)) == found


@given(st.lists(ANY_BACKEND, min_size=1, max_size=5), BENDS, CUTS)
def test_a_bent_stream_of_a_backend_reads_alike_wherever_it_is_cut(
    sent: list[Message], bends: list[Bend], cuts: list[int]
) -> None:
    stream = bent(b"".join(map(encode_message, sent)), bends, encode_message(sent[0]))

    assert read(BackendReader(), stream, cuts) == read(BackendReader(), stream, [])


@given(st.lists(ANY_FRONTEND, min_size=1, max_size=5), BENDS, CUTS)
def test_a_bent_stream_of_a_frontend_reads_alike_wherever_it_is_cut(
    sent: list[Message], bends: list[Bend], cuts: list[int]
) -> None:
    first: list[Message] = [StartupMessage(0x30002, {"user": "u"})]
    stream = bent(b"".join(map(encode_message, first + sent)), bends, encode_message(sent[0]))

    assert read(FrontendReader(), stream, cuts) == read(FrontendReader(), stream, [])


def read(reader: BackendReader | FrontendReader, stream: bytes, cuts: list[int]) -> tuple[list[Message], bool]:
    found: list[Message] = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    try:
        for start, end in itertools.pairwise(edges):
            found += reader.feed(stream[start:end])
    except ProtocolError:
        return found + reader.messages, True
    return found, False


# Memory: what is held grows with what was received, whatever is claimed.


@pytest.mark.parametrize("claimed", [0x7FFF, 0xFFFF])
@pytest.mark.parametrize("example", messages.BACKEND_EXAMPLES, ids=lambda each: type(each).__name__)
def test_a_count_anywhere_in_a_backend_body_allocates_nothing(example: Message, claimed: int) -> None:
    frame = encode_message(example)
    hostile = [
        frame[:place] + claimed.to_bytes(2, "big") * 2 + frame[place + 4 :]
        for place in range(5, max(6, len(frame) - 3))
    ]

    def decode_all() -> None:
        for each in hostile:
            try:
                decode_backend(each[0], each, 5, len(each))
            except ProtocolError:
                continue

    assert peak_bytes(decode_all) < HELD_AT_LEAST


@pytest.mark.parametrize("type_code", b"DTdVENAtRK23CWGHIvnS1sZc")
def test_a_session_holds_what_came_and_not_what_was_claimed(type_code: int) -> None:
    def feed() -> None:
        for length in (0x3FFF_FFFF, 262_146, 30_000, 2_000, 0x7FFF_FFFF):
            session = a_busy_session()
            session.data_received(bytes([type_code]) + length.to_bytes(4, "big") + bytes(100))
            session.data_received(bytes(100))

    # Five sessions with three requests each; a hundred bytes for each of their frames.
    assert peak_bytes(feed) < 5 * 30_000


@pytest.mark.parametrize("type_code", b"QPBDECXSHFdcfp")
def test_the_other_side_holds_what_came_and_not_what_was_claimed(type_code: int) -> None:
    def feed() -> None:
        reader = FrontendReader()
        reader.feed(encode_message(StartupMessage(0x30002, {"user": "u"})))
        try:
            reader.feed(bytes([type_code]) + (0x3FFF_FFFF).to_bytes(4, "big") + bytes(100))
        except ProtocolError:
            return
        assert reader.held_bytes == 105

    assert peak_bytes(feed) < HELD_AT_LEAST


@pytest.mark.parametrize("kibibytes", [16])
@pytest.mark.parametrize("example", messages.BACKEND_EXAMPLES, ids=lambda each: type(each).__name__)
def test_the_densest_body_is_held_in_proportion(example: Message, kibibytes: int) -> None:
    frame = encode_message(example)
    bodies = [frame[5:7] + filler * (kibibytes * 1024 // len(filler)) for filler in (b"\0", b"\xff", b"a\0")]

    def decode_all() -> None:
        for body in bodies:
            try:
                decode_backend(frame[0], body, 0, len(body))
            except ProtocolError:
                continue

    assert peak_bytes(decode_all) < HELD_AT_LEAST + HELD_FOR_A_BYTE * kibibytes * 1024


def a_busy_session() -> Session:
    session = ready_session()
    for request in (query(b"one"), simple(b"two"), copy_out(b"copy out")):
        session.submit(request)
    session.take_output()
    assert session.data_received(frames()) == []
    return session
