"""NameFilters: the sugar of untyped builders, `eq("id", 1)` and its kin. Every call adds a condition; all must hold."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, TypeVar

from mypy_extensions import trait

from qail.ast.expression.column import column_named
from qail.ast.expression.comparison import between, compare, membership, null_test
from qail.ast.expression.text import text_test
from qail.ast.name import Name
from qail.ast.node import Node

F = TypeVar("F")


@trait
class NameFilters(Generic[F]):
    """Conditions of one column, named by a str that is one identifier, and a value, which becomes a parameter."""

    def _filtered(self, condition: Node) -> Any:
        raise AssertionError("a builder with filters defines _filtered")

    def eq(self, column: Name, value: object) -> F:
        """`column = value`. None is refused: is_null() says what is meant."""
        out: F = self._filtered(compare("=", column_named(column), value))
        return out

    def ne(self, column: Name, value: object) -> F:
        """`column <> value`."""
        out: F = self._filtered(compare("<>", column_named(column), value))
        return out

    def gt(self, column: Name, value: object) -> F:
        """`column > value`."""
        out: F = self._filtered(compare(">", column_named(column), value))
        return out

    def gte(self, column: Name, value: object) -> F:
        """`column >= value`."""
        out: F = self._filtered(compare(">=", column_named(column), value))
        return out

    def lt(self, column: Name, value: object) -> F:
        """`column < value`."""
        out: F = self._filtered(compare("<", column_named(column), value))
        return out

    def lte(self, column: Name, value: object) -> F:
        """`column <= value`."""
        out: F = self._filtered(compare("<=", column_named(column), value))
        return out

    def like(self, column: Name, pattern: object) -> F:
        """`column LIKE pattern`."""
        out: F = self._filtered(compare("LIKE", column_named(column), pattern))
        return out

    def ilike(self, column: Name, pattern: object) -> F:
        """`column ILIKE pattern`."""
        out: F = self._filtered(compare("ILIKE", column_named(column), pattern))
        return out

    def in_(self, column: Name, values: Collection[Any]) -> F:
        """`column = ANY($1)`, or `IN (subquery)`.

        >>> print(Qail.get("users").in_("id", [1, 2, 3]))
        SELECT * FROM "users" WHERE "id" = ANY ($1)
        """
        out: F = self._filtered(membership(column_named(column), values, negated=False))
        return out

    def not_in(self, column: Name, values: Collection[Any]) -> F:
        """`column <> ALL($1)`, or `NOT IN (subquery)`."""
        out: F = self._filtered(membership(column_named(column), values, negated=True))
        return out

    def between(self, column: Name, low: object, high: object) -> F:
        """`column BETWEEN low AND high`."""
        out: F = self._filtered(between(column_named(column), low, high, negated=False))
        return out

    def is_null(self, column: Name) -> F:
        """`column IS NULL`."""
        out: F = self._filtered(null_test(column_named(column), negated=False))
        return out

    def is_not_null(self, column: Name) -> F:
        """`column IS NOT NULL`."""
        out: F = self._filtered(null_test(column_named(column), negated=True))
        return out

    def contains(self, column: Name, text: object) -> F:
        """The text is somewhere in the column; %, _ and backslash are plain characters."""
        out: F = self._filtered(text_test(column_named(column), "%", text, "%"))
        return out
