"""MergeStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.from_ import JoinExpr
from qail.ast.clause.merge import MergeWhenClause
from qail.ast.node import Node, Statement
from qail.ast.statement.target import written_relation
from qail.ast.steps import Steps
from qail.ast.tokens import MERGE, ONLY_TABLE, RETURNING, USING, WHEN, WITH
from qail.errors import BuildError


class MergeStmt(Statement):
    """`MERGE INTO relation USING source ON condition WHEN ... THEN ... RETURNING targets`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.with_: Final[list[Node]] = steps.items(WITH)
        self.relation: Final = written_relation(steps.last(MERGE))
        self.is_only: Final = steps.has(ONLY_TABLE)
        source = steps.last(USING)
        if not isinstance(source, JoinExpr):
            raise BuildError(f"MERGE INTO {self.relation.name!r} has no source; using() gives it")
        self.source: Final[JoinExpr] = source
        self.branches: Final = [node for node in steps.all(WHEN) if isinstance(node, MergeWhenClause)]
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
        _check_reach(self.branches)


def _check_reach(branches: list[MergeWhenClause]) -> None:
    """Refuse a branch behind one of its kind without a condition: PostgreSQL does, and it would never be taken."""
    ended: list[str] = []
    for branch in branches:
        if branch.match in ended:
            raise BuildError(f"WHEN {branch.match} stands behind one without a condition, so it would never be taken")
        if branch.condition is None:
            ended.append(branch.match)
