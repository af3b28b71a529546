"""Statements of our own with values: one unnamed statement, its values and its results as text. No I/O.

Rule 1: SQL is a constant of the library; whatever comes from a caller is a bind value, and the SQL casts it.
Rule 2: the unnamed statement, so no cache knows of it.

Source: protocol-flow.html, "Extended Query"
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be

from qail.pg.codec.text import utf8_of
from qail.pg.wire.fields import write_u16
from qail.pg.wire.query import (
    DESCRIBE_UNNAMED_STATEMENT_FRAME,
    EXECUTE_UNNAMED_FRAME,
    finish_bind,
    write_bind_head,
    write_parse,
)


class TextCommand:
    """SQL of the library's own and the text of each of its `$n`.

    Raises:
        EncodeError: a value holds NUL or a surrogate.
    """

    __slots__ = ("sql", "values")

    def __init__(self, sql: str, *values: str) -> None:
        self.sql: Final = sql.encode()
        self.values: Final = [utf8_of("text", value) for value in values]


def write_command(out: BytesWriter, command: TextCommand) -> None:
    """Append Parse, Describe, Bind, Execute of `command`. Values and results are in text format."""
    write_parse(out, b"", command.sql, [])
    out.write(DESCRIBE_UNNAMED_STATEMENT_FRAME)
    start = write_bind_head(out, b"")
    write_u16(out, 0)  # no format codes: all text
    write_u16(out, len(command.values))
    for value in command.values:
        write_i32_be(out, len(value))
        out.write(value)
    write_u16(out, 0)  # results: text as well
    finish_bind(out, start)
    out.write(EXECUTE_UNNAMED_FRAME)
