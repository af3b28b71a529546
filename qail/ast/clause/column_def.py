"""ColumnDef: a column as CREATE TABLE says it. Table classes hold one for each of their columns.

Its values, such as a default, stand in the text: PostgreSQL takes no parameters there.
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.clause.constraint import CHECK, Constraint
from qail.ast.clause.definition import DefElem
from qail.ast.expression.parameter import Literal, operand
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Node
from qail.ast.tokens import ELEMENT, END
from qail.ast.walk import LiteralWalk, Walk
from qail.errors import BuildError
from qail.pgtype import PgType

COLUMN_PARTS: Final = (
    "PRIMARY KEY", "UNIQUE", "CHECK", "REFERENCES", "IDENTITY", "GENERATED", "COLLATE", "STORAGE", "COMPRESSION",
)  # fmt: skip
PART_MAKERS: Final = (
    "primary_key()", "unique()", "check()", "references()", "identity()", "generated()", "collation()", "storage()",
    "compression()",
)  # fmt: skip


class ColumnDef(Node):
    """`"name" type [NOT NULL] [DEFAULT value] [REFERENCES table (column)] parts`; `is_key`: part of the PRIMARY KEY.

    `references` is (table, column) or (schema, table, column). `default` is a value or an expression. `parts` are
    constraints, an identity, a collation and the like.
    """

    def __init__(
        self,
        name: Name,
        pg: PgType[Any] | Unchecked,
        *,
        null: bool = False,
        is_key: bool = False,
        default: Any = None,
        references: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(1)
        if references is not None and len(references) not in (2, 3):
            raise BuildError("references is (table, column) or (schema, table, column)")
        if is_key and null:
            raise BuildError(f"column {name!r} is part of the primary key, so it cannot be null")
        self.name: Final = checked_name(name, "a column name")
        if not isinstance(pg, PgType):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
            raise BuildError(f"the type of column {name!r} is one such as INT8 or array_of(TEXT), not {pg!r:.40}")
        self.pg: Final = pg
        self.parts: tuple[DefElem, ...] = ()
        """Set where it is made, by `column_of`, and never again."""
        self.null: Final = null
        self.is_key: Final = is_key
        self.default: Final[Node | None] = None if default is None else _default(default)
        self.references: Final = (
            None if references is None else tuple([checked_name(part, "a referenced name") for part in references])
        )

    def shape(self, walk: Walk) -> None:
        inner = LiteralWalk()
        inner.tokens.append(ELEMENT)
        inner.tokens.append(f"{self.name}\0{self.pg.key}\0{self.null:d}\0{self.is_key:d}")
        inner.tokens.append("" if self.references is None else "\0".join(self.references))
        if self.default is None:
            inner.tokens.append(0)
        else:
            self.default.shape(inner)
        for part in self.parts:
            part.shape(inner)
        walk.tokens.extend(inner.tokens)
        walk.tokens.append(END)


def column_of(definition: ColumnDef, parts: tuple[object, ...]) -> ColumnDef:
    """A ColumnDef just made, with its parts.

    Raises:
        BuildError: one is none, or belongs to a whole table, or two say where its value comes from.
    """
    has_default = definition.default is not None
    definition.parts = tuple([_checked_part(definition.name, part, has_default=has_default) for part in parts])
    return definition


def _default(value: object) -> Node:
    plain = isinstance(value, (bool, int, float, str)) and not isinstance(value, Node)
    return Literal(value) if plain else operand(value)


def _checked_part(name: str, part: object, *, has_default: bool) -> DefElem:
    if not isinstance(part, DefElem) or part.kind not in COLUMN_PARTS:
        what = part.kind if isinstance(part, DefElem) else type(part).__name__
        raise BuildError(f"column {name!r} takes {', '.join(PART_MAKERS)}; {what} belongs to the table: constraint()")
    if isinstance(part, Constraint) and part.has_columns and part.kind != CHECK:
        raise BuildError(f"{part.kind} of column {name!r} names no columns; constraint() of the table does")
    if has_default and part.kind in ("IDENTITY", "GENERATED"):
        raise BuildError(f"column {name!r} is {part.kind.lower()} and has a default; only one of them gives its value")
    return part
