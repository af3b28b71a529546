"""UpdateStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.rows import Assignments, MultiAssignRef
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import ALL_ROWS, FROM, JOIN, ONLY_TABLE, RETURNING, SET, UPDATE, WHERE, WITH
from qail.errors import BuildError


class UpdateStmt(Statement):
    """`WITH ... UPDATE relation SET assignments FROM ... WHERE ... RETURNING targets`.

    Without a condition only when all rows were asked for.
    """

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = written_relation(steps.last(UPDATE))
        self.with_: Final[list[Node]] = steps.items(WITH)
        self.is_only: Final = steps.has(ONLY_TABLE)
        self.assignments: Final[list[Node]] = steps.all(SET)
        if not self.assignments:
            raise BuildError(f"UPDATE {self.relation.name!r} sets nothing; values() says what")
        _check_distinct(self.assignments)
        self.from_: Final[list[Node]] = steps.all(FROM)
        self.joins: Final[list[Node]] = steps.all(JOIN)
        if self.joins and not self.from_:
            raise BuildError("join() joins to a table of from_(), which must be there; the target is no part of FROM")
        self.where: Final[list[Node]] = steps.all(WHERE)
        has_all_rows = steps.has(ALL_ROWS)
        if not self.where and not has_all_rows:
            raise BuildError(f"UPDATE {self.relation.name!r} without a condition: where(...), or all_rows() on purpose")
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()


def _check_distinct(assignments: list[Node]) -> None:
    """Refuse a column that several calls of values() set."""
    seen: set[str] = set()
    for node in assignments:
        for column in node.columns if isinstance(node, (Assignments, MultiAssignRef)) else ():
            name = column.name if isinstance(column, ColumnExpr) else ""
            if isinstance(column, ColumnRef):
                name = column.fields[-1]
            if name in seen:
                raise BuildError(f"UPDATE sets the column {name!r} twice")
            seen.add(name)
