"""InsertStmt, UpdateStmt and DeleteStmt as SQL."""

from __future__ import annotations

from qail.ast.clause.from_ import RangeVar
from qail.ast.clause.rows import ValuesRows
from qail.ast.expression.column import EXCLUDED, NEW, OLD
from qail.ast.node import Node
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.update import UpdateStmt
from qail.compile.clause.from_ import scope_of, write_from
from qail.compile.clause.rows import write_rows, write_selected_rows
from qail.compile.clause.target import write_targets
from qail.compile.clause.with_ import write_with
from qail.compile.expression.boolean import write_conditions
from qail.compile.level import CHANGE_CLAUSE, VALUES_CLAUSE, WHERE_CLAUSE, Level
from qail.compile.sql_writer import VERSION_NAME, SqlWriter


def write_insert(writer: SqlWriter, node: InsertStmt) -> None:
    """`INSERT INTO relation (columns) VALUES ... ON CONFLICT ... RETURNING ...`."""
    before = write_with(writer, node.with_)
    writer.put("INSERT INTO ")
    writer.write(node.relation)
    overriding = "" if node.overriding is None else " " + node.overriding.word
    level = Level([node.relation.token], VALUES_CLAUSE)
    writer.levels.append(level)
    # The rows are made before there is a row of the table that they could name.
    writer.push_scope([])
    if isinstance(node.rows, ValuesRows):
        write_rows(writer, node.rows, overriding)
    else:
        write_selected_rows(writer, node.rows, overriding)
    writer.pop_scope()
    level.clause = CHANGE_CLAUSE
    writer.push_scope([node.relation.token])
    if node.conflict is not None:
        allowed = writer.allow([VERSION_NAME + EXCLUDED])
        writer.write(node.conflict)
        writer.forget(allowed)
    write_returning(writer, node.targets)
    writer.pop_scope()
    writer.levels.pop()
    writer.forget(before)


def write_update(writer: SqlWriter, node: UpdateStmt) -> None:
    """`UPDATE relation SET ... FROM ... WHERE ... RETURNING ...`."""
    before = write_with(writer, node.with_)
    writer.put("UPDATE ")
    write_written(writer, node.relation, is_only=node.is_only)
    writer.put(" SET ")
    # Values may use the columns of FROM, which is written behind them.
    tokens = [node.relation.token, *scope_of(node.from_, node.joins)]
    writer.push_scope(tokens)
    writer.levels.append(Level(list(tokens), CHANGE_CLAUSE))
    writer.single = "SET"
    writer.write_list(node.assignments)
    writer.single = ""
    _write_sources(writer, " FROM ", node.relation, node.from_, node.joins)
    _write_where(writer, node.where)
    write_returning(writer, node.targets)
    writer.pop_scope()
    writer.levels.pop()
    writer.forget(before)


def write_delete(writer: SqlWriter, node: DeleteStmt) -> None:
    """`DELETE FROM relation USING ... WHERE ... RETURNING ...`."""
    before = write_with(writer, node.with_)
    writer.put("DELETE FROM ")
    write_written(writer, node.relation, is_only=node.is_only)
    writer.push_scope([node.relation.token])
    writer.levels.append(Level([node.relation.token, *scope_of(node.using, node.joins)], CHANGE_CLAUSE))
    _write_sources(writer, " USING ", node.relation, node.using, node.joins)
    _write_where(writer, node.where)
    write_returning(writer, node.targets)
    writer.pop_scope()
    writer.levels.pop()
    writer.forget(before)


def write_written(writer: SqlWriter, relation: RangeVar, *, is_only: bool) -> None:
    """The table that is written to."""
    if is_only:
        writer.put("ONLY ")
    writer.write(relation)


def write_returning(writer: SqlWriter, targets: list[Node]) -> None:
    """` RETURNING ...`, where OLD and NEW are known."""
    if targets:
        allowed = writer.allow([VERSION_NAME + OLD, VERSION_NAME + NEW])
        writer.put(" RETURNING ")
        writer.single = "RETURNING"
        write_targets(writer, targets)
        writer.single = ""
        writer.forget(allowed)


def _write_sources(writer: SqlWriter, word: str, target: RangeVar, items: list[Node], joins: list[Node]) -> None:
    if items:
        writer.put(word)
        writer.pop_scope()
        writer.push_scope([target.token])
        write_from(writer, items, joins)


def _write_where(writer: SqlWriter, conditions: list[Node]) -> None:
    if conditions:
        level = writer.levels[-1]
        level.clause = WHERE_CLAUSE
        writer.put(" WHERE ")
        write_conditions(writer, conditions)
        level.clause = CHANGE_CLAUSE
