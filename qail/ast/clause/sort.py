"""SortBy: a sort key."""

from __future__ import annotations

from typing import Final, TypeAlias

from qail.ast.node import Node
from qail.ast.tokens import ASCENDING, DESCENDING, NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST
from qail.ast.walk import Walk


class SortBy(Node):
    """`node ASC|DESC [NULLS FIRST|LAST]`. Unsaid, NULLs come last when ascending and first when descending."""

    def __init__(self, node: Node, direction: int, nulls: int = NULLS_DEFAULT) -> None:
        super().__init__(node.depth + 1)
        self.node: Final = node
        self.direction: Final = direction
        self.nulls: Final = nulls

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.direction)
        walk.tokens.append(self.nulls)
        self.node.shape(walk)

    def nulls_first(self) -> SortBy:
        """NULLs before everything else."""
        return SortBy(self.node, self.direction, NULLS_FIRST)

    def nulls_last(self) -> SortBy:
        """NULLs behind everything else."""
        return SortBy(self.node, self.direction, NULLS_LAST)

    def reversed(self) -> SortBy:
        """The opposite order, NULLs on the other end as well."""
        nulls = NULLS_DEFAULT
        if self.nulls != NULLS_DEFAULT:
            nulls = NULLS_LAST if self.nulls == NULLS_FIRST else NULLS_FIRST
        return SortBy(self.node, DESCENDING if self.direction == ASCENDING else ASCENDING, nulls)


SortKey: TypeAlias = SortBy


def ascending(node: Node) -> SortBy:
    """Ascending by `node`."""
    return SortBy(node, ASCENDING)


def descending(node: Node) -> SortBy:
    """Descending by `node`."""
    return SortBy(node, DESCENDING)
