"""What a backend says of statements: RowDescription, ParameterDescription, NoData.

Source: protocol-message-formats.html
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i16_be, read_i32_be, write_i16_be, write_i32_be
from mypy_extensions import i16, i32, i64

from qail.pg.wire.constants import (
    BINARY,
    COUNT_BYTES,
    INT16_MAX,
    INT16_MIN,
    INT32_MAX,
    INT32_MIN,
    MAX_COUNT,
    MAX_PARAMETER_DESCRIPTION_BYTES,
    MAX_PARAMETERS,
    NO_DATA,
    OID_BYTES,
    PARAMETER_DESCRIPTION,
    ROW_DESCRIPTION,
    TEXT,
    UINT32_MAX,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_count,
    check_format,
    check_range,
    decode_backend_text,
    encode_cstring,
    find_terminator,
    read_count,
    write_header,
    write_string,
    write_u16,
    write_u32,
)
from qail.pg.wire.message import Message, check_empty, encode_empty

# Behind a column's name: table OID, column number, type OID, type size, type modifier, format code.
_COLUMN_TAIL_BYTES: Final = 18


class ColumnDescription(Message):
    """One column of a RowDescription; a part of a message, so its `encode` writes no header.

    `source` is (`table_oid`, `column_number`), both 0 where the column is no table's own. `type_size` is in bytes,
    negative for types of variable width; `type_modifier` is -1 where there is none. `format_code` is 0 (also whenever
    a statement is described, before formats are known) or 1.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ROWDESCRIPTION
    """

    __slots__ = ("column_number", "format_code", "name", "table_oid", "type_modifier", "type_oid", "type_size")

    def __init__(
        self,
        name: str,
        type_oid: int,
        *,
        source: tuple[int, int] = (0, 0),
        type_size: int = -1,
        type_modifier: int = -1,
        format_code: int = TEXT,
    ) -> None:
        self.name: Final = name
        self.table_oid: Final = source[0]
        self.column_number: Final = source[1]
        self.type_oid: Final = type_oid
        self.type_size: Final = type_size
        self.type_modifier: Final = type_modifier
        self.format_code: Final = format_code

    def contents(self) -> tuple[object, ...]:
        return (
            self.name,
            self.table_oid,
            self.column_number,
            self.type_oid,
            self.type_size,
            self.type_modifier,
            self.format_code,
        )

    def summary(self) -> str:
        return f"{self.name!r}, type_oid={self.type_oid}, format_code={self.format_code}"

    def encode(self, out: BytesWriter) -> None:
        """Append the column as it stands in a RowDescription.

        Raises:
            EncodeError: the name holds NUL or a surrogate, or a number does not fit its field; `out` is unchanged.
        """
        name = encode_cstring(self.name, "a column name")
        check_range(self.table_oid, 0, UINT32_MAX, "a table OID")
        check_range(self.column_number, INT16_MIN, INT16_MAX, "a column number")
        check_range(self.type_oid, 0, UINT32_MAX, "a type OID")
        check_range(self.type_size, INT16_MIN, INT16_MAX, "a type size")
        check_range(self.type_modifier, INT32_MIN, INT32_MAX, "a type modifier")
        check_range(self.format_code, TEXT, BINARY, "a format code")
        write_string(out, name)
        write_u32(out, self.table_oid)
        write_i16_be(out, i16(self.column_number))
        write_u32(out, self.type_oid)
        write_i16_be(out, i16(self.type_size))
        write_i32_be(out, i32(self.type_modifier))
        write_i16_be(out, i16(self.format_code))


class RowDescription(Message):
    """The columns of the rows to come."""

    __slots__ = ("columns",)

    def __init__(self, columns: list[ColumnDescription]) -> None:
        self.columns: Final = columns

    def contents(self) -> tuple[object, ...]:
        return tuple(self.columns)

    def summary(self) -> str:
        return ", ".join([repr(column) for column in self.columns])

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int16 count, then the columns."""
        check_range(len(self.columns), 0, MAX_COUNT, "the number of columns")
        body = BytesWriter()
        for column in self.columns:
            column.encode(body)
        write_header(out, ROW_DESCRIPTION, i64(len(body)) + COUNT_BYTES)
        write_u16(out, len(self.columns))
        out.write(body.getvalue())

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> RowDescription:
        """Decode one body, `buffer[start:end]`: Int16 count (unsigned), then for each column its name, Int32 table OID,
        Int16 column number, Int32 type OID, Int16 type size, Int32 type modifier, Int16 format code.

        Raises:
            ProtocolError: count and bytes disagree, a name is not terminated, a format code is neither 0 nor 1.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ROWDESCRIPTION
        """
        count = read_count(buffer, start, end, "columns")
        position = start + COUNT_BYTES
        check_count(count, _COLUMN_TAIL_BYTES + 1, position, end, "columns")
        columns: list[ColumnDescription] = []
        for _ in range(count):
            # A column's fixed part lies behind its name: leave room for it when the NUL is looked for.
            stop = find_terminator(buffer, position, end - _COLUMN_TAIL_BYTES, "a column name")
            columns.append(_decode_column(buffer, position, stop))
            position = stop + 1 + _COLUMN_TAIL_BYTES
        check_consumed(position, end, "RowDescription")
        return RowDescription(columns)


