"""OnConflictClause: what an INSERT does with a row that is there already."""

from __future__ import annotations

from typing import Final

from qail.ast.node import Node, depth_of
from qail.ast.tokens import CONFLICT, END
from qail.ast.walk import Walk


class OnConflictClause(Node):
    """`ON CONFLICT (target) DO UPDATE SET column = EXCLUDED.column, ...`; DO NOTHING without `assigned` columns."""

    def __init__(self, target: tuple[Node, ...], assigned: tuple[Node, ...]) -> None:
        super().__init__(depth_of((*target, *assigned)))
        self.target: Final = target
        self.assigned: Final = assigned

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(CONFLICT)
        for column in self.target:
            column.shape(walk)
        walk.tokens.append(END)
        for column in self.assigned:
            column.shape(walk)
        walk.tokens.append(END)
