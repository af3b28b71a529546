"""OpExpr: operators whose result is a value, and the sign.

Rule: a left spine (`a + b + c ...`) is walked in a loop and counts as one level, however long it is.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from qail.ast.expression.parameter import operand
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import NEGATE
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType

T = TypeVar("T")

OPERATORS: Final = frozenset({"+", "-", "*", "/", "%", "||"})


class OpExpr(Expr[Any]):
    """`left operator right`, with one of OPERATORS."""

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        left_depth = left.depth if isinstance(left, OpExpr) else left.depth + 1
        super().__init__(left_depth if left_depth > right.depth else right.depth + 1)
        self.operator: Final = operator
        self.left: Final = left
        self.right: Final = right

    def shape(self, walk: Walk) -> None:
        spine: list[OpExpr] = self.spine()
        for node in spine:
            walk.tokens.append(node.operator)
        spine[-1].left.shape(walk)
        for index in range(len(spine) - 1, -1, -1):
            spine[index].right.shape(walk)

    def spine(self) -> list[OpExpr]:
        """This node and those down its left side, outermost first."""
        found: list[OpExpr] = [self]
        node: Node = self.left
        while isinstance(node, OpExpr):
            found.append(node)
            node = node.left
        return found

    def result_type(self) -> PgType[Any] | None:
        left = type_of(self.spine()[-1].left)
        if left is None or left.family != "number":
            return None
        for node in self.spine():
            right = type_of(node.right)
            # A parameter takes the type of the other side, so only a second known type could change the result's.
            if right is not None and right is not left:
                return None
        return left


class NegateExpr(Expr[Any]):
    """`- argument`."""

    def __init__(self, argument: Node) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NEGATE)
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return type_of(self.argument)


def type_of(node: Node) -> PgType[Any] | None:
    """The type of a node's value when the tree alone proves it."""
    return node.result_type() if isinstance(node, Expression) else None


def operation(operator: str, left: object, right: object) -> Expr[Any]:
    """`left operator right`; a value becomes a parameter.

    Raises:
        BuildError: one side is None, which would make the result NULL in every row.
    """
    if left is None or right is None:
        raise BuildError(f"None {operator} anything is NULL in SQL; coalesce() gives NULL another value")
    return OpExpr(operator, operand(left), operand(right))


def negative(argument: Node) -> Expr[Any]:
    """`- argument`."""
    return NegateExpr(argument)
