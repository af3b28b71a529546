"""ValuesRows, Assignments and OnConflictClause as SQL."""

from __future__ import annotations

from qail.ast.clause.conflict import OnConflictClause
from qail.ast.clause.rows import Assignments, ValuesRows
from qail.ast.expression.arithmetic import type_of
from qail.ast.node import Node
from qail.compile.sql_writer import SqlWriter, bare_column, column_name


def write_rows(writer: SqlWriter, node: ValuesRows) -> None:
    """` (columns) VALUES (...), (...)`; ` DEFAULT VALUES` for a row without columns."""
    if not node.columns:
        writer.put(" DEFAULT VALUES")
        return
    writer.put(f" ({_names(node.columns)}) VALUES ")
    types = [type_of(column) for column in node.columns]
    names = [column_name(column) for column in node.columns]
    width = len(node.columns)
    for index, value in enumerate(node.values):
        column = index % width
        if column == 0:
            writer.put("), (" if index else "(")
        else:
            writer.put(", ")
        if isinstance(value, Node) and not node.is_plain:
            writer.write(value, pg=types[column], name=names[column])
        else:
            writer.block_parameter(node, index, types[column], names[column])
    writer.put(")")


def write_assignments(writer: SqlWriter, node: Assignments) -> None:
    """`"column" = value, ...`."""
    separator = ""
    for column, value in zip(node.columns, node.values, strict=True):
        writer.put(f"{separator}{bare_column(column)} = ")
        writer.write(value, pg=type_of(column), name=column_name(column))
        separator = ", "


def write_conflict(writer: SqlWriter, node: OnConflictClause) -> None:
    """` ON CONFLICT (target) DO UPDATE SET "column" = EXCLUDED."column"`."""
    writer.put(" ON CONFLICT")
    if node.target:
        writer.put(f" ({_names(node.target)})")
    if not node.assigned:
        writer.put(" DO NOTHING")
        return
    assigned = [f"{bare_column(column)} = EXCLUDED.{bare_column(column)}" for column in node.assigned]
    writer.put(" DO UPDATE SET " + ", ".join(assigned))


def _names(columns: tuple[Node, ...]) -> str:
    return ", ".join([bare_column(column) for column in columns])
