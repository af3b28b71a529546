"""The operators on the bits of integers and bit strings.

Source: functions-math.html#FUNCTIONS-MATH-OP-TABLE; functions-bitstring.html
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import NegateExpr, OpExpr, type_of
from qail.ast.expression.operation import given
from qail.ast.node import Expr, Node
from qail.pgtype import INT4, PgType


class BitOperators:
    """`expression.bits`."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def and_(self, other: Any) -> Expr[Any]:
        """`& other`."""
        return self._operation("&", other, type_of(self._argument))

    def or_(self, other: Any) -> Expr[Any]:
        """`| other`."""
        return self._operation("|", other, type_of(self._argument))

    def xor(self, other: Any) -> Expr[Any]:
        """`# other`: the bits that differ."""
        return self._operation("#", other, type_of(self._argument))

    def not_(self) -> Expr[Any]:
        """`~ argument`: every bit turned over."""
        return NegateExpr(self._argument, "~")

    def shift_left(self, count: Any) -> Expr[Any]:
        """`<< count`."""
        return self._operation("<<", count, INT4)

    def shift_right(self, count: Any) -> Expr[Any]:
        """`>> count`; of a negative integer the sign stays."""
        return self._operation(">>", count, INT4)

    def _operation(self, operator: str, other: object, right_type: PgType[Any] | None) -> Expr[Any]:
        # A type on the right that is not the left's own could make the result another.
        known = type_of(self._argument)
        partner = given(operator, other)
        right = type_of(partner)
        is_same = right is None or right is known or right_type is INT4
        return OpExpr(operator, self._argument, partner, pg=known if is_same else None, right_type=right_type)
