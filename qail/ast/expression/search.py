"""The operators of text search; its functions are `func.to_tsvector("english", x)`, `func.ts_rank(...)` and so on.

Source: functions-textsearch.html#TEXTSEARCH-OPERATORS-TABLE
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import OpExpr, type_of
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.node import Cond, Expr, Node


class SearchOperators:
    """`expression.search`, of a tsvector, or of a tsquery for the last three."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def matches(self, query: Any) -> Cond:
        """`@@ query`: the document matches the tsquery."""
        return OperatorTest("@@", self._argument, given("@@", query))

    def concat(self, other: Any) -> Expr[Any]:
        """`|| other`: both vectors as one, or either of two queries."""
        return self._operation("||", other)

    def and_(self, query: Any) -> Expr[Any]:
        """`&& query`: both queries."""
        return self._operation("&&", query)

    def followed_by(self, query: Any) -> Expr[Any]:
        """`<-> query`: a match of the first, directly followed by one of the second."""
        return self._operation("<->", query)

    def _operation(self, operator: str, other: object) -> Expr[Any]:
        known = type_of(self._argument)
        return OpExpr(operator, self._argument, given(operator, other), pg=known, right_type=known)
