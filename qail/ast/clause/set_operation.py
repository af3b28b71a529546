"""SetOperation: two queries with UNION, INTERSECT or EXCEPT between them.

Rule: a left spine (`a UNION b UNION c ...`) is walked in a loop and counts as one level, however long it is.

Source: sql-select.html#SQL-UNION; queries-union.html
"""

from __future__ import annotations

from typing import Final

from qail.ast.build.builder import Builder
from qail.ast.expression.subquery import query_depth
from qail.ast.node import Node
from qail.ast.tokens import SET_OPERATION, SET_OPERATION_NODE
from qail.ast.walk import Walk

UNION: Final = "UNION"
INTERSECT: Final = "INTERSECT"
EXCEPT: Final = "EXCEPT"
ALL_SUFFIX: Final = " ALL"


class SetOperation(Node):
    """`left operator right`, the operator with ALL where equal rows stay."""

    def __init__(self, operator: str, left: Builder, right: Builder) -> None:
        left_depth, right_depth = query_depth(left), query_depth(right)
        if bare_operation(left) is not None:
            left_depth -= 1
        super().__init__(left_depth if left_depth > right_depth else right_depth)
        self.operator: Final = operator
        self.left: Final = left
        self.right: Final = right

    def shape(self, walk: Walk) -> None:
        spine: list[SetOperation] = self.spine()
        for node in spine:
            walk.tokens.append(SET_OPERATION_NODE)
            walk.tokens.append(node.operator)
        spine[-1].left.shape(walk)
        for index in range(len(spine) - 1, -1, -1):
            spine[index].right.shape(walk)

    def spine(self) -> list[SetOperation]:
        """This node and those down its left side that have no clause of their own, outermost first."""
        found: list[SetOperation] = [self]
        node = bare_operation(self.left)
        while node is not None:
            found.append(node)
            node = bare_operation(node.left)
        return found


def bare_operation(query: Builder) -> SetOperation | None:
    """The operation of a query that is nothing else: no ORDER BY, LIMIT or WITH of its own."""
    if query.previous is None and query.step == SET_OPERATION and isinstance(query.node, SetOperation):
        return query.node
    return None
