"""DeleteFrom, Delete: the builders of DELETE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qail.ast.build.builder import Builder
from qail.ast.build.filters import NameFilters
from qail.ast.build.items import conditions, from_item, joined
from qail.ast.build.returning import Change
from qail.ast.clause.from_ import INNER, FromItem, JoinUsing
from qail.ast.clause.target import NOTHING, NodeList
from qail.ast.clause.with_ import CommonTableExpr, with_items
from qail.ast.name import TableName, Unchecked
from qail.ast.node import BoolOperand, Node
from qail.ast.tokens import ALL_ROWS, JOIN, ONLY_TABLE, USING, WHERE, WITH
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.table import Table


class Delete(Change, NameFilters["Delete"]):
    """DELETE, complete. Further conditions narrow it."""

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Delete:
        """Further conditions, which must hold as well."""
        found = conditions(condition, more)
        return self if found is None else Delete(self, WHERE, found)

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> Delete:
        """`WITH name AS (query), ...`: to be named in this statement."""
        return Delete(self, WITH, NodeList(with_items((table, *more))))

    def _filtered(self, condition: Node) -> Any:
        return Delete(self, WHERE, condition)


class DeleteFrom(Builder, NameFilters[Delete]):
    """`Qail.delete(table)`: not executable before where() or all_rows().

    >>> print(Qail.delete("users").eq("id", 1))
    DELETE FROM "users" WHERE "id" = $1
    """

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> DeleteFrom:
        """`WITH name AS (query), ...`: to be named in this statement."""
        return DeleteFrom(self, WITH, NodeList(with_items((table, *more))))

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Delete:
        """The rows to delete: those where every condition holds.

        Raises:
            BuildError: every condition is an absent `maybe()`: that would delete all rows.
        """
        found = conditions(condition, more)
        if found is None:
            raise BuildError("where() has no condition left, which would delete every row; all_rows() says so")
        return Delete(self, WHERE, found)

    def only(self) -> DeleteFrom:
        """`ONLY`: without the tables that inherit from it."""
        return DeleteFrom(self, ONLY_TABLE, NOTHING)

    def using(
        self, table: type[Table[Any, Any]] | TableName | FromItem | Unchecked, /, *, alias: str | None = None
    ) -> DeleteFrom:
        """`USING table`: another table whose columns the conditions may use; more calls add tables.

        >>> print(Qail.delete("a").using("b").where(col("b", "id") == col("a", "id")))
        DELETE FROM "a" USING "b" WHERE "b"."id" = "a"."id"
        """
        return DeleteFrom(self, USING, from_item(table, alias))

    def join(
        self,
        table: type[Table[Any, Any]] | TableName | FromItem | Unchecked,
        /,
        on: BoolOperand | JoinUsing,
        *,
        alias: str | None = None,
    ) -> DeleteFrom:
        """`JOIN table ON condition`, to the tables of using()."""
        return DeleteFrom(self, JOIN, joined(INNER, from_item(table, alias), on))

    def all_rows(self) -> Delete:
        """Delete every row of the table, on purpose."""
        return Delete(self, ALL_ROWS, NOTHING)

    def _filtered(self, condition: Node) -> Any:
        return Delete(self, WHERE, condition)
