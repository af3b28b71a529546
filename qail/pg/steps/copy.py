"""COPY: its SQL, the query that describes its columns, and the size of its pieces. No I/O.

Rule 1: binary COPY converts nothing, so the columns' types are those the server describes, never those a class says.
Rule 2: a piece is cut by bytes, learnt from the piece before: memory is bounded whatever a record weighs.

Source: sql-copy.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from qail.ast.build.items import relation_of, whole_row_of
from qail.ast.build.maintenance import copy_of
from qail.ast.build.qail import Qail
from qail.compile.cache import lookup
from qail.compile.plan import Plan
from qail.compile.quote import identifier
from qail.errors import UsageError

CopyFormat = Literal["binary", "text", "csv"]
"""`binary` is of records, unless a file says otherwise; `text` and `csv` are bytes as PostgreSQL writes them."""
COPY_FORMATS: Final[tuple[CopyFormat, ...]] = ("binary", "text", "csv")

PIECE_BYTES: Final = 256 * 1024
MOST_RECORDS: Final = 10_000
FIRST_RECORDS: Final = 64


class CopyTable:
    """A table and the columns to copy: of a class its own, of a name all, unless `columns` names them."""

    def __init__(self, table: Any, columns: Sequence[Any] | None) -> None:
        relation = relation_of(table)
        self._name: Final = (relation.schema, relation.name) if relation.schema is not None else relation.name
        names = None if columns is None else [_column_name(column) for column in columns]
        row = whole_row_of(table)
        if names is None and row is not None:
            names = [column.name for column in row.columns]
        if names is not None and not names:
            raise UsageError("columns is empty: name at least one, or leave it out for all")
        self.names: Final = names

    @property
    def query(self) -> Any:
        """The SELECT whose description says the columns' names and types."""
        query = Qail.get(self._name)
        return query.columns(*self.names) if self.names is not None else query

    def statement(self, names: Sequence[str] | None, direction: str, form: CopyFormat) -> bytes:
        """`COPY table (columns) FROM STDIN` or `TO STDOUT`; without names, all columns."""
        parts = self._name if isinstance(self._name, tuple) else (self._name,)
        table = ".".join(identifier(part) for part in parts)
        columns = "" if names is None else f" ({', '.join(identifier(name) for name in names)})"
        return f"COPY {table}{columns} {direction} (FORMAT {form})".encode()


def checked_format(form: str) -> CopyFormat:
    """Raises UsageError: there is no such format."""
    for known in COPY_FORMATS:
        if form == known:
            return known
    raise UsageError(f"format is one of {', '.join(COPY_FORMATS)}, not {form!r:.40}")


def query_statement(query: Any, form: CopyFormat) -> Plan:
    """`COPY (query) TO STDOUT`. COPY takes no parameters, so the query's values stand in the text.

    Raises:
        BuildError: it is no query, or a value has no literal form.
    """
    return lookup(copy_of(query, form)).plan


class PieceSize:
    """How many records make a piece of about PIECE_BYTES."""

    def __init__(self) -> None:
        self.records = FIRST_RECORDS

    def learn(self, records: int, piece_bytes: int) -> None:
        """The last piece had so many records and bytes."""
        if piece_bytes:
            fitting = records * PIECE_BYTES // piece_bytes
            # At most doubled, so that small records ahead of large ones do not lead to a huge piece.
            self.records = max(1, min(fitting, self.records * 2, MOST_RECORDS))


def _column_name(column: Any) -> str:
    name = column if isinstance(column, str) else getattr(column, "name", None)
    if not isinstance(name, str):
        raise UsageError(f"a column to copy is a name or a column of a table, not {column!r:.60}")
    return name
