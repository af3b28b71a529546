"""A_ArrayExpr, ArraySublink and A_Indirection: arrays made, and parts taken of them; the operators of arrays.

Source: sql-expressions.html#SQL-SYNTAX-ARRAY-CONSTRUCTORS; arrays.html; functions-array.html
"""

from __future__ import annotations

from typing import Any, Final, TypeVar, overload

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.expression.arithmetic import OpExpr, checked_type, type_of, type_token
from qail.ast.expression.case import operands_of_one_type
from qail.ast.expression.function import call_of
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.expression.parameter import operand
from qail.ast.expression.subquery import query_depth
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Cond, Expr, Expression, Node, depth_of
from qail.ast.tokens import ARRAY, ARRAY_QUERY, END, FIELD, ITEM, SLICE
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import INT4, PgType, array_of

T = TypeVar("T")


class A_ArrayExpr(Expr[Any]):
    """`ARRAY[first, ...]`, of the element type `of` when it is given: `CAST(ARRAY[...] AS of[])`."""

    def __init__(self, elements: tuple[Node, ...], of: PgType[Any] | None) -> None:
        super().__init__(depth_of(elements))
        self.elements: Final = elements
        self.of: Final = of

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ARRAY)
        walk.tokens.append(type_token(self.of))
        for element in self.elements:
            element.shape(walk)
        walk.tokens.append(END)

    def result_type(self) -> PgType[Any] | None:
        element = self.of
        if element is None:
            known = [type_of(element) for element in self.elements]
            element = known[0] if known and all(found is known[0] for found in known) else None
        return array_of(element) if element is not None and (element.array_oid or not element.oid) else None


class ArraySublink(Expr[Any]):
    """`ARRAY(SELECT ...)`: the one column of its rows as an array, empty without a row."""

    def __init__(self, query: Builder) -> None:
        super().__init__(query_depth(query))
        self.query: Final = query

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ARRAY_QUERY)
        self.query.shape(walk)


class A_Indirection(Expr[Any]):
    """`argument[first]`, `argument[first:last]` or `(argument).field`. `kind` is ITEM, SLICE or FIELD.

    KEY is an ITEM of a jsonb document whose subscript is text.
    """

    def __init__(self, kind: int, argument: Node, first: Node | None, last: Node | None, name: str = "") -> None:
        parts: list[Node] = [argument]
        if first is not None:
            parts.append(first)
        if last is not None:
            parts.append(last)
        super().__init__(depth_of(parts))
        self.kind: Final = kind
        self.argument: Final = argument
        self.first: Final = first
        self.last: Final = last
        self.name: Final = name

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.kind)
        walk.tokens.append(f"{self.name}\0{self.first is not None:d}\0{self.last is not None:d}")
        self.argument.shape(walk)
        if self.first is not None:
            self.first.shape(walk)
        if self.last is not None:
            self.last.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        known = type_of(self.argument)
        if known is None or self.kind == FIELD:
            return None
        return known if self.kind == SLICE or known.family == "jsonb" else known.element


class ArrayOperators:
    """`expression.array`."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def item(self, index: int | Expr[Any] | Unchecked) -> Expr[Any]:
        """`[index]`: one element; arrays begin at 1. NULL where there is none.

        >>> print(Qail.get("t").columns(col("tags").array.item(1)))
        SELECT "tags"[$1] FROM "t"
        """
        return A_Indirection(ITEM, self._argument, _index(index, "item()"), None)

    def slice(
        self, first: int | Expr[Any] | Unchecked | None = None, last: int | Expr[Any] | Unchecked | None = None
    ) -> Expr[Any]:
        """`[first:last]`: the elements from one index to another, both included; None is the array's own end."""
        start = None if first is None else _index(first, "slice()")
        end = None if last is None else _index(last, "slice()")
        return A_Indirection(SLICE, self._argument, start, end)

    def contains(self, elements: Any) -> Cond:
        """`@> elements`: each of them is in it."""
        return self._test("@>", elements)

    def contained_by(self, elements: Any) -> Cond:
        """`<@ elements`: each of its own is among them."""
        return self._test("<@", elements)

    def overlaps(self, elements: Any) -> Cond:
        """`&& elements`: one at least is in both."""
        return self._test("&&", elements)

    def concat(self, other: Any) -> Expr[Any]:
        """`|| other`, an array: the elements of both."""
        known = type_of(self._argument)
        return OpExpr("||", self._argument, given("||", other), pg=known, right_type=known)

    def append(self, element: Any) -> Expr[Any]:
        """`|| element`: one more at the end; None is a NULL among the elements."""
        known = type_of(self._argument)
        element_type = None if known is None else known.element
        return OpExpr("||", self._argument, operand(element), pg=known, right_type=element_type)

    def length(self) -> Expr[int | None]:
        """`cardinality(array)`: how many elements it has, in all dimensions."""
        return call_of("cardinality", self._argument, INT4)

    def _test(self, operator: str, elements: object) -> Cond:
        known = type_of(self._argument)
        return OperatorTest(operator, self._argument, given(operator, elements), known)


def array(*elements: Any, of: PgType[T] | Unchecked | None = None) -> Expr[list[T | None]]:
    """`ARRAY[...]` of expressions and values; `of` is the type of the elements, which an empty one needs.

    >>> print(select(array(1, 2, of=INT8)))
    SELECT CAST(ARRAY[$1, $2] AS int8[])
    """
    told: object = of
    if told is None:
        if not elements:
            raise BuildError("an empty array() needs to know of what: array(of=INT8)")
        return A_ArrayExpr(operands_of_one_type(list(elements)), None)
    known = checked_type(told, "array(of=...)")
    if known.oid and not known.array_oid:
        raise BuildError(f"there is no array of {known.name}")
    return A_ArrayExpr(tuple([operand(element) for element in elements]), known)


@overload
def array_query(query: Fetchable[tuple[T]], /) -> Expr[list[T]]: ...
@overload
def array_query(query: Fetchable[Any], /) -> Expr[list[Any]]: ...
def array_query(query: Fetchable[Any], /) -> Expr[Any]:
    """`ARRAY(query)`: the one column of the query's rows as an array, in their order."""
    found: Expr[Any] = ArraySublink(query)
    return found


def field_of(argument: Node, name: Name) -> Expr[Any]:
    """`(argument).name`."""
    return A_Indirection(FIELD, argument, None, None, checked_name(name, "an attribute name"))


def _index(index: object, method: str) -> Node:
    if isinstance(index, Expression):
        return index
    if isinstance(index, bool) or not isinstance(index, int):
        raise BuildError(f"{method} takes an int or an expression, not {type(index).__name__}")
    return operand(index)
