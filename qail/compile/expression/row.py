"""RowExpr and RowMembership as SQL."""

from __future__ import annotations

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.own_type import sent_type
from qail.ast.expression.parameter import ParamRef
from qail.ast.expression.row import RowExpr, RowMembership
from qail.compile.precedence import PATTERN_LEVEL
from qail.compile.sql_writer import SqlWriter, column_name
from qail.errors import BuildError
from qail.pgtype import array_of


def write_row(writer: SqlWriter, node: RowExpr) -> None:
    """`(a, b)`, or `ROW(a)`."""
    write_row_like(writer, node, node)


def write_row_like(writer: SqlWriter, node: RowExpr, other: RowExpr) -> None:
    """A row whose parameters have the types of the elements of `other`, which it is compared with.

    A value beside a value has its own type: as elements of a row both would be of none, or text.
    """
    guard = "" if node is other else "a comparison of rows"
    writer.put("(" if len(node.elements) > 1 else "ROW(")
    separator = ""
    for element, partner in zip(node.elements, other.elements, strict=True):
        writer.put(separator)
        pg = type_of(partner)
        if isinstance(partner, ParamRef) and isinstance(element, ParamRef) and not writer.writes_literals:
            pg = sent_type(element.value)
        writer.write(element, pg=pg, name=column_name(partner), guard=guard)
        separator = ", "
    writer.put(")")


def write_row_membership(writer: SqlWriter, node: RowMembership) -> None:
    """`(a, b) IN (SELECT * FROM unnest($1, $2))`: one text for lists of any length."""
    writer.write(node.argument, PATTERN_LEVEL + 1)
    writer.put(" NOT IN (SELECT * FROM unnest(" if node.negated else " IN (SELECT * FROM unnest(")
    separator = ""
    for element, values in zip(node.argument.elements, node.arrays, strict=True):
        known = type_of(element)
        if known is None:
            raise BuildError("an element of the row has no known type; cast() says it, or a table class")
        writer.put(separator)
        writer.write(values, pg=array_of(known), name=column_name(element))
        separator = ", "
    writer.put("))")
