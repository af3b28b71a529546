"""What a frontend sends to run statements, as values: Query, Parse, Bind, Describe, Execute, Close, Flush, Sync.

The functions that write the same frames without objects are in `query.py`. SQL and names are bytes, UTF-8;
`b""` is the unnamed statement or portal. `repr` shows names, and neither SQL nor parameters.

Source: protocol-message-formats.html, protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire.constants import (
    BIND,
    CLOSE,
    COUNT_BYTES,
    DESCRIBE,
    FLUSH,
    MAX_PARAMETERS,
    OID_BYTES,
    PORTAL,
    STATEMENT,
    SYNC,
    TERMINATE,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_count,
    check_formats,
    encode_cstring,
    read_byte,
    read_count,
    read_i32,
    read_u32,
    take_formats,
    take_frontend_string,
    take_values,
    values_bytes,
    write_formats,
    write_header,
    write_string,
    write_u16,
    write_values,
)
from qail.pg.wire.message import Message, check_empty, encode_empty, hidden
from qail.pg.wire.query import write_execute, write_parse, write_query, write_target


class Query(Message):
    """SQL to be run at once, one or several statements; rows come back as text."""

    __slots__ = ("sql",)

    def __init__(self, sql: bytes) -> None:
        self.sql: Final = sql

    def contents(self) -> tuple[object, ...]:
        return (self.sql,)

    def summary(self) -> str:
        return f"sql={hidden(self.sql)}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `query.write_query`."""
        write_query(out, self.sql)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Query:
        """Decode one body, `buffer[start:end]`: one string.

        Raises:
            ProtocolError: it is not terminated or not UTF-8, or bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-QUERY
        """
        position, sql = take_frontend_string(buffer, start, end, "the SQL")
        check_consumed(position, end, "Query")
        return Query(sql)


class Parse(Message):
    """Make a prepared statement of one SQL statement; 0, or no OID, is a parameter whose type the server infers."""

    __slots__ = ("parameter_oids", "sql", "statement_name")

    def __init__(self, statement_name: bytes, sql: bytes, parameter_oids: list[int]) -> None:
        self.statement_name: Final = statement_name
        self.sql: Final = sql
        self.parameter_oids: Final = parameter_oids

    def contents(self) -> tuple[object, ...]:
        return (self.statement_name, self.sql, *self.parameter_oids)

    def summary(self) -> str:
        return f"{self.statement_name!r}, sql={hidden(self.sql)}, parameter_oids={self.parameter_oids!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `query.write_parse`."""
        write_parse(out, self.statement_name, self.sql, self.parameter_oids)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Parse:
        """Decode one body, `buffer[start:end]`: statement name, SQL, Int16 count (unsigned), Int32 type OIDs.

        Raises:
            ProtocolError: a string is not terminated or not UTF-8, or count and bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PARSE
        """
        position, statement_name = take_frontend_string(buffer, start, end, "the statement name")
        position, sql = take_frontend_string(buffer, position, end, "the SQL")
        count = read_count(buffer, position, end, "parameters")
        position += COUNT_BYTES
        check_count(count, OID_BYTES, position, end, "parameters")
        parameter_oids: list[int] = []
        for _ in range(count):
            parameter_oids.append(int(read_u32(buffer, position, end, "a type OID")))
            position += OID_BYTES
        check_consumed(position, end, "Parse")
        return Parse(statement_name, sql, parameter_oids)


