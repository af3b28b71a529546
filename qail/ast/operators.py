"""Operators: what the operators and methods of Expr make, and who makes it.

Those nodes derive from Expr, so that their modules come after its own and install what they make when they are first
needed: `ast/expression/operators.py` says what each method does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from qail.ast.clause.sort import SortBy
    from qail.ast.expression.array import ArrayOperators
    from qail.ast.expression.bits import BitOperators
    from qail.ast.expression.json import JsonOperators
    from qail.ast.expression.network import NetworkOperators
    from qail.ast.expression.operation import Operator
    from qail.ast.expression.range import RangeOperators
    from qail.ast.expression.search import SearchOperators
    from qail.ast.name import Name, Unchecked
    from qail.ast.node import Cond, Expr, Node
    from qail.pgtype import PgType

NOT_INSTALLED: Final = "these operators are not the installed ones"


class Operators:
    """What each operator makes. The installed ones are of a class derived from this one."""

    def compare(self, operator: str, left: Node, right: object) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def membership(self, argument: Node, values: object, *, negated: bool) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def between(self, argument: Node, low: object, high: object, *, negated: bool, symmetric: bool) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def null_test(self, argument: Node, *, negated: bool) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def truth_test(self, argument: Node, test: str) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def distinct_from(self, left: Node, right: object, *, negated: bool) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def text_test(self, argument: Node, before: str, text: object, after: str) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def both(self, left: object, right: object) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def either(self, left: object, right: object) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def negation(self, argument: object) -> Cond:
        raise AssertionError(NOT_INSTALLED)

    def operation(self, operator: str, left: object, right: object) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def negative(self, argument: Node) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def promise(self, argument: Node) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def named(self, value: Node, name: Name) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def ascending(self, node: Node) -> SortBy:
        raise AssertionError(NOT_INSTALLED)

    def descending(self, node: Node) -> SortBy:
        raise AssertionError(NOT_INSTALLED)

    def collated(self, argument: Node, collation: object) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def at_time_zone(self, argument: Node, zone: object) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def field(self, argument: Node, name: Name) -> Expr[Any]:
        raise AssertionError(NOT_INSTALLED)

    def op(self, left: Node, symbol: Name, result: PgType[Any] | Unchecked | None, schema: Name | None) -> Operator:
        raise AssertionError(NOT_INSTALLED)

    def json(self, argument: Node) -> JsonOperators:
        raise AssertionError(NOT_INSTALLED)

    def array(self, argument: Node) -> ArrayOperators:
        raise AssertionError(NOT_INSTALLED)

    def range(self, argument: Node) -> RangeOperators:
        raise AssertionError(NOT_INSTALLED)

    def bits(self, argument: Node) -> BitOperators:
        raise AssertionError(NOT_INSTALLED)

    def network(self, argument: Node) -> NetworkOperators:
        raise AssertionError(NOT_INSTALLED)

    def search(self, argument: Node) -> SearchOperators:
        raise AssertionError(NOT_INSTALLED)


class Installation:
    """Holds the one Operators in use."""

    def __init__(self) -> None:
        self.operators: Operators | None = None


INSTALLATION: Final = Installation()


def operators() -> Operators:
    """The installed operators; the first use imports them."""
    found = INSTALLATION.operators
    if found is None:
        import_module("qail.ast.expression.operators")
        found = INSTALLATION.operators
        assert found is not None, "the module installs them"
    return found
