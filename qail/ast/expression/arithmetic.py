"""OpExpr: operators whose result is a value, and the sign.

Rule: a left spine (`a + b + c ...`) is walked in a loop and counts as one level, however long it is.
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard, TypeVar

from qail.ast.expression.parameter import operand
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import NEGATE
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import DATE, INT4, INTERVAL, PgType

T = TypeVar("T")

ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%"})
SPANS: Final = ("timedelta", "Interval")  # by name: importing their modules would take longer than all nodes together


class OpExpr(Expr[Any]):
    """`left operator right`. `pg` is the type of the result and `right_type` that of a parameter on the right, where
    the operator alone tells them; `schema` is where the operator is, when it is not to be searched for.
    """

    def __init__(
        self,
        operator: str,
        left: Node,
        right: Node,
        *,
        pg: PgType[Any] | None = None,
        right_type: PgType[Any] | None = None,
        schema: str | None = None,
    ) -> None:
        left_depth = left.depth if isinstance(left, OpExpr) else left.depth + 1
        super().__init__(left_depth if left_depth > right.depth else right.depth + 1)
        self.operator: Final = operator
        self.left: Final = left
        self.right: Final = right
        self.pg: Final = pg
        self.right_type: Final = right_type
        self.schema: Final = schema
        if pg is None and right_type is None and schema is None:
            self.token = operator
        else:
            self.token = f"o\0{operator}\0{schema or ''}\0{type_token(pg)}\0{type_token(right_type)}"

    def shape(self, walk: Walk) -> None:
        spine: list[OpExpr] = self.spine()
        for node in spine:
            walk.tokens.append(node.token)
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
        if self.pg is not None:
            return self.pg
        spine: list[OpExpr] = self.spine()
        known = type_of(spine[-1].left)
        for index in range(len(spine) - 1, -1, -1):
            known = _type_after(spine[index], known)
        return known


class NegateExpr(Expr[Any]):
    """`- argument`; `~ argument` for the operator `~`."""

    def __init__(self, argument: Node, operator: str = "-") -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.operator: Final = operator

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NEGATE)
        walk.tokens.append(self.operator)
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return type_of(self.argument)


def type_of(node: Node) -> PgType[Any] | None:
    """The type of a node's value when the tree alone proves it."""
    return node.result_type() if isinstance(node, Expression) else None


def is_type(value: object) -> TypeGuard[PgType[Any]]:
    """Whether it is a type object such as INT8."""
    return isinstance(value, PgType)


def checked_type(value: object, what: str) -> PgType[Any]:
    """A type object.

    Raises:
        BuildError: it is none; `what` says of what it is the type.
    """
    if not is_type(value):
        raise BuildError(f"{what} takes a type object such as INT8, not {type(value).__name__}")
    return value


def type_token(pg: PgType[Any] | None) -> str:
    """A type as a part of a token."""
    return "" if pg is None else f"{pg.key}\1{pg.oid}"


def operation(operator: str, left: object, right: object) -> Expr[Any]:
    """`left operator right`; a value becomes a parameter.

    Raises:
        BuildError: one side is None, which would make the result NULL in every row.
    """
    if left is None or right is None:
        raise BuildError(f"None {operator} anything is NULL in SQL; coalesce() gives NULL another value")
    if isinstance(right, int):
        if _is_date(left):
            # Days: beside a date PostgreSQL takes only an int4 for them.
            return OpExpr(operator, operand(left), operand(right), pg=DATE, right_type=INT4)
    elif not isinstance(right, Expression) and type(right).__name__ in SPANS:
        # Beside a time PostgreSQL would take a parameter without a type for another time.
        return OpExpr(operator, operand(left), operand(right), right_type=INTERVAL)
    return OpExpr(operator, operand(left), operand(right))


def _is_date(node: object) -> bool:
    """Whether it is a date; of operators only what they say themselves, since a left spine may be long."""
    known = node.pg if isinstance(node, OpExpr) else node.result_type() if isinstance(node, Expression) else None
    return known is not None and known.oid == DATE.oid


def negative(argument: Node) -> Expr[Any]:
    """`- argument`."""
    return NegateExpr(argument)


def _type_after(node: OpExpr, left: PgType[Any] | None) -> PgType[Any] | None:
    """The type of `node` when its left side is of type `left`."""
    if node.pg is not None:
        return node.pg
    if left is None or left.family != "number" or node.operator not in ARITHMETIC:
        return None
    right = type_of(node.right)
    # A parameter takes the type of the other side, so only a second known type could change the result's.
    return left if right is None or right is left else None
