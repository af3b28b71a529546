"""UpdateStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.rows import Assignments
from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import ALL_ROWS, RETURNING, SET, UPDATE, WHERE
from qail.errors import BuildError


class UpdateStmt(Statement):
    """`UPDATE relation SET assignments WHERE ... RETURNING targets`; no condition only when all rows were asked for."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = written_relation(steps.last(UPDATE))
        assignments = steps.last(SET)
        if not isinstance(assignments, Assignments):
            raise BuildError(f"UPDATE {self.relation.name!r} sets nothing; values() says what")
        self.assignments: Final[Assignments] = assignments
        self.where: Final[list[Node]] = steps.all(WHERE)
        has_all_rows = steps.has(ALL_ROWS)
        if not self.where and not has_all_rows:
            raise BuildError(f"UPDATE {self.relation.name!r} without a condition: where(...), or all_rows() on purpose")
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
