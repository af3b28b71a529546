"""The operators of inet and cidr.

Source: functions-net.html#CIDR-INET-OPERATORS-TABLE
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import OpExpr, type_of
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.node import Cond, Expr, Node
from qail.pgtype import INT8


class NetworkOperators:
    """`expression.network`; the masks `&`, `|` and `~` are `expression.bits`."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def within(self, network: Any) -> Cond:
        """`<< network`: strictly inside of it."""
        return self._test("<<", network)

    def within_or_equal(self, network: Any) -> Cond:
        """`<<= network`: inside of it, or it itself."""
        return self._test("<<=", network)

    def contains(self, network: Any) -> Cond:
        """`>> network`: the other is strictly inside."""
        return self._test(">>", network)

    def contains_or_equals(self, network: Any) -> Cond:
        """`>>= network`: the other is inside, or the same."""
        return self._test(">>=", network)

    def overlaps(self, network: Any) -> Cond:
        """`&& network`: one of them is inside of the other."""
        return self._test("&&", network)

    def plus(self, count: Any) -> Expr[Any]:
        """`+ count`: the address so many further on."""
        return OpExpr("+", self._argument, given("+", count), pg=type_of(self._argument), right_type=INT8)

    def minus(self, count: Any) -> Expr[Any]:
        """`- count`: the address so many before."""
        return OpExpr("-", self._argument, given("-", count), pg=type_of(self._argument), right_type=INT8)

    def distance(self, address: Any) -> Expr[int]:
        """`- address`: how many addresses lie between."""
        return OpExpr("-", self._argument, given("-", address), pg=INT8, right_type=type_of(self._argument))

    def _test(self, operator: str, network: object) -> Cond:
        return OperatorTest(operator, self._argument, given(operator, network), type_of(self._argument))
