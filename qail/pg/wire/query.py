"""What a frontend sends to run statements, as functions that write frames and make no objects.

The same messages as values are in `extended.py`. Names are bytes: `b""` is the unnamed statement or portal.
A segment is written by calling these one after another on one writer.

Rule 1: a function appends its whole frame, or raises EncodeError and leaves `out` as it was.
Rule 2: SQL and names are UTF-8 without NUL; they are checked here, whoever made them.

Source: protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64, u8

from qail.errors import EncodeError
from qail.pg.wire.constants import (
    BIND,
    CLOSE,
    COUNT_BYTES,
    DESCRIBE,
    EXECUTE,
    INT32_MAX,
    MAX_PARAMETERS,
    MAX_SMALL_REQUEST_BYTES,
    OID_BYTES,
    PARSE,
    PORTAL,
    QUERY,
    STATEMENT,
    UINT32_MAX,
)
from qail.pg.wire.fields import (
    check_range,
    encode_cstring,
    patch_length,
    write_header,
    write_string,
    write_u16,
    write_u32,
)

SYNC_FRAME: Final = b"S\x00\x00\x00\x04"
FLUSH_FRAME: Final = b"H\x00\x00\x00\x04"
TERMINATE_FRAME: Final = b"X\x00\x00\x00\x04"
EXECUTE_UNNAMED_FRAME: Final = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00"
"""Execute of the unnamed portal, all rows."""
DESCRIBE_UNNAMED_PORTAL_FRAME: Final = b"D\x00\x00\x00\x06P\x00"
DESCRIBE_UNNAMED_STATEMENT_FRAME: Final = b"D\x00\x00\x00\x06S\x00"


def write_query(out: BytesWriter, sql: bytes) -> None:
    """Append Query: one string of SQL, which may hold several statements.

    Raises:
        EncodeError: `sql` is not UTF-8, holds NUL or is too long; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-QUERY
    """
    sql = encode_cstring(sql, "the SQL")
    write_header(out, QUERY, i64(len(sql)) + 1)
    write_string(out, sql)


def write_parse(out: BytesWriter, statement_name: bytes, sql: bytes, parameter_oids: list[int]) -> None:
    """Append Parse: statement name, SQL, Int16 count, then an Int32 type OID for each of the first parameters.

    An OID of 0 leaves the type to the server, and so does a list shorter than the parameters.

    Args:
        parameter_oids: n type OIDs, n <= 65_535, each 0..4_294_967_295.

    Raises:
        EncodeError: a string is not UTF-8 or holds NUL, too many OIDs or one out of range, a frame above the limit;
            `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PARSE
    """
    statement_name = encode_cstring(statement_name, "the statement name")
    sql = encode_cstring(sql, "the SQL")
    count: i64 = len(parameter_oids)
    if count > MAX_PARAMETERS:
        raise EncodeError(f"the statement has {count} parameters; PostgreSQL takes at most {MAX_PARAMETERS}")
    for type_oid in parameter_oids:
        check_range(type_oid, 0, UINT32_MAX, "a parameter's type OID")
    body_bytes = i64(len(statement_name)) + len(sql) + 2 + COUNT_BYTES + OID_BYTES * count
    write_header(out, PARSE, body_bytes)
    write_string(out, statement_name)
    write_string(out, sql)
    write_u16(out, count)
    for type_oid in parameter_oids:
        write_u32(out, type_oid)


def write_bind_head(out: BytesWriter, statement_name: bytes, portal_name: bytes = b"") -> i64:
    """Append the type byte, a length of 0, and the two names of Bind. Returns where the frame starts.

    The caller appends the parameter section (Int16 count of format codes and the codes, Int16 count of values and the
    values) and the result section (Int16 count and format codes), then calls `patch_length(out, start)`. Should it
    fail half-way, `out.truncate(start)` takes everything back.

    Raises:
        EncodeError: a name is not UTF-8 or holds NUL; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BIND
    """
    portal_name = encode_cstring(portal_name, "the portal name")
    statement_name = encode_cstring(statement_name, "the statement name")
    start: i64 = len(out)
    out.append(BIND)
    write_i32_be(out, 0)
    write_string(out, portal_name)
    write_string(out, statement_name)
    return start


def finish_bind(out: BytesWriter, start: i64) -> None:
    """Set the length of the Bind that `write_bind_head` began at `start`.

    Raises:
        EncodeError: the frame is above 1 GiB - 1; it is removed from `out`.
    """
    patch_length(out, start)


def write_describe_statement(out: BytesWriter, statement_name: bytes) -> None:
    """Append Describe of a prepared statement: answered by ParameterDescription, then RowDescription or NoData.

    Raises:
        EncodeError: the name is not UTF-8, holds NUL or is too long; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DESCRIBE
    """
    write_target(out, DESCRIBE, STATEMENT, statement_name)


def write_describe_portal(out: BytesWriter, portal_name: bytes) -> None:
    """Append Describe of a portal: answered by RowDescription or NoData.

    Raises:
        EncodeError: the name is not UTF-8, holds NUL or is too long; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DESCRIBE
    """
    write_target(out, DESCRIBE, PORTAL, portal_name)


def write_close_statement(out: BytesWriter, statement_name: bytes) -> None:
    """Append Close of a prepared statement: answered by CloseComplete, also where there is no such statement.

    Raises:
        EncodeError: the name is not UTF-8, holds NUL or is too long; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CLOSE
    """
    write_target(out, CLOSE, STATEMENT, statement_name)


def write_close_portal(out: BytesWriter, portal_name: bytes) -> None:
    """Append Close of a portal: answered by CloseComplete, also where there is no such portal.

    Raises:
        EncodeError: the name is not UTF-8, holds NUL or is too long; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CLOSE
    """
    write_target(out, CLOSE, PORTAL, portal_name)


def write_target(out: BytesWriter, type_code: u8, target: u8, name: bytes) -> None:
    """Append Describe or Close: Byte1 target (`S` or `P`), name.

    Raises:
        EncodeError: the name is not UTF-8, holds NUL or is too long for a backend (10,000 bytes); `out` is unchanged.
    """
    name = encode_cstring(name, "the statement or portal name")
    write_header(out, type_code, i64(len(name)) + 2, MAX_SMALL_REQUEST_BYTES)
    out.append(target)
    write_string(out, name)


def write_execute(out: BytesWriter, portal_name: bytes = b"", max_rows: int = 0) -> None:
    """Append Execute: portal name, Int32 row limit (0: all rows).

    Raises:
        EncodeError: the name is not UTF-8, holds NUL or is too long, `max_rows` is no Int32; `out` is unchanged.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-EXECUTE
    """
    portal_name = encode_cstring(portal_name, "the portal name")
    check_range(max_rows, 0, INT32_MAX, "the row limit")
    write_header(out, EXECUTE, i64(len(portal_name)) + 5, MAX_SMALL_REQUEST_BYTES)
    write_string(out, portal_name)
    write_i32_be(out, i32(max_rows))
