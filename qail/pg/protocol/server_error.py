"""From an ErrorResponse to the exception its caller gets.

Rule: death is decided by severity, never by SQLSTATE class 08: a foreign data wrapper may raise 08xxx as a plain ERROR.

Source: protocol-error-fields.html
"""

from __future__ import annotations

from mypy_extensions import i64

from qail.errors import AuthError, ConnectError, PostgresError
from qail.pg.wire.notice import decode_fields


def decode_error(buffer: bytes, start: i64, end: i64) -> PostgresError:
    """The PostgresError of an ErrorResponse body, `buffer[start:end]`.

    Raises:
        ProtocolError: the fields are not terminated.
    """
    return error_of(decode_fields(buffer, start, end))


def error_of(fields: dict[str, str]) -> PostgresError:
    """The PostgresError with these fields, of the class of its SQLSTATE."""
    # Imported late: some 300 classes, and many processes never see an error.
    from qail.pg._generated.sqlstates import error_class

    return error_class(fields.get("C", ""))(fields=fields)


def is_fatal(error: PostgresError) -> bool:
    """Whether the backend ends with this error."""
    return error.severity in ("FATAL", "PANIC")


def startup_error(error: PostgresError) -> ConnectError:
    """What `connect` raises for an ErrorResponse before the first ReadyForQuery; `error` is its `__cause__`."""
    sqlstate = error.sqlstate
    failure: ConnectError
    if sqlstate.startswith("28"):
        failure = AuthError(f"the server refused the login: {error}")
    elif sqlstate == "53300":
        failure = ConnectError(f"the server has no connection left: {error}", reason="too_many")
    elif sqlstate.startswith(("53", "57")) and sqlstate != "57P04":
        # It lacks memory, shuts down, or ended this very session: another attempt may fare better. 57P04: no database.
        failure = ConnectError(f"the server is not ready: {error}", reason="not_ready")
    else:
        failure = ConnectError(f"the server refused the connection: {error}", reason="rejected")
    failure.__cause__ = error
    return failure
