"""Part: several columns of a row that become one object of their own; of a select list, but no part of the tree.

Rule 1: the tree has the columns, one by one, so that SQL and Plan are those of a flat list. What the columns become
is said beside them, in `NodeList.parts`.
Rule 2: a part that may be absent has a column which cannot be NULL where its row is there, as far as the tree tells.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeGuard, TypeVar

from qail.ast.clause.target import ResTarget
from qail.ast.expression.column import ColumnExpr, ColumnRef, WholeRow
from qail.ast.expression.comparison import NotNull
from qail.ast.name import Name, checked_name
from qail.ast.node import Node

T_co = TypeVar("T_co", covariant=True)


class Part(Generic[T_co]):
    """Columns of a row as one value. Made by `part()`.

    `model` is the class they fill by name, None for a table's own objects. `items` are nodes and other parts; `columns`
    the same, flat, which are `width` columns of a result. `name` is "" until `as_()` gives one. With `is_optional` the
    value is None where the columns at the places `tellers` are all NULL.
    """

    def __init__(self, model: Any, items: tuple[Any, ...], name: str, *, is_optional: bool) -> None:
        self.model: Final = model
        self.items: Final = items
        self.name: Final = name
        self.is_optional: Final = is_optional
        self.columns: Final[tuple[Node, ...]] = flat(items)
        self.width: Final = width_of(self.columns)
        self.tellers: Final = tellers(self.columns) if is_optional else ()

    def __qail_item__(self) -> T_co:
        raise TypeError("__qail_item__ is for type checkers")

    def as_(self, name: Name) -> Part[T_co]:
        """The same under a name: that of the field which takes it."""
        out: Part[T_co] = Part(
            self.model, self.items, checked_name(name, "the name of a part"), is_optional=self.is_optional
        )
        return out

    def __repr__(self) -> str:
        made = "rows" if self.model is None else getattr(self.model, "__name__", "objects")
        return f"<Part {made} of {self.width} columns>"


def is_part(item: object) -> TypeGuard[Part[Any]]:
    """Whether it is a Part."""
    return isinstance(item, Part)


def flat(items: tuple[Any, ...]) -> tuple[Node, ...]:
    """The nodes of a list in which some are inside of a Part."""
    found: list[Node] = []
    for item in items:
        if isinstance(item, Part):
            found.extend(item.columns)
        else:
            found.append(item)
    return tuple(found)


def width_of(columns: tuple[Node, ...]) -> int:
    """How many columns of a result these nodes stand for."""
    width = 0
    for column in columns:
        width += len(column.columns) if isinstance(column, WholeRow) else 1
    return width


def tellers(columns: tuple[Node, ...]) -> tuple[int, ...]:
    """The places of those columns of a result that are all NULL where the row is absent.

    They are the columns of the side that may be absent, or of any side where none is known to be such. What is computed
    of columns may have a value without them.
    """
    outer: list[int] = []
    known: list[int] = []
    every: list[int] = []
    for item in columns:
        column = bare(item)
        is_column = isinstance(column, (ColumnExpr, ColumnRef, WholeRow))
        for _ in range(len(column.columns) if isinstance(column, WholeRow) else 1):
            if is_outer(column):
                outer.append(len(every))
            if is_column:
                known.append(len(every))
            every.append(len(every))
    return tuple(outer or known or every)


def may_tell_absence(columns: tuple[Node, ...]) -> bool:
    """Whether NULL in all columns means that their row is absent, as far as the tree tells.

    It does not where each is a column that may be NULL in its own table, too.
    """
    places = tellers(columns)
    singles: list[Node] = []
    for item in columns:
        column = bare(item)
        if isinstance(column, WholeRow):
            singles.extend(column.columns)
        else:
            singles.append(column)
    for place in places:
        column = singles[place]
        if not isinstance(column, ColumnExpr) or not column.own_null:
            return True
    return False


def bare(item: Node) -> Node:
    """A column without the name it is selected under and without a promise."""
    if isinstance(item, ResTarget):
        return bare(item.value)
    return bare(item.argument) if isinstance(item, NotNull) else item


def is_outer(column: Node) -> bool:
    """Whether it is a column, or a row, of a side of a join that may be absent."""
    return isinstance(column, (ColumnExpr, WholeRow)) and column.relation.is_nullable


def is_all_outer(columns: tuple[Node, ...]) -> bool:
    """Whether every one of `columns` is of a side of a join that may be absent, and none is promised to be there."""
    for column in columns:
        named = column.value if isinstance(column, ResTarget) else column
        if not is_outer(named):
            return False
    return True
