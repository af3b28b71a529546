"""CreateStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.constraint import PRIMARY_KEY, Constraint, primary_key
from qail.ast.clause.from_ import RangeVar
from qail.ast.node import Node
from qail.ast.statement.definition import Definition
from qail.ast.steps import Steps
from qail.errors import BuildError


class CreateStmt(Definition):
    """`CREATE TABLE name (columns, constraints)`, partitions as well."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        subject = self.subject
        self.name: Final = subject.name if isinstance(subject, RangeVar) else ""
        columns = [node for node in self.elements if isinstance(node, ColumnDef)]
        names = [column.name for column in columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BuildError(f"table {self.name!r} has two columns named {', '.join(twice)}")
        self._add_key([column.name for column in columns if column.is_key], columns)
        kinds = [clause.kind for clause in self.clauses]
        if "PARTITION OF" in kinds and columns:
            raise BuildError(
                f"partition {self.name!r} has the columns of its table: column() is for a table of its own"
            )

    def _add_key(self, names: list[str], columns: list[ColumnDef]) -> None:
        parts: list[Node] = [*self.elements]
        for column in columns:
            parts.extend(column.parts)
        keys = sum([isinstance(part, Constraint) and part.kind == PRIMARY_KEY for part in parts])
        if keys + bool(names) > 1:
            raise BuildError(f"table {self.name!r} has two primary keys: pk=True of columns, or primary_key() once")
        if names:
            self.elements.append(primary_key(*names))
