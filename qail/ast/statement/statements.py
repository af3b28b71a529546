"""From a builder to its statement: which class of statement each first step begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.node import Statement
from qail.ast.statement.create import CreateStmt
from qail.ast.statement.definitions import DEFINITIONS
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.merge import MergeStmt
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.set_operation import SetOperationStmt, ValuesStmt
from qail.ast.statement.sql import SqlStmt
from qail.ast.statement.update import UpdateStmt
from qail.ast.steps import Steps
from qail.ast.tokens import (
    CREATE_TABLE,
    DELETE,
    GET,
    INSERT,
    MERGE,
    SELECT,
    SET_OPERATION,
    SQL,
    UPDATE,
    VALUES,
)
from qail.errors import BuildError

STATEMENTS: Final[dict[int, Callable[[Steps], Statement]]] = {
    GET: SelectStmt,
    SELECT: SelectStmt,
    SET_OPERATION: SetOperationStmt,
    VALUES: ValuesStmt,
    SQL: SqlStmt,
    INSERT: InsertStmt,
    UPDATE: UpdateStmt,
    DELETE: DeleteStmt,
    MERGE: MergeStmt,
    CREATE_TABLE: CreateStmt,
    **DEFINITIONS,
}


def statement_of(builder: Builder) -> Statement:
    """The statement of a builder.

    Raises:
        BuildError: it is not complete, or cannot be: a clause is missing or does not fit.
    """
    steps = Steps(builder)
    if steps.first not in STATEMENTS:
        raise BuildError(f"a {steps.statement} does not begin a statement")
    statement = STATEMENTS[steps.first](steps)
    if not isinstance(builder, (Fetchable, Command)):
        raise BuildError(
            f"{steps.statement} is not complete: call the method that it still needs, such as when_matched().delete()"
        )
    return statement
