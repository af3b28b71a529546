"""The operators of ranges and multiranges.

Source: functions-range.html#RANGE-OPERATORS-TABLE
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import OpExpr, checked_type, type_of
from qail.ast.expression.function import call_of
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.name import Unchecked
from qail.ast.node import Cond, Expr, Node
from qail.errors import BuildError
from qail.pgtype import (
    BOOL,
    DATEMULTIRANGE,
    DATERANGE,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8MULTIRANGE,
    INT8RANGE,
    NUMMULTIRANGE,
    NUMRANGE,
    TSMULTIRANGE,
    TSRANGE,
    TSTZMULTIRANGE,
    TSTZRANGE,
    PgType,
)

PAIRS: Final[list[tuple[PgType[Any], PgType[Any]]]] = [
    (INT4RANGE, INT4MULTIRANGE),
    (INT8RANGE, INT8MULTIRANGE),
    (NUMRANGE, NUMMULTIRANGE),
    (DATERANGE, DATEMULTIRANGE),
    (TSRANGE, TSMULTIRANGE),
    (TSTZRANGE, TSTZMULTIRANGE),
]


ELEMENT_MODULES: Final = frozenset({"datetime", "decimal"})


class RangeOperators:
    """`expression.range`. The other side may be a range, a multirange, or an expression of either."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def contains(self, other: Any) -> Cond:
        """`@> other`: all of the other range is in it."""
        if isinstance(other, (int, float)) or type(other).__module__ in ELEMENT_MODULES:
            raise BuildError(
                f"contains() takes a range, and {type(other).__name__} is no range: contains_element(value, type) asks "
                "for one value"
            )
        return self._test("@>", other)

    def contains_element(self, element: Any, pg: PgType[Any] | Unchecked) -> Cond:
        """`@> element`: a value of type `pg` is in it."""
        return OperatorTest("@>", self._argument, given("@>", element), checked_type(pg, "contains_element()"))

    def contained_by(self, other: Any) -> Cond:
        """`<@ other`: all of it is in the other range."""
        return self._test("<@", other)

    def overlaps(self, other: Any) -> Cond:
        """`&& other`: they have a value in common."""
        return self._test("&&", other)

    def left_of(self, other: Any) -> Cond:
        """`<< other`: all of it is below all of the other."""
        return self._test("<<", other)

    def right_of(self, other: Any) -> Cond:
        """`>> other`: all of it is above all of the other."""
        return self._test(">>", other)

    def not_right_of(self, other: Any) -> Cond:
        """`&< other`: it ends no later than the other."""
        return self._test("&<", other)

    def not_left_of(self, other: Any) -> Cond:
        """`&> other`: it begins no earlier than the other."""
        return self._test("&>", other)

    def adjacent_to(self, other: Any) -> Cond:
        """`-|- other`: they touch, with nothing between and nothing in common."""
        return self._test("-|-", other)

    def union(self, other: Any) -> Expr[Any]:
        """`+ other`: the values of either; of two ranges that do not touch the server makes an error."""
        return self._operation("+", other)

    def intersection(self, other: Any) -> Expr[Any]:
        """`* other`: the values of both."""
        return self._operation("*", other)

    def difference(self, other: Any) -> Expr[Any]:
        """`- other`: the values that only it has."""
        return self._operation("-", other)

    def lower(self) -> Expr[Any]:
        """`lower(range)`: the lower bound; NULL when it is empty or has none."""
        return self._call("lower", None)

    def upper(self) -> Expr[Any]:
        """`upper(range)`: the upper bound; NULL when it is empty or has none."""
        return self._call("upper", None)

    def is_empty(self) -> Expr[bool]:
        """`isempty(range)`."""
        return self._call("isempty", BOOL)

    def has_lower(self) -> Expr[bool]:
        """`lower_inc(range)`: the lower bound belongs to it."""
        return self._call("lower_inc", BOOL)

    def has_upper(self) -> Expr[bool]:
        """`upper_inc(range)`: the upper bound belongs to it."""
        return self._call("upper_inc", BOOL)

    def is_lower_infinite(self) -> Expr[bool]:
        """`lower_inf(range)`: it has no lower bound."""
        return self._call("lower_inf", BOOL)

    def is_upper_infinite(self) -> Expr[bool]:
        """`upper_inf(range)`: it has no upper bound."""
        return self._call("upper_inf", BOOL)

    def _test(self, operator: str, other: object) -> Cond:
        return OperatorTest(operator, self._argument, given(operator, other), kind_of(other, type_of(self._argument)))

    def _operation(self, operator: str, other: object) -> Expr[Any]:
        known = type_of(self._argument)
        # No operator makes a range of a range and a multirange: here both are of one type.
        return OpExpr(operator, self._argument, given(operator, other), pg=known, right_type=known)

    def _call(self, name: str, pg: PgType[Any] | None) -> Expr[Any]:
        return call_of(name, self._argument, pg)


def kind_of(value: object, beside: PgType[Any] | None) -> PgType[Any] | None:
    """The type of a plain value beside a range or multirange of type `beside`, which may be the other of the two."""
    name = type(value).__name__  # by name: the classes' modules are not imported by those who build queries
    if beside is None or name not in ("Range", "Multirange"):
        return beside
    for of_range, of_multirange in PAIRS:
        if beside.oid == of_range.oid or beside.oid == of_multirange.oid:
            return of_range if name == "Range" else of_multirange
    return beside
