"""RowExpr as SQL."""

from __future__ import annotations

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.row import RowExpr
from qail.compile.sql_writer import SqlWriter, column_name


def write_row(writer: SqlWriter, node: RowExpr) -> None:
    """`(a, b)`, or `ROW(a)`."""
    write_row_like(writer, node, node)


def write_row_like(writer: SqlWriter, node: RowExpr, other: RowExpr) -> None:
    """A row whose parameters have the types of the elements of `other`, which it is compared with."""
    writer.put("(" if len(node.elements) > 1 else "ROW(")
    separator = ""
    for element, partner in zip(node.elements, other.elements, strict=True):
        writer.put(separator)
        writer.write(element, pg=type_of(partner), name=column_name(partner))
        separator = ", "
    writer.put(")")
