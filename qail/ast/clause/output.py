"""The columns that a query gives, as far as its tree tells: for whoever decodes its rows or names them from outside."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.clause.part import flat
from qail.ast.clause.set_operation import SetOperation
from qail.ast.clause.target import NodeList, ResTarget
from qail.ast.clause.values import ValuesTable
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.column import A_Star, ColumnExpr, ColumnRef, WholeRow
from qail.ast.expression.function import FuncCall
from qail.ast.node import Node
from qail.ast.tokens import COLUMNS, RETURNING, SELECT
from qail.pgtype import PgType


class OutputColumn:
    """One column. `node` is the expression it is of, None where it is of none; `pg` is None where it is not known."""

    def __init__(self, name: str, node: Node | None, pg: PgType[Any] | None, *, null: bool) -> None:
        self.name: Final = name
        self.node: Final = node
        self.pg: Final = pg
        self.null: Final = null

    def is_of(self, asked: Node) -> bool:
        """Whether this is the column of the expression `asked`."""
        own = bare(self.node)
        other = bare(asked)
        if own is None or other is None:
            return False
        if isinstance(own, (ColumnExpr, ColumnRef)) and isinstance(other, (ColumnExpr, ColumnRef)):
            return own.token == other.token
        return own is other


def bare(node: Node | None) -> Node | None:
    """An expression without the name it is selected under."""
    return node.value if isinstance(node, ResTarget) else node


def leading(builder: Builder) -> Builder:
    """The first query of a set operation, whose columns are those of the whole; any other query is itself."""
    current = first_step(builder)
    while isinstance(current.node, SetOperation):
        builder = current.node.left
        current = first_step(builder)
    return builder


def first_step(builder: Builder) -> Builder:
    """The step a query begins with."""
    current = builder
    while current.previous is not None:
        current = current.previous
    return current


def result_items(builder: Builder) -> tuple[Node, ...] | None:
    """The items of the select list or of RETURNING; None when the server says which columns there are: `*`.

    A WholeRow stands for `len(item.columns)` columns of the result, any other item for one.
    """
    found = result_parts(builder)
    if found is None:
        return None
    items = flat(found)
    return None if any(isinstance(item, A_Star) for item in items) else items


def result_parts(builder: Builder) -> tuple[object, ...] | None:
    """As `result_items`, with a Part in the place of the items that become one value together."""
    listed: list[object] = []
    first = builder
    current: Builder | None = leading(builder)
    while current is not None:
        if current.step in (COLUMNS, RETURNING, SELECT) and isinstance(current.node, NodeList):
            own = current.node.parts
            listed = [*(current.node.items if own is None else own), *listed]
            if current.step == RETURNING:
                return tuple(listed)
        first = current
        current = current.previous
    if listed:
        return tuple(listed)
    return (first.node,) if isinstance(first.node, WholeRow) else None


def output_columns(builder: Builder, names: tuple[str, ...] = ()) -> list[OutputColumn] | None:
    """The columns of a query, the first of them under other `names`; None where only the server knows them.

    A column without a name of its own, such as a sum without `as_()`, is there under the name "?column?".
    """
    start = first_step(leading(builder)).node
    if isinstance(start, ValuesTable):
        columns = [OutputColumn(name, None, pg, null=True) for name, pg in zip(start.names, start.types, strict=True)]
    else:
        items = result_items(builder)
        if items is None:
            return [OutputColumn(name, None, None, null=True) for name in names] if names else None
        columns = [column for item in items for column in _columns_of(item)]
    for index, name in enumerate(names[: len(columns)]):
        column = columns[index]
        columns[index] = OutputColumn(name, column.node, column.pg, null=column.null)
    return columns


def _columns_of(item: Node) -> list[OutputColumn]:
    if isinstance(item, WholeRow):
        return [OutputColumn(column.name, column, column.pg, null=column.null) for column in item.columns]
    own = bare(item)
    null = own.null if isinstance(own, ColumnExpr) else False
    return [OutputColumn(name_of(item), item, type_of(item), null=null)]


def name_of(item: Node) -> str:
    """The name of an item's column; "?column?" where the tree gives it none.

    Source: src/backend/parser/parse_target.c, FigureColname
    """
    if isinstance(item, (ColumnExpr, ResTarget)):
        return item.name
    if isinstance(item, ColumnRef):
        return item.fields[-1]
    return item.name if isinstance(item, FuncCall) else "?column?"
