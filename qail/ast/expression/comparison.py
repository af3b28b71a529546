"""Predicates that compare: A_Expr, ScalarArrayOpExpr, BetweenExpr, NullTest, BooleanTest.

Rule: a plain comparison with None is refused: in SQL it is never true, so it would filter everything away in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from qail.ast.build.builder import Builder
from qail.ast.expression.parameter import ParamRef, operand
from qail.ast.expression.row import RowExpr, row_operand
from qail.ast.expression.subquery import QueryMembership
from qail.ast.node import Cond, Expr, Expression, Node, depth_of, depth_over
from qail.ast.tokens import (
    ALL_ARRAY,
    ANY_ARRAY,
    BETWEEN,
    BOOLEAN_TEST,
    IS_NOT_NULL,
    IS_NULL,
    NOT_BETWEEN,
    NOT_NULL,
)
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType

COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
PATTERNS: Final = frozenset({"LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE"})
DISTINCTIONS: Final = frozenset({"IS DISTINCT FROM", "IS NOT DISTINCT FROM"})
OPERATORS: Final = COMPARISONS | PATTERNS | DISTINCTIONS

TRUTH_TESTS: Final = frozenset({"IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN"})


class A_Expr(Cond):
    """`left operator right`, with one of OPERATORS."""

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        super().__init__(depth_over(left, right))
        self.operator: Final = operator
        self.left: Final = left
        self.right: Final = right

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.operator)
        self.left.shape(walk)
        self.right.shape(walk)


class ScalarArrayOpExpr(Cond):
    """`argument = ANY (array)`, or `argument <> ALL (array)` when negated."""

    def __init__(self, argument: Node, array: Node, *, negated: bool) -> None:
        super().__init__(depth_over(argument, array))
        self.argument: Final = argument
        self.array: Final = array
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ALL_ARRAY if self.negated else ANY_ARRAY)
        self.argument.shape(walk)
        self.array.shape(walk)


class BetweenExpr(Cond):
    """`argument BETWEEN low AND high`; `NOT BETWEEN` when negated."""

    def __init__(self, argument: Node, low: Node, high: Node, *, negated: bool) -> None:
        super().__init__(depth_of((argument, low, high)))
        self.argument: Final = argument
        self.low: Final = low
        self.high: Final = high
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NOT_BETWEEN if self.negated else BETWEEN)
        self.argument.shape(walk)
        self.low.shape(walk)
        self.high.shape(walk)


class NullTest(Cond):
    """`argument IS NULL`; `IS NOT NULL` when negated. The result is never NULL."""

    def __init__(self, argument: Node, *, negated: bool) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(IS_NOT_NULL if self.negated else IS_NULL)
        self.argument.shape(walk)


class BooleanTest(Cond):
    """`argument IS TRUE` and its kin, one of TRUTH_TESTS. The result is never NULL."""

    def __init__(self, argument: Node, test: str) -> None:
        super().__init__(argument.depth + 1)
        if test not in TRUTH_TESTS:
            raise BuildError(f"{test!r:.40} is no test of a boolean; there are {', '.join(sorted(TRUTH_TESTS))}")
        self.argument: Final = argument
        self.test: Final = test

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(BOOLEAN_TEST)
        walk.tokens.append(self.test)
        self.argument.shape(walk)


class NotNull(Expr[Any]):
    """A promise to the type checker that `argument` is never NULL; in SQL it is `argument`."""

    def __init__(self, argument: Node) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NOT_NULL)
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return self.argument.result_type() if isinstance(self.argument, Expression) else None


def compare(operator: str, left: Node, right: object) -> A_Expr:
    """`left operator right`; a value becomes a parameter.

    Raises:
        BuildError: `right` is None, or a row is compared with what is no row of its length.
    """
    if isinstance(right, Expression):
        if isinstance(left, RowExpr) or isinstance(right, RowExpr):
            right = row_operand(left, right)
        return A_Expr(operator, left, right)
    if right is None:
        raise BuildError(
            f"a comparison {operator} with None is never true in SQL; "
            "write .is_null() or .is_not_null(), or .is_distinct_from(None)"
        )
    if isinstance(left, RowExpr):
        return A_Expr(operator, left, row_operand(left, right))
    return A_Expr(operator, left, operand(right))


def distinct_from(left: Node, right: object, *, negated: bool) -> A_Expr:
    """`left IS [NOT] DISTINCT FROM right`; here None is a value."""
    return A_Expr("IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM", left, operand(right))


def between(argument: Node, low: object, high: object, *, negated: bool) -> Cond:
    """`argument [NOT] BETWEEN low AND high`."""
    if low is None or high is None:
        raise BuildError("between() with None is never true in SQL; write a comparison with the one bound there is")
    return BetweenExpr(argument, operand(low), operand(high), negated=negated)


def membership(argument: Node, values: object, *, negated: bool) -> Cond:
    """`= ANY (array)` or `<> ALL (array)` of a collection or an array expression; `[NOT] IN` of a query."""
    if isinstance(values, Builder):
        return QueryMembership(argument, values, negated=negated)
    if isinstance(values, Expression):
        return ScalarArrayOpExpr(argument, values, negated=negated)
    return ScalarArrayOpExpr(argument, ParamRef(_members(values)), negated=negated)


def _members(values: object) -> list[object]:
    name = type(values).__name__
    if isinstance(values, (str, bytes, bytearray, Mapping)) or not isinstance(values, Collection):
        raise BuildError(f"in_() and not_in() take a list, tuple or set of values, not {name}")
    members = list(cast("Collection[object]", values))
    for member in members:
        if member is None:
            raise BuildError("None in in_() or not_in() matches nothing in SQL; leave it out and add .is_null()")
    return members


def null_test(argument: Node, *, negated: bool) -> Cond:
    """`argument IS [NOT] NULL`."""
    return NullTest(argument, negated=negated)
