"""Which decoder takes which message: one line each, for both directions.

A message of both sides (CopyData, CopyDone) stands in both tables. The frames without a type byte are
`startup.decode_untyped`; `p` messages are told apart by what was asked for (`password.decode_password`).

Source: protocol-message-formats.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

from qail.errors import ProtocolError
from qail.pg.wire import constants
from qail.pg.wire.authentication import decode_authentication
from qail.pg.wire.copy import CopyBothResponse, CopyData, CopyDone, CopyFail, CopyInResponse, CopyOutResponse
from qail.pg.wire.description import NoData, ParameterDescription, RowDescription
from qail.pg.wire.extended import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync, Terminate
from qail.pg.wire.function_call import FunctionCall, FunctionCallResponse
from qail.pg.wire.message import Message
from qail.pg.wire.notice import ErrorResponse, NoticeResponse, NotificationResponse, ParameterStatus
from qail.pg.wire.password import decode_password
from qail.pg.wire.result import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    EmptyQueryResponse,
    ParseComplete,
    PortalSuspended,
    ReadyForQuery,
)
from qail.pg.wire.startup import BackendKeyData, NegotiateProtocolVersion

BACKEND_DECODERS: Final[dict[int, Callable[[bytes, i64, i64], Message]]] = {
    constants.AUTHENTICATION: decode_authentication,
    constants.BACKEND_KEY_DATA: BackendKeyData.decode,
    constants.BIND_COMPLETE: BindComplete.decode,
    constants.CLOSE_COMPLETE: CloseComplete.decode,
    constants.COMMAND_COMPLETE: CommandComplete.decode,
    constants.COPY_BOTH_RESPONSE: CopyBothResponse.decode,
    constants.COPY_DATA: CopyData.decode,
    constants.COPY_DONE: CopyDone.decode,
    constants.COPY_IN_RESPONSE: CopyInResponse.decode,
    constants.COPY_OUT_RESPONSE: CopyOutResponse.decode,
    constants.DATA_ROW: DataRow.decode,
    constants.EMPTY_QUERY_RESPONSE: EmptyQueryResponse.decode,
    constants.ERROR_RESPONSE: ErrorResponse.decode,
    constants.FUNCTION_CALL_RESPONSE: FunctionCallResponse.decode,
    constants.NEGOTIATE_PROTOCOL_VERSION: NegotiateProtocolVersion.decode,
    constants.NO_DATA: NoData.decode,
    constants.NOTICE_RESPONSE: NoticeResponse.decode,
    constants.NOTIFICATION_RESPONSE: NotificationResponse.decode,
    constants.PARAMETER_DESCRIPTION: ParameterDescription.decode,
    constants.PARAMETER_STATUS: ParameterStatus.decode,
    constants.PARSE_COMPLETE: ParseComplete.decode,
    constants.PORTAL_SUSPENDED: PortalSuspended.decode,
    constants.READY_FOR_QUERY: ReadyForQuery.decode,
    constants.ROW_DESCRIPTION: RowDescription.decode,
}

FRONTEND_DECODERS: Final[dict[int, Callable[[bytes, i64, i64], Message]]] = {
    constants.BIND: Bind.decode,
    constants.CLOSE: Close.decode,
    constants.COPY_DATA: CopyData.decode,
    constants.COPY_DONE: CopyDone.decode,
    constants.COPY_FAIL: CopyFail.decode,
    constants.DESCRIBE: Describe.decode,
    constants.EXECUTE: Execute.decode,
    constants.FLUSH: Flush.decode,
    constants.FUNCTION_CALL: FunctionCall.decode,
    constants.PARSE: Parse.decode,
    constants.QUERY: Query.decode,
    constants.SYNC: Sync.decode,
    constants.TERMINATE: Terminate.decode,
}


def decode_backend(type_code: int, buffer: bytes, start: i64, end: i64) -> Message:
    """Decode the body `buffer[start:end]` of a backend message of this type.

    Raises:
        ProtocolError: no backend message has this type, or the body is wrong for it.
    """
    decode = BACKEND_DECODERS.get(type_code)
    if decode is None:
        raise ProtocolError(f"no backend message has type {type_code:#04x}")
    return decode(buffer, start, end)


def decode_frontend(
    type_code: int, buffer: bytes, start: i64, end: i64, authentication_code: int = constants.AUTH_CLEARTEXT_PASSWORD
) -> Message:
    """Decode the body `buffer[start:end]` of a frontend message of this type.

    Args:
        authentication_code: of the last `R` message the backend sent; it says what a `p` message is.

    Raises:
        ProtocolError: no frontend message has this type, or the body is wrong for it.
    """
    if type_code == constants.PASSWORD:
        return decode_password(buffer, start, end, authentication_code)
    decode = FRONTEND_DECODERS.get(type_code)
    if decode is None:
        raise ProtocolError(f"no frontend message has type {type_code:#04x}")
    return decode(buffer, start, end)
