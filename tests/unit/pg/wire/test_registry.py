"""The registry against the manual's list of messages, and decode against encode for each of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import ProtocolError
from qail.pg.wire.base_backup import decode_base_backup
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.registry import BACKEND_DECODERS, FRONTEND_DECODERS, decode_backend, decode_frontend
from qail.pg.wire.replication import decode_backend_replication, decode_frontend_replication
from qail.pg.wire.startup import decode_untyped
from support import wire_strategies as messages

# Message, type code and direction as protocol-message-formats.html lists them; "" has no type byte.
MANUAL: list[tuple[str, str, str]] = [
    ("AuthenticationOk", "R", "B"),
    ("AuthenticationKerberosV5", "R", "B"),
    ("AuthenticationCleartextPassword", "R", "B"),
    ("AuthenticationMD5Password", "R", "B"),
    ("AuthenticationGSS", "R", "B"),
    ("AuthenticationGSSContinue", "R", "B"),
    ("AuthenticationSSPI", "R", "B"),
    ("AuthenticationSASL", "R", "B"),
    ("AuthenticationSASLContinue", "R", "B"),
    ("AuthenticationSASLFinal", "R", "B"),
    ("BackendKeyData", "K", "B"),
    ("Bind", "B", "F"),
    ("BindComplete", "2", "B"),
    ("CancelRequest", "", "F"),
    ("Close", "C", "F"),
    ("CloseComplete", "3", "B"),
    ("CommandComplete", "C", "B"),
    ("CopyData", "d", "FB"),
    ("CopyDone", "c", "FB"),
    ("CopyFail", "f", "F"),
    ("CopyInResponse", "G", "B"),
    ("CopyOutResponse", "H", "B"),
    ("CopyBothResponse", "W", "B"),
    ("DataRow", "D", "B"),
    ("Describe", "D", "F"),
    ("EmptyQueryResponse", "I", "B"),
    ("ErrorResponse", "E", "B"),
    ("Execute", "E", "F"),
    ("Flush", "H", "F"),
    ("FunctionCall", "F", "F"),
    ("FunctionCallResponse", "V", "B"),
    ("GSSENCRequest", "", "F"),
    ("GSSResponse", "p", "F"),
    ("NegotiateProtocolVersion", "v", "B"),
    ("NoData", "n", "B"),
    ("NoticeResponse", "N", "B"),
    ("NotificationResponse", "A", "B"),
    ("ParameterDescription", "t", "B"),
    ("ParameterStatus", "S", "B"),
    ("Parse", "P", "F"),
    ("ParseComplete", "1", "B"),
    ("PasswordMessage", "p", "F"),
    ("PortalSuspended", "s", "B"),
    ("Query", "Q", "F"),
    ("ReadyForQuery", "Z", "B"),
    ("RowDescription", "T", "B"),
    ("SASLInitialResponse", "p", "F"),
    ("SASLResponse", "p", "F"),
    ("SSLRequest", "", "F"),
    ("StartupMessage", "", "F"),
    ("Sync", "S", "F"),
    ("Terminate", "X", "F"),
]

FRONTEND_EXAMPLES = [
    *messages.FRONTEND_EXAMPLES,
    *[example for _, example in messages.PASSWORD_EXAMPLES],
    *messages.UNTYPED_EXAMPLES,
]


def name(message: Message) -> str:
    return type(message).__name__


def decode_backend_frame(frame: bytes) -> Message:
    return decode_backend(frame[0], frame, 5, len(frame))


def decode_frontend_frame(frame: bytes, authentication_code: int = 3) -> Message:
    return decode_frontend(frame[0], frame, 5, len(frame), authentication_code)


@pytest.mark.feature("PR3")
def test_each_message_of_the_manual_has_a_class_for_each_of_its_directions() -> None:
    backend = sorted(name for name, _, directions in MANUAL if "B" in directions)
    frontend = sorted(name for name, _, directions in MANUAL if "F" in directions)

    assert sorted(map(name, messages.BACKEND_EXAMPLES)) == backend
    assert sorted(map(name, FRONTEND_EXAMPLES)) == frontend


@pytest.mark.feature("PR3")
def test_the_registry_has_the_manuals_type_codes_and_no_others() -> None:
    backend = {ord(code) for _, code, directions in MANUAL if "B" in directions}
    frontend = {ord(code) for _, code, directions in MANUAL if "F" in directions and code not in ("", "p")}

    assert set(BACKEND_DECODERS) == backend
    assert set(FRONTEND_DECODERS) == frontend


@pytest.mark.parametrize("example", messages.BACKEND_EXAMPLES, ids=name)
def test_a_backend_message_is_written_with_the_manuals_type_code(example: Message) -> None:
    codes = {entry[0]: entry[1] for entry in MANUAL}

    assert encode_message(example)[:1] == codes[name(example)].encode()


@pytest.mark.parametrize("example", FRONTEND_EXAMPLES, ids=name)
def test_a_frontend_message_is_written_with_the_manuals_type_code(example: Message) -> None:
    codes = {entry[0]: entry[1] for entry in MANUAL}
    frame = encode_message(example)

    assert frame[:1] == (codes[name(example)].encode() or b"\0")


@pytest.mark.feature("PR3")
@given(st.one_of(list(messages.BACKEND.values())))
def test_a_decoded_backend_message_is_the_one_encoded(message: Message) -> None:
    assert decode_backend_frame(encode_message(message)) == message


@pytest.mark.feature("PR3")
@given(st.one_of(list(messages.FRONTEND.values())))
def test_a_decoded_frontend_message_is_the_one_encoded(message: Message) -> None:
    assert decode_frontend_frame(encode_message(message)) == message


@pytest.mark.feature("PR3")
@given(st.one_of([st.tuples(st.just(code), strategy) for code, strategy in messages.PASSWORDS.values()]))
def test_a_decoded_password_message_is_the_one_encoded(asked: tuple[int, Message]) -> None:
    code, message = asked

    assert decode_frontend_frame(encode_message(message), code) == message


@pytest.mark.feature("PR3")
@given(st.one_of(list(messages.UNTYPED.values())))
def test_a_decoded_untyped_message_is_the_one_encoded(message: Message) -> None:
    frame = encode_message(message)

    assert decode_untyped(frame, 4, len(frame)) == message


@pytest.mark.feature("PR3")
@given(st.one_of(list(messages.BACKEND_REPLICATION.values())))
def test_a_decoded_backend_replication_message_is_the_one_encoded(message: Message) -> None:
    frame = encode_message(message)

    assert decode_backend_replication(frame, 5, len(frame)) == message


@pytest.mark.feature("PR3")
@given(st.one_of(list(messages.BASE_BACKUP.values())))
def test_a_decoded_message_of_a_base_backup_is_the_one_encoded(message: Message) -> None:
    frame = encode_message(message)

    assert decode_base_backup(frame, 5, len(frame)) == message


@pytest.mark.feature("PR3")
@given(st.one_of(list(messages.FRONTEND_REPLICATION.values())))
def test_a_decoded_frontend_replication_message_is_the_one_encoded(message: Message) -> None:
    frame = encode_message(message)

    assert decode_frontend_replication(frame, 5, len(frame)) == message


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("type_code", sorted(set(range(256)) - set(BACKEND_DECODERS)))
def test_an_unknown_backend_type_is_a_protocol_error(type_code: int) -> None:
    with pytest.raises(ProtocolError):
        decode_backend(type_code, b"", 0, 0)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("type_code", sorted(set(range(256)) - set(FRONTEND_DECODERS) - {ord("p")}))
def test_an_unknown_frontend_type_is_a_protocol_error(type_code: int) -> None:
    with pytest.raises(ProtocolError):
        decode_frontend(type_code, b"", 0, 0)


def test_a_password_nobody_asked_for_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="asks for none"):
        decode_frontend_frame(b"p\0\0\0\5\0", authentication_code=0)


def test_messages_are_equal_by_class_and_fields() -> None:
    for one in messages.BACKEND_EXAMPLES:
        for other in messages.BACKEND_EXAMPLES:
            assert (one == other) == (one is other)
            assert (hash(one) == hash(other)) == (one is other)
