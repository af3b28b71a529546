"""OpExpr and NegateExpr as SQL."""

from __future__ import annotations

from typing import Any

from qail.ast.expression.arithmetic import NegateExpr, OpExpr, type_of
from qail.ast.node import Node
from qail.compile.precedence import OPERATOR_LEVELS, SIGN_LEVEL
from qail.compile.sql_writer import SqlWriter, column_name
from qail.pgtype import PgType


def operator_level(node: OpExpr) -> int:
    """By its operator."""
    return OPERATOR_LEVELS[node.operator]


def write_operator(writer: SqlWriter, node: OpExpr) -> None:
    """A left spine in a loop, innermost first: operators of one level associate to the left."""
    spine: list[OpExpr] = node.spine()
    closing: list[bool] = []
    outer_level = 0
    for inner in spine:
        level = OPERATOR_LEVELS[inner.operator]
        closing.append(level < outer_level)
        if level < outer_level:
            writer.put("(")
        outer_level = level
    base, first_right = spine[-1].left, spine[-1].right
    writer.write(base, outer_level, _number_type(first_right), column_name(first_right))
    # What stands to the left keeps the type of the base, as long as nothing of another type is added to it.
    left_type = _number_type(base) or _number_type(first_right)
    for index in range(len(spine) - 1, -1, -1):
        inner = spine[index]
        writer.put(f" {inner.operator} ")
        writer.write(inner.right, OPERATOR_LEVELS[inner.operator] + 1, left_type, column_name(base))
        right_type = type_of(inner.right)
        if right_type is not None and right_type is not left_type:
            left_type = None
        if closing[index]:
            writer.put(")")


def write_negation(writer: SqlWriter, node: NegateExpr) -> None:
    """`- argument`: with a space, since two minus signs would begin a comment."""
    writer.put("- ")
    writer.write(node.argument, SIGN_LEVEL)


def sign_level(node: Node) -> int:
    """As the sign."""
    return SIGN_LEVEL


def _number_type(partner: Node) -> PgType[Any] | None:
    """A parameter beside a number is of its type. Beside a date it may be days or an interval: the server says."""
    known = type_of(partner)
    return known if known is not None and known.family == "number" else None
