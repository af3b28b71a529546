"""MergeWhenClause: one branch of MERGE, and MergeActionExpr, which tells which was taken.

Source: sql-merge.html; functions-merge-support.html
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.node import Expr, Node, depth_of
from qail.ast.tokens import END, FILTER, MERGE_ACTION, MERGE_WHEN
from qail.ast.walk import Walk
from qail.pgtype import TEXT, PgType

MATCHED: Final = "MATCHED"
NOT_MATCHED: Final = "NOT MATCHED"
NOT_MATCHED_BY_SOURCE: Final = "NOT MATCHED BY SOURCE"

UPDATE_ACTION: Final = "UPDATE"
DELETE_ACTION: Final = "DELETE"
INSERT_ACTION: Final = "INSERT"
NOTHING_ACTION: Final = "DO NOTHING"


class MergeWhenClause(Node):
    """`WHEN match AND condition THEN action`: an update sets `payload` columns, an insert gives them their values."""

    def __init__(self, match: str, condition: Node | None, action: str, payload: Node | None) -> None:
        parts: list[Node] = []
        if condition is not None:
            parts.append(condition)
        if payload is not None:
            parts.append(payload)
        super().__init__(depth_of(parts))
        self.match: Final = match
        self.condition: Final = condition
        self.action: Final = action
        self.payload: Final = payload

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(MERGE_WHEN)
        walk.tokens.append(f"{self.match}\0{self.action}")
        if self.condition is not None:
            walk.tokens.append(FILTER)
            self.condition.shape(walk)
        if self.payload is not None:
            self.payload.shape(walk)
        walk.tokens.append(END)


class MergeActionExpr(Expr[Any]):
    """`MERGE_ACTION()`: INSERT, UPDATE or DELETE, for the row that RETURNING returns."""

    def __init__(self) -> None:
        super().__init__(1)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(MERGE_ACTION)

    def result_type(self) -> PgType[Any] | None:
        return TEXT


def merge_action() -> Expr[str]:
    """`MERGE_ACTION()` in RETURNING of a MERGE: what was done with the row. Needs PostgreSQL 17."""
    return MergeActionExpr()
