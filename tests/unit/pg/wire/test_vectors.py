"""Captured traffic: every byte of it belongs to a message, and each message encodes to the bytes it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.reader import BackendReader, FrontendReader
from qail.pg.wire.replication import decode_backend_replication, decode_frontend_replication
from qail.pg.wire.startup import GSSENCRequest, SSLRequest
from support.wire_vectors import VECTORS, Chunk, Vector, load

PATHS = sorted(VECTORS.glob("*.txt"))
ALL = [load(path) for path in PATHS]


def read(chunks: list[Chunk]) -> tuple[list[Message], list[Message]]:
    """What both sides of one connection said: the frontend's messages, the backend's messages."""
    frontend, backend = FrontendReader(), BackendReader()
    sent: list[Message] = []
    received: list[Message] = []
    for chunk in chunks:
        if chunk.side == "F":
            messages = frontend.feed(chunk.data)
            sent += messages
            if messages and isinstance(messages[-1], SSLRequest | GSSENCRequest):
                backend.expect_encryption_response()
        else:
            messages = backend.feed(chunk.data)
            received += messages
            for message in messages:
                frontend.note_backend(message)
    assert frontend.held_bytes == backend.held_bytes == 0
    return sent, received


def names(vector: Vector) -> set[str]:
    found: set[str] = set()
    for connection in vector.connections():
        for messages in read(vector.of(connection)):
            found |= {type(message).__name__ for message in messages}
    return found


@pytest.mark.feature("PR3")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_captured_traffic_is_encoded_byte_for_byte(path: Path) -> None:
    vector = load(path)

    for connection in vector.connections():
        chunks = vector.of(connection)
        sent, received = read(chunks)

        for side, messages in (("F", sent), ("B", received)):
            captured = b"".join(chunk.data for chunk in chunks if chunk.side == side)
            assert b"".join(encode_message(message) for message in messages) == captured


@pytest.mark.feature("PR3")
def test_the_captures_cover_what_psql_and_a_server_say() -> None:
    found = set().union(*map(names, ALL))

    assert found >= {
        *("StartupMessage", "CancelRequest", "PasswordMessage", "SASLInitialResponse", "SASLResponse"),
        *("Query", "Parse", "Bind", "Describe", "Execute", "Close", "Flush", "Sync", "Terminate", "FunctionCall"),
        *("AuthenticationOk", "AuthenticationCleartextPassword", "AuthenticationMD5Password", "AuthenticationSASL"),
        *("AuthenticationSASLContinue", "AuthenticationSASLFinal", "BackendKeyData", "NegotiateProtocolVersion"),
        *("ParameterStatus", "ReadyForQuery", "RowDescription", "ParameterDescription", "NoData", "DataRow"),
        *("CommandComplete", "EmptyQueryResponse", "ParseComplete", "BindComplete", "CloseComplete"),
        *("ErrorResponse", "NoticeResponse", "NotificationResponse", "FunctionCallResponse"),
        *("CopyInResponse", "CopyOutResponse", "CopyBothResponse", "CopyData", "CopyDone"),
    }


@pytest.mark.feature("PR3")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_capture_says_where_it_is_from(path: Path) -> None:
    about = load(path).about

    assert about["server"].startswith("PostgreSQL 1")
    assert about["program"]
    assert about["command"]


@pytest.mark.feature("PR3")
def test_the_captured_replication_stream_is_encoded_byte_for_byte() -> None:
    sent, received = read(load(VECTORS / "replication_18.txt").chunks)

    backend = [frame for frame in map(encode_message, received) if frame[:1] == b"d"]
    frontend = [frame for frame in map(encode_message, sent) if frame[:1] == b"d"]

    assert [encode_message(decode_backend_replication(frame, 5, len(frame))) for frame in backend] == backend
    assert [encode_message(decode_frontend_replication(frame, 5, len(frame))) for frame in frontend] == frontend
    assert {frame[5:6] for frame in backend} == {b"w", b"k"}
    assert {frame[5:6] for frame in frontend} == {b"r"}


@pytest.mark.feature("PR4")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_capture_cut_into_single_bytes_gives_the_same_messages(path: Path) -> None:
    vector = load(path)

    for connection in vector.connections():
        chunks = vector.of(connection)
        cut = [Chunk(connection, chunk.side, chunk.data[i : i + 1]) for chunk in chunks for i in range(len(chunk.data))]

        assert read(cut) == read(chunks)
