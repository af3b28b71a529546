"""ValuesRows, InsertSelect, Assignments, MultiAssignRef, InferClause and OnConflictClause as SQL."""

from __future__ import annotations

from typing import Any

from qail.ast.clause.conflict import InferClause, OnConflictClause
from qail.ast.clause.rows import Assignments, InsertSelect, MultiAssignRef, ValuesRows
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.parameter import SetToDefault
from qail.ast.node import Node
from qail.compile.expression.boolean import write_conditions
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter, bare_column, column_name
from qail.compile.statement.query import query_of, write_inner, write_query
from qail.pgtype import PgType


def write_rows(writer: SqlWriter, node: ValuesRows, overriding: str = "") -> None:
    """` (columns) VALUES (...), (...)`; ` DEFAULT VALUES` for a row without columns."""
    if not node.columns:
        writer.put(" DEFAULT VALUES")
        return
    writer.put(f" ({_names(node.columns)}){overriding} VALUES ")
    types = [type_of(column) for column in node.columns]
    names = [column_name(column) for column in node.columns]
    width = len(node.columns)
    # Of one row a function may make several: it is a select list.
    writer.single = "VALUES of several rows" if len(node.values) > width else ""
    for index, value in enumerate(node.values):
        column = index % width
        if column == 0:
            writer.put("), (" if index else "(")
        else:
            writer.put(", ")
        if isinstance(value, Node) and not node.is_plain:
            _write_value(writer, value, types[column], names[column])
        else:
            writer.block_parameter(node, index, types[column], names[column])
    writer.single = ""
    writer.put(")")


def write_assignments(writer: SqlWriter, node: Assignments) -> None:
    """`"column" = value, ...`."""
    separator = ""
    for column, value in zip(node.columns, node.values, strict=True):
        writer.put(f"{separator}{bare_column(column)} = ")
        _write_value(writer, value, type_of(column), column_name(column))
        separator = ", "


def write_selected_rows(writer: SqlWriter, node: InsertSelect, overriding: str = "") -> None:
    """` (columns) SELECT ...`."""
    writer.put((f" ({_names(node.columns)})" if node.columns else "") + overriding + " ")
    write_inner(writer, query_of(node.query))


def write_multi_assignment(writer: SqlWriter, node: MultiAssignRef) -> None:
    """`("column", ...) = (SELECT ...)`."""
    writer.put(f"({_names(node.columns)}) = ")
    write_query(writer, node.query)


def write_inserted(writer: SqlWriter, node: Assignments) -> None:
    """`INSERT ("column", ...) VALUES (...)`, as a branch of MERGE has it."""
    writer.put("INSERT (")
    writer.put(_names(node.columns))
    writer.put(") VALUES (")
    separator = ""
    for column, value in zip(node.columns, node.values, strict=True):
        writer.put(separator)
        _write_value(writer, value, type_of(column), column_name(column))
        separator = ", "
    writer.put(")")


def write_infer(writer: SqlWriter, node: InferClause) -> None:
    """` ("column", (expression)) WHERE predicate`, or ` ON CONSTRAINT "name"`; its values stand in the text."""
    if node.constraint:
        writer.put(" ON CONSTRAINT " + identifier(node.constraint))
        return
    if not node.elements:
        return
    was_literal = writer.writes_literals
    writer.writes_literals = True
    separator = " ("
    for element in node.elements:
        writer.put(separator)
        if column_name(element):
            writer.put(bare_column(element))
        else:
            writer.put("(")
            writer.write(element)
            writer.put(")")
        separator = ", "
    writer.put(")")
    if node.predicate is not None:
        writer.put(" WHERE ")
        write_conditions(writer, [node.predicate])
    writer.writes_literals = was_literal


def write_conflict(writer: SqlWriter, node: OnConflictClause) -> None:
    """` ON CONFLICT (target) DO UPDATE SET "column" = EXCLUDED."column" WHERE condition`."""
    writer.put(" ON CONFLICT")
    write_infer(writer, node.infer)
    if not node.assigned and node.assignments is None:
        writer.put(" DO NOTHING")
        return
    assigned = [f"{bare_column(column)} = EXCLUDED.{bare_column(column)}" for column in node.assigned]
    writer.put(" DO UPDATE SET " + ", ".join(assigned))
    writer.single = "DO UPDATE"
    if node.assignments is not None:
        writer.put(", " if assigned else "")
        write_assignments(writer, node.assignments)
    if node.condition is not None:
        writer.put(" WHERE ")
        write_conditions(writer, [node.condition])
    writer.single = ""


def _write_value(writer: SqlWriter, value: Node, pg: PgType[Any] | None, name: str) -> None:
    """A value that is stored, which may be DEFAULT, as a part of no other expression may."""
    if isinstance(value, SetToDefault):
        writer.put("DEFAULT")
    else:
        writer.write(value, pg=pg, name=name)


def _names(columns: tuple[Node, ...]) -> str:
    return ", ".join([bare_column(column) for column in columns])
