"""DeleteFrom, Delete: the builders of DELETE."""

from __future__ import annotations

from typing import Any

from qail.ast.build.builder import Builder
from qail.ast.build.filters import NameFilters
from qail.ast.build.items import conditions
from qail.ast.build.returning import Change
from qail.ast.clause.target import NOTHING
from qail.ast.node import BoolOperand, Node
from qail.ast.tokens import ALL_ROWS, WHERE
from qail.errors import BuildError


class Delete(Change, NameFilters["Delete"]):
    """DELETE, complete. Further conditions narrow it."""

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Delete:
        """Further conditions, which must hold as well."""
        found = conditions(condition, more)
        return self if found is None else Delete(self, WHERE, found)

    def _filtered(self, condition: Node) -> Any:
        return Delete(self, WHERE, condition)


class DeleteFrom(Builder, NameFilters[Delete]):
    """`Qail.delete(table)`: not executable before where() or all_rows().

    >>> print(Qail.delete("users").eq("id", 1))
    DELETE FROM "users" WHERE "id" = $1
    """

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Delete:
        """The rows to delete: those where every condition holds.

        Raises:
            BuildError: every condition is an absent `maybe()`: that would delete all rows.
        """
        found = conditions(condition, more)
        if found is None:
            raise BuildError("where() has no condition left, which would delete every row; all_rows() says so")
        return Delete(self, WHERE, found)

    def all_rows(self) -> Delete:
        """Delete every row of the table, on purpose."""
        return Delete(self, ALL_ROWS, NOTHING)

    def _filtered(self, condition: Node) -> Any:
        return Delete(self, WHERE, condition)
