"""The operators of inet and cidr.

Source: functions-net.html#CIDR-INET-OPERATORS-TABLE
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.node import Cond, Node


class NetworkOperators:
    """`expression.network`."""

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

    def _test(self, operator: str, network: object) -> Cond:
        return OperatorTest(operator, self._argument, given(operator, network), type_of(self._argument))
