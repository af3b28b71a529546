"""Script: what one SQL text does on a scripted server, as data; and the small makers of messages that scripts need.

    Script(columns=[("id", INT8), "name"], rows=[(1, "Ada"), (2, None)])
    Script("INSERT 0 1", parameters=[INT8, TEXT])
    Script(fails_at="execute", failure=error("23505", constraint="users_pkey"))
    Script("SELECT 1", delay_seconds=0.2)         Script(hold=True)         Script(ends="reset", at="row")

Rule 1: a value of a row is written by the type of its column, in the format the client asked for; `bytes` and None go
out as they are, so that a script can also send what no server would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Final, Literal

from librt.strings import BytesWriter

from qail.pg.codec.registry import BUILTIN
from qail.pg.wire.constants import BINARY, LENGTH_BYTES
from qail.pg.wire.description import ColumnDescription, RowDescription
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import ErrorResponse
from qail.pg.wire.result import DataRow
from qail.pgtype import PgType

Point = Literal["", "parse", "describe", "bind", "execute", "row", "complete", "sync"]
Ending = Literal["", "close", "reset", "freeze"]
Column = str | tuple[str, PgType[Any] | int]

TEXT_OID: Final = 25
_FIELD_LETTERS: Final[Mapping[str, str]] = {
    "detail": "D",
    "hint": "H",
    "position": "P",
    "schema": "s",
    "table": "t",
    "column": "c",
    "data_type": "d",
    "constraint": "n",
}


def error(sqlstate: str = "22012", severity: str = "ERROR", message: str = "failed", **fields: str) -> ErrorResponse:
    """An ErrorResponse; `fields` are further fields, by name (`constraint=`, `table=` ...) or by letter."""
    more = {_FIELD_LETTERS.get(name, name): value for name, value in fields.items()}
    return ErrorResponse({"S": severity, "V": severity, "C": sqlstate, "M": message, **more})


def frames(*messages: Message) -> bytes:
    """The bytes of `messages`, one after another."""
    return b"".join(encode_message(message) for message in messages)


def row_description(columns: Sequence[Column], formats: Sequence[int] = ()) -> RowDescription:
    """A description of columns: a name alone is of type text; `formats` as in Bind, none before one has come."""
    return RowDescription(
        [
            ColumnDescription(name, oid, format_code=format_of(formats, index))
            for index, (name, oid) in enumerate(map(named, columns))
        ]
    )


def named(column: Column) -> tuple[str, int]:
    """Name and type OID of a column."""
    if isinstance(column, str):
        return column, TEXT_OID
    name, kind = column
    return name, oid_of(kind)


def oid_of(kind: PgType[Any] | int) -> int:
    """The OID of a type, or that OID itself."""
    return kind if isinstance(kind, int) else kind.oid


def format_of(formats: Sequence[int], index: int) -> int:
    """The format code of a field, of the list that Bind carries: none is text, one is for all."""
    if not formats:
        return 0
    return formats[0] if len(formats) == 1 else formats[index]


@dataclass
class Script:
    """What one SQL text does. Without a `tag`, rows end in `SELECT n`, and nothing at all is an empty query.

    `at`, a place in the conversation: parse, describe, bind, execute (ahead of the rows), row (behind them), complete
    (ahead of CommandComplete, too) or sync (ahead of ReadyForQuery).
    """

    tag: str = ""
    _: KW_ONLY
    columns: Sequence[Column] = ()
    """A name, of type text; or a name with a type or its OID."""
    rows: Sequence[Sequence[object]] = ()
    parameters: Sequence[PgType[Any] | int] | None = None
    """Types of `$1` and on; unless given, what the client says, and text where it says nothing."""
    fails_at: Point = ""
    """Where it fails, with `failure`."""
    failure: ErrorResponse = field(default_factory=error)
    status: int | None = None
    """The transaction status afterwards; None leaves it."""
    copy: Literal["", "in", "out"] = ""
    """COPY FROM STDIN, or TO STDOUT, whose data are the first values of `rows`."""
    at: Point = "execute"
    """Where what follows happens."""
    delay_seconds: float = 0.0
    hold: bool = False
    """Wait until `ScriptedServer.release`, or until the client cancels."""
    send: bytes = b""
    """Bytes as they are, put in."""
    ends: Ending = ""
    """Close the connection, reset it, or read on and say nothing any more."""

    @property
    def finished(self) -> str:
        """The command tag."""
        return self.tag or (f"SELECT {len(self.rows)}" if self.columns else "")

    def data_row(self, row: Sequence[object], formats: Sequence[int]) -> DataRow:
        """One row as it is sent.

        Raises:
            EncodeError: a value is not of its column's type.
        """
        oids = [oid for _, oid in map(named, self.columns)] or [TEXT_OID] * len(row)
        return DataRow([field_bytes(value, oids[index], format_of(formats, index)) for index, value in enumerate(row)])


def field_bytes(value: object, oid: int, format_code: int) -> bytes | None:
    """A value as a field of a row: bytes and None as they are.

    Raises:
        EncodeError: it is not of the type.
    """
    if value is None or isinstance(value, bytes):
        return value
    codec = BUILTIN.get(oid)
    if format_code != BINARY or codec is None or codec.format_code != BINARY:
        return ("ft"[value] if isinstance(value, bool) else str(value)).encode()
    out = BytesWriter()
    codec.encode(out, value)
    return out.getvalue()[LENGTH_BYTES:]


@dataclass(frozen=True)
class Executed:
    """A statement that was executed: its text, and its parameters as they came (None is NULL)."""

    sql: str
    parameters: tuple[bytes | None, ...] = ()


@dataclass(frozen=True)
class Delay:
    """An output that is a wait."""

    seconds: float


@dataclass(frozen=True)
class Hold:
    """An output that waits until it is released, or cancelled."""


@dataclass(frozen=True)
class End:
    """An output behind which there is none."""

    how: Ending


@dataclass(frozen=True)
class StartTls:
    """An output behind which TLS begins."""


Output = Message | bytes | Delay | Hold | End | StartTls
