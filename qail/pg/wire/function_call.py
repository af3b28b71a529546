"""FunctionCall and its answer: the manual keeps them for old programs. A Session never sends one.

Source: protocol-flow.html#PROTOCOL-FLOW-FUNCTION-CALL
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire.constants import (
    BINARY,
    COUNT_BYTES,
    FUNCTION_CALL,
    FUNCTION_CALL_RESPONSE,
    MAX_PARAMETERS,
    OID_BYTES,
    TEXT,
    UINT32_MAX,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_format,
    check_formats,
    check_range,
    read_count,
    read_i16,
    read_u32,
    read_values,
    take_formats,
    take_values,
    values_bytes,
    write_formats,
    write_header,
    write_u16,
    write_u32,
    write_values,
)
from qail.pg.wire.message import Message


class FunctionCall(Message):
    """Call the function with this OID. `arguments` are encoded values, None is NULL; format codes as in Bind."""

    __slots__ = ("argument_formats", "arguments", "function_oid", "result_format")

    def __init__(
        self,
        function_oid: int,
        argument_formats: list[int],
        arguments: list[bytes | None],
        result_format: int,
    ) -> None:
        self.function_oid: Final = function_oid
        self.argument_formats: Final = argument_formats
        self.arguments: Final = arguments
        self.result_format: Final = result_format

    def contents(self) -> tuple[object, ...]:
        return (self.function_oid, tuple(self.argument_formats), tuple(self.arguments), self.result_format)

    def summary(self) -> str:
        return f"function_oid={self.function_oid}, <{len(self.arguments)} arguments>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 OID, Int16 count and format codes, Int16 count and arguments, Int16 result format.

        Raises:
            EncodeError: more than 65,535 arguments, format codes for another number of them, a number out of range, a
                frame above the limit; `out` is unchanged.
        """
        count: i64 = len(self.arguments)
        if count > MAX_PARAMETERS:
            raise EncodeError(f"the function has {count} arguments; FunctionCall counts at most {MAX_PARAMETERS}")
        check_range(self.function_oid, 0, UINT32_MAX, "the function's OID")
        check_range(self.result_format, TEXT, BINARY, "the result's format code")
        check_formats(self.argument_formats, count, "arguments")
        body_bytes = OID_BYTES + 3 * COUNT_BYTES + 2 * i64(len(self.argument_formats))
        write_header(out, FUNCTION_CALL, body_bytes + values_bytes(self.arguments))
        write_u32(out, self.function_oid)
        write_formats(out, self.argument_formats)
        write_u16(out, count)
        write_values(out, self.arguments)
        write_u16(out, self.result_format)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> FunctionCall:
        """Decode one body, `buffer[start:end]`, as `encode` lays it out. All counts are unsigned.

        Raises:
            ProtocolError: a count or length disagrees with the bytes, a format code is neither 0 nor 1, or there are
                more than one and another number of them than arguments.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-FUNCTIONCALL
        """
        function_oid = int(read_u32(buffer, start, end, "the function's OID"))
        position, argument_formats = take_formats(buffer, start + OID_BYTES, end, "arguments")
        count = read_count(buffer, position, end, "arguments")
        if len(argument_formats) > 1 and len(argument_formats) != count:
            raise ProtocolError(f"{len(argument_formats)} format codes came for {count} arguments")
        position, arguments = take_values(buffer, position + COUNT_BYTES, end, count, "an argument")
        result_format = check_format(read_i16(buffer, position, end, "the result's format code"), "the result")
        check_consumed(position + 2, end, "FunctionCall")
        return FunctionCall(function_oid, argument_formats, arguments, int(result_format))


class FunctionCallResponse(Message):
    """What the function returned: an encoded value, None is NULL."""

    __slots__ = ("value",)

    def __init__(self, value: bytes | None) -> None:
        self.value: Final = value

    def contents(self) -> tuple[object, ...]:
        return (self.value,)

    def summary(self) -> str:
        return "None" if self.value is None else f"<{len(self.value)} bytes>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 length (-1 is NULL), bytes."""
        values: list[bytes | None] = [self.value]
        write_header(out, FUNCTION_CALL_RESPONSE, values_bytes(values))
        write_values(out, values)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> FunctionCallResponse:
        """Decode one body, `buffer[start:end]`: Int32 length (-1 is NULL), bytes.

        Raises:
            ProtocolError: length and bytes disagree.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-FUNCTIONCALLRESPONSE
        """
        return FunctionCallResponse(read_values(buffer, start, end, 1, "the result")[0])
