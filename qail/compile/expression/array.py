"""A_ArrayExpr, ArraySublink and A_Indirection as SQL."""

from __future__ import annotations

from typing import Any

from qail.ast.expression.array import A_ArrayExpr, A_Indirection, ArraySublink
from qail.ast.node import Node
from qail.ast.tokens import FIELD, ITEM, KEY, SLICE
from qail.compile.quote import identifier, type_name
from qail.compile.sql_writer import SqlWriter, column_name, unwrapped
from qail.compile.statement.query import check_width, write_query
from qail.pgtype import INT4, TEXT, PgType


def write_array(writer: SqlWriter, node: A_ArrayExpr) -> None:
    """`ARRAY[...]`, in a CAST where the type of its elements is given."""
    known = node.result_type()
    element_type = None if known is None else known.element
    if node.of is not None:
        writer.put("CAST(")
    writer.put("ARRAY[")
    separator = ""
    for element in node.elements:
        writer.put(separator)
        writer.write(element, pg=element_type)
        separator = ", "
    writer.put("]")
    if node.of is not None:
        writer.put(f" AS {type_name(node.of)}[])")


def write_array_query(writer: SqlWriter, node: ArraySublink) -> None:
    """`ARRAY(SELECT ...)`."""
    check_width(node.query, 1, "array_query()")
    writer.put("ARRAY")
    write_query(writer, node.query)


def write_indirection(writer: SqlWriter, node: A_Indirection) -> None:
    """`array[first:last]`, `(composite)."name"`.

    Two subscripts in a row are one of an array of two dimensions; a subscript behind a slice would be taken for a
    slice, and a name behind a column's for a column of that table: those stand behind parentheses.
    """
    argument: Node = unwrapped(node.argument)
    is_bare = bool(column_name(argument)) and node.kind != FIELD
    is_chained = isinstance(argument, A_Indirection) and (
        argument.kind in (node.kind, FIELD) or {argument.kind, node.kind} == {ITEM, KEY}
    )
    if is_bare or is_chained:
        writer.write(argument)
    else:
        writer.put("(")
        writer.write(argument)
        writer.put(")")
    if node.kind == FIELD:
        writer.put("." + identifier(node.name))
        return
    writer.put("[")
    _write_index(writer, node.first, TEXT if node.kind == KEY else INT4)
    if node.kind == SLICE:
        writer.put(":")
        _write_index(writer, node.last, INT4)
    writer.put("]")


def _write_index(writer: SqlWriter, index: Node | None, pg: PgType[Any]) -> None:
    if index is not None:
        writer.write(index, pg=pg)
