"""What is fuzzed: functions of bytes that return, or find a fault by raising.

Rule 1: a target never fails on hostile bytes: only a fault of ours gets out of it. It looks at no clock and no random
source, so the same bytes do the same again: that is what the corpus is for.
Rule 2: each also holds the law of what it tests: what decodes encodes again, every request is settled once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from librt.strings import BytesWriter

from qail.errors import ConfigError, DecodeError, EncodeError, ProtocolError, QailError
from qail.pg.codec.base import Codec
from qail.pg.codec.copy_rows import CopyRowReader
from qail.pg.codec.rows import RowDecoder
from qail.pg.codec.text_composite import text_twin
from qail.pg.config.load import load_config
from qail.pg.protocol.request import Item, Request
from qail.pg.protocol.scram import NeedProof
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import AuthPolicy, NeedPassword, NeedTls
from qail.pg.protocol.state import COPY_IN, COPY_OUT, DESCRIBE_ONLY, PARSE, PREPARED, REPLACE, SIMPLE
from qail.pg.wire.base_backup import decode_base_backup
from qail.pg.wire.extended import Query
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.query import FLUSH_FRAME, SYNC_FRAME
from qail.pg.wire.reader import BackendReader, FrontendReader
from qail.pg.wire.replication import decode_backend_replication, decode_frontend_replication
from support.every_codec import BY_NAME, CHOICE, REGISTRY
from support.scripted_client import RecordingSink, ready_session, settings

PASSWORD: Final = "correct horse"
QUERY_FRAME: Final = encode_message(Query(b"one;two"))
MOST_SCRAM_ITERATIONS: Final = 4_096
ROW_TYPES: Final = ("int4", "text", "numeric", "timestamptz", "int4[]", "jsonb", "record", "bool")
_POLICY: Final = AuthPolicy(True, is_unix_socket=True, most_iterations=MOST_SCRAM_ITERATIONS)
_ENVIRONMENT: Final = {"HOME": "/home/me"}


def chunks(data: bytes) -> list[bytes]:
    """The first byte says how the rest is cut: into pieces of one size, or not at all."""
    size = data[0] if data else 0
    rest = data[1:]
    if size == 0:
        return [rest]
    return [rest[start : start + size] for start in range(0, len(rest), size)]


def backend_stream(data: bytes) -> None:
    """What a server sends to a ready Session in which all kinds of requests wait."""
    session = ready_session()
    requests = waiting_requests()
    for request in requests:
        session.submit(request)
    session.take_output()
    settled: list[Request] = []
    for chunk in chunks(data):
        settled += session.data_received(chunk)
        session.take_output()
    session.take_messages()
    _check_cause(session)
    settled += session.connection_lost(None)
    assert settled == requests, "each request is settled once, and in order"
    assert all(request.outcome is not None for request in requests)


def waiting_requests() -> list[Request]:
    """One of each kind. A Session does not look into what it hands on, so their segments hold their ends only."""
    sql = Request(QUERY_FRAME, [], SIMPLE)
    sql.make_sink = RecordingSink
    return [
        Request(SYNC_FRAME, [Item(RecordingSink(), b"", PARSE), Item(RecordingSink(), b"", PARSE)]),
        sql,
        Request(SYNC_FRAME, [Item(RecordingSink(), b"", PARSE)], COPY_OUT),
        Request(SYNC_FRAME, [Item(RecordingSink(), b"s1", REPLACE)]),
        Request(SYNC_FRAME, [Item(RecordingSink(), b"s2", PREPARED), Item(RecordingSink(), b"", DESCRIBE_ONLY)]),
        Request(FLUSH_FRAME, [Item(RecordingSink(), b"", PARSE)], COPY_IN),
    ]


def startup_stream(data: bytes) -> None:
    """What a server sends to a Session that is starting; the first byte says whether over TLS."""
    session = Session(settings(policy=_POLICY, tls="prefer" if data[:1] > b"\x7f" else "disable"))
    session.start()
    for chunk in chunks(data[1:]):
        session.data_received(chunk)
        need = session.need
        if isinstance(need, NeedTls):
            session.answer(None)
        elif isinstance(need, NeedPassword):
            session.answer(PASSWORD)
        elif isinstance(need, NeedProof):
            session.answer(need.compute())
        session.take_output()
    _check_cause(session)
    session.connection_lost(None)
    assert PASSWORD not in repr(session.spent_cause)


def _check_cause(session: Session) -> None:
    """A broken stream is told as that, and not as an exception that happened to us."""
    cause = session.spent_cause
    if isinstance(cause, ProtocolError) and cause.__cause__ is not None:
        assert isinstance(cause.__cause__, QailError), repr(cause.__cause__)


def backend_messages(data: bytes) -> None:
    """A backend's messages, as tools and proxies read them."""
    _read(BackendReader(), BackendReader, data)


