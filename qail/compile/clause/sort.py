"""SortBy as SQL."""

from __future__ import annotations

from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import ResTarget
from qail.ast.node import Node
from qail.ast.tokens import ASCENDING, NULLS_DEFAULT, NULLS_FIRST
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter


def write_sort(writer: SqlWriter, node: SortBy) -> None:
    """`key DESC NULLS LAST`; ascending is what SQL means without a word."""
    writer.write(node.node)
    write_order(writer, node)


def write_order_by(writer: SqlWriter, keys: list[Node], targets: list[Node]) -> None:
    """ORDER BY: a key that is selected under a name is written as that name."""
    separator = " ORDER BY "
    for key in keys:
        writer.put(separator)
        separator = ", "
        if isinstance(key, SortBy) and isinstance(key.node, ResTarget) and any(key.node is item for item in targets):
            writer.put(identifier(key.node.name))
            write_order(writer, key)
        else:
            writer.write(key)


def write_order(writer: SqlWriter, node: SortBy) -> None:
    """` DESC NULLS LAST`."""
    if node.direction != ASCENDING:
        writer.put(" DESC")
    if node.nulls != NULLS_DEFAULT:
        writer.put(" NULLS FIRST" if node.nulls == NULLS_FIRST else " NULLS LAST")
