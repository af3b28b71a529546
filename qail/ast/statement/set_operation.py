"""SetOperationStmt and ValuesStmt: what returns rows besides SELECT."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.set_operation import SetOperation
from qail.ast.clause.values import ValuesTable
from qail.ast.node import Node, Statement
from qail.ast.statement.paging import Paging
from qail.ast.steps import Steps
from qail.ast.tokens import SET_OPERATION, VALUES


class SetOperationStmt(Statement):
    """`query UNION query ... ORDER BY ... LIMIT ...`. PostgreSQL's tree has a SelectStmt with `op` for it."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        operation = steps.last(SET_OPERATION)
        assert isinstance(operation, SetOperation), "a set operation begins with one"
        self.operation: Final[SetOperation] = operation
        self.paging: Final = Paging(steps)
        steps.finish()


class ValuesStmt(Statement):
    """`VALUES (...), (...) ORDER BY ... LIMIT ...`. PostgreSQL's tree has a SelectStmt with `valuesLists` for it."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        table = steps.last(VALUES)
        assert isinstance(table, ValuesTable), "VALUES begins with rows"
        self.table: Final[ValuesTable] = table
        self.paging: Final = Paging(steps)
        steps.finish()


def is_bare(paging: Paging, locks: list[Node]) -> bool:
    """Whether a query can stand beside UNION without parentheses: no clause of its own, taken for the whole's."""
    return not (paging.with_ or paging.sort or locks or paging.limit is not None or paging.offset is not None)
