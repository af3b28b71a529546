"""ValuesTable: rows of values as a table of their own, with the name and type of each column.

The types are said, since a server that sees only parameters would take each of them for text.

Source: sql-values.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from qail.ast.build.builder import Builder
from qail.ast.expression.arithmetic import is_type, type_token
from qail.ast.expression.parameter import SKIP, operand
from qail.ast.name import checked_name
from qail.ast.node import Node, depth_of
from qail.ast.tokens import VALUES_TABLE
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType


class ValuesTable(Node):
    """`VALUES (...), (...)`: row after row in one list. Plain rows are walked as a block, as those of INSERT."""

    def __init__(self, names: tuple[str, ...], types: tuple[PgType[Any], ...], values: list[object]) -> None:
        expressions = [value for value in values if isinstance(value, Node)]
        super().__init__(depth_of(expressions) + 1)
        self.names: Final = names
        self.types: Final = types
        self.is_plain: Final = not expressions
        self.values: Final[list[object]] = [operand(value) for value in values] if expressions else values

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(VALUES_TABLE)
        columns = [f"{name}\2{type_token(pg)}" for name, pg in zip(self.names, self.types, strict=True)]
        walk.tokens.append("\0".join(columns))
        walk.tokens.append(len(self.values) if self.is_plain else -len(self.values))
        if self.is_plain:
            walk.add_block(self, self.values)
            return
        for value in self.values:
            if isinstance(value, Node):
                value.shape(walk)


def values_table(columns: object, rows: tuple[object, ...]) -> ValuesTable:
    """A ValuesTable of columns, a mapping of name to type, and rows, each a sequence of values in their order.

    Raises:
        BuildError: there is no row or no column, or a row has not as many values.
    """
    if not isinstance(columns, Mapping) or not columns:
        raise BuildError("values() takes its columns first, as a mapping of name to type, then rows")
    if not rows:
        raise BuildError("values() needs at least one row")
    names: list[str] = []
    types: list[PgType[Any]] = []
    for name, pg in cast("Mapping[object, object]", columns).items():
        if not is_type(pg):
            raise BuildError(
                f"column {name!r:.60} of values() needs a type object such as INT8, not {type(pg).__name__}"
            )
        names.append(checked_name(name, "a column name"))
        types.append(pg)
    values: list[object] = []
    for number, row in enumerate(rows, 1):
        values.extend(_checked_row(row, number, len(names)))
    return ValuesTable(tuple(names), tuple(types), values)


def _checked_row(row: object, number: int, width: int) -> list[object]:
    if not isinstance(row, (tuple, list)):
        raise BuildError(f"row {number} of values() is a {type(row).__name__}; a row is a tuple of its values")
    values = list(cast("Sequence[object]", row))
    if len(values) != width:
        raise BuildError(f"row {number} of values() has {len(values)} values for {width} columns")
    for index, value in enumerate(values):
        if isinstance(value, (Node, Builder)) or isinstance(value, type) or value is SKIP:  # noqa: SIM101 - mypyc: native classes apart
            values[index] = operand(value)
    return values
