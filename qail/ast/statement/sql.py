"""SqlStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.sql import SqlTemplate
from qail.ast.node import Node, Statement
from qail.ast.steps import Steps
from qail.ast.tokens import RETURNING, SQL
from qail.errors import BuildError


class SqlStmt(Statement):
    """A statement of raw SQL. `targets` are what its columns were promised to be, empty when nothing was."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        template = steps.last(SQL)
        assert isinstance(template, SqlTemplate), "sql() makes nothing else"
        self.template: Final = template
        self.targets: Final[list[Node]] = steps.items(RETURNING)
        steps.finish()
        if not "".join(template.texts).strip() and not template.parts:
            raise BuildError("the text of raw SQL is empty")
