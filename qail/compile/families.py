"""Operands that PostgreSQL has no operator for, as far as their types are known: where type checkers saw `Expr[Any]`.

Rule: only families are held against each other whose every member is one of PostgreSQL's own types; what an extension
or a user adds to them is written with `op()`.

Source: pg_operator; functions-comparison.html; functions-math.html
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import ARITHMETIC, OpExpr, type_of
from qail.ast.expression.comparison import COMPARISONS, PATTERNS
from qail.ast.node import Node
from qail.errors import BuildError
from qail.pgtype import PgType

CLOSED: Final = frozenset(
    {"binary", "boolean", "datetime", "interval", "jsonb", "money", "network", "number", "string", "time", "uuid"}
)
ALIKE: Final = frozenset({("interval", "time"), ("time", "interval")})  # a time is taken for an interval
WITHOUT_ARITHMETIC: Final = frozenset({"binary", "boolean", "string", "uuid"})
WORD_PATTERNS: Final = frozenset([operator for operator in PATTERNS if operator[-1].isalpha()])
"""`~` and its kin are operators of numbers and shapes as well."""
WITH_PATTERNS: Final = frozenset({"binary", "string"})


def check_operands(operator: str, left: Node, right: Node) -> None:
    """Refuse a comparison of two types that cannot be compared, and a pattern for what is no text.

    Raises:
        BuildError: the server would have no such operator.
    """
    one, other = type_of(left), type_of(right)
    if operator in WORD_PATTERNS:
        if one is not None and one.family in CLOSED and one.family not in WITH_PATTERNS:
            raise BuildError(f"{operator} is for text, and its left side is {one.name}: cast(..., TEXT) makes it one")
    elif operator in COMPARISONS or operator.startswith("IS "):
        check_comparable(operator, one, other)


def check_comparable(operator: str, one: PgType[Any] | None, other: PgType[Any] | None) -> None:
    """Refuse a comparison of two types that cannot be compared.

    Raises:
        BuildError: the server would have no such operator.
    """
    if one is None or other is None or one.family == other.family or (one.family, other.family) in ALIKE:
        return
    if one.family in CLOSED and other.family in CLOSED:
        raise BuildError(
            f"PostgreSQL has no operator {one.name} {operator} {other.name}: cast() makes them one type; "
            "an operator of your own is written with op()"
        )


def check_arithmetic(node: OpExpr) -> None:
    """Refuse arithmetic of what is no number, date or the like.

    Raises:
        BuildError: the server would have no such operator.
    """
    if node.operator not in ARITHMETIC or node.pg is not None or node.schema is not None:
        return
    for side in (node.left, node.right):
        known = None if isinstance(side, OpExpr) else type_of(side)
        if known is not None and known.family in WITHOUT_ARITHMETIC:
            advice = "concat() joins texts" if known.family == "string" else "cast() makes it a number"
            raise BuildError(f"PostgreSQL has no operator {node.operator} for {known.name}: {advice}")


def check_condition(node: Node) -> None:
    """Refuse a condition that is no boolean.

    Raises:
        BuildError: its type is another one.
    """
    known = type_of(node)
    if known is not None and known.family in CLOSED and known.family != "boolean":
        raise BuildError(f"a condition is a boolean, and this is {known.name}: compare it with something")
