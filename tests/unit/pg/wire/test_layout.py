"""The bytes of each message as the manual lays them out, where captured traffic shows none or shows few."""

from __future__ import annotations

import pytest

from qail.errors import ProtocolError
from qail.pg.wire import (
    authentication,
    base_backup,
    constants,
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
from qail.pg.wire.registry import decode_backend, decode_frontend

TIME = (1_000_000).to_bytes(8, "big")


@pytest.mark.feature("PR3")
@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (authentication.AuthenticationOk(), b"R\0\0\0\x08\0\0\0\0"),
        (authentication.AuthenticationKerberosV5(), b"R\0\0\0\x08\0\0\0\x02"),
        (authentication.AuthenticationGSS(), b"R\0\0\0\x08\0\0\0\x07"),
        (authentication.AuthenticationGSSContinue(b"ab"), b"R\0\0\0\x0a\0\0\0\x08ab"),
        (authentication.AuthenticationSSPI(), b"R\0\0\0\x08\0\0\0\x09"),
        (authentication.AuthenticationSASL(["A", "B"]), b"R\0\0\0\x0d\0\0\0\x0aA\0B\0\0"),
        (authentication.AuthenticationSASL([]), b"R\0\0\0\x09\0\0\0\x0a\0"),
        (startup.GSSENCRequest(), b"\0\0\0\x08\x04\xd2\x16\x30"),
        (startup.SSLRequest(), b"\0\0\0\x08\x04\xd2\x16\x2f"),
        (startup.CancelRequest(1, b"abcd"), b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01abcd"),
        (startup.StartupMessage(0x30000, {"a": "b"}), b"\0\0\0\x0d\0\x03\0\0a\0b\0\0"),
        (startup.StartupMessage(0x30002, {}), b"\0\0\0\x09\0\x03\0\x02\0"),
        (startup.NegotiateProtocolVersion(0x30000, ["_pq_.x"]), b"v\0\0\0\x13\0\x03\0\0\0\0\0\x01_pq_.x\0"),
        (password.PasswordMessage("p"), b"p\0\0\0\x06p\0"),
        (password.GSSResponse(b"ab"), b"p\0\0\0\x06ab"),
        (password.SASLInitialResponse("A", None), b"p\0\0\0\x0aA\0\xff\xff\xff\xff"),
        (password.SASLInitialResponse("A", b""), b"p\0\0\0\x0aA\0\0\0\0\0"),
        (extended.Flush(), b"H\0\0\0\x04"),
        (extended.Execute(b"p", 2), b"E\0\0\0\x0ap\0\0\0\0\x02"),
        (extended.Bind(b"", b"", [1], [None], [0]), b"B\0\0\0\x14\0\0\0\x01\0\x01\0\x01\xff\xff\xff\xff\0\x01\0\0"),
        (result.PortalSuspended(), b"s\0\0\0\x04"),
        (result.DataRow([]), b"D\0\0\0\x06\0\0"),
        (result.DataRow([b"a", None]), b"D\0\0\0\x0f\0\x02\0\0\0\x01a\xff\xff\xff\xff"),
        (description.ParameterDescription([0xFFFF_FFFF]), b"t\0\0\0\x0a\0\x01\xff\xff\xff\xff"),
        (
            description.RowDescription([description.ColumnDescription("c", 20, source=(3, -1), type_size=8)]),
            b"T\0\0\0\x1a\0\x01c\0\0\0\0\x03\xff\xff\0\0\0\x14\0\x08\xff\xff\xff\xff\0\0",
        ),
        (copy.CopyBothResponse(1, [1, 0]), b"W\0\0\0\x0b\x01\0\x02\0\x01\0\0"),
        (copy.CopyFail("no"), b"f\0\0\0\x07no\0"),
        (notice.NoticeResponse({}), b"N\0\0\0\x05\0"),
        (notice.ErrorResponse({"C": "x", "\xff": "y"}), b"E\0\0\0\x0bCx\0\xffy\0\0"),
        (function_call.FunctionCall(7, [], [None], 1), b"F\0\0\0\x12\0\0\0\x07\0\0\0\x01\xff\xff\xff\xff\0\x01"),
        (function_call.FunctionCallResponse(None), b"V\0\0\0\x08\xff\xff\xff\xff"),
        (
            replication.XLogData(2**64 - 1, 1, 1_000_000, b"x"),
            b"d\0\0\0\x1ew" + b"\xff" * 8 + bytes(7) + b"\x01" + TIME + b"x",
        ),
        (
            replication.PrimaryKeepalive(1, 1_000_000, reply_requested=True),
            b"d\0\0\0\x16k" + bytes(7) + b"\x01" + TIME + b"\x01",
        ),
        (
            base_backup.BackupArchive("16384.tar", "/x"),
            b"d\0\0\0\x12n16384.tar\0/x\0",
        ),
        (base_backup.BackupManifest(), b"d\0\0\0\5m"),
        (base_backup.BackupData(b"xyz"), b"d\0\0\0\x08dxyz"),
        (base_backup.BackupProgress(258), b"d\0\0\0\rp\0\0\0\0\0\0\1\2"),
        (
            replication.HotStandbyFeedback(1_000_000, 1, 2, 3, 0xFFFF_FFFF),
            b"d\0\0\0\x1dh" + TIME + b"\0\0\0\x01\0\0\0\x02\0\0\0\x03\xff\xff\xff\xff",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Message) else "",
)
def test_a_message_is_laid_out_as_the_manual_says(message: Message, frame: bytes) -> None:
    assert encode_message(message) == frame


def backend(type_code: int, body: bytes) -> Message:
    return decode_backend(type_code, body, 0, len(body))


def frontend(type_code: int, body: bytes) -> Message:
    return decode_frontend(type_code, body, 0, len(body), constants.AUTH_SASL)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(
    ("type_code", "body"),
    [
        # A count is larger than the body.
        (b"D", b"\0\x03\xff\xff\xff\xff\xff\xff\xff\xff"),
        (b"D", b"\xff\xff"),
        (b"t", b"\0\x02\0\0\0\x01"),
        (b"T", b"\0\x02c\0" + bytes(18)),
        (b"G", b"\0\0\x02\0\0"),
        (b"v", b"\0\x03\0\0\0\0\0\x03a\0b\0"),
        (b"v", b"\0\x03\0\0\x7f\xff\xff\xff"),
        (b"v", b"\0\x03\0\0\xff\xff\xff\xff"),
        # A count is smaller than the body.
        (b"D", b"\0\0\xff\xff\xff\xff"),
        (b"t", b"\0\0\0\0\0\x01"),
        (b"T", b"\0\0c\0" + bytes(18)),
        (b"H", b"\0\0\0\0\0"),
        (b"v", b"\0\x03\0\0\0\0\0\0a\0"),
        # A length is below -1, or above what is left.
        (b"D", b"\0\x01\xff\xff\xff\xfe"),
        (b"D", b"\0\x01\x80\0\0\0"),
        (b"D", b"\0\x01\x7f\xff\xff\xffa"),
        (b"D", b"\0\x01\0\0\0\x02a"),
        (b"V", b"\0\0\0\x02a"),
        (b"V", b"\0\0\0\0a"),
        # A string is not terminated.
        (b"C", b"SELECT 1"),
        (b"C", b""),
        (b"S", b"a\0b"),
        (b"A", b"\0\0\0\x01c\0p"),
        (b"E", b"Mx\0"),
        (b"N", b"Mx"),
        (b"N", b""),
        (b"R", b"\0\0\0\x0aA\0"),
        (b"T", b"\0\x01" + b"c" * 30),
        # A byte or number is none of those allowed.
        (b"Z", b"X"),
        (b"Z", b"II"),
        (b"G", b"\x02\0\0"),
        (b"G", b"\0\0\x01\0\x02"),
        (b"G", b"\0\0\x01\0\x01"),
        (b"T", b"\0\x01c\0" + bytes(16) + b"\0\x02"),
        (b"R", b"\0\0\0\x06"),
        (b"R", b"\xff\xff\xff\xff"),
        (b"K", b"\0\0\0\x01abc"),
        (b"K", b"\0\0\0\x01" + bytes(257)),
        (b"R", b"\0\0\0\x05abc"),
    ],
)
def test_a_backend_body_that_contradicts_itself_is_a_protocol_error(type_code: bytes, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        backend(type_code[0], body)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(
    ("type_code", "body"),
    [
        (b"P", b"s\0q\0\0\x02\0\0\0\x17"),
        (b"P", b"s\0q\0\0\0\0\0\0\x17"),
        (b"P", b"s\0q"),
        (b"P", b"s\0\xff\0\0\0"),
        (b"B", b"\0\0\0\x02\0\x01\0\x01\0\x03" + b"\xff\xff\xff\xff" * 3 + b"\0\0"),
        (b"B", b"\0\0\0\0\xff\xff\0\0"),
        (b"B", b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0"),
        (b"B", b"\0\0\0\0\0\0\0\x01\0\x02"),
        (b"F", b"\0\0\0\x01\0\0\0\0\0\x02"),
        (b"D", b"X\0"),
        (b"C", b"Sname"),
        (b"E", b"p\0\0\0\0"),
        (b"E", b"p\0\0\0\0\0\0"),
        (b"Q", b"\xff\0"),
        (b"Q", b"a\0b\0"),
        (b"f", b"\xff\0"),
        (b"p", b"A\0\0\0\0\x02a"),
        (b"p", b"A\0\xff\xff\xff\xffa"),
        (b"p", b"A\0\xff\xff\xff\xfe"),
        (b"S", b"\0"),
    ],
)
def test_a_frontend_body_that_contradicts_itself_is_a_protocol_error(type_code: bytes, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        frontend(type_code[0], body)


def test_65_535_columns_and_parameters_are_read_as_unsigned_counts() -> None:
    row = backend(ord("D"), b"\xff\xff" + b"\xff\xff\xff\xff" * 65_535)
    parameters = backend(ord("t"), b"\xff\xff" + bytes(4 * 65_535))

    assert isinstance(row, result.DataRow)
    assert isinstance(parameters, description.ParameterDescription)
    assert len(row.values) == len(parameters.type_oids) == 65_535


@pytest.mark.parametrize("key_bytes", [4, 5, 32, 255, 256])
def test_a_secret_key_is_kept_whole(key_bytes: int) -> None:
    key = bytes(range(256))[:key_bytes]

    found = backend(ord("K"), b"\xff\xff\xff\xff" + key)

    assert found == startup.BackendKeyData(-1, key)


def test_error_fields_are_optional_unknown_ones_kept_and_the_first_of_two_counts() -> None:
    found = backend(ord("E"), b"Mfirst\0Msecond\0?odd\0\0")

    assert isinstance(found, notice.ErrorResponse)
    assert found.fields == {"M": "first", "?": "odd"}


def test_text_of_a_backend_that_is_no_utf8_is_replaced() -> None:
    assert backend(ord("S"), b"caf\xe9\0\xff\0") == notice.ParameterStatus("caf\ufffd", "\ufffd")


def test_a_row_limit_below_1_is_none() -> None:
    assert frontend(ord("E"), b"\0\xff\xff\xff\xff") == extended.Execute(b"", 0)
