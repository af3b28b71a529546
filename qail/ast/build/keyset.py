"""Keyset paging: the condition that a row comes behind the one whose sort keys are given.

With keys of one direction it is a comparison of rows, which an index serves. With mixed directions it is written out:
`a > x OR a = x AND b < y`, where each value is one parameter however often it stands there.
"""

from __future__ import annotations

from qail.ast.build.builder import Builder
from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import NodeList, ResTarget
from qail.ast.expression.boolean import BoolExpr
from qail.ast.expression.column import ColumnExpr
from qail.ast.expression.comparison import A_Expr
from qail.ast.expression.parameter import operand
from qail.ast.expression.row import RowExpr
from qail.ast.node import Node
from qail.ast.tokens import AND, ASCENDING, OR, ORDER_BY
from qail.errors import BuildError


def keyset_condition(query: Builder, values: tuple[object, ...]) -> Node:
    """The condition of `after(*values)` by the sort keys of `query`.

    Raises:
        BuildError: there are more or fewer values than keys, a value is None, or a key may be NULL, which no comparison
            would ever find.
    """
    keys = _sort_keys(query)
    if not keys:
        raise BuildError("after() continues in the order of order_by(), which must be called before it")
    if len(keys) != len(values):
        raise BuildError(f"after() has {len(values)} values for {len(keys)} sort keys")
    columns: list[Node] = []
    for key in keys:
        node = key.node.value if isinstance(key.node, ResTarget) else key.node
        columns.append(node)
        if isinstance(node, ColumnExpr) and node.null:
            raise BuildError(f"sort key {node.name!r} may be NULL; after() would skip its NULLs: sort by coalesce()")
    bounds: list[Node] = []
    for value in values:
        if value is None:
            raise BuildError("after() takes the values of a row that was read; None is no place in the order")
        bounds.append(operand(value))
    return _condition(keys, columns, bounds)


def _sort_keys(query: Builder) -> list[SortBy]:
    calls: list[list[SortBy]] = []
    current: Builder | None = query
    while current is not None:
        if current.step == ORDER_BY and isinstance(current.node, NodeList):
            calls.append([key for key in current.node.items if isinstance(key, SortBy)])
        current = current.before
    return [key for call in reversed(calls) for key in call]


def _condition(keys: list[SortBy], columns: list[Node], bounds: list[Node]) -> Node:
    if len(keys) == 1:
        return A_Expr(_operator(keys[0]), columns[0], bounds[0])
    if all(key.direction == keys[0].direction for key in keys):
        return A_Expr(_operator(keys[0]), RowExpr(tuple(columns)), RowExpr(tuple(bounds)))
    branches: list[Node] = []
    for index, key in enumerate(keys):
        terms: list[Node] = [A_Expr("=", columns[before], bounds[before]) for before in range(index)]
        terms.append(A_Expr(_operator(key), columns[index], bounds[index]))
        branches.append(terms[0] if index == 0 else BoolExpr(AND, tuple(terms)))
    return BoolExpr(OR, tuple(branches))


def _operator(key: SortBy) -> str:
    return ">" if key.direction == ASCENDING else "<"
