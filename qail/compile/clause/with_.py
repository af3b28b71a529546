"""WITH as SQL: CommonTableExpr, CTESearchClause and CTECycleClause."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.with_ import (
    MATERIALIZED,
    CommonTableExpr,
    CommonTableReference,
    CTECycleClause,
    CTESearchClause,
)
from qail.ast.node import Node
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.merge import MergeStmt
from qail.ast.statement.statements import statement_of
from qail.ast.statement.update import UpdateStmt
from qail.compile.clause.from_ import write_columns
from qail.compile.quote import identifier
from qail.compile.sql_writer import WITH_NAME, SqlWriter
from qail.errors import BuildError

MERGE_IN_WITH: Final = 170_000


def write_with(writer: SqlWriter, tables: list[Node]) -> int:
    """`WITH RECURSIVE name AS (...), ... `; nothing without tables. `forget` of the result makes the names unknown."""
    before = writer.allow([])
    if not tables:
        return before
    found = [table for table in tables if isinstance(table, CommonTableExpr)]
    writer.put("WITH RECURSIVE " if any(table.is_recursive for table in found) else "WITH ")
    names: list[str] = []
    separator = ""
    for table in found:
        if table.name in names:
            raise BuildError(f"two queries of WITH are named {table.name!r}")
        names.append(table.name)
        writer.put(separator)
        writer.write(table)
        separator = ", "
    writer.put(" ")
    return before


def write_common_table(writer: SqlWriter, node: CommonTableExpr) -> None:
    """`"name" ("column") AS MATERIALIZED (query) SEARCH ... CYCLE ...`. From here on its name is known."""
    if node.is_recursive:
        writer.allow([WITH_NAME + node.name])
    writer.put(identifier(node.name))
    write_columns(writer, node.columns)
    writer.put(f" AS {MATERIALIZED[node.materialized]}(")
    statement = statement_of(node.query)
    if isinstance(statement, (InsertStmt, UpdateStmt, DeleteStmt, MergeStmt)):
        writer.is_pure = False
        if writer.depth:
            raise BuildError(f"{node.name!r} changes data, so that it belongs to with_() of the outermost statement")
        if isinstance(statement, MergeStmt):
            writer.need(MERGE_IN_WITH, "MERGE as a query of WITH")
    writer.depth += 1
    writer.write(statement)
    writer.depth -= 1
    writer.put(")")
    for clause in node.walks:
        writer.write(clause)
    if not node.is_recursive:
        writer.allow([WITH_NAME + node.name])


def write_search(writer: SqlWriter, node: CTESearchClause) -> None:
    """` SEARCH DEPTH FIRST BY "column" SET "sequence"`."""
    columns = ", ".join([identifier(column) for column in node.columns])
    kind = "BREADTH" if node.is_breadth_first else "DEPTH"
    writer.put(f" SEARCH {kind} FIRST BY {columns} SET {identifier(node.sequence)}")


def write_cycle(writer: SqlWriter, node: CTECycleClause) -> None:
    """` CYCLE "column" SET "mark" TO value DEFAULT other USING "path"`."""
    writer.put(f" CYCLE {', '.join([identifier(column) for column in node.columns])} SET {identifier(node.mark)}")
    if node.marks is not None:
        writer.put(" TO ")
        writer.write(node.marks[0])
        writer.put(" DEFAULT ")
        writer.write(node.marks[1])
    writer.put(" USING " + identifier(node.path))


def write_reference(writer: SqlWriter, node: CommonTableReference) -> None:
    """`"name" AS "alias"`."""
    writer.write(node.relation)
