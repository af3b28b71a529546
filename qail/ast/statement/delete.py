"""DeleteStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import ALL_ROWS, DELETE, RETURNING, WHERE
from qail.errors import BuildError


class DeleteStmt(Statement):
    """`DELETE FROM relation WHERE ... RETURNING targets`. Without a condition only when all rows were asked for."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = written_relation(steps.last(DELETE))
        self.where: Final[list[Node]] = steps.all(WHERE)
        has_all_rows = steps.has(ALL_ROWS)
        if not self.where and not has_all_rows:
            raise BuildError(
                f"DELETE of {self.relation.name!r} without a condition: where(...), or all_rows() on purpose"
            )
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
