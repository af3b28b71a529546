"""RowExpr: `(a, b)`, compared with another row element by element, the first difference deciding."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast

from qail.ast.expression.parameter import operand
from qail.ast.node import Expr, Node, depth_of
from qail.ast.tokens import END, ROW
from qail.ast.walk import Walk
from qail.errors import BuildError


class RowExpr(Expr[Any]):
    """`(first, second, ...)`: `ROW(...)` when it has one element, which parentheses alone would not make a row."""

    def __init__(self, elements: tuple[Node, ...]) -> None:
        super().__init__(depth_of(elements))
        if not elements:
            raise BuildError("row() needs at least one element")
        self.elements: Final = elements

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ROW)
        for element in self.elements:
            element.shape(walk)
        walk.tokens.append(END)


def row(*elements: Any) -> Expr[Any]:
    """A row value of expressions and values: `row(a, b) > row(x, y)` is keyset paging."""
    return RowExpr(tuple([operand(element) for element in elements]))


def row_operand(left: Node, right: object) -> Node:
    """The right side of a comparison of rows: a row, or a tuple or list of as many values.

    Raises:
        BuildError: one side is no row, the lengths differ, or a value is None.
    """
    if not isinstance(left, RowExpr):
        raise BuildError("a row is compared with a row; row(...) makes one")
    if isinstance(right, (tuple, list)):
        right = RowExpr(tuple([operand(element) for element in cast("Collection[object]", right)]))
    if not isinstance(right, RowExpr):
        return operand(right)
    if len(left.elements) != len(right.elements):
        raise BuildError(f"a row of {len(left.elements)} is compared with a row of {len(right.elements)}")
    return right