def _decode_column(buffer: bytes, position: i64, stop: i64) -> ColumnDescription:
    # The caller has checked that the fixed part follows the NUL at `stop`.
    return ColumnDescription(
        decode_backend_text(buffer[position:stop]),
        int(i64(read_i32_be(buffer, stop + 7)) & UINT32_MAX),
        source=(int(i64(read_i32_be(buffer, stop + 1)) & UINT32_MAX), int(read_i16_be(buffer, stop + 5))),
        type_size=int(read_i16_be(buffer, stop + 11)),
        type_modifier=int(read_i32_be(buffer, stop + 13)),
        format_code=int(check_format(i64(read_i16_be(buffer, stop + 17)), "a column")),
    )


class ParameterDescription(Message):
    """The types of a statement's parameters: `type_oids[0]` is the type of `$1`."""

    __slots__ = ("type_oids",)

    def __init__(self, type_oids: list[int]) -> None:
        self.type_oids: Final = type_oids

    def contents(self) -> tuple[object, ...]:
        return tuple(self.type_oids)

    def summary(self) -> str:
        return f"type_oids={self.type_oids!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int16 count, then Int32 OIDs."""
        count: i64 = len(self.type_oids)
        check_range(count, 0, MAX_PARAMETERS, "the number of parameters")
        for type_oid in self.type_oids:
            check_range(type_oid, 0, UINT32_MAX, "a type OID")
        write_header(out, PARAMETER_DESCRIPTION, COUNT_BYTES + OID_BYTES * count, MAX_PARAMETER_DESCRIPTION_BYTES)
        write_u16(out, count)
        for type_oid in self.type_oids:
            write_u32(out, type_oid)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> ParameterDescription:
        """Decode one body, `buffer[start:end]`: Int16 count, then count times Int32 type OID; both unsigned.

        Raises:
            ProtocolError: the count and the number of bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PARAMETERDESCRIPTION
        """
        count = read_count(buffer, start, end, "parameters")
        position = start + COUNT_BYTES
        check_count(count, OID_BYTES, position, end, "parameters")
        type_oids: list[int] = []
        for _ in range(count):
            type_oids.append(int(i64(read_i32_be(buffer, position)) & UINT32_MAX))
            position += OID_BYTES
        check_consumed(position, end, "ParameterDescription")
        return ParameterDescription(type_oids)


class NoData(Message):
    """The statement or portal returns no rows."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; it has no body."""
        encode_empty(out, NO_DATA)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> NoData:
        """Decode an empty body.

        Raises:
            ProtocolError: it is not empty.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-NODATA
        """
        check_empty(start, end, "NoData")
        return NoData()
