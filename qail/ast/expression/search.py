"""The operators of text search; its functions are `func.to_tsvector("english", x)`, `func.ts_rank(...)` and so on.

Source: functions-textsearch.html#TEXTSEARCH-OPERATORS-TABLE
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import NegateExpr, OpExpr, type_of
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.node import Cond, Expr, Node


class SearchOperators:
    """`expression.search`, of a tsvector, or of a tsquery for those that say so."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def matches(self, query: Any) -> Cond:
        """`@@ query`: the document matches the tsquery."""
        return OperatorTest("@@", self._argument, given("@@", query))

    def concat(self, other: Any) -> Expr[Any]:
        """`|| other`: both vectors as one, or either of two queries."""
        return self._operation("||", other)

    def and_(self, query: Any) -> Expr[Any]:
        """`&& query`: both queries, of a tsquery."""
        return self._operation("&&", query)

    def followed_by(self, query: Any) -> Expr[Any]:
        """`<-> query`, of a tsquery: a match of it, directly followed by one of the other."""
        return self._operation("<->", query)

    def not_(self) -> Expr[Any]:
        """`!!`, of a tsquery: what does not match it."""
        return NegateExpr(self._argument, "!!")

    def contains(self, query: Any) -> Cond:
        """`@> query`, of a tsquery: it has all the words of the other."""
        return OperatorTest("@>", self._argument, given("@>", query), type_of(self._argument))

    def contained_by(self, query: Any) -> Cond:
        """`<@ query`, of a tsquery: the other has all its words."""
        return OperatorTest("<@", self._argument, given("<@", query), type_of(self._argument))

    def _operation(self, operator: str, other: object) -> Expr[Any]:
        known = type_of(self._argument)
        return OpExpr(operator, self._argument, given(operator, other), pg=known, right_type=known)
