"""NestedRows: the rows of a query as one value of the row around it, which `nest()` makes.

Rule: its value is an array of records, which in binary carry the type of every field, so that no value loses its type.
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.node import MAX_DEPTH, Expr
from qail.ast.walk import Walk
from qail.pgtype import RECORD, PgType, array_of

ALIAS: Final = "nested"


class NestedRows(Expr[Any]):
    """`ARRAY(SELECT ROW("nested".*) FROM (query) AS "nested")`.

    `names` are those of the query's columns, () where nobody asks for them. `is_formed`: its rows become something else
    than tuples of their values, which only an item of the outermost select list, or of another nest, can.
    """

    def __init__(self, query: Builder, names: tuple[str, ...], *, is_formed: bool) -> None:
        super().__init__(_depth_over(query))
        self.query: Final = query
        self.names: Final = names
        self.is_formed: Final = is_formed

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0nest\0{self.is_formed:d}")
        self.query.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return array_of(RECORD)


def _depth_over(query: Builder) -> int:
    depth = 0
    current: Builder | None = query
    while current is not None:
        if current.node.depth > depth:
            depth = current.node.depth
        current = current.previous
    return depth + 1 if depth < MAX_DEPTH else MAX_DEPTH + 1
