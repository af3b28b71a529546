"""Described: what the server last said of a statement's columns, shared by all runs of one BoundPlan.

Rule 1: a run of a prepared statement brings no description: it has the names that an earlier run was told.
Rule 2: the body is taken apart once, when somebody asks for names.
Rule 3: `is_current` is False before the first description and once other types were described: a run must then bring
Parse and Describe, or it would be decoded by what no longer holds.
"""

from __future__ import annotations

from qail.pg.wire.description import ColumnDescription, RowDescription


class Described:
    """The body of a RowDescription, None before any, and what it says."""

    def __init__(self, body: bytes | None, *, is_current: bool = True) -> None:
        self.body: bytes | None = body
        self.is_current: bool = is_current
        self._is_outdated: bool = False
        self._columns: list[ColumnDescription] | None = None
        self._names: tuple[str, ...] | None = None

    @property
    def columns(self) -> list[ColumnDescription]:
        """What is known of the columns: empty before any description."""
        if self._columns is None:
            body = self.body
            if body is None:
                return []
            self._columns = RowDescription.decode(body, 0, len(body)).columns
        return self._columns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names: empty before any description."""
        if self._names is None:
            if self.body is None:
                return ()
            self._names = tuple([column.name for column in self.columns])
        return self._names

    def confirm(self) -> None:
        """The latest run was told what is known."""
        self.is_current = not self._is_outdated

    def expire(self) -> None:
        """Some run was told otherwise. For good: an older answer, of another connection, proves nothing."""
        self._is_outdated = True
        self.is_current = False

    def keep(self, body: bytes, columns: list[ColumnDescription]) -> None:
        """The latest body, and what it says."""
        self.body = body
        self.confirm()
        self._columns = columns
        self._names = None
