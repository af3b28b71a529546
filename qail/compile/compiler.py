"""From a builder to a Plan: its steps become a statement node, and one pass over that writes the text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.node import Statement
from qail.ast.statement.create import CreateStmt, DropStmt, IndexStmt, TruncateStmt
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.update import UpdateStmt
from qail.ast.steps import Steps
from qail.ast.tokens import CREATE_INDEX, CREATE_TABLE, DELETE, DROP_TABLE, GET, INSERT, SELECT, TRUNCATE, UPDATE
from qail.ast.walk import Walk
from qail.compile.clause.target import target_types
from qail.compile.plan import Plan, Traits
from qail.compile.registry import RENDERERS
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError, EncodeError
from qail.pgtype import PgType

MAX_PARAMETERS: Final = 65_535  # the count in Bind is an unsigned Int16
# Interpreted, writing takes a few Python frames per level of nesting, of which a Node allows 500.
FRAMES_PER_QUERY: Final = 4_000

STATEMENTS: Final[dict[int, Callable[[Steps], Statement]]] = {
    GET: SelectStmt,
    SELECT: SelectStmt,
    INSERT: InsertStmt,
    UPDATE: UpdateStmt,
    DELETE: DeleteStmt,
    CREATE_TABLE: CreateStmt,
    DROP_TABLE: DropStmt,
    TRUNCATE: TruncateStmt,
    CREATE_INDEX: IndexStmt,
}


def make_plan(builder: Builder, walk: Walk) -> Plan:
    """The Plan of a builder whose shape `walk` has taken.

    Raises:
        BuildError: the query cannot be: a clause is missing or does not fit, a table is not in scope.
        EncodeError: it has more than 65_535 parameters.
    """
    if len(walk.values) > MAX_PARAMETERS:
        raise EncodeError(
            f"the query has {len(walk.values)} parameters and PostgreSQL takes at most {MAX_PARAMETERS}: "
            "use execute_many() or copy_in() for many rows, in_() for many values"
        )
    steps = Steps(builder)
    if steps.first not in STATEMENTS:
        raise BuildError(f"a {steps.statement} does not begin a statement")
    statement = STATEMENTS[steps.first](steps)
    if not isinstance(builder, (Fetchable, Command)):
        raise BuildError(f"{steps.statement} is not complete: call the method that it still needs, values() or where()")
    writer = SqlWriter(walk, RENDERERS)
    _write(writer, statement)
    returns_rows = isinstance(builder, Fetchable)
    traits = Traits(
        returns_rows=returns_rows,
        is_read_only=isinstance(statement, SelectStmt) and writer.is_pure,
        is_kept=not writer.has_literals,
        is_session_bound=writer.is_session_bound,
    )
    columns = _result_types(statement) if returns_rows else None
    sql = writer.text().encode()
    return Plan(sql, writer.slots, writer.parameter_types, writer.parameter_names, columns, traits)


def _result_types(statement: Statement) -> list[PgType[Any] | None] | None:
    if isinstance(statement, (SelectStmt, InsertStmt, UpdateStmt, DeleteStmt)):
        return target_types(statement.targets)
    return None


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
