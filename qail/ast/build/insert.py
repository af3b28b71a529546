"""InsertInto, Insert, Upsert: the builders of INSERT."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, TypeVar, cast

from qail.ast.build.builder import Builder
from qail.ast.build.items import Columns, present_items, writable
from qail.ast.build.returning import Change
from qail.ast.clause.conflict import OnConflictClause
from qail.ast.clause.rows import ValuesRows
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.expression.parameter import SKIP, operand
from qail.ast.node import Expr, Node
from qail.ast.tokens import ON_CONFLICT, ROWS
from qail.errors import BuildError

Ins = TypeVar("Ins")


class Insert(Change):
    """INSERT, complete."""

    def on_conflict(self, *target: str | Expr[Any]) -> OnConflict:
        """What to do with a row that is there already, by a unique key over these columns; by any, without columns."""
        if self.find(ON_CONFLICT) is not None:
            raise BuildError("this INSERT has an ON CONFLICT already")
        return OnConflict(self, target)


class InsertInto(Builder, Generic[Ins]):
    """`Qail.add(table)`: not executable before values().

    >>> print(Qail.add("users").values({"name": "a"}, {"name": "b"}).returning("id"))
    INSERT INTO "users" ("name") VALUES ($1), ($2) RETURNING "id"
    """

    def values(self, row: Ins, /, *more: Ins) -> Insert:
        """The rows: mappings of column to value. None is NULL, SKIP leaves the column out; an empty row is all defaults.

        Raises:
            BuildError: rows have different columns, or the table class has no such column.
        """
        rows: tuple[object, ...] = (row, *more)
        return Insert(self, ROWS, values_rows(rows, writable(self)))


class OnConflict:
    """`add(...).values(...).on_conflict(...)`: not executable before do_nothing() or do_update()."""

    def __init__(self, insert: Insert, target: tuple[object, ...]) -> None:
        self._insert = insert
        self._columns = writable(insert)
        self._target: tuple[Node, ...] = tuple([self._columns.named(column) for column in target])

    def do_nothing(self) -> Insert:
        """Keep the row that is there; it is not counted, and RETURNING does not return it."""
        return Insert(self._insert, ON_CONFLICT, OnConflictClause(self._target, ()))

    def do_update(self, column: str | Expr[Any], /, *more: str | Expr[Any]) -> Insert:
        """Set these columns of the row that is there to what would have been inserted."""
        if not self._target:
            raise BuildError("do_update() needs to know the unique key: on_conflict(column, ...)")
        assigned: list[Node] = [self._columns.named(item) for item in (column, *more)]
        return Insert(self._insert, ON_CONFLICT, OnConflictClause(self._target, tuple(assigned)))


class Upsert(Builder, Generic[Ins]):
    """`Qail.put(table)`: not executable before values().

    >>> print(Qail.put("users").values({"id": 1, "name": "a"}, key="id"))
    INSERT INTO "users" ("id", "name") VALUES ($1, $2) ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name"
    """

    def values(self, row: Ins, /, *more: Ins, key: str | Expr[Any] | tuple[str | Expr[Any], ...]) -> Insert:
        """Insert the rows; where one with this key is there, set its other columns instead.

        Raises:
            BuildError: a key is not among the columns, or nothing else is.
        """
        columns = writable(self)
        rows: tuple[object, ...] = (row, *more)
        payload = values_rows(rows, columns)
        keys = [columns.named(item) for item in (key if isinstance(key, tuple) else (key,))]
        for known in keys:
            if not _is_among(known, payload.columns):
                raise BuildError("put() needs the key among the columns of each row")
        rest = [column for column in payload.columns if not _is_among(column, keys)]
        if not rest:
            raise BuildError("put() has nothing to update; add(...).on_conflict(...).do_nothing() keeps what is there")
        insert = Insert(self, ROWS, payload)
        return Insert(insert, ON_CONFLICT, OnConflictClause(tuple(keys), tuple(rest)))


def values_rows(rows: tuple[object, ...], columns: Columns) -> ValuesRows:
    """Rows as users give them, checked against each other and against the table."""
    first = present_items(rows[0], "values()")
    names = [name for name, _ in first]
    if not names and len(rows) > 1:
        raise BuildError("several rows of defaults cannot be one INSERT; execute_many() inserts them one by one")
    values: list[object] = [value for _, value in first]
    for number, row in enumerate(rows[1:], 2):
        given = _as_dict(row)
        if given is not None and list(given) == names:
            values.extend(given.values())
            continue
        values.extend(_reordered(present_items(row, "values()"), names, number))
    return ValuesRows(tuple([columns.named(name) for name in names]), len(rows), _checked_values(values, names))


def _checked_values(values: list[object], names: list[object]) -> list[object]:
    """The values themselves, and parts of queries as expressions.

    Raises:
        BuildError: one is SKIP, or a part of a query that has no value.
    """
    for index, value in enumerate(values):
        if isinstance(value, (int, str)) or value is None:
            continue
        if isinstance(value, (Node, Builder)) or isinstance(value, type):
            values[index] = operand(value)
        elif value is SKIP:
            number, column = divmod(index, len(names))
            raise BuildError(f"row {number + 1} differs from row 1 in its columns: {names[column]}; None is NULL")
    return values


def _as_dict(row: object) -> dict[object, object] | None:
    return cast("dict[object, object]", row) if isinstance(row, dict) else None


def _reordered(pairs: list[tuple[object, object]], names: list[object], number: int) -> list[object]:
    found = dict(pairs)
    if set(found) != set(names):
        different = sorted(str(name) for name in set(found).symmetric_difference(names))
        raise BuildError(f"row {number} differs from row 1 in its columns: {', '.join(different)}; None is NULL")
    return [found[name] for name in names]


def _is_among(column: Node, columns: Collection[Node]) -> bool:
    # By shape: past the cap of known names two nodes may stand for one column.
    return any(_token(known) == _token(column) for known in columns)


def _token(column: Node) -> str:
    return column.token if isinstance(column, (ColumnRef, ColumnExpr)) else ""
