"""InsertStmt, UpdateStmt and DeleteStmt as SQL."""

from __future__ import annotations

from qail.ast.node import Node
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.update import UpdateStmt
from qail.compile.clause.target import write_targets
from qail.compile.expression.boolean import write_conditions
from qail.compile.sql_writer import SqlWriter


def write_insert(writer: SqlWriter, node: InsertStmt) -> None:
    """`INSERT INTO relation (columns) VALUES ... ON CONFLICT ... RETURNING ...`."""
    writer.push_scope([node.relation.token])
    writer.put("INSERT INTO ")
    writer.write(node.relation)
    writer.write(node.rows)
    if node.conflict is not None:
        writer.write(node.conflict)
    _write_returning(writer, node.targets)
    writer.pop_scope()


def write_update(writer: SqlWriter, node: UpdateStmt) -> None:
    """`UPDATE relation SET ... WHERE ... RETURNING ...`."""
    writer.push_scope([node.relation.token])
    writer.put("UPDATE ")
    writer.write(node.relation)
    writer.put(" SET ")
    writer.write(node.assignments)
    _write_where(writer, node.where)
    _write_returning(writer, node.targets)
    writer.pop_scope()


def write_delete(writer: SqlWriter, node: DeleteStmt) -> None:
    """`DELETE FROM relation WHERE ... RETURNING ...`."""
    writer.push_scope([node.relation.token])
    writer.put("DELETE FROM ")
    writer.write(node.relation)
    _write_where(writer, node.where)
    _write_returning(writer, node.targets)
    writer.pop_scope()


def _write_where(writer: SqlWriter, conditions: list[Node]) -> None:
    if conditions:
        writer.put(" WHERE ")
        write_conditions(writer, conditions)


def _write_returning(writer: SqlWriter, targets: list[Node]) -> None:
    if targets:
        writer.put(" RETURNING ")
        write_targets(writer, targets)
