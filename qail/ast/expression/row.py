"""RowExpr: `(a, b)`, compared with another row element by element, the first difference deciding. RowMembership."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.own_type import sent_type
from qail.ast.expression.parameter import ParamRef, operand
from qail.ast.node import Cond, Expr, Node, depth_of
from qail.ast.tokens import END, NOT_ROW_LIST, ROW, ROW_LIST
from qail.ast.walk import Walk
from qail.errors import BuildError


class RowExpr(Expr[Any]):
    """`(first, second, ...)`: `ROW(...)` when it has one element, which parentheses alone would not make a row."""

    def __init__(self, elements: tuple[Node, ...]) -> None:
        super().__init__(depth_of(elements))
        if not elements:
            raise BuildError("row() needs at least one element")
        self.elements: Final = elements

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ROW)
        for element in self.elements:
            element.shape(walk)
            if isinstance(element, ParamRef):
                own = sent_type(element.value)
                walk.tokens.append(0 if own is None else own.oid)
        walk.tokens.append(END)


class RowMembership(Cond):
    """`(a, b) IN (SELECT * FROM unnest($1, $2))`: a list of rows of any length is one array for each element.

    Raises:
        BuildError: a row has not as many values, or the type of an element is not known, which its array needs.
    """

    def __init__(self, argument: RowExpr, rows: list[object], *, negated: bool) -> None:
        super().__init__(argument.depth + 1)
        for number, element in enumerate(argument.elements, 1):
            known = type_of(element)
            if known is None or not known.array_oid:
                raise BuildError(f"element {number} of the row has no known type; cast() says it, or a table class")
        self.argument: Final = argument
        self.arrays: Final = tuple([ParamRef(values) for values in _columns(rows, len(argument.elements))])
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NOT_ROW_LIST if self.negated else ROW_LIST)
        self.argument.shape(walk)
        for array in self.arrays:
            array.shape(walk)


def row(*elements: Any) -> Expr[Any]:
    """A row value of expressions and values: `row(a, b) > row(x, y)` is keyset paging."""
    return RowExpr(tuple(operand(element) for element in elements))


def row_operand(left: Node, right: object) -> Node:
    """The right side of a comparison of rows: a row, or a tuple or list of as many values.

    Raises:
        BuildError: one side is no row, the lengths differ, or a value is None.
    """
    if not isinstance(left, RowExpr):
        raise BuildError("a row is compared with a row; row(...) makes one")
    if isinstance(right, (tuple, list)):
        right = RowExpr(tuple([operand(element) for element in cast("Collection[object]", right)]))
    if not isinstance(right, RowExpr):
        return operand(right)
    if len(left.elements) != len(right.elements):
        raise BuildError(f"a row of {len(left.elements)} is compared with a row of {len(right.elements)}")
    return right


def _columns(rows: list[object], width: int) -> list[list[object]]:
    columns: list[list[object]] = [[] for _ in range(width)]
    for number, values in enumerate(rows, 1):
        if not isinstance(values, (tuple, list)):
            raise BuildError(f"a list of rows holds tuples; number {number} is a {type(values).__name__}")
        members = list(cast("Collection[object]", values))
        if len(members) != width:
            raise BuildError(
                f"row {number} of the list has {len(members)} values, and is compared with a row of {width}"
            )
        for column, value in zip(columns, members, strict=True):
            if value is None or isinstance(value, Node):
                raise BuildError(
                    f"row {number} of the list holds {type(value).__name__}, which is no value to compare with"
                )
            column.append(value)
    return columns
