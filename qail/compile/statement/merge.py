"""MergeStmt as SQL."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.merge import (
    INSERT_ACTION,
    NOT_MATCHED,
    NOT_MATCHED_BY_SOURCE,
    UPDATE_ACTION,
    MergeActionExpr,
    MergeWhenClause,
)
from qail.ast.clause.rows import Assignments
from qail.ast.statement.merge import MergeStmt
from qail.compile.clause.from_ import write_from_item
from qail.compile.clause.rows import write_assignments, write_inserted
from qail.compile.clause.with_ import write_with
from qail.compile.expression.boolean import write_conditions
from qail.compile.level import CHANGE_CLAUSE, Level
from qail.compile.sql_writer import VERSION_NAME, SqlWriter
from qail.compile.statement.write import write_returning, write_written
from qail.pgtype import BOOL

MERGE_VERSION: Final = 150_000
SECOND_VERSION: Final = 170_000  # BY SOURCE, RETURNING and MERGE_ACTION()
ACTION_NAME: Final = VERSION_NAME + "MERGE_ACTION()"


def write_merge(writer: SqlWriter, node: MergeStmt) -> None:
    """`MERGE INTO relation USING source ON condition WHEN ... THEN ...`."""
    writer.need(MERGE_VERSION, "MERGE")
    before = write_with(writer, node.with_)
    writer.put("MERGE INTO ")
    write_written(writer, node.relation, is_only=node.is_only)
    writer.put(" USING ")
    writer.push_scope([])
    write_from_item(writer, node.source.relation)
    source = writer.pop_scope()
    writer.push_scope([node.relation.token, *source])
    writer.levels.append(Level([node.relation.token, *source], CHANGE_CLAUSE))
    writer.single = "MERGE"
    writer.put(" ON ")
    if node.source.condition is not None:
        writer.write(node.source.condition, pg=BOOL)
    for branch in node.branches:
        # An insert sees the source's row alone, and a branch without a source the table's.
        seen = source if branch.match == NOT_MATCHED else [node.relation.token, *source]
        writer.pop_scope()
        writer.push_scope([node.relation.token] if branch.match == NOT_MATCHED_BY_SOURCE else list(seen))
        writer.write(branch)
    writer.single = ""
    writer.pop_scope()
    writer.push_scope([node.relation.token, *source])
    if node.targets:
        writer.need(SECOND_VERSION, "RETURNING of a MERGE")
    allowed = writer.allow([ACTION_NAME])
    write_returning(writer, node.targets)
    writer.forget(allowed)
    writer.pop_scope()
    writer.levels.pop()
    writer.forget(before)


def write_branch(writer: SqlWriter, node: MergeWhenClause) -> None:
    """` WHEN MATCHED AND condition THEN UPDATE SET ...`."""
    if node.match == NOT_MATCHED_BY_SOURCE:
        writer.need(SECOND_VERSION, "WHEN NOT MATCHED BY SOURCE")
    writer.put(" WHEN " + node.match)
    if node.condition is not None:
        writer.put(" AND ")
        write_conditions(writer, [node.condition])
    writer.put(" THEN ")
    payload = node.payload
    if node.action == INSERT_ACTION:
        if isinstance(payload, Assignments):
            write_inserted(writer, payload)
        else:
            writer.put("INSERT DEFAULT VALUES")
    elif node.action == UPDATE_ACTION and isinstance(payload, Assignments):
        writer.put("UPDATE SET ")
        write_assignments(writer, payload)
    else:
        writer.put(node.action)


def write_merge_action(writer: SqlWriter, node: MergeActionExpr) -> None:
    """`MERGE_ACTION()`."""
    writer.check_name(VERSION_NAME, "MERGE_ACTION()", "it belongs to returning() of a merge")
    writer.need(SECOND_VERSION, "MERGE_ACTION()")
    writer.put("MERGE_ACTION()")
