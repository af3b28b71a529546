"""InferClause and OnConflictClause: which conflict of an INSERT is meant, and what is done with the row that is there.

Rule: what names an index is written with its values in the text: PostgreSQL compares it with the index's own definition
when the statement is planned, before there are parameters.

Source: sql-insert.html#SQL-ON-CONFLICT
"""

from __future__ import annotations

from typing import Final

from qail.ast.clause.rows import Assignments
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.node import Node, depth_of
from qail.ast.tokens import CONFLICT, CONFLICT_CONSTRAINT, CONFLICT_UPDATE, CONFLICT_WHERE, END, FILTER
from qail.ast.walk import LiteralWalk, Walk


class InferClause(Node):
    """`(elements) WHERE predicate`: a unique index by its columns and expressions; or a constraint by its name."""

    def __init__(self, elements: tuple[Node, ...], predicate: Node | None = None, constraint: str = "") -> None:
        parts = [*elements]
        if predicate is not None:
            parts.append(predicate)
        super().__init__(depth_of(parts))
        self.elements: Final = elements
        self.predicate: Final = predicate
        self.constraint: Final = constraint
        self.is_plain: Final = predicate is None and not constraint and _are_columns(elements)

    def shape(self, walk: Walk) -> None:
        if self.is_plain:
            for column in self.elements:
                column.shape(walk)
            walk.tokens.append(END)
            return
        inner = LiteralWalk()
        for element in self.elements:
            element.shape(inner)
        inner.tokens.append(END)
        if self.constraint:
            inner.tokens.append(CONFLICT_CONSTRAINT)
            inner.tokens.append(self.constraint)
        if self.predicate is not None:
            inner.tokens.append(CONFLICT_WHERE)
            self.predicate.shape(inner)
        walk.tokens.extend(inner.tokens)


class OnConflictClause(Node):
    """`ON CONFLICT infer DO UPDATE SET ... WHERE condition`; DO NOTHING when nothing is assigned.

    `assigned` columns get what would have been inserted, `assignments` what they say.
    """

    def __init__(
        self,
        infer: InferClause,
        assigned: tuple[Node, ...],
        assignments: Assignments | None = None,
        condition: Node | None = None,
    ) -> None:
        parts: list[Node] = [infer, *assigned]
        if assignments is not None:
            parts.append(assignments)
        if condition is not None:
            parts.append(condition)
        super().__init__(depth_of(parts))
        self.infer: Final = infer
        self.assigned: Final = assigned
        self.assignments: Final = assignments
        self.condition: Final = condition

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(CONFLICT)
        self.infer.shape(walk)
        for column in self.assigned:
            column.shape(walk)
        walk.tokens.append(END)
        if self.assignments is not None:
            walk.tokens.append(CONFLICT_UPDATE)
            self.assignments.shape(walk)
        if self.condition is not None:
            walk.tokens.append(FILTER)
            self.condition.shape(walk)


def _are_columns(elements: tuple[Node, ...]) -> bool:
    for element in elements:
        if not isinstance(element, (ColumnRef, ColumnExpr)):
            return False
    return True
