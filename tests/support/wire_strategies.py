"""Every message of both sides: one example of each class, and a strategy that makes more of them."""

from __future__ import annotations

from hypothesis import strategies as st

from qail.pg.wire import authentication as auth
from qail.pg.wire import (
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
from qail.pg.wire.message import Message

INT16 = st.integers(-(2**15), 2**15 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
UINT32 = st.integers(0, 2**32 - 1)
UINT64 = st.integers(0, 2**64 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NAME = TEXT.map(str.encode)
WORD = TEXT.filter(bool)
DATA = st.binary(max_size=40)
VALUE = st.none() | DATA
VALUES = st.lists(VALUE, max_size=6)
FORMAT = st.integers(0, 1)
KEY = st.binary(min_size=4, max_size=256)
OIDS = st.lists(UINT32, max_size=6)
FIELDS = st.dictionaries(st.integers(1, 255).map(chr), TEXT, max_size=6)
TARGET = st.sampled_from([constants.STATEMENT, constants.PORTAL])


def formats_for(values: list[bytes | None]) -> st.SearchStrategy[list[int]]:
    return st.just([]) | FORMAT.map(lambda code: [code]) | st.lists(FORMAT, min_size=len(values), max_size=len(values))


BINDS = VALUES.flatmap(
    lambda values: st.builds(
        extended.Bind, NAME, NAME, formats_for(values), st.just(values), st.lists(FORMAT, max_size=5)
    )
)
FUNCTION_CALLS = VALUES.flatmap(
    lambda values: st.builds(function_call.FunctionCall, UINT32, formats_for(values), st.just(values), FORMAT)
)
COLUMNS = st.builds(
    description.ColumnDescription,
    TEXT,
    UINT32,
    source=st.tuples(UINT32, INT16),
    type_size=INT16,
    type_modifier=INT32,
    format_code=FORMAT,
)
COPY_SHAPES = st.tuples(st.just(0), st.lists(st.just(0), max_size=5)) | st.tuples(
    st.just(1), st.lists(FORMAT, max_size=5)
)

UNTYPED: dict[type[Message], st.SearchStrategy[Message]] = {
    startup.StartupMessage: st.builds(
        startup.StartupMessage,
        st.integers(0, 0xFFFF).map(lambda minor: 0x30000 | minor),
        st.dictionaries(WORD, TEXT, max_size=5),
    ),
    startup.CancelRequest: st.builds(startup.CancelRequest, INT32, KEY),
    startup.SSLRequest: st.just(startup.SSLRequest()),
    startup.GSSENCRequest: st.just(startup.GSSENCRequest()),
}
# With the authentication code that asks for each.
PASSWORDS: dict[type[Message], tuple[int, st.SearchStrategy[Message]]] = {
    password.PasswordMessage: (constants.AUTH_MD5_PASSWORD, st.builds(password.PasswordMessage, TEXT)),
    password.SASLInitialResponse: (constants.AUTH_SASL, st.builds(password.SASLInitialResponse, TEXT, VALUE)),
    password.SASLResponse: (constants.AUTH_SASL_CONTINUE, st.builds(password.SASLResponse, DATA)),
    password.GSSResponse: (constants.AUTH_GSS_CONTINUE, st.builds(password.GSSResponse, DATA)),
}
FRONTEND: dict[type[Message], st.SearchStrategy[Message]] = {
    extended.Query: st.builds(extended.Query, NAME),
    extended.Parse: st.builds(extended.Parse, NAME, NAME, OIDS),
    extended.Bind: BINDS,
    extended.Describe: st.builds(extended.Describe, TARGET, NAME),
    extended.Close: st.builds(extended.Close, TARGET, NAME),
    extended.Execute: st.builds(extended.Execute, NAME, st.integers(0, 2**31 - 1)),
    extended.Flush: st.just(extended.Flush()),
    extended.Sync: st.just(extended.Sync()),
    extended.Terminate: st.just(extended.Terminate()),
    function_call.FunctionCall: FUNCTION_CALLS,
    copy.CopyData: st.builds(copy.CopyData, DATA),
    copy.CopyDone: st.just(copy.CopyDone()),
    copy.CopyFail: st.builds(copy.CopyFail, TEXT),
}
BACKEND: dict[type[Message], st.SearchStrategy[Message]] = {
    auth.AuthenticationOk: st.just(auth.AuthenticationOk()),
    auth.AuthenticationKerberosV5: st.just(auth.AuthenticationKerberosV5()),
    auth.AuthenticationCleartextPassword: st.just(auth.AuthenticationCleartextPassword()),
    auth.AuthenticationMD5Password: st.builds(auth.AuthenticationMD5Password, st.binary(min_size=4, max_size=4)),
    auth.AuthenticationGSS: st.just(auth.AuthenticationGSS()),
    auth.AuthenticationGSSContinue: st.builds(auth.AuthenticationGSSContinue, DATA),
    auth.AuthenticationSSPI: st.just(auth.AuthenticationSSPI()),
    auth.AuthenticationSASL: st.builds(auth.AuthenticationSASL, st.lists(WORD, max_size=4)),
    auth.AuthenticationSASLContinue: st.builds(auth.AuthenticationSASLContinue, DATA),
    auth.AuthenticationSASLFinal: st.builds(auth.AuthenticationSASLFinal, DATA),
    startup.BackendKeyData: st.builds(startup.BackendKeyData, INT32, KEY),
    startup.NegotiateProtocolVersion: st.builds(startup.NegotiateProtocolVersion, UINT32, st.lists(TEXT, max_size=4)),
    notice.ErrorResponse: st.builds(notice.ErrorResponse, FIELDS),
    notice.NoticeResponse: st.builds(notice.NoticeResponse, FIELDS),
    notice.NotificationResponse: st.builds(notice.NotificationResponse, INT32, TEXT, TEXT),
    notice.ParameterStatus: st.builds(notice.ParameterStatus, TEXT, TEXT),
    description.RowDescription: st.builds(description.RowDescription, st.lists(COLUMNS, max_size=4)),
    description.ParameterDescription: st.builds(description.ParameterDescription, OIDS),
    description.NoData: st.just(description.NoData()),
    result.DataRow: st.builds(result.DataRow, VALUES),
    result.CommandComplete: st.builds(result.CommandComplete, TEXT),
    result.ReadyForQuery: st.builds(result.ReadyForQuery, st.sampled_from(list(b"ITE"))),
    result.ParseComplete: st.just(result.ParseComplete()),
    result.BindComplete: st.just(result.BindComplete()),
    result.CloseComplete: st.just(result.CloseComplete()),
    result.EmptyQueryResponse: st.just(result.EmptyQueryResponse()),
    result.PortalSuspended: st.just(result.PortalSuspended()),
    copy.CopyInResponse: st.builds(lambda shape: copy.CopyInResponse(*shape), COPY_SHAPES),
    copy.CopyOutResponse: st.builds(lambda shape: copy.CopyOutResponse(*shape), COPY_SHAPES),
    copy.CopyBothResponse: st.builds(lambda shape: copy.CopyBothResponse(*shape), COPY_SHAPES),
    copy.CopyData: st.builds(copy.CopyData, DATA),
    copy.CopyDone: st.just(copy.CopyDone()),
    function_call.FunctionCallResponse: st.builds(function_call.FunctionCallResponse, VALUE),
}
BACKEND_REPLICATION: dict[type[Message], st.SearchStrategy[Message]] = {
    replication.XLogData: st.builds(replication.XLogData, UINT64, UINT64, INT64, DATA),
    replication.PrimaryKeepalive: st.builds(replication.PrimaryKeepalive, UINT64, INT64, reply_requested=st.booleans()),
}
BASE_BACKUP: dict[type[Message], st.SearchStrategy[Message]] = {
    base_backup.BackupArchive: st.builds(base_backup.BackupArchive, TEXT, TEXT),
    base_backup.BackupManifest: st.just(base_backup.BackupManifest()),
    base_backup.BackupData: st.builds(base_backup.BackupData, DATA),
    base_backup.BackupProgress: st.builds(base_backup.BackupProgress, st.integers(0, 2**63 - 1)),
}
FRONTEND_REPLICATION: dict[type[Message], st.SearchStrategy[Message]] = {
    replication.StandbyStatusUpdate: st.builds(
        replication.StandbyStatusUpdate, UINT64, UINT64, UINT64, INT64, reply_requested=st.booleans()
    ),
    replication.HotStandbyFeedback: st.builds(replication.HotStandbyFeedback, INT64, UINT32, UINT32, UINT32, UINT32),
}

# One message of each class in which every optional part is present.
FRONTEND_EXAMPLES: list[Message] = [
    extended.Query(b"SELECT 1"),
    extended.Parse(b"s1", b"SELECT $1, $2", [23, 0xFFFFFFFF]),
    extended.Bind(b"p1", b"s1", [1, 0], [b"\0\0\0\1", None], [1]),
    extended.Describe(constants.STATEMENT, b"s1"),
    extended.Close(constants.PORTAL, b"p1"),
    extended.Execute(b"p1", 10),
    extended.Flush(),
    extended.Sync(),
    extended.Terminate(),
    function_call.FunctionCall(715, [1, 1], [b"\0\0\0\1", None], 1),
    copy.CopyData(b"1\tone\n"),
    copy.CopyDone(),
    copy.CopyFail("the source failed"),
]
PASSWORD_EXAMPLES: list[tuple[int, Message]] = [
    (constants.AUTH_CLEARTEXT_PASSWORD, password.PasswordMessage("throw-away")),
    (constants.AUTH_SASL, password.SASLInitialResponse("SCRAM-SHA-256", b"n,,n=,r=nonce")),
    (constants.AUTH_SASL_CONTINUE, password.SASLResponse(b"c=biws,r=nonce,p=proof")),
    (constants.AUTH_GSS, password.GSSResponse(b"token")),
]
UNTYPED_EXAMPLES: list[Message] = [
    startup.StartupMessage(constants.PROTOCOL_3_2, {"user": "u", "database": "d"}),
    startup.CancelRequest(4711, bytes(range(32))),
    startup.SSLRequest(),
    startup.GSSENCRequest(),
]
BACKEND_EXAMPLES: list[Message] = [
    auth.AuthenticationOk(),
    auth.AuthenticationKerberosV5(),
    auth.AuthenticationCleartextPassword(),
    auth.AuthenticationMD5Password(b"salt"),
    auth.AuthenticationGSS(),
    auth.AuthenticationGSSContinue(b"token"),
    auth.AuthenticationSSPI(),
    auth.AuthenticationSASL(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]),
    auth.AuthenticationSASLContinue(b"r=nonce,s=salt,i=4096"),
    auth.AuthenticationSASLFinal(b"v=signature"),
    startup.BackendKeyData(4711, bytes(range(32))),
    startup.NegotiateProtocolVersion(constants.PROTOCOL_3_0, ["_pq_.a", "_pq_.b"]),
    notice.ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "22012", "M": "division by zero"}),
    notice.NoticeResponse({"S": "NOTICE", "C": "00000", "M": "hello"}),
    notice.NotificationResponse(4711, "c1", "payload"),
    notice.ParameterStatus("TimeZone", "UTC"),
    description.RowDescription(
        [
            description.ColumnDescription("id", 20, source=(16385, 1), type_size=8),
            description.ColumnDescription("?column?", 25, format_code=1),
        ]
    ),
    description.ParameterDescription([23, 25]),
    description.NoData(),
    result.DataRow([b"\0\0\0\1", None, b""]),
    result.CommandComplete("INSERT 0 1"),
    result.ReadyForQuery(constants.IDLE),
    result.ParseComplete(),
    result.BindComplete(),
    result.CloseComplete(),
    result.EmptyQueryResponse(),
    result.PortalSuspended(),
    copy.CopyInResponse(0, [0, 0]),
    copy.CopyOutResponse(1, [1, 1]),
    copy.CopyBothResponse(0, []),
    copy.CopyData(b"1\tone\n"),
    copy.CopyDone(),
    function_call.FunctionCallResponse(b"\0\0\0\1"),
]
REPLICATION_EXAMPLES: list[Message] = [
    replication.XLogData(2**63, 2**64 - 1, -1, b"data"),
    replication.PrimaryKeepalive(1, 2, reply_requested=True),
    replication.StandbyStatusUpdate(3, 2, 1, 4, reply_requested=False),
    replication.HotStandbyFeedback(1, 2, 3, 4, 0xFFFFFFFF),
]
BASE_BACKUP_EXAMPLES: list[Message] = [
    base_backup.BackupArchive("base.tar", ""),
    base_backup.BackupManifest(),
    base_backup.BackupData(b"a piece of a tar file"),
    base_backup.BackupProgress(2**40),
]
