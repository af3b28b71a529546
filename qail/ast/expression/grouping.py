"""GroupingSet and GroupingFunc: several groupings in one query.

Source: queries-table-expressions.html#QUERIES-GROUPING-SETS; functions-aggregate.html#FUNCTIONS-GROUPING-TABLE
"""

from __future__ import annotations

from typing import Any, Final, cast

from qail.ast.expression.column import column_named
from qail.ast.node import Expr, Expression, Node, depth_of
from qail.ast.tokens import END, GROUPING, GROUPING_SET
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import INT4, PgType

SETS: Final = "GROUPING SETS"
ROLLUP: Final = "ROLLUP"
CUBE: Final = "CUBE"
MOST_CUBED: Final = 12  # gram.y and parse_agg.c take more, but 2^12 = 4096 sets is where the server stops


class GroupingSet(Expr[Any]):
    """`GROUPING SETS (...)`, `ROLLUP (...)`, `CUBE (...)`, or a list of keys `(a, b)` in one of them (kind "")."""

    def __init__(self, kind: str, content: tuple[Node, ...]) -> None:
        super().__init__(depth_of(content))
        self.kind: Final = kind
        self.content: Final = content

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(GROUPING_SET)
        walk.tokens.append(self.kind)
        for item in self.content:
            item.shape(walk)
        walk.tokens.append(END)


class GroupingFunc(Expr[Any]):
    """`GROUPING(arguments)`: a bit for each argument, 1 where its row is grouped over all of its values."""

    def __init__(self, arguments: tuple[Node, ...]) -> None:
        super().__init__(depth_of(arguments))
        self.arguments: Final = arguments

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(GROUPING)
        for argument in self.arguments:
            argument.shape(walk)
        walk.tokens.append(END)

    def result_type(self) -> PgType[Any] | None:
        return INT4


def rollup(key: Any, /, *more: Any) -> Expr[Any]:
    """`ROLLUP (a, b)` in GROUP BY: groups of (a, b), of (a), and one of all rows. A tuple is several keys as one.

    >>> print(Qail.get("sales").columns("region", "city", count()).group_by(rollup("region", "city")))
    SELECT "region", "city", count(*) FROM "sales" GROUP BY ROLLUP ("region", "city")
    """
    return GroupingSet(ROLLUP, _content((key, *more), "rollup()"))


def cube(key: Any, /, *more: Any) -> Expr[Any]:
    """`CUBE (a, b)` in GROUP BY: groups of (a, b), of (a), of (b), and one of all rows."""
    content = _content((key, *more), "cube()")
    if len(content) > MOST_CUBED:
        raise BuildError(f"cube() of {len(content)} keys; PostgreSQL takes at most {MOST_CUBED}")
    return GroupingSet(CUBE, content)


def grouping_sets(first: Any, /, *more: Any) -> Expr[Any]:
    """`GROUPING SETS ((a, b), (a), ())` in GROUP BY: a tuple for each grouping, the empty one for one of all rows."""
    return GroupingSet(SETS, _content((first, *more), "grouping_sets()"))


def grouping(key: Any, /, *more: Any) -> Expr[int]:
    """`GROUPING(a, b)`: which of these keys the row's group leaves out, the last one in the lowest bit."""
    return GroupingFunc(tuple([_key(item, "grouping()") for item in (key, *more)]))


def _content(items: tuple[object, ...], method: str) -> tuple[Node, ...]:
    found: list[Node] = []
    for item in items:
        if isinstance(item, tuple):
            keys = [_key(key, method) for key in cast("tuple[object, ...]", item)]
            found.append(keys[0] if len(keys) == 1 else GroupingSet("", tuple(keys)))
        else:
            found.append(_key(item, method))
    return tuple(found)


def _key(item: object, method: str) -> Node:
    if isinstance(item, str):
        return column_named(item)
    if not isinstance(item, Expression):
        raise BuildError(f"{method} takes columns, other expressions and tuples of them, not {type(item).__name__}")
    return item
