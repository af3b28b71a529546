"""What the rows of a statement are made of, for whoever decodes them."""

from __future__ import annotations

from qail.ast.build.builder import Builder
from qail.ast.build.returning import Returning
from qail.ast.build.select import Select
from qail.ast.clause.output import leading
from qail.ast.clause.set_operation import SetOperation
from qail.ast.clause.target import NodeList
from qail.ast.expression.column import WholeRow
from qail.ast.node import Node
from qail.ast.tokens import COLUMNS, RETURNING, SELECT


def gives_tuples(builder: Builder) -> bool:
    """Whether the rows of a statement are the tuples as they come: it has a list of items, none of them a WholeRow."""
    kind = type(builder)
    return (kind is Select or kind is Returning) and not has_whole_row(builder)


def has_whole_row(builder: Builder) -> bool:
    """Whether a WholeRow is among the items of a result: asked for every result, so it makes no list of them."""
    is_listed = False
    first = builder
    current: Builder | None = builder
    while current is not None:
        step = current.step
        if (step == COLUMNS or step == RETURNING or step == SELECT) and isinstance(current.node, NodeList):
            is_listed = True
            if _is_among(current.node.items):
                return True
            if step == RETURNING:
                return False
        first = current
        current = current.before
    if isinstance(first.node, SetOperation):
        return has_whole_row(leading(builder))
    return not is_listed and isinstance(first.node, WholeRow)


def _is_among(items: tuple[Node, ...]) -> bool:
    for item in items:
        if isinstance(item, WholeRow):  # noqa: SIM110 - a loop is what mypyc compiles best
            return True
    return False