def frontend_messages(data: bytes) -> None:
    """A frontend's messages, from its first byte on."""
    _read(FrontendReader(), FrontendReader, data)


def _read(
    reader: BackendReader | FrontendReader, make: Callable[[], BackendReader | FrontendReader], data: bytes
) -> None:
    found: list[Message] = []
    try:
        for chunk in chunks(data):
            found += reader.feed(chunk)
    except ProtocolError:
        found += reader.messages
    again = make()
    for message in found:
        frame = encode_message(message)
        assert again.feed(frame) == [message], message
        assert repr(message)
    assert reader.held_bytes <= len(data)


def replication(data: bytes) -> None:
    """Messages inside CopyData, of both sides."""
    for decode in (decode_backend_replication, decode_frontend_replication, decode_base_backup):
        try:
            message = decode(data, 0, len(data))
        except ProtocolError:
            continue
        frame = encode_message(message)
        assert decode(frame, 5, len(frame)) == message


def codecs(data: bytes) -> None:
    """A value of any type: the first two bytes choose it."""
    check_value(CHOICE.chosen(data), data[2:])


def text_forms(data: bytes) -> None:
    """The same as text, as it stands inside of a value that travels as text."""
    check_value(text_twin(CHOICE.chosen(data)), data[2:])


def check_value(codec: Codec, data: bytes) -> bytes | None:
    """Decode `data`; what comes out is a value that has a repr and, where it encodes, a form that stays as it is.

    Returns that form: the server's own for every value that a server made. Hostile bytes may be another one's.
    """
    try:
        value = codec.decode(b"\x7f" + data + b"\xff", 1, len(data))
    except DecodeError:
        return None
    repr(value)
    form = _form(codec, value)
    if form is not None:
        assert _form(codec, codec.decode(form, 0, len(form))) == form, f"{codec.type_name}: {value!r:.300}"
    return form


def _form(codec: Codec, value: object) -> bytes | None:
    """The bytes of `value`; None where it cannot be sent."""
    out = BytesWriter()
    try:
        codec.encode(out, value)
    except EncodeError:
        assert out.getvalue() == b"", codec.type_name
        return None
    field = out.getvalue()
    assert int.from_bytes(field[:4], "big", signed=True) == len(field) - 4, codec.type_name
    return field[4:]


def rows(data: bytes) -> None:
    """A description, and DataRows behind it: one length byte, RowDescription's body, then frames."""
    row_codecs = [BY_NAME[name] for name in ROW_TYPES]
    decoder = RowDecoder(row_codecs, REGISTRY, [codec.type_oid for codec in row_codecs])
    size = 4 * data[0] if data else 0
    body, frames = data[1 : 1 + size], data[1 + size :]
    try:
        if body:
            decoder.describe(body)
        decoder.take_rows(frames, 0, len(frames))
        # What a value of unknown types waits for is looked up once for each of them.
        for _ in range(len(data)):
            if decoder.needed is None:
                break
            decoder.decode_kept()
    except ProtocolError:
        return
    assert decoder.needed is None
    error = decoder.error
    assert error is None or isinstance(error, DecodeError), repr(error)


def copy_rows(data: bytes) -> None:
    """A binary COPY stream, cut anywhere."""
    reader = CopyRowReader([BY_NAME[name] for name in ROW_TYPES[:6]])
    try:
        for chunk in chunks(data):
            reader.take_copy_data(chunk, 0, len(chunk))
        reader.finish()
    except (ProtocolError, DecodeError):
        return


def dsn(data: bytes) -> None:
    """A DSN: a configuration or a ConfigError."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        config = load_config(text, {}, environment=_ENVIRONMENT, read_file=_no_file, os_user=_nobody)
    except ConfigError:
        return
    assert config.addresses
    repr(config)


def _no_file(path: str) -> None:
    return None


def _nobody() -> str:
    return "nobody"


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "backend_stream": backend_stream,
    "startup_stream": startup_stream,
    "backend_messages": backend_messages,
    "frontend_messages": frontend_messages,
    "replication": replication,
    "codecs": codecs,
    "text_forms": text_forms,
    "rows": rows,
    "copy_rows": copy_rows,
    "dsn": dsn,
}
