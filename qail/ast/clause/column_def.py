"""ColumnDef: a column as CREATE TABLE says it. Table classes hold one for each of their columns."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.parameter import Literal
from qail.ast.name import Name, checked_name
from qail.ast.node import Node
from qail.ast.tokens import ELEMENT
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType


class ColumnDef(Node):
    """`"name" type [NOT NULL] [DEFAULT literal] [REFERENCES table (column)]`; `is_key`: part of the PRIMARY KEY.

    `references` is (table, column) or (schema, table, column). `default` is a bool, int, float or str.
    """

    def __init__(
        self,
        name: Name,
        pg: PgType[Any],
        *,
        null: bool = False,
        is_key: bool = False,
        default: bool | int | float | str | None = None,
        references: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(1)
        if references is not None and len(references) not in (2, 3):
            raise BuildError("references is (table, column) or (schema, table, column)")
        if is_key and null:
            raise BuildError(f"column {name!r} is part of the primary key, so it cannot be null")
        self.name: Final = checked_name(name, "a column name")
        self.pg: Final = pg
        self.null: Final = null
        self.is_key: Final = is_key
        self.default: Final[Literal | None] = None if default is None else Literal(default)
        self.references: Final = (
            None if references is None else tuple([checked_name(part, "a referenced name") for part in references])
        )

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ELEMENT)
        walk.tokens.append(f"{self.name}\0{self.pg.name}\0{self.null:d}\0{self.is_key:d}")
        walk.tokens.append("" if self.references is None else "\0".join(self.references))
        if self.default is None:
            walk.tokens.append(0)
        else:
            self.default.shape(walk)
