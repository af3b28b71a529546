"""Dyn: the untyped SELECT. Every str is one identifier, every other argument a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qail.ast.build.filters import NameFilters
from qail.ast.build.items import from_item, named_items
from qail.ast.build.query import JoinCondition, Query
from qail.ast.build.query_expression import named_key
from qail.ast.clause.from_ import FULL, INNER, LEFT, RIGHT, FromItem, JoinExpr
from qail.ast.clause.target import NOTHING, NodeList
from qail.ast.expression.column import A_Star
from qail.ast.name import Name, TableName
from qail.ast.node import Expr, Node
from qail.ast.tokens import COLUMNS, GROUP_BY, GROUP_DISTINCT, JOIN, ORDER_BY, WHERE

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

    def columns(self, *items: str | Expr[Any] | A_Star) -> Dyn:
        """The select list; more calls add to it. Without a call it is `*`, which `star()` is beside other items."""
        return Dyn(self, COLUMNS, named_items(items, "columns()"))

    def order_by(self, key: Any, /, *more: Any) -> Dyn:
        """`ORDER BY`: names, `("name", "desc")` pairs and expressions."""
        return Dyn(self, ORDER_BY, NodeList(tuple([named_key(item) for item in (key, *more)])))

    def group_by(self, key: Name | Expr[Any], /, *more: str | Expr[Any], distinct: bool = False) -> Dyn:
        """`GROUP BY`: names and expressions."""
        out = Dyn(self, GROUP_BY, named_items((key, *more), "group_by()"))
        return Dyn(out, GROUP_DISTINCT, NOTHING) if distinct else out

    def join(self, table: TableName | FromItem | type[Any], /, on: JoinCondition, *, alias: str | None = None) -> Dyn:
        """`JOIN table ON condition`; `alias` is the name the table has in this query."""
        return self._joined(INNER, from_item(table, alias), on)

    def left_join(
        self, table: TableName | FromItem | type[Any], /, on: JoinCondition, *, alias: str | None = None
    ) -> Dyn:
        """`LEFT JOIN table ON condition`."""
        return self._joined(LEFT, from_item(table, alias), on)

    def right_join(
        self, table: TableName | FromItem | type[Any], /, on: JoinCondition, *, alias: str | None = None
    ) -> Dyn:
        """`RIGHT JOIN table ON condition`."""
        return self._joined(RIGHT, from_item(table, alias), on)

    def full_join(
        self, table: TableName | FromItem | type[Any], /, on: JoinCondition, *, alias: str | None = None
    ) -> Dyn:
        """`FULL JOIN table ON condition`."""
        return self._joined(FULL, from_item(table, alias), on)

    def cross_join(self, table: TableName | FromItem | type[Any], /, *, alias: str | None = None) -> Dyn:
        """`CROSS JOIN table`: every row with every row."""
        return Dyn(self, JOIN, JoinExpr("CROSS JOIN", from_item(table, alias), None))
