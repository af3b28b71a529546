"""Keyset paging: the condition that a row comes behind, or before, the one whose sort keys are given.

With keys of one direction that are never NULL it is a comparison of rows, which an index serves. Otherwise it is spelt
out: `a > x OR a = x AND b < y`, where each value is one parameter however often it stands there.

Rule 1: a key that may be NULL finds its NULLs where the order has them: `a > x OR a IS NULL AND x IS NOT NULL` for
NULLS LAST, `a > x OR x IS NULL AND a IS NOT NULL` for NULLS FIRST, and `IS NOT DISTINCT FROM` for `=`. The form is the
same whether the value is None or not, so that one text serves every page.
Rule 2: what is not known to be never NULL may be NULL: a page that leaves out rows in silence is worse than a slow one.
"""

from __future__ import annotations

from typing import Final

from qail.ast.build.builder import Builder
from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import NodeList, ResTarget
from qail.ast.expression.boolean import BoolExpr
from qail.ast.expression.case import CoalesceExpr, TypeCast
from qail.ast.expression.collation import CollateClause
from qail.ast.expression.column import ColumnExpr
from qail.ast.expression.comparison import A_Expr, NotNull, NullTest
from qail.ast.expression.parameter import Literal, ParamRef, operand
from qail.ast.expression.row import RowExpr
from qail.ast.node import Node
from qail.ast.tokens import AND, ASCENDING, NULLS_DEFAULT, NULLS_FIRST, OR, ORDER_BY
from qail.errors import BuildError


class Key:
    """A sort key as the paging meets it: `bound` is the value of the row that was read.

    `operator` says what lies ahead; `nulls_ahead`: NULLs stand behind every other value on the way.
    """

    def __init__(self, sort: SortBy, bound: Node, *, is_before: bool) -> None:
        is_ascending = sort.direction == ASCENDING
        has_nulls_first = sort.nulls == NULLS_FIRST or (sort.nulls == NULLS_DEFAULT and not is_ascending)
        self.node: Final = sort.node.value if isinstance(sort.node, ResTarget) else sort.node
        self.bound: Final = bound
        self.operator: Final = ">" if is_ascending != is_before else "<"
        self.nulls_ahead: Final = has_nulls_first == is_before
        self.may_be_null: Final = may_be_null(self.node)

    def is_equal(self) -> Node:
        """The row has the same key."""
        return A_Expr("IS NOT DISTINCT FROM" if self.may_be_null else "=", self.node, self.bound)

    def is_ahead(self) -> Node:
        """The row's key lies ahead of the bound."""
        compared = A_Expr(self.operator, self.node, self.bound)
        if not self.may_be_null:
            return compared
        inner, outer = (self.node, self.bound) if self.nulls_ahead else (self.bound, self.node)
        # The comparison comes first: it is what tells the server the parameter's type.
        among_nulls = BoolExpr(AND, (NullTest(inner, negated=False), NullTest(outer, negated=True)))
        return BoolExpr(OR, (compared, among_nulls))


def keyset_condition(query: Builder, values: tuple[object, ...], *, is_before: bool) -> Node:
    """The condition of `after(*values)`, or of `before(*values)`, by the sort keys of `query`.

    Raises:
        BuildError: there are more or fewer values than keys, or None is given for a key that is never NULL.
    """
    method = "before()" if is_before else "after()"
    sorts = _sort_keys(query)
    if not sorts:
        raise BuildError(f"{method} goes by the order of order_by(), which must be called before it")
    if len(sorts) != len(values):
        raise BuildError(f"{method} has {len(values)} values for {len(sorts)} sort keys")
    keys: list[Key] = []
    for sort, value in zip(sorts, values, strict=True):
        key = Key(sort, operand(value), is_before=is_before)
        if value is None and not key.may_be_null:
            raise BuildError(
                f"{method} takes the values of a row that was read; None is no value of a sort key that is never NULL"
            )
        keys.append(key)
    return _condition(keys)


def may_be_null(node: Node) -> bool:
    """False where the tree alone proves that a value is never NULL, or the user has promised it by not_null()."""
    if isinstance(node, ColumnExpr):
        return node.null
    if isinstance(node, (Literal, ParamRef)):
        return node.value is None
    if isinstance(node, (TypeCast, CollateClause)):
        return may_be_null(node.argument)
    if isinstance(node, CoalesceExpr) and node.keyword != "NULLIF":
        return all(may_be_null(argument) for argument in node.arguments)
    return not isinstance(node, NotNull)


def _sort_keys(query: Builder) -> list[SortBy]:
    calls: list[list[SortBy]] = []
    current: Builder | None = query
    while current is not None:
        if current.step == ORDER_BY and isinstance(current.node, NodeList):
            calls.append([key for key in current.node.items if isinstance(key, SortBy)])
        current = current.previous
    return [key for call in reversed(calls) for key in call]


def _condition(keys: list[Key]) -> Node:
    first = keys[0]
    if len(keys) > 1 and all(key.operator == first.operator and not key.may_be_null for key in keys):
        columns = RowExpr(tuple([key.node for key in keys]))
        return A_Expr(first.operator, columns, RowExpr(tuple([key.bound for key in keys])))
    branches: list[Node] = []
    for index, key in enumerate(keys):
        terms: list[Node] = [before.is_equal() for before in keys[:index]]
        terms.append(key.is_ahead())
        branches.append(terms[0] if index == 0 else BoolExpr(AND, tuple(terms)))
    return branches[0] if len(branches) == 1 else BoolExpr(OR, tuple(branches))
