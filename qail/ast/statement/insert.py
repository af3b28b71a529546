"""InsertStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.conflict import OnConflictClause
from qail.ast.clause.rows import ValuesRows
from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import INSERT, ON_CONFLICT, RETURNING, ROWS
from qail.errors import BuildError


class InsertStmt(Statement):
    """`INSERT INTO relation (columns) VALUES ... ON CONFLICT ... RETURNING targets`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = written_relation(steps.last(INSERT))
        rows = steps.last(ROWS)
        if not isinstance(rows, ValuesRows):
            raise BuildError(f"INSERT INTO {self.relation.name!r} has no rows; values() gives them")
        self.rows: Final[ValuesRows] = rows
        conflict = steps.last(ON_CONFLICT)
        self.conflict: Final[OnConflictClause | None] = conflict if isinstance(conflict, OnConflictClause) else None
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
