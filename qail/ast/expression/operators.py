"""NodeOperators: what Python's operators and the methods of Expr make. Importing this module installs them."""

from __future__ import annotations

from typing import Any

from qail.ast.clause.sort import SortBy, ascending, descending
from qail.ast.clause.target import named
from qail.ast.expression.arithmetic import negative, operation
from qail.ast.expression.array import ArrayOperators, field_of
from qail.ast.expression.bits import BitOperators
from qail.ast.expression.boolean import both, either, negation
from qail.ast.expression.collation import at_time_zone, collated
from qail.ast.expression.comparison import (
    NotNull,
    between,
    compare,
    distinct_from,
    membership,
    null_test,
    truth_test,
)
from qail.ast.expression.json import JsonOperators
from qail.ast.expression.network import NetworkOperators
from qail.ast.expression.operation import Operator, operator_of
from qail.ast.expression.range import RangeOperators
from qail.ast.expression.search import SearchOperators
from qail.ast.expression.text import text_test
from qail.ast.name import Name, Unchecked
from qail.ast.node import Cond, Expr, Node
from qail.ast.operators import INSTALLATION, Operators
from qail.pgtype import PgType


class NodeOperators(Operators):
    """The operators, each in the module of the node it makes."""

    def compare(self, operator: str, left: Node, right: object) -> Cond:
        return compare(operator, left, right)

    def membership(self, argument: Node, values: object, *, negated: bool) -> Cond:
        return membership(argument, values, negated=negated)

    def between(self, argument: Node, low: object, high: object, *, negated: bool, symmetric: bool) -> Cond:
        return between(argument, low, high, negated=negated, symmetric=symmetric)

    def null_test(self, argument: Node, *, negated: bool) -> Cond:
        return null_test(argument, negated=negated)

    def truth_test(self, argument: Node, test: str) -> Cond:
        return truth_test(argument, test)

    def distinct_from(self, left: Node, right: object, *, negated: bool) -> Cond:
        return distinct_from(left, right, negated=negated)

    def text_test(self, argument: Node, before: str, text: object, after: str) -> Cond:
        return text_test(argument, before, text, after)

    def both(self, left: object, right: object) -> Cond:
        return both(left, right)

    def either(self, left: object, right: object) -> Cond:
        return either(left, right)

    def negation(self, argument: object) -> Cond:
        return negation(argument)

    def operation(self, operator: str, left: object, right: object) -> Expr[Any]:
        return operation(operator, left, right)

    def negative(self, argument: Node) -> Expr[Any]:
        return negative(argument)

    def promise(self, argument: Node) -> Expr[Any]:
        promised: NotNull = NotNull(argument)
        return promised

    def named(self, value: Node, name: Name) -> Expr[Any]:
        return named(value, name)

    def ascending(self, node: Node) -> SortBy:
        return ascending(node)

    def descending(self, node: Node) -> SortBy:
        return descending(node)

    def collated(self, argument: Node, collation: object) -> Expr[Any]:
        return collated(argument, collation)

    def at_time_zone(self, argument: Node, zone: object) -> Expr[Any]:
        return at_time_zone(argument, zone)

    def field(self, argument: Node, name: Name) -> Expr[Any]:
        return field_of(argument, name)

    def op(self, left: Node, symbol: Name, result: PgType[Any] | Unchecked | None, schema: Name | None) -> Operator:
        return operator_of(left, symbol, result, schema)

    def json(self, argument: Node) -> JsonOperators:
        return JsonOperators(argument)

    def array(self, argument: Node) -> ArrayOperators:
        return ArrayOperators(argument)

    def range(self, argument: Node) -> RangeOperators:
        return RangeOperators(argument)

    def bits(self, argument: Node) -> BitOperators:
        return BitOperators(argument)

    def network(self, argument: Node) -> NetworkOperators:
        return NetworkOperators(argument)

    def search(self, argument: Node) -> SearchOperators:
        return SearchOperators(argument)


INSTALLATION.operators = NodeOperators()
