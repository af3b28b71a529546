"""CreateStmt, DropStmt, TruncateStmt, IndexStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.from_ import RangeVar
from qail.ast.clause.option import IndexName, Option
from qail.ast.node import Node, Statement
from qail.ast.steps import Steps
from qail.ast.tokens import CREATE_INDEX, CREATE_TABLE, DROP_TABLE, ELEMENT, INDEX_NAME, OPTION, TRUNCATE
from qail.errors import BuildError


class CreateStmt(Statement):
    """`CREATE [TEMPORARY] TABLE [IF NOT EXISTS] relation (columns, PRIMARY KEY (...))`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = _table(steps.last(CREATE_TABLE))
        self.columns: Final = [node for node in steps.all(ELEMENT) if isinstance(node, ColumnDef)]
        self.options: Final = _words(steps)
        steps.finish()
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BuildError(f"table {self.relation.name!r} has two columns named {', '.join(twice)}")


class DropStmt(Statement):
    """`DROP TABLE [IF EXISTS] relation [CASCADE]`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = _table(steps.last(DROP_TABLE))
        self.options: Final = _words(steps)
        steps.finish()


class TruncateStmt(Statement):
    """`TRUNCATE relation [RESTART IDENTITY] [CASCADE]`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = _table(steps.last(TRUNCATE))
        self.options: Final = _words(steps)
        steps.finish()


class IndexStmt(Statement):
    """`CREATE [UNIQUE] INDEX [IF NOT EXISTS] name ON relation (keys)`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        self.relation: Final = _table(steps.last(CREATE_INDEX))
        name = steps.last(INDEX_NAME)
        self.name: Final = name.name if isinstance(name, IndexName) else ""
        self.keys: Final[list[Node]] = steps.items(ELEMENT)
        self.options: Final = _words(steps)
        steps.finish()


def _table(node: Node | None) -> RangeVar:
    assert isinstance(node, RangeVar), "a definition begins with a table"
    return node


def _words(steps: Steps) -> frozenset[str]:
    return frozenset([node.word for node in steps.all(OPTION) if isinstance(node, Option)])
