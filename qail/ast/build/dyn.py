"""Dyn: the untyped SELECT. Every str is one identifier, every other argument a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from qail.ast.build.filters import NameFilters
from qail.ast.build.items import from_item, named_items
from qail.ast.build.query import Query
from qail.ast.clause.from_ import FULL, INNER, LEFT, RIGHT, RangeSubselect
from qail.ast.clause.sort import SortBy, ascending, descending
from qail.ast.clause.target import NodeList
from qail.ast.clause.window import sort_key
from qail.ast.expression.column import column_named
from qail.ast.name import Name, TableName
from qail.ast.node import BoolOperand, Expr, Node
from qail.ast.tokens import COLUMNS, GROUP_BY, ORDER_BY, WHERE
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.rows.row import Row


class Dyn(Query["Row"], NameFilters["Dyn"]):
    """`Qail.get("users")`: rows are `Row` objects with the names the server gives.

    >>> print(Qail.get("users").columns("id", "name").eq("active", True).order_by(("name", "desc")))
    SELECT "id", "name" FROM "users" WHERE "active" = $1 ORDER BY "name" DESC
    """

    def _with(self, step: int, node: Node) -> Any:
        return Dyn(self, step, node)

    def _filtered(self, condition: Node) -> Any:
        return Dyn(self, WHERE, condition)

    def columns(self, *items: str | Expr[Any]) -> Dyn:
        """The select list; more calls add to it. Without a call it is `*`."""
        return Dyn(self, COLUMNS, named_items(items, "columns()"))

    def order_by(self, key: Any, /, *more: Any) -> Dyn:
        """`ORDER BY`: names, `("name", "desc")` pairs and expressions."""
        return Dyn(self, ORDER_BY, NodeList(tuple([_named_key(item) for item in (key, *more)])))

    def group_by(self, key: Name | Expr[Any], /, *more: str | Expr[Any]) -> Dyn:
        """`GROUP BY`: names and expressions."""
        return Dyn(self, GROUP_BY, named_items((key, *more), "group_by()"))

    def join(
        self, table: TableName | RangeSubselect | type[Any], /, on: BoolOperand, *, alias: str | None = None
    ) -> Dyn:
        """`JOIN table ON condition`; `alias` is the name the table has in this query."""
        return self._joined(INNER, from_item(table, alias), on)

    def left_join(
        self, table: TableName | RangeSubselect | type[Any], /, on: BoolOperand, *, alias: str | None = None
    ) -> Dyn:
        """`LEFT JOIN table ON condition`."""
        return self._joined(LEFT, from_item(table, alias), on)

    def right_join(
        self, table: TableName | RangeSubselect | type[Any], /, on: BoolOperand, *, alias: str | None = None
    ) -> Dyn:
        """`RIGHT JOIN table ON condition`."""
        return self._joined(RIGHT, from_item(table, alias), on)

    def full_join(
        self, table: TableName | RangeSubselect | type[Any], /, on: BoolOperand, *, alias: str | None = None
    ) -> Dyn:
        """`FULL JOIN table ON condition`."""
        return self._joined(FULL, from_item(table, alias), on)


def _named_key(item: object) -> SortBy:
    if isinstance(item, str):
        return ascending(column_named(item))
    if isinstance(item, tuple):
        pair = cast("tuple[object, ...]", item)
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise BuildError(f'a sort key as a pair is (name, "asc" or "desc"), not {pair!r:.60}')
        return _directed(pair[0], pair[1])
    return sort_key(item)


def _directed(name: str, direction: object) -> SortBy:
    if direction == "asc":
        return ascending(column_named(name))
    if direction == "desc":
        return descending(column_named(name))
    raise BuildError(f'a sort direction is "asc" or "desc", not {direction!r:.40}')
