"""SubLink, ExistsExpr and QueryMembership as SQL."""

from __future__ import annotations

from qail.ast.clause.output import output_columns
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.row import RowExpr
from qail.ast.expression.subquery import ExistsExpr, QueryMembership, SubLink
from qail.ast.node import Node
from qail.compile.families import check_comparable
from qail.compile.precedence import PATTERN_LEVEL
from qail.compile.sql_writer import SqlWriter, unwrapped
from qail.compile.statement.query import check_width, write_query


def write_scalar(writer: SqlWriter, node: SubLink) -> None:
    """`(SELECT ...)`. Only what is compared with a row may have several columns."""
    width = writer.row_width if writer.compared_query is node else 1
    check_width(node.query, width, "scalar()" if width == 1 else f"a comparison with a row of {width}")
    write_query(writer, node.query)


def note_compared(writer: SqlWriter, row: Node, other: Node) -> None:
    """`other` is compared with `row`: as a subquery it has as many columns as that has elements."""
    if isinstance(other, SubLink):
        found = unwrapped(row)
        writer.compared_query = other
        writer.row_width = len(found.elements) if isinstance(found, RowExpr) else 1


def write_exists(writer: SqlWriter, node: ExistsExpr) -> None:
    """`EXISTS (SELECT ...)`."""
    writer.put("EXISTS ")
    write_query(writer, node.query)


def write_membership(writer: SqlWriter, node: QueryMembership) -> None:
    """`argument IN (SELECT ...)`."""
    columns = output_columns(node.query)
    argument = unwrapped(node.argument)
    check_width(node.query, len(argument.elements) if isinstance(argument, RowExpr) else 1, "IN")
    if columns is not None and len(columns) == 1:
        check_comparable("IN", type_of(node.argument), columns[0].pg)
    writer.write(node.argument, PATTERN_LEVEL + 1)
    writer.put(" NOT IN " if node.negated else " IN ")
    write_query(writer, node.query)
