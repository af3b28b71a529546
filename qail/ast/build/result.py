"""What the rows of a statement are made of, for whoever decodes them."""

from __future__ import annotations

from qail.ast.build.builder import Builder
from qail.ast.build.prepared import Bound, trace_of
from qail.ast.build.returning import Returning
from qail.ast.build.select import Select
from qail.ast.clause.output import leading
from qail.ast.clause.set_operation import SetOperation
from qail.ast.clause.target import NodeList, ResTarget
from qail.ast.expression.column import WholeRow
from qail.ast.expression.nest import NestedRows
from qail.ast.node import Node
from qail.ast.tokens import COLUMNS, RETURNING, SELECT


def gives_tuples(builder: Builder) -> bool:
    """Whether the rows of a statement are the tuples as they come: it has a list of items, one column each."""
    kind = type(builder)
    if kind is Bound:
        trace = trace_of(builder)
        return trace is not None and trace.gives_tuples
    return (kind is Select or kind is Returning) and not has_whole_row(builder)


def has_whole_row(builder: Builder) -> bool:
    """Whether a WholeRow or a Part is among the items of a result: asked for every result, so it makes no list."""
    is_listed = False
    first = builder
    current: Builder | None = builder
    while current is not None:
        step = current.step
        if (step == COLUMNS or step == RETURNING or step == SELECT) and isinstance(current.node, NodeList):
            is_listed = True
            if current.node.parts is not None or _is_among(current.node.items):
                return True
            if step == RETURNING:
                return False
        first = current
        current = current.previous
    if isinstance(first.node, SetOperation):
        return has_whole_row(leading(builder))
    return not is_listed and isinstance(first.node, WholeRow)


def _is_among(items: tuple[Node, ...]) -> bool:
    for item in items:
        if isinstance(item, WholeRow):
            return True
        # Most items are columns, which are neither.
        if (isinstance(item, ResTarget) or isinstance(item, NestedRows)) and formed_rows(item) is not None:  # noqa: SIM101
            return True
    return False


def has_formed_rows(builder: Builder) -> bool:
    """Whether an item is a nest() whose rows become something else than tuples: asked before a list of them is made."""
    current: Builder | None = leading(builder)
    while current is not None:
        step = current.step
        is_list = step == COLUMNS or step == RETURNING or step == SELECT
        if is_list and isinstance(current.node, NodeList) and _has_formed(current.node.items):
            return True
        current = current.previous
    return False


def _has_formed(items: tuple[Node, ...]) -> bool:
    for item in items:
        if (isinstance(item, ResTarget) or isinstance(item, NestedRows)) and formed_rows(item) is not None:  # noqa: SIM101
            return True
    return False


def formed_rows(item: Node) -> NestedRows | None:
    """The nest() that is this item, when its rows become something else than tuples; None of any other item."""
    if isinstance(item, ResTarget):
        item = item.value
    return item if isinstance(item, NestedRows) and item.is_formed else None