class Bind(Message):
    """Make a portal of a prepared statement and its parameters.

    `parameters` are encoded values, None is NULL. Format codes: none (all text), one for all, or one for each.
    """

    __slots__ = ("parameter_formats", "parameters", "portal_name", "result_formats", "statement_name")

    def __init__(
        self,
        portal_name: bytes,
        statement_name: bytes,
        parameter_formats: list[int],
        parameters: list[bytes | None],
        result_formats: list[int],
    ) -> None:
        self.portal_name: Final = portal_name
        self.statement_name: Final = statement_name
        self.parameter_formats: Final = parameter_formats
        self.parameters: Final = parameters
        self.result_formats: Final = result_formats

    def contents(self) -> tuple[object, ...]:
        return (
            self.portal_name,
            self.statement_name,
            tuple(self.parameter_formats),
            tuple(self.parameters),
            tuple(self.result_formats),
        )

    def summary(self) -> str:
        return f"{self.portal_name!r}, {self.statement_name!r}, <{len(self.parameters)} parameters>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: portal name, statement name, Int16 count and format codes, Int16 count and parameters
        (Int32 length and bytes each; -1 is NULL), Int16 count and result format codes.

        Raises:
            EncodeError: more than 65,535 parameters, format codes for another number of them, a name that holds NUL or
                is not UTF-8, a frame above the limit; `out` is unchanged.
        """
        portal_name = encode_cstring(self.portal_name, "the portal name")
        statement_name = encode_cstring(self.statement_name, "the statement name")
        count: i64 = len(self.parameters)
        if count > MAX_PARAMETERS:
            raise EncodeError(f"the statement has {count} parameters; PostgreSQL takes at most {MAX_PARAMETERS}")
        if len(self.result_formats) > MAX_PARAMETERS:
            raise EncodeError(f"{len(self.result_formats)} result format codes; Bind counts at most {MAX_PARAMETERS}")
        check_formats(self.parameter_formats, count, "parameters")
        check_formats(self.result_formats, len(self.result_formats), "results")
        body_bytes = i64(len(portal_name)) + len(statement_name) + 2 + 3 * COUNT_BYTES
        body_bytes += 2 * (i64(len(self.parameter_formats)) + len(self.result_formats))
        write_header(out, BIND, body_bytes + values_bytes(self.parameters))
        write_string(out, portal_name)
        write_string(out, statement_name)
        write_formats(out, self.parameter_formats)
        write_u16(out, count)
        write_values(out, self.parameters)
        write_formats(out, self.result_formats)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Bind:
        """Decode one body, `buffer[start:end]`, as `encode` lays it out. All counts are unsigned.

        Raises:
            ProtocolError: a string is not terminated or not UTF-8, a count or length disagrees with the bytes, a format
                code is neither 0 nor 1, or there are more than one and another number of them than parameters.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BIND
        """
        position, portal_name = take_frontend_string(buffer, start, end, "the portal name")
        position, statement_name = take_frontend_string(buffer, position, end, "the statement name")
        position, parameter_formats = take_formats(buffer, position, end, "parameters")
        count = read_count(buffer, position, end, "parameters")
        if len(parameter_formats) > 1 and len(parameter_formats) != count:
            raise ProtocolError(f"{len(parameter_formats)} format codes came for {count} parameters")
        position, parameters = take_values(buffer, position + COUNT_BYTES, end, count, "a parameter")
        position, result_formats = take_formats(buffer, position, end, "results")
        check_consumed(position, end, "Bind")
        return Bind(portal_name, statement_name, parameter_formats, parameters, result_formats)


class Describe(Message):
    """Ask for the description of a statement (`target` is STATEMENT) or portal (PORTAL)."""

    __slots__ = ("name", "target")

    def __init__(self, target: int, name: bytes) -> None:
        self.target: Final = target
        self.name: Final = name

    def contents(self) -> tuple[object, ...]:
        return (self.target, self.name)

    def summary(self) -> str:
        return f"{chr(self.target)!r}, {self.name!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `query.write_target`."""
        write_target(out, DESCRIBE, _encode_target(self.target), self.name)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Describe:
        """Decode one body, `buffer[start:end]`: Byte1 target (`S` or `P`), name.

        Raises:
            ProtocolError: another target, a name that is not terminated or not UTF-8, bytes behind it.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DESCRIBE
        """
        target, name = _decode_target(buffer, start, end, "Describe")
        return Describe(target, name)


class Close(Message):
    """Forget a statement (`target` is STATEMENT) or portal (PORTAL). It is no error if there is none."""

    __slots__ = ("name", "target")

    def __init__(self, target: int, name: bytes) -> None:
        self.target: Final = target
        self.name: Final = name

    def contents(self) -> tuple[object, ...]:
        return (self.target, self.name)

    def summary(self) -> str:
        return f"{chr(self.target)!r}, {self.name!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `query.write_target`."""
        write_target(out, CLOSE, _encode_target(self.target), self.name)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Close:
        """Decode one body, `buffer[start:end]`: Byte1 target (`S` or `P`), name.

        Raises:
            ProtocolError: another target, a name that is not terminated or not UTF-8, bytes behind it.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CLOSE
        """
        target, name = _decode_target(buffer, start, end, "Close")
        return Close(target, name)


class Execute(Message):
    """Run a portal, and stop after `max_rows` rows (0: run it to its end)."""

    __slots__ = ("max_rows", "portal_name")

    def __init__(self, portal_name: bytes, max_rows: int) -> None:
        self.portal_name: Final = portal_name
        self.max_rows: Final = max_rows

    def contents(self) -> tuple[object, ...]:
        return (self.portal_name, self.max_rows)

    def summary(self) -> str:
        return f"{self.portal_name!r}, max_rows={self.max_rows}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `query.write_execute`."""
        write_execute(out, self.portal_name, self.max_rows)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Execute:
        """Decode one body, `buffer[start:end]`: portal name, Int32 row limit (below 1 there is none: it becomes 0).

        Raises:
            ProtocolError: the name is not terminated or not UTF-8, or the number of bytes is wrong.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-EXECUTE
        """
        position, portal_name = take_frontend_string(buffer, start, end, "the portal name")
        max_rows = read_i32(buffer, position, end, "the row limit")
        check_consumed(position + 4, end, "Execute")
        return Execute(portal_name, int(max_rows) if max_rows > 0 else 0)


class Flush(Message):
    """Send what is ready, without ending the segment."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, FLUSH)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Flush:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-FLUSH
        """
        check_empty(start, end, "Flush")
        return Flush()


class Sync(Message):
    """End the segment: commit its implicit transaction, and answer ReadyForQuery."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, SYNC)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Sync:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SYNC
        """
        check_empty(start, end, "Sync")
        return Sync()


class Terminate(Message):
    """Goodbye; the connection is closed."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, TERMINATE)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> Terminate:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-TERMINATE
        """
        check_empty(start, end, "Terminate")
        return Terminate()


def _encode_target(target: int) -> u8:
    if target != STATEMENT and target != PORTAL:
        raise EncodeError(f"{target} names neither a statement nor a portal")
    return u8(target)


def _decode_target(buffer: bytes, start: i64, end: i64, what: str) -> tuple[int, bytes]:
    target = int(read_byte(buffer, start, end, f"the target of {what}"))
    if target != STATEMENT and target != PORTAL:
        raise ProtocolError(f"the target of {what} is {target:#04x}, neither a statement nor a portal")
    position, name = take_frontend_string(buffer, start + 1, end, "the statement or portal name")
    check_consumed(position, end, what)
    return target, name
