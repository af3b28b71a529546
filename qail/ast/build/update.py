"""UpdateOf, UpdateSet, Update: the builders of UPDATE."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from qail.ast.build.builder import Builder
from qail.ast.build.filters import NameFilters
from qail.ast.build.items import conditions, present_items, value_node, writable
from qail.ast.build.returning import Change
from qail.ast.clause.rows import Assignments
from qail.ast.clause.target import NOTHING
from qail.ast.node import BoolOperand, Node
from qail.ast.tokens import ALL_ROWS, SET, WHERE
from qail.errors import BuildError

Upd = TypeVar("Upd")


class Update(Change, NameFilters["Update"]):
    """UPDATE, complete. Further conditions narrow it."""

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Update:
        """Further conditions, which must hold as well."""
        found = conditions(condition, more)
        return self if found is None else Update(self, WHERE, found)

    def _filtered(self, condition: Node) -> Any:
        return Update(self, WHERE, condition)


class UpdateSet(Builder, NameFilters[Update]):
    """Not executable before where() or all_rows()."""

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Update:
        """The rows to change: those where every condition holds.

        Raises:
            BuildError: every condition is an absent `maybe()`: that would change all rows.
        """
        found = conditions(condition, more)
        if found is None:
            raise BuildError("where() has no condition left, which would change every row; all_rows() says so")
        return Update(self, WHERE, found)

    def all_rows(self) -> Update:
        """Change every row of the table, on purpose."""
        return Update(self, ALL_ROWS, NOTHING)

    def _filtered(self, condition: Node) -> Any:
        return Update(self, WHERE, condition)


class UpdateOf(Builder, Generic[Upd]):
    """`Qail.set(table)`: not executable before values() and where() or all_rows().

    >>> print(Qail.set("users").values({"name": "b"}).eq("id", 1))
    UPDATE "users" SET "name" = $1 WHERE "id" = $2
    """

    def values(self, row: Upd, /) -> UpdateSet:
        """The new values: a mapping of column to value or expression. None is NULL, SKIP leaves the column as it is.

        Raises:
            BuildError: there is no column to set, or the table class has no such column.
        """
        columns = writable(self)
        pairs = present_items(row, "values()")
        if not pairs:
            raise BuildError("UPDATE sets no column: values() is empty, or every value is SKIP")
        names: list[Node] = [columns.named(name) for name, _ in pairs]
        return UpdateSet(self, SET, Assignments(tuple(names), tuple([value_node(value) for _, value in pairs])))
