"""What a backend may say at any time: NoticeResponse, NotificationResponse, ParameterStatus; and ErrorResponse.

Rule 1: notices and errors are lists of one-letter fields. Every field is optional, unknown ones are kept; when one
stands twice, the first is the one that counts.
Rule 2: text may come before an encoding is agreed: what is no UTF-8 becomes U+FFFD, and nothing raises for it.

Source: protocol-flow.html#PROTOCOL-ASYNC, protocol-error-fields.html
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64, u8

from qail.errors import EncodeError
from qail.pg.wire.constants import (
    ERROR_RESPONSE,
    INT32_MAX,
    INT32_MIN,
    MAX_SHORT_FRAME_BYTES,
    NOTICE_RESPONSE,
    NOTIFICATION_RESPONSE,
    PARAMETER_STATUS,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_range,
    decode_backend_text,
    encode_cstring,
    find_terminator,
    read_byte,
    read_i32,
    write_header,
    write_string,
)
from qail.pg.wire.message import Message

# The fields that hold no text of a statement or value; the message itself is shown wherever an error is.
_SHOWN_FIELDS: Final = ("V", "C", "M")


def decode_fields(buffer: bytes, start: i64, end: i64) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse, `buffer[start:end]`: Byte1 code and a string, then a zero byte.

    Keys are one character each: `C` is the SQLSTATE.

    Raises:
        ProtocolError: a string or the list is not terminated, or bytes follow it.

    Source: protocol-error-fields.html
    """
    fields: dict[str, str] = {}
    position = start
    while True:
        code = read_byte(buffer, position, end, "the end of the fields")
        position += 1
        if code == 0:
            break
        stop = find_terminator(buffer, position, end, "a field")
        key = chr(code)
        if key not in fields:
            fields[key] = decode_backend_text(buffer[position:stop])
        position = stop + 1
    check_consumed(position, end, "the fields")
    return fields


def write_fields(out: BytesWriter, type_code: u8, fields: dict[str, str]) -> None:
    """Append an ErrorResponse or NoticeResponse.

    Raises:
        EncodeError: a key is not one character of 1..255, a text holds NUL or a surrogate; `out` is unchanged.
    """
    body = BytesWriter()
    for key, text in fields.items():
        if len(key) != 1 or not 0 < ord(key) < 256:
            raise EncodeError(f"the field code {key!r} is not one byte")
        raw = encode_cstring(text, f"field {key}")
        body.append(u8(ord(key)))
        write_string(body, raw)
    body.append(0)
    write_header(out, type_code, i64(len(body)))
    out.write(body.getvalue())


def summarize_fields(fields: dict[str, str]) -> str:
    """Severity, SQLSTATE and message; of the others, which may quote rows and SQL, only the codes."""
    shown = [f"{key}={fields[key]!r}" for key in _SHOWN_FIELDS if key in fields]
    others = "".join([key for key in fields if key not in _SHOWN_FIELDS])
    return ", ".join([*shown, f"and {others}"] if others else shown)


class ErrorResponse(Message):
    """A statement or the connection failed. `fields` by their one-letter codes: `fields["C"]` is the SQLSTATE."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields: Final = fields

    def contents(self) -> tuple[object, ...]:
        return tuple(self.fields.items())

    def summary(self) -> str:
        return summarize_fields(self.fields)

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_fields`."""
        write_fields(out, ERROR_RESPONSE, self.fields)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> ErrorResponse:
        """Decode one body, `buffer[start:end]`; see `decode_fields`.

        Raises:
            ProtocolError: a string or the list is not terminated, or bytes follow it.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ERRORRESPONSE
        """
        return ErrorResponse(decode_fields(buffer, start, end))


class NoticeResponse(Message):
    """A warning or a remark; nothing failed. `fields` as in ErrorResponse."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields: Final = fields

    def contents(self) -> tuple[object, ...]:
        return tuple(self.fields.items())

    def summary(self) -> str:
        return summarize_fields(self.fields)

    def encode(self, out: BytesWriter) -> None:
        """Append the frame; see `write_fields`."""
        write_fields(out, NOTICE_RESPONSE, self.fields)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> NoticeResponse:
        """Decode one body, `buffer[start:end]`; see `decode_fields`.

        Raises:
            ProtocolError: a string or the list is not terminated, or bytes follow it.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-NOTICERESPONSE
        """
        return NoticeResponse(decode_fields(buffer, start, end))


class NotificationResponse(Message):
    """NOTIFY was run on a channel that this session listens to. `process_id` is the backend that ran it."""

    __slots__ = ("channel", "payload", "process_id")

    def __init__(self, process_id: int, channel: str, payload: str) -> None:
        self.process_id: Final = process_id
        self.channel: Final = channel
        self.payload: Final = payload

    def contents(self) -> tuple[object, ...]:
        return (self.process_id, self.channel, self.payload)

    def summary(self) -> str:
        return f"process_id={self.process_id}, channel={self.channel!r}, payload=<{len(self.payload)} characters>"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: Int32 process id, channel, payload."""
        check_range(self.process_id, INT32_MIN, INT32_MAX, "the process id")
        channel = encode_cstring(self.channel, "the channel")
        payload = encode_cstring(self.payload, "the payload")
        write_header(out, NOTIFICATION_RESPONSE, i64(len(channel)) + len(payload) + 6)
        write_i32_be(out, i32(self.process_id))
        write_string(out, channel)
        write_string(out, payload)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> NotificationResponse:
        """Decode one body, `buffer[start:end]`: Int32 process id, channel, payload.

        Raises:
            ProtocolError: it is too short, a string is not terminated, or bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-NOTIFICATIONRESPONSE
        """
        process_id = int(read_i32(buffer, start, end, "the process id"))
        position = start + 4
        stop = find_terminator(buffer, position, end, "the channel")
        last = find_terminator(buffer, stop + 1, end, "the payload")
        check_consumed(last + 1, end, "NotificationResponse")
        channel = decode_backend_text(buffer[position:stop])
        return NotificationResponse(process_id, channel, decode_backend_text(buffer[stop + 1 : last]))


class ParameterStatus(Message):
    """A setting of the session has this value now."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: str) -> None:
        self.name: Final = name
        self.value: Final = value

    def contents(self) -> tuple[object, ...]:
        return (self.name, self.value)

    def summary(self) -> str:
        return f"{self.name!r}, {self.value!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append the frame: name, value."""
        name = encode_cstring(self.name, "the parameter's name")
        value = encode_cstring(self.value, "the parameter's value")
        write_header(out, PARAMETER_STATUS, i64(len(name)) + len(value) + 2, MAX_SHORT_FRAME_BYTES)
        write_string(out, name)
        write_string(out, value)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> ParameterStatus:
        """Decode one body, `buffer[start:end]`: name, value.

        Raises:
            ProtocolError: a string is not terminated, or bytes follow.

        Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-PARAMETERSTATUS
        """
        stop = find_terminator(buffer, start, end, "the parameter's name")
        last = find_terminator(buffer, stop + 1, end, "the parameter's value")
        check_consumed(last + 1, end, "ParameterStatus")
        return ParameterStatus(decode_backend_text(buffer[start:stop]), decode_backend_text(buffer[stop + 1 : last]))
