"""DeleteStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import ALL_ROWS, DELETE, JOIN, ONLY_TABLE, RETURNING, USING, WHERE, WITH
from qail.errors import BuildError


class DeleteStmt(Statement):
    """`WITH ... DELETE FROM relation USING ... WHERE ... RETURNING targets`.

    Without a condition only when all rows were asked for.
    """

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = written_relation(steps.last(DELETE))
        self.with_: Final[list[Node]] = steps.items(WITH)
        self.is_only: Final = steps.has(ONLY_TABLE)
        self.using: Final[list[Node]] = steps.all(USING)
        self.joins: Final[list[Node]] = steps.all(JOIN)
        if self.joins and not self.using:
            raise BuildError("join() joins to a table of using(), which must be there; the target is no part of USING")
        self.where: Final[list[Node]] = steps.all(WHERE)
        has_all_rows = steps.has(ALL_ROWS)
        if not self.where and not has_all_rows:
            raise BuildError(
                f"DELETE of {self.relation.name!r} without a condition: where(...), or all_rows() on purpose"
            )
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
