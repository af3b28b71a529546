"""SubLink and QueryMembership: a query inside an expression."""

from __future__ import annotations

from typing import Any, Final, cast

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.name import Unchecked
from qail.ast.node import MAX_DEPTH, Cond, Expr, Node
from qail.ast.tokens import EXISTS, IN_QUERY, NOT_IN_QUERY, SCALAR, TARGET
from qail.ast.walk import Walk
from qail.errors import BuildError


class SubLink(Expr[Any]):
    """`(SELECT ...)` as a value: the one column of its one row, NULL without a row."""

    def __init__(self, query: Builder) -> None:
        super().__init__(query_depth(query))
        self.query: Final = query

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SCALAR)
        self.query.shape(walk)


class ExistsExpr(Cond):
    """`EXISTS (SELECT ...)`."""

    def __init__(self, query: Builder) -> None:
        super().__init__(query_depth(query))
        self.query: Final = query

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(EXISTS)
        self.query.shape(walk)


class QueryMembership(Cond):
    """`argument [NOT] IN (SELECT ...)`."""

    def __init__(self, argument: Node, query: Builder, *, negated: bool) -> None:
        inner = query_depth(query)
        super().__init__(inner if inner > argument.depth else argument.depth + 1)
        self.argument: Final = argument
        self.query: Final = query
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NOT_IN_QUERY if self.negated else IN_QUERY)
        self.argument.shape(walk)
        self.query.shape(walk)


def query_depth(query: object) -> int:
    """The depth of a node over a query.

    Raises:
        BuildError: it returns no rows, or says what its rows become, which only the outermost query can.
    """
    return statement_depth(_checked_query(query))


def _checked_query(query: object) -> Builder:
    if not isinstance(query, Fetchable):
        raise BuildError(f"{type(query).__name__} returns no rows, so it cannot be a subquery")
    return cast("Builder", query)


def statement_depth(query: Builder) -> int:
    """The depth of a node over a statement, whether it returns rows or not.

    Raises:
        BuildError: it says what its rows become, which only the outermost query can.
    """
    depth = 0
    current = cast("Builder | None", query)
    while current is not None:
        if current.step == TARGET:
            raise BuildError("map() and into() belong to the outermost query, not to a subquery")
        if current.node.depth > depth:
            depth = current.node.depth
        current = current.previous
    return depth + 1 if depth < MAX_DEPTH else MAX_DEPTH + 1


def exists(query: Fetchable[Any] | Unchecked, /) -> Cond:
    """`EXISTS (query)`: true when the query returns a row."""
    return ExistsExpr(_checked_query(query))
