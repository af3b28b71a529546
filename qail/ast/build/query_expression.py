"""QueryExpression: what every query that returns rows can do. Compound: queries with UNION, INTERSECT or EXCEPT between.

Values: rows of values as a query.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, TypeVarTuple, cast

from qail.ast.build.builder import INSTALLED, Builder, Fetchable
from qail.ast.build.items import count_operand, page_count
from qail.ast.clause.from_ import RangeSubselect
from qail.ast.clause.output import output_columns
from qail.ast.clause.set_operation import ALL_SUFFIX, EXCEPT, INTERSECT, UNION, SetOperation
from qail.ast.clause.sort import SortBy, ascending, descending
from qail.ast.clause.target import NodeList
from qail.ast.clause.window import sort_key
from qail.ast.clause.with_ import CommonTableExpr, with_items
from qail.ast.expression.column import column_named
from qail.ast.expression.subquery import SubLink
from qail.ast.name import Name, Unchecked
from qail.ast.node import Expr, Node
from qail.ast.tokens import LIMIT, OFFSET, ORDER_BY, SET_OPERATION, TARGET, WITH, WITH_TIES
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.ast.build.select import Select
    from qail.rows.row import Row

M = TypeVar("M")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Ts = TypeVarTuple("Ts")

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


class QueryExpression(Fetchable[R_co]):
    """A query. Each method returns a new one; `R_co` is what a row becomes."""

    def _with(self, step: int, node: Node) -> Any:
        raise AssertionError("a query class defines _with")

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> Self:
        """`WITH name AS (query), ...`: what `cte()` and `recursive()` made, to be named in this query.

        >>> recent = Qail.get("orders").columns("customer").gt("total", 100).cte("recent")
        >>> print(Qail.get(recent).with_(recent))
        WITH "recent" AS (SELECT "customer" FROM "orders" WHERE "total" > $1) SELECT * FROM "recent"
        """
        out: Self = self._with(WITH, NodeList(with_items((table, *more))))
        return out

    def limit(self, count: int | Expr[int] | Unchecked) -> Self:
        """At most `count` rows; an int becomes a parameter, so every limit shares one Plan. The last call counts.

        >>> print(Qail.get("users").limit(10))
        SELECT * FROM "users" LIMIT $1
        """
        out: Self = self._with(LIMIT, count_operand(count, "limit"))
        return out

    def fetch_first(self, count: int | Expr[int] | Unchecked, *, with_ties: bool = False) -> Self:
        """As `limit`; `with_ties`: and the rows behind that have the same sort keys as the last one.

        >>> print(Qail.get("users").order_by("age").fetch_first(10, with_ties=True))
        SELECT * FROM "users" ORDER BY "age" FETCH FIRST $1 ROWS WITH TIES
        """
        out: Self = self._with(WITH_TIES if with_ties else LIMIT, count_operand(count, "fetch_first"))
        return out

    def offset(self, count: int | Expr[int] | Unchecked) -> Self:
        """Leave out the first `count` rows; an int becomes a parameter. The last call counts."""
        out: Self = self._with(OFFSET, count_operand(count, "offset"))
        return out

    def page(self, number: int | Unchecked, /, *, size: int | Unchecked) -> Self:
        """Page `number`, from 1 on, of pages of `size` rows: a limit and an offset.

        >>> print(Qail.get("users").order_by("id").page(3, size=20))
        SELECT * FROM "users" ORDER BY "id" LIMIT $1 OFFSET $2
        """
        rows = page_count(size, "size")
        return self.limit(rows).offset((page_count(number, "number") - 1) * rows)

    def union(self: Fetchable[R], other: Fetchable[R] | Unchecked, /) -> Compound[R]:
        """`self UNION other`: the rows of either, equal ones once.

        >>> print(Qail.get("a").columns("id").union(Qail.get("b").columns("id")).limit(3))
        SELECT "id" FROM "a" UNION SELECT "id" FROM "b" LIMIT $1
        """
        return combined(UNION, self, other)

    def union_all(self: Fetchable[R], other: Fetchable[R] | Unchecked, /) -> Compound[R]:
        """`self UNION ALL other`: the rows of both."""
        return combined(UNION + ALL_SUFFIX, self, other)

    def intersect(self: Fetchable[R], other: Fetchable[R] | Unchecked, /) -> Compound[R]:
        """`self INTERSECT other`: the rows that both have, each once."""
        return combined(INTERSECT, self, other)

    def intersect_all(self: Fetchable[R], other: Fetchable[R] | Unchecked, /) -> Compound[R]:
        """`self INTERSECT ALL other`: a row as often as the query has it that has it less often."""
        return combined(INTERSECT + ALL_SUFFIX, self, other)

    def except_(self: Fetchable[R], other: Fetchable[R] | Unchecked, /) -> Compound[R]:
        """`self EXCEPT other`: the rows that `other` has not, each once."""
        return combined(EXCEPT, self, other)

    def except_all(self: Fetchable[R], other: Fetchable[R] | Unchecked, /) -> Compound[R]:
        """`self EXCEPT ALL other`: each row less as often as `other` has it."""
        return combined(EXCEPT + ALL_SUFFIX, self, other)

    def subquery(self, alias: Name, *columns: str, lateral: bool = False) -> RangeSubselect:
        """This query as an item of FROM, under the name `alias`: its columns are `item[User.id]` and `item["id"]`.

        `columns` give its first columns other names. `lateral`: it may use the columns of what stands before it in FROM.
        """
        return RangeSubselect(self, alias, columns, is_lateral=lateral)

    def cte(self, name: Name, *columns: str, materialized: bool | Unchecked | None = None) -> CommonTableExpr:
        """This query as one of WITH, under a name: for `with_()`, and then for FROM.

        `materialized=True` lets the server run it once and by itself, False lets it be a part of the query around it.
        """
        return CommonTableExpr(name, self, columns, materialized=materialized)

    def recursive(
        self,
        name: Name,
        step: Callable[[CommonTableExpr], Fetchable[Any]],
        /,
        *columns: str,
        distinct: bool = False,
    ) -> CommonTableExpr:
        """This query and, again and again, what `step` finds from the rows found last: a recursive query of WITH.

        `step` gets the query itself, to join it. `distinct` leaves out rows that were found before, which ends circles.
        """
        found = step(CommonTableExpr(name, self, columns, is_recursive=True))
        query: Compound[Any] = combined(UNION if distinct else UNION + ALL_SUFFIX, self, found)
        return CommonTableExpr(name, query, columns, is_recursive=True)

    @classmethod
    def from_json(
        cls,
        data: str | bytes | dict[str, Any],
        *,
        trusted: bool = False,
        tables: Collection[Any] = (),
        functions: Collection[str] = (),
    ) -> Self:
        """A query of its JSON form, as `to_json()` writes it. Without `trusted` of a safe subset: see `qail.from_json`.

        Raises:
            BuildError: it is none, or over a limit, not allowed, or no query of this class.
        """
        load: Any = import_module("qail.json_form.load").from_json
        found: Any = load(data, trusted=trusted, tables=tables, functions=functions)
        if not isinstance(found, cls):
            raise BuildError(f"the JSON form is that of a {type(found).__name__}, not of a {cls.__name__}")
        return found

    def count(self) -> Select[int]:
        """A query of one int: how many rows this one returns, with its DISTINCT, GROUP BY, LIMIT and all.

        >>> print(Qail.get("users").gt("age", 18).limit(10).count())
        SELECT count(*) FROM (SELECT * FROM "users" WHERE "age" > $1 LIMIT $2) AS "counted"
        """
        # It is made of Select, which is made of this class.
        from qail.ast.build.counting import count_of

        return count_of(self)

    def scalar(self) -> Expr[Any]:
        """This query as a value: the one column of its one row."""
        value: SubLink = SubLink(self)
        return value


class Sorted(QueryExpression[R_co]):
    """A query sorted by the names of its columns: Compound and Values."""

    def into(self, model: type[M]) -> Sorted[M]:
        """Rows become objects of `model`, filled by name."""
        query: MappedRows[M] = MappedRows(self, TARGET, model_target(self, model))
        return query

    def order_by(self, key: Any, /, *more: Any) -> Self:
        """`ORDER BY`: names of columns of the result, `("name", "desc")` pairs and sort keys of such columns."""
        out: Self = self._with(ORDER_BY, NodeList(tuple([named_key(item) for item in (key, *more)])))
        return out


class Compound(Sorted[R_co]):
    """`a UNION b` and its kin. Rows become what those of the first query become."""

    def _with(self, step: int, node: Node) -> Any:
        out: Compound[R_co] = Compound(self, step, node)
        return out

    def map(self: Compound[tuple[*Ts]], function: Callable[[*Ts], M]) -> Sorted[M]:
        """Rows become what `function` returns for their values, by position."""
        query: MappedRows[M] = MappedRows(self, TARGET, call_target(self, function))
        return query


class Values(Sorted["Row"]):
    """`Qail.values({"id": INT8}, (1,), (2,))`: rows of values as a query."""

    def _with(self, step: int, node: Node) -> Any:
        return Values(self, step, node)

    def subquery(self, alias: Name, *columns: str, lateral: bool = False) -> RangeSubselect:
        """These rows as an item of FROM, under the name `alias`, with the columns they were given, or with these."""
        return RangeSubselect(self, alias, columns or value_names(self), is_lateral=lateral)

    def cte(self, name: Name, *columns: str, materialized: bool | Unchecked | None = None) -> CommonTableExpr:
        """These rows as a query of WITH, with the columns they were given, or with these."""
        return CommonTableExpr(name, self, columns or value_names(self), materialized=materialized)


class MappedRows(Sorted[R_co]):
    """A Compound or Values whose rows become something else; the last `map()` or `into()` says what."""

    def _with(self, step: int, node: Node) -> Any:
        out: MappedRows[R_co] = MappedRows(self, step, node)
        return out


def combined(operator: str, left: Builder, right: object) -> Compound[Any]:
    """`left operator right`.

    Raises:
        BuildError: one of them is no query.
    """
    if not isinstance(right, QueryExpression):
        raise BuildError(f"{operator} stands between queries, and this is a {type(right).__name__}")
    operation = SetOperation(operator, left, cast("Builder", right))
    out: Compound[Any] = Compound(None, SET_OPERATION, operation)
    return out


def named_key(item: object) -> SortBy:
    """A sort key of a name, of a `(name, "asc" or "desc")` pair, or of an expression."""
    if isinstance(item, str):
        return ascending(column_named(item))
    if not isinstance(item, tuple):
        return sort_key(item)
    pair = cast("tuple[object, ...]", item)
    if len(pair) != 2 or not isinstance(pair[0], str):
        raise BuildError(f'a sort key as a pair is (name, "asc" or "desc"), not {item!r:.60}')
    if pair[1] == "asc":
        return ascending(column_named(pair[0]))
    if pair[1] == "desc":
        return descending(column_named(pair[0]))
    raise BuildError(f'a sort direction is "asc" or "desc", not {pair[1]!r:.40}')


def value_names(query: Builder) -> tuple[str, ...]:
    """The names that the columns of Values were given."""
    found = output_columns(query)
    return tuple([column.name for column in found or []])


def model_target(builder: Builder, model: object) -> RowTarget:
    """The target of `into(model)`. Raises BuildError when the rows of `builder` cannot become such objects."""
    INSTALLED.models.check(builder, model)
    return RowTarget(INTO, model)


def call_target(builder: Builder, function: object) -> RowTarget:
    """The target of `map(function)`. Raises BuildError when it does not take the values of a row."""
    INSTALLED.models.check_call(builder, function)
    return RowTarget(MAP, function)


def row_target(builder: Builder) -> RowTarget | None:
    """What the rows of a statement become: its last `map()` or `into()`; None when they stay what they are."""
    found = builder.find(TARGET)
    return found if isinstance(found, RowTarget) else None
