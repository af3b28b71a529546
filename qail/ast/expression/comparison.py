"""Predicates that compare: A_Expr, ScalarArrayOpExpr, QuantifiedExpr, BetweenExpr, NullTest, BooleanTest.

Rule: a plain comparison with None is refused: in SQL it is never true, so it would filter everything away in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar, cast

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.expression.parameter import ParamRef, operand
from qail.ast.expression.row import RowExpr, RowMembership, row_operand
from qail.ast.expression.subquery import QueryMembership, query_depth
from qail.ast.node import Cond, Expr, Expression, Node, depth_of, depth_over
from qail.ast.tokens import (
    ALL_ARRAY,
    ALL_OF,
    ANY_ARRAY,
    ANY_OF,
    BETWEEN,
    BOOLEAN_TEST,
    IS_NOT_NULL,
    IS_NULL,
    NOT_BETWEEN,
    NOT_NULL,
    SELECTED,
    SYMMETRIC,
)
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType

T = TypeVar("T")

COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
PATTERNS: Final = frozenset(
    {"LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "SIMILAR TO", "NOT SIMILAR TO", "~", "~*", "!~", "!~*"}
)
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

    def __init__(self, argument: Node, members: Node, *, negated: bool) -> None:
        super().__init__(depth_over(argument, members))
        self.argument: Final = argument
        self.members: Final = members
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ALL_ARRAY if self.negated else ANY_ARRAY)
        self.argument.shape(walk)
        self.members.shape(walk)


class QuantifiedExpr(Expr[Any]):
    """`ANY (...)` or `ALL (...)` of an array or of a query's rows: the right side of a comparison.

    One of `members` and `query` is given. PostgreSQL's tree has a SubLink or an A_Expr of this kind for the comparison.
    """

    def __init__(self, members: Node | None, query: Builder | None, *, is_all: bool) -> None:
        super().__init__(query_depth(query) if query is not None else 2 if members is None else members.depth + 1)
        self.members: Final = members
        self.query: Final = query
        self.is_all: Final = is_all

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ALL_OF if self.is_all else ANY_OF)
        if self.query is not None:
            walk.tokens.append(SELECTED)
            self.query.shape(walk)
        elif self.members is not None:
            self.members.shape(walk)


class BetweenExpr(Cond):
    """`argument BETWEEN low AND high`; `NOT BETWEEN` when negated; `SYMMETRIC`: whichever of the two is the lower."""

    def __init__(self, argument: Node, low: Node, high: Node, *, negated: bool, symmetric: bool = False) -> None:
        super().__init__(depth_of((argument, low, high)))
        self.argument: Final = argument
        self.low: Final = low
        self.high: Final = high
        self.negated: Final = negated
        self.symmetric: Final = symmetric

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NOT_BETWEEN if self.negated else BETWEEN)
        if self.symmetric:
            walk.tokens.append(SYMMETRIC)
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
    # The commonest, and the cheapest to tell.
    if isinstance(right, (int, str, float)) and not isinstance(left, RowExpr):
        return A_Expr(operator, left, ParamRef(right))
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


def between(argument: Node, low: object, high: object, *, negated: bool, symmetric: bool = False) -> Cond:
    """`argument [NOT] BETWEEN [SYMMETRIC] low AND high`."""
    if low is None or high is None:
        raise BuildError("between() with None is never true in SQL; write a comparison with the one bound there is")
    return BetweenExpr(argument, operand(low), operand(high), negated=negated, symmetric=symmetric)


def membership(argument: Node, values: object, *, negated: bool) -> Cond:
    """`= ANY (array)` or `<> ALL (array)` of a collection or an array expression; `[NOT] IN` of a query."""
    if isinstance(values, Builder):
        return QueryMembership(argument, values, negated=negated)
    if isinstance(argument, RowExpr):
        return RowMembership(argument, checked_members(values), negated=negated)
    if isinstance(values, Expression):
        return ScalarArrayOpExpr(argument, values, negated=negated)
    return ScalarArrayOpExpr(argument, ParamRef(checked_members(values)), negated=negated)


def checked_members(values: object) -> list[object]:
    """The members of a list of values, as an array takes them.

    Raises:
        BuildError: it is no list, tuple or set, or holds None.
    """
    if isinstance(values, list):  # the commonest; to ask whether it is a Collection takes longer than to copy it
        members = list(cast("list[object]", values))
    else:
        members = _members_of(values)
    for member in members:
        if member is None:
            raise BuildError("None in in_() or not_in() matches nothing in SQL; leave it out and add .is_null()")
    return members


def _members_of(values: object) -> list[object]:
    kind = type(values)
    if not issubclass(kind, Collection) or issubclass(kind, (str, bytes, bytearray, Mapping)):
        raise BuildError(f"in_(), not_in(), any_() and all_() take a list, tuple or set of values, not {kind.__name__}")
    return list(cast("Collection[object]", values))


def any_(values: Collection[T] | Expr[Any] | Fetchable[Any], /) -> Expr[T]:
    """`ANY (...)` of a list, an array or a query, on the right of a comparison: `User.age > any_([18, 21])`.

    >>> print(Qail.get("t").where(col("name").like(any_(["a%", "b%"]))))
    SELECT * FROM "t" WHERE "name" LIKE ANY ($1)
    """
    return _quantified(values, is_all=False)


def all_(values: Collection[T] | Expr[Any] | Fetchable[Any], /) -> Expr[T]:
    """`ALL (...)` of a list, an array or a query, on the right of a comparison; true when there is none."""
    return _quantified(values, is_all=True)


def _quantified(values: object, *, is_all: bool) -> QuantifiedExpr:
    if isinstance(values, Builder):
        return QuantifiedExpr(None, values, is_all=is_all)
    array = values if isinstance(values, Expression) else ParamRef(checked_members(values))
    return QuantifiedExpr(array, None, is_all=is_all)


def truth_test(argument: Node, test: str) -> Cond:
    """`argument IS TRUE` and its kin."""
    return BooleanTest(argument, test)


def null_test(argument: Node, *, negated: bool) -> Cond:
    """`argument IS [NOT] NULL`."""
    return NullTest(argument, negated=negated)
