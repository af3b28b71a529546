"""`nest(query)`: the rows of a query, in the form it promises, as a list in each row of the query around it."""

from __future__ import annotations

from typing import Any, TypeVar

from qail.ast.build.builder import Fetchable
from qail.ast.build.query_expression import INTO, QueryExpression, row_target
from qail.ast.build.result import gives_tuples
from qail.ast.build.select import From, Select
from qail.ast.clause.output import leading, output_columns
from qail.ast.expression.nest import NestedRows
from qail.ast.name import Unchecked
from qail.ast.node import Expr
from qail.errors import BuildError

R = TypeVar("R")

NAMELESS = "?column?"


def _rows_of(query: object) -> QueryExpression[Any]:
    if not isinstance(query, QueryExpression):
        raise BuildError(f"nest() takes a query, not {type(query).__name__}")
    rows: QueryExpression[Any] = query  # pyright: ignore[reportUnknownVariableType]
    return rows


def nest(query: Fetchable[R] | Unchecked, /) -> Expr[list[R]]:
    """The rows of `query` as a list, in one round trip: what belongs to each row of the query around it.

    The rows are what they would be by themselves: tuples, objects of a table class, `map(Card)`, `into(Model)`, with
    the lists of other nests among their values. They keep the order of `order_by`; without a row the list is empty.

    >>> print(select(nest(Qail.get("t").columns("a", "b").order_by("b"))))
    SELECT ARRAY(SELECT ROW("nested".*) FROM (SELECT "a", "b" FROM "t" ORDER BY "b") AS "nested")
    """
    rows = _rows_of(query)
    target = row_target(rows)
    # By position are tuples and map(), and the objects of a table class; everything else goes by names.
    is_by_name = not isinstance(leading(rows), (Select, From)) if target is None else target.kind == INTO
    names = _names(rows) if is_by_name else ()
    found: NestedRows = NestedRows(rows, names, is_formed=not gives_tuples(rows))
    return found


def _names(query: QueryExpression[Any]) -> tuple[str, ...]:
    columns = output_columns(query)
    names = () if columns is None else tuple([column.name for column in columns])
    if not names or NAMELESS in names:
        raise BuildError(
            "nest() of rows that go by name needs the name of every column: list them, and as_() names an expression"
        )
    return names
