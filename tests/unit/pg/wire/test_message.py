"""Messages as values: what `repr` hides, and that a refused message writes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from librt.strings import BytesWriter

from qail.errors import EncodeError
from qail.pg.wire import (
    authentication,
    base_backup,
    copy,
    description,
    extended,
    function_call,
    notice,
    password,
    replication,
    result,
    startup,
)
from qail.pg.wire.message import Message, encode_message
from support import wire_strategies as messages

SECRET = "hunter2hunter2"
RAW = SECRET.encode()
ALL = [
    *messages.BACKEND_EXAMPLES,
    *messages.FRONTEND_EXAMPLES,
    *messages.UNTYPED_EXAMPLES,
    *messages.REPLICATION_EXAMPLES,
    *messages.BASE_BACKUP_EXAMPLES,
    *[example for _, example in messages.PASSWORD_EXAMPLES],
]


@pytest.mark.parametrize(
    "message",
    [
        authentication.AuthenticationGSSContinue(RAW),
        authentication.AuthenticationSASLContinue(RAW),
        authentication.AuthenticationSASLFinal(RAW),
        authentication.AuthenticationMD5Password(RAW[:4]),
        password.PasswordMessage(SECRET),
        password.SASLInitialResponse("SCRAM-SHA-256", RAW),
        password.SASLResponse(RAW),
        password.GSSResponse(RAW),
        startup.BackendKeyData(1, RAW),
        startup.CancelRequest(1, RAW),
        startup.StartupMessage(0x30000, {"user": "u", "options": SECRET}),
        extended.Query(RAW),
        extended.Parse(b"", RAW, []),
        extended.Bind(b"", b"", [], [RAW], []),
        function_call.FunctionCall(1, [], [RAW], 0),
        function_call.FunctionCallResponse(RAW),
        result.DataRow([RAW]),
        copy.CopyData(RAW),
        copy.CopyFail(SECRET),
        notice.NotificationResponse(1, "c", SECRET),
        notice.ErrorResponse({"C": "23505", "M": "duplicate", "D": SECRET, "W": SECRET, "q": SECRET}),
        notice.NoticeResponse({"C": "00000", "M": "remark", "D": SECRET}),
        replication.XLogData(1, 2, 3, RAW),
        base_backup.BackupData(RAW),
    ],
    ids=lambda message: type(message).__name__,
)
def test_repr_shows_no_secret_and_no_value(message: Message) -> None:
    assert "hunt" not in repr(message)
    assert repr(message).startswith(type(message).__name__ + "(")


def test_repr_shows_what_helps() -> None:
    assert repr(extended.Sync()) == "Sync()"
    assert repr(result.CommandComplete("INSERT 0 1")) == "CommandComplete('INSERT 0 1')"
    assert repr(result.ReadyForQuery(ord("T"))) == "ReadyForQuery('T')"
    assert repr(notice.ErrorResponse({"C": "42601", "M": "syntax error", "P": "7"})) == (
        "ErrorResponse(C='42601', M='syntax error', and P)"
    )
    assert repr(startup.CancelRequest(7, b"abcd")) == "CancelRequest(process_id=7, secret_key=<hidden>)"


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_every_message_has_a_repr_and_a_hash(message: Message) -> None:
    assert repr(message).endswith(")")
    assert hash(message) == hash(message)
    assert message != object()


class Lying(bytes):
    """Bytes whose length is not what `len` says."""

    def __len__(self) -> int:
        return 1


@pytest.mark.feature("PR6")
@pytest.mark.parametrize(
    "make",
    [
        extended.Query,
        lambda raw: extended.Parse(raw, raw, []),
        lambda raw: extended.Bind(raw, raw, [], [raw, raw], []),
        lambda raw: extended.Describe(0x53, raw),
        lambda raw: extended.Execute(raw, 0),
        lambda raw: function_call.FunctionCall(1, [], [raw], 0),
        copy.CopyData,
        lambda raw: result.DataRow([raw]),
        function_call.FunctionCallResponse,
        password.SASLResponse,
        password.GSSResponse,
        lambda raw: password.SASLInitialResponse("PLAIN", raw),
        authentication.AuthenticationSASLContinue,
        lambda raw: startup.CancelRequest(1, raw),
        lambda raw: startup.BackendKeyData(1, raw),
        lambda raw: replication.XLogData(1, 2, 3, raw),
    ],
)
def test_lengths_are_those_of_the_bytes_written(make: Callable[[bytes], Message]) -> None:
    assert encode_message(make(Lying(b"DROP TABLE users"))) == encode_message(make(b"DROP TABLE users"))


COLUMN = description.ColumnDescription
REFUSED: list[Message] = [
    startup.StartupMessage(0x20000, {}),
    startup.StartupMessage(0x30000, {"user": "a\0user\0postgres"}),
    startup.StartupMessage(0x30000, {"us\0er": "a"}),
    startup.StartupMessage(0x30000, {"": "a"}),
    startup.StartupMessage(0x30000, {"user": "\ud800"}),
    startup.StartupMessage(0x30000, {"user": "u" * 10_000}),
    startup.CancelRequest(1, b"abc"),
    startup.CancelRequest(1, bytes(257)),
    startup.CancelRequest(2**31, b"abcd"),
    startup.BackendKeyData(1, b"abc"),
    startup.BackendKeyData(1, bytes(257)),
    startup.EncryptionResponse(0),
    startup.NegotiateProtocolVersion(-1, []),
    startup.NegotiateProtocolVersion(1, ["a\0"]),
    password.PasswordMessage("a\0b"),
    password.PasswordMessage("\udc80"),
    password.PasswordMessage("p" * 65_535),
    password.SASLInitialResponse("a\0", None),
    password.SASLResponse(bytes(65_535)),
    password.GSSResponse(bytes(65_535)),
    authentication.AuthenticationMD5Password(b"abc"),
    authentication.AuthenticationSASL([""]),
    authentication.AuthenticationSASL(["a\0"]),
    authentication.AuthenticationSASLContinue(bytes(2_000)),
    extended.Describe(0, b""),
    extended.Close(0x54, b""),
    extended.Execute(b"", -1),
    function_call.FunctionCall(-1, [], [], 0),
    function_call.FunctionCall(1, [], [], 2),
    function_call.FunctionCall(1, [0, 0], [None], 0),
    function_call.FunctionCall(1, [], [None] * 65_536, 0),
    copy.CopyFail("a\0b"),
    copy.CopyFail("r" * 10_000),
    copy.CopyInResponse(2, []),
    copy.CopyOutResponse(0, [2]),
    copy.CopyBothResponse(0, [0] * 65_536),
    # All zero pages that are never touched: nothing is copied before the check.
    copy.CopyData(bytes(0x4000_0000)),
    result.DataRow([None] * 65_536),
    result.CommandComplete("a\0"),
    result.ReadyForQuery(0),
    description.ParameterDescription([-1]),
    description.ParameterDescription([0] * 65_536),
    description.RowDescription([COLUMN("a\0", 1)]),
    description.RowDescription([COLUMN("a", 2**32)]),
    description.RowDescription([COLUMN("a", 1, source=(-1, 0))]),
    description.RowDescription([COLUMN("a", 1, source=(0, 2**15))]),
    description.RowDescription([COLUMN("a", 1, type_size=2**15)]),
    description.RowDescription([COLUMN("a", 1, type_modifier=2**31)]),
    description.RowDescription([COLUMN("a", 1, format_code=2)]),
    notice.ErrorResponse({"CC": "x"}),
    notice.ErrorResponse({"\0": "x"}),
    notice.ErrorResponse({"\u0100": "x"}),
    notice.NoticeResponse({"M": "a\0b"}),
    notice.NotificationResponse(2**31, "c", "p"),
    notice.NotificationResponse(1, "c\0", "p"),
    notice.ParameterStatus("a", "\0"),
    notice.ParameterStatus("a", "v" * 30_000),
    base_backup.BackupArchive("a\0", ""),
    base_backup.BackupArchive("a", "\ud800"),
    base_backup.BackupProgress(-1),
    base_backup.BackupProgress(2**63),
    replication.XLogData(-1, 0, 0, b""),
    replication.XLogData(0, 2**64, 0, b""),
    replication.PrimaryKeepalive(0, 2**63, reply_requested=False),
    replication.StandbyStatusUpdate(0, 0, -1, 0, reply_requested=False),
    replication.HotStandbyFeedback(0, 2**32, 0, 0, 0),
]


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("message", REFUSED, ids=lambda message: type(message).__name__)
def test_a_message_that_cannot_be_is_refused_with_nothing_written(message: Message) -> None:
    out = BytesWriter()
    out.write(b"before")

    with pytest.raises(EncodeError):
        message.encode(out)

    assert out.getvalue() == b"before"
