"""Message: the base of every frontend and backend message as a value.

Rule 1: a message is equal to another of its class with equal fields, and is never changed after it was made.
Rule 2: `encode` appends the whole frame, header included, or raises EncodeError and leaves `out` as it was. `decode`,
a static function of each class, takes the body alone: what stands behind the length.
Rule 3: `repr` is for logs: passwords, keys, SQL, parameters and rows appear there as a number of bytes only.

These classes serve fakes, proxies, tests and the rare messages; the hot path has functions that make no objects.
"""

from __future__ import annotations

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from qail.pg.wire.fields import check_consumed, write_header


class Message:
    """One message. Subclasses name the manual's messages."""

    __slots__ = ()

    def contents(self) -> tuple[object, ...]:
        """The fields in the order of the wire: what makes two messages of one class equal."""
        return ()

    def summary(self) -> str:
        """The fields as `repr` may show them: no secret, no value of a user."""
        return ""

    def encode(self, out: BytesWriter) -> None:
        """Append the whole frame.

        Raises:
            EncodeError: a field cannot be written; `out` is unchanged.
        """
        raise AssertionError("a message defines encode")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and type(self) is type(other) and self.contents() == other.contents()

    def __hash__(self) -> int:
        return hash((type(self).__name__, repr(self.contents())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.summary()})"


def encode_message(message: Message) -> bytes:
    """The frame of one message.

    Raises:
        EncodeError: a field cannot be written.
    """
    out = BytesWriter()
    message.encode(out)
    return out.getvalue()


def encode_empty(out: BytesWriter, type_code: u8) -> None:
    """Append a frame whose body is empty."""
    write_header(out, type_code, 0)


def check_empty(start: i64, end: i64, what: str) -> None:
    """Refuse a body where there must be none.

    Raises:
        ProtocolError: there is one.
    """
    check_consumed(start, end, what)


def hidden(raw: bytes) -> str:
    """How `repr` shows bytes that it must not show."""
    return f"<{len(raw)} bytes>"
