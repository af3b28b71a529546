"""From a builder to a Plan: its steps become a statement node, and one pass over that writes the text."""

from __future__ import annotations

import sys
from typing import Any, Final

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.node import Statement
from qail.ast.statement.definition import Definition
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.merge import MergeStmt
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.set_operation import SetOperationStmt, ValuesStmt
from qail.ast.statement.sql import SqlStmt
from qail.ast.statement.statements import statement_of
from qail.ast.statement.update import UpdateStmt
from qail.ast.tokens import EXPLAIN, SHOW
from qail.ast.walk import Walk
from qail.compile.clause.target import target_types
from qail.compile.plan import Plan, Traits
from qail.compile.registry import RENDERERS
from qail.compile.sql_writer import SqlWriter
from qail.compile.statement.set_operation import combined_types
from qail.compile.statement.sql import promised_types
from qail.errors import EncodeError
from qail.pgtype import JSON, TEXT, PgType

MAX_PARAMETERS: Final = 65_535  # the count in Bind is an unsigned Int16
# Interpreted, writing takes a few Python frames per level of nesting, of which a Node allows 500.
FRAMES_PER_QUERY: Final = 4_000
FETCHED: Final[dict[int, PgType[Any]]] = {EXPLAIN: JSON, SHOW: TEXT}
QUERIES: Final = (SelectStmt, SetOperationStmt, ValuesStmt)


def make_plan(builder: Builder, walk: Walk, *, writes_literals: bool = False) -> Plan:
    """The Plan of a builder whose shape `walk` has taken; with `writes_literals` its values stand in the text.

    Raises:
        BuildError: the query cannot be: a clause is missing or does not fit, a table is not in scope.
        EncodeError: it has more than 65_535 parameters.
    """
    if len(walk.values) > MAX_PARAMETERS and not writes_literals:
        raise EncodeError(
            f"the query has {len(walk.values)} parameters and PostgreSQL takes at most {MAX_PARAMETERS}: "
            "use execute_many() or copy_in() for many rows, in_() for many values"
        )
    statement = statement_of(builder)
    writer = SqlWriter(walk, RENDERERS)
    writer.writes_literals = writes_literals
    _write(writer, statement)
    columns = _result_types(builder, statement)
    returns_rows = isinstance(builder, Fetchable)
    traits = Traits(
        returns_rows=returns_rows,
        is_read_only=isinstance(statement, QUERIES) and writer.is_pure,
        is_kept=not writer.has_literals,
        least_version=writer.least_version,
        newest=writer.newest,
        is_session_bound=writer.is_session_bound,
        guards=writer.guards if any(writer.guards) else [],
        leaves_nothing=writer.leaves_nothing,
    )
    sql = writer.text().encode()
    return Plan(
        sql, writer.slots, writer.parameter_types, writer.parameter_names, columns if returns_rows else None, traits
    )


def _result_types(builder: Builder, statement: Statement) -> list[PgType[Any] | None] | None:
    """The types of the result's columns; None when the tree does not tell each of them."""
    if isinstance(statement, SelectStmt):
        return target_types(statement.targets)
    if isinstance(statement, Definition):
        return [FETCHED[statement.form]] if statement.form in FETCHED else None
    if isinstance(statement, (InsertStmt, UpdateStmt, DeleteStmt, MergeStmt)):
        return target_types(statement.targets)
    if isinstance(statement, SqlStmt):
        return promised_types(statement.targets)
    if isinstance(statement, SetOperationStmt):
        return combined_types(builder)
    return list(statement.table.types) if isinstance(statement, ValuesStmt) else None


def _write(writer: SqlWriter, statement: Statement) -> None:
    limit = sys.getrecursionlimit()
    if limit >= FRAMES_PER_QUERY:
        writer.write(statement)
        return
    sys.setrecursionlimit(FRAMES_PER_QUERY)
    try:
        writer.write(statement)
    finally:
        sys.setrecursionlimit(limit)
