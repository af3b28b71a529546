"""ValuesRows, InsertSelect, Assignments and MultiAssignRef: the payloads of INSERT and UPDATE."""

from __future__ import annotations

from typing import Final

from qail.ast.build.builder import Builder
from qail.ast.expression.parameter import operand
from qail.ast.expression.subquery import query_depth
from qail.ast.node import Node, depth_of
from qail.ast.tokens import ASSIGNMENTS, END, INSERT_SELECT, MULTI_ASSIGNMENT, ROWS_MIXED, ROWS_PLAIN
from qail.ast.walk import Walk


class ValuesRows(Node):
    """Rows of values under a list of columns, in one list: row after row, column after column.

    Rows of values alone are plain: a block of parameters, whose count is enough of a key and which is walked in one go.
    When one value is an expression, all are nodes.
    """

    def __init__(self, columns: tuple[Node, ...], row_count: int, values: list[object]) -> None:
        expressions = [value for value in values if isinstance(value, Node)]
        super().__init__(depth_of(expressions) + 1)
        self.columns: Final = columns
        self.row_count: Final = row_count
        self.is_plain: Final = not expressions
        self.values: Final[list[object]] = [operand(value) for value in values] if expressions else values

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ROWS_PLAIN if self.is_plain else ROWS_MIXED)
        walk.tokens.append(self.row_count)
        for column in self.columns:
            column.shape(walk)
        walk.tokens.append(END)
        if self.is_plain:
            walk.add_block(self, self.values)
            return
        for value in self.values:
            if isinstance(value, Node):
                value.shape(walk)


class Assignments(Node):
    """`column = value, ...`."""

    def __init__(self, columns: tuple[Node, ...], values: tuple[Node, ...]) -> None:
        super().__init__(depth_of(values))
        self.columns: Final = columns
        self.values: Final = values

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ASSIGNMENTS)
        for column, value in zip(self.columns, self.values, strict=True):
            column.shape(walk)
            value.shape(walk)
        walk.tokens.append(END)


class InsertSelect(Node):
    """`(columns) SELECT ...`: the rows of a query as those of an INSERT, for all columns when none is named."""

    def __init__(self, columns: tuple[Node, ...], query: Builder) -> None:
        super().__init__(query_depth(query))
        self.columns: Final = columns
        self.query: Final = query

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(INSERT_SELECT)
        for column in self.columns:
            column.shape(walk)
        walk.tokens.append(END)
        self.query.shape(walk)


class MultiAssignRef(Node):
    """`(column, ...) = (SELECT ...)`: the columns of a query's one row; all NULL when it has none."""

    def __init__(self, columns: tuple[Node, ...], query: Builder) -> None:
        super().__init__(query_depth(query))
        self.columns: Final = columns
        self.query: Final = query

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(MULTI_ASSIGNMENT)
        for column in self.columns:
            column.shape(walk)
        walk.tokens.append(END)
        self.query.shape(walk)
