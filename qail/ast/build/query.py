"""Query: what every SELECT builder can do. Mapped: a query that says what its rows become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from qail.ast.build.builder import INSTALLED, Builder, Fetchable
from qail.ast.build.items import conditions, count_operand, from_item, select_items
from qail.ast.build.keyset import keyset_condition
from qail.ast.clause.from_ import FULL, INNER, LEFT, RIGHT, JoinExpr, RangeSubselect, RangeVar
from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import NOTHING, NodeList
from qail.ast.clause.window import sort_key
from qail.ast.expression.boolean import checked_condition
from qail.ast.expression.subquery import SubLink
from qail.ast.name import Name, Unchecked
from qail.ast.node import BoolOperand, Expr, Node
from qail.ast.tokens import (
    DISTINCT,
    DISTINCT_ON,
    FROM,
    GROUP_BY,
    HAVING,
    JOIN,
    LIMIT,
    OFFSET,
    ORDER_BY,
    TARGET,
    WHERE,
)
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.table import Outer, Table

M = TypeVar("M")
R_co = TypeVar("R_co", covariant=True)

INTO: Final = "into"
MAP: Final = "map"


class RowTarget(Node):
    """What a row becomes: `into` a model by name, or a `map` function by position. No part of the shape."""

    def __init__(self, kind: str, target: Any) -> None:
        super().__init__(1)
        self.kind: Final = kind
        self.target: Final = target

    def shape(self, walk: Any) -> None:
        raise AssertionError("a row target is no part of a shape")


class Query(Fetchable[R_co]):
    """A SELECT. Each method returns a new query; `R_co` is what a row becomes."""

    def _with(self, step: int, node: Node) -> Any:
        raise AssertionError("a query class defines _with")

    def from_(self, table: type[Table[Any, Any]] | RangeSubselect, /) -> Self:
        """`FROM table`, where the select list does not say it: `select(count()).from_(User)`."""
        out: Self = self._with(FROM, from_item(table))
        return out

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Self:
        """`WHERE`: every condition, of this and of other calls, must hold. `maybe()` marks one that may be absent."""
        found = conditions(condition, more)
        if found is None:
            return self
        out: Self = self._with(WHERE, found)
        return out

    def group_by(self, key: Expr[Any] | Unchecked, /, *more: Expr[Any]) -> Self:
        """`GROUP BY`: more calls add keys. No key is added by itself."""
        out: Self = self._with(GROUP_BY, select_items((key, *more), "group_by()"))
        return out

    def having(self, condition: BoolOperand, /, *more: BoolOperand) -> Self:
        """`HAVING`: conditions on groups."""
        found = conditions(condition, more)
        if found is None:
            return self
        out: Self = self._with(HAVING, found)
        return out

    def order_by(self, key: SortBy | Expr[Any] | Unchecked, /, *more: SortBy | Expr[Any]) -> Self:
        """`ORDER BY`: more calls add keys behind the others."""
        keys: tuple[object, ...] = (key, *more)
        out: Self = self._with(ORDER_BY, NodeList(tuple([sort_key(item) for item in keys])))
        return out

    def limit(self, count: int | Expr[int] | Unchecked) -> Self:
        """At most `count` rows; an int becomes a parameter, so every limit shares one Plan. The last call counts.

        >>> print(Qail.get("users").limit(10))
        SELECT * FROM "users" LIMIT $1
        """
        out: Self = self._with(LIMIT, count_operand(count, "limit"))
        return out

    def offset(self, count: int | Expr[int] | Unchecked) -> Self:
        """Leave out the first `count` rows; an int becomes a parameter. The last call counts."""
        out: Self = self._with(OFFSET, count_operand(count, "offset"))
        return out

    def after(self, *values: Any) -> Self:
        """Keyset paging: the rows behind the one whose sort keys have these values, in the order of `order_by`.

        >>> print(Qail.get("users").order_by("name", "id").limit(10).after("m", 7))
        SELECT * FROM "users" WHERE ("name", "id") > ($1, $2) ORDER BY "name", "id" LIMIT $3
        """
        out: Self = self._with(WHERE, keyset_condition(self, values))
        return out

    def distinct(self) -> Self:
        """`SELECT DISTINCT`: no two equal rows."""
        out: Self = self._with(DISTINCT, NOTHING)
        return out

    def distinct_on(self, key: Expr[Any] | Unchecked, /, *more: Expr[Any]) -> Self:
        """`SELECT DISTINCT ON (keys)`: of the rows with equal keys the first by `order_by`, which starts with the keys."""
        out: Self = self._with(DISTINCT_ON, select_items((key, *more), "distinct_on()"))
        return out

    def join(self, table: type[Table[Any, Any]] | RangeSubselect, /, on: BoolOperand) -> Self:
        """`JOIN table ON condition`."""
        return self._joined(INNER, from_item(table), on)

    def left_join(self, table: type[Outer[Any]] | RangeSubselect, /, on: BoolOperand) -> Self:
        """`LEFT JOIN table ON condition`; takes the table's outer twin, whose columns may be None."""
        return self._joined(LEFT, _outer_item(table, "left_join"), on)

    def right_join(self, table: type[Table[Any, Any]] | RangeSubselect, /, on: BoolOperand) -> Self:
        """`RIGHT JOIN table ON condition`: all rows of `table`; what was there before may be NULL."""
        return self._joined(RIGHT, from_item(table), on)

    def full_join(self, table: type[Outer[Any]] | RangeSubselect, /, on: BoolOperand) -> Self:
        """`FULL JOIN table ON condition`: all rows of both; either side may be NULL."""
        return self._joined(FULL, _outer_item(table, "full_join"), on)

    def cross_join(self, table: type[Table[Any, Any]] | RangeSubselect, /) -> Self:
        """`CROSS JOIN table`: every row with every row."""
        out: Self = self._with(JOIN, JoinExpr("CROSS JOIN", from_item(table), None))
        return out

    def _joined(self, kind: str, relation: Node, on: object) -> Self:
        out: Self = self._with(JOIN, JoinExpr(kind, relation, checked_condition(on)))
        return out

    def into(self, model: type[M]) -> Query[M]:
        """Rows become objects of `model`, filled by name."""
        query: Mapped[M] = Mapped(self, TARGET, model_target(self, model))
        return query

    def subquery(self, alias: Name) -> RangeSubselect:
        """This query as an item of FROM, under the name `alias`; its columns are `col(alias, name)`."""
        return RangeSubselect(self, alias)

    def scalar(self) -> Expr[Any]:
        """This query as a value: the one column of its one row."""
        value: SubLink = SubLink(self)
        return value


class Mapped(Query[M]):
    """A query whose rows become something else; `target` says what."""

    def _with(self, step: int, node: Node) -> Any:
        out: Mapped[M] = Mapped(self, step, node)
        return out


def model_target(builder: Builder, model: object) -> RowTarget:
    """The target of `into(model)`. Raises BuildError when the rows of `builder` cannot become such objects."""
    INSTALLED.models.check(builder, model)
    return RowTarget(INTO, model)


def row_target(builder: Builder) -> RowTarget | None:
    """What the rows of a statement become: its last `map()` or `into()`; None when they stay what they are."""
    found = builder.find(TARGET)
    return found if isinstance(found, RowTarget) else None


def _outer_item(table: object, method: str) -> RangeVar | RangeSubselect:
    item = from_item(table)
    if isinstance(item, RangeVar) and not isinstance(table, (str, tuple)) and not item.is_nullable:
        name = table.__name__ if isinstance(table, type) else item.name
        raise BuildError(f"{method}() takes the outer twin of {name}, whose columns may be None: {name}Outer")
    return item
