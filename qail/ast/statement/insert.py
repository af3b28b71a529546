"""InsertStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.conflict import OnConflictClause
from qail.ast.clause.option import Option
from qail.ast.clause.rows import InsertSelect, ValuesRows
from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import INSERT, ON_CONFLICT, OVERRIDING, RETURNING, ROWS, WITH
from qail.errors import BuildError


class InsertStmt(Statement):
    """`WITH ... INSERT INTO relation (columns) VALUES ... ON CONFLICT ... RETURNING targets`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = written_relation(steps.last(INSERT))
        self.with_: Final[list[Node]] = steps.items(WITH)
        rows = steps.last(ROWS)
        if not isinstance(rows, (ValuesRows, InsertSelect)):
            raise BuildError(f"INSERT INTO {self.relation.name!r} has no rows; values() gives them")
        self.rows: Final[ValuesRows | InsertSelect] = rows
        overriding = steps.last(OVERRIDING)
        self.overriding: Final[Option | None] = overriding if isinstance(overriding, Option) else None
        if self.overriding is not None and not self.rows.columns and isinstance(rows, ValuesRows):
            raise BuildError("a row of defaults has no value that OVERRIDING could be about")
        conflict = steps.last(ON_CONFLICT)
        self.conflict: Final[OnConflictClause | None] = conflict if isinstance(conflict, OnConflictClause) else None
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
