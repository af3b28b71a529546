"""The query behind `count()`: how many rows another one returns."""

from __future__ import annotations

from typing import Final

from qail.ast.build.builder import Builder
from qail.ast.build.query import Query
from qail.ast.build.query_expression import Compound, Values
from qail.ast.build.select import Select
from qail.ast.clause.from_ import RangeSubselect
from qail.ast.clause.output import bare
from qail.ast.clause.target import NodeList
from qail.ast.expression.function import count
from qail.ast.expression.nest import NestedRows
from qail.ast.node import Node
from qail.ast.tokens import (
    DISTINCT,
    FROM,
    LIMIT,
    OFFSET,
    ORDER_BY,
    SELECT,
    SET_OPERATION,
    TARGET,
    VALUES,
    WITH,
    WITH_TIES,
)

COUNTED: Final = "counted"
CUTS: Final = frozenset({LIMIT, OFFSET, WITH_TIES})


def count_of(query: Builder) -> Select[int]:
    """`SELECT count(*) FROM (query)`.

    Its WITH becomes that of the whole, since only there may a query change data. Without a LIMIT or OFFSET the order is
    left out: it costs a sort and changes no number. So are the rows of nested queries, but under DISTINCT.
    """
    steps = _steps_of(query)
    if not any(step == DISTINCT for step, _ in steps):
        steps = [(step, _without_nests(node)) for step, node in steps]
    is_cut = any(step in CUTS for step, _ in steps)
    inner: Builder | None = None
    for step, node in steps:
        if step != WITH and (is_cut or step != ORDER_BY):
            inner = _following(inner, step, node, steps[0][0])
    assert inner is not None, "a query has its first step"
    start: Select[int] = Select(None, SELECT, NodeList((count(),)))
    out: Select[int] = Select(start, FROM, RangeSubselect(inner, COUNTED))
    for step, node in steps:
        if step == WITH:
            out = Select(out, WITH, node)
    return out


def _without_nests(node: Node) -> Node:
    """A select list without the rows of nested queries, whose number changes nothing; one of such rows alone is kept."""
    if not isinstance(node, NodeList):
        return node
    kept = tuple([item for item in node.items if not isinstance(bare(item), NestedRows)])
    return NodeList(kept) if 0 < len(kept) < len(node.items) else node


def _steps_of(query: Builder) -> list[tuple[int, Node]]:
    """The steps in the order of the calls, but for what rows become."""
    found: list[tuple[int, Node]] = []
    current: Builder | None = query
    while current is not None:
        if current.step != TARGET:
            found.append((current.step, current.node))
        current = current.previous
    found.reverse()
    return found


def _following(inner: Builder | None, step: int, node: Node, first: int) -> Builder:
    if first == SET_OPERATION:
        compound: Compound[object] = Compound(inner, step, node)
        return compound
    if first == VALUES:
        return Values(inner, step, node)
    query: Query[object] = Query(inner, step, node)
    return query
