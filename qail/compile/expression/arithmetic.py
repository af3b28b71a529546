"""OpExpr and NegateExpr as SQL."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import ARITHMETIC, NegateExpr, OpExpr, type_of
from qail.ast.node import Node
from qail.compile.expression.subquery import note_compared
from qail.compile.families import check_arithmetic
from qail.compile.precedence import OPERATOR_LEVELS, OTHER_LEVEL, SIGN_LEVEL
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter, column_name
from qail.pgtype import PgType

# PostgreSQL's own, none of which changes anything. What an operator of an extension does only its author knows.
SAFE_OPERATORS: Final = frozenset(
    {"+", "-", "*", "/", "%", "^", "||", "&", "|", "#", "<<", ">>", "&&", "<->", "->", "->>", "#>", "#>>", "#-"}
)


def operator_level(node: OpExpr) -> int:
    """By its operator; a qualified one binds like any other, whatever it is called."""
    return OPERATOR_LEVELS.get(node.operator, OTHER_LEVEL) if node.schema is None else OTHER_LEVEL


def written(node: OpExpr) -> str:
    """The operator, with its schema where it has one."""
    return node.operator if node.schema is None else f"OPERATOR({identifier(node.schema)}.{node.operator})"


def write_operator(writer: SqlWriter, node: OpExpr) -> None:
    """A left spine in a loop, innermost first: operators of one level associate to the left."""
    spine: list[OpExpr] = node.spine()
    closing: list[bool] = []
    outer_level = 0
    for inner in spine:
        if inner.schema is not None or inner.operator not in SAFE_OPERATORS:
            writer.is_pure = False
        check_arithmetic(inner)
        level = operator_level(inner)
        closing.append(level < outer_level)
        if level < outer_level:
            writer.put("(")
        outer_level = level
    base, first_right = spine[-1].left, spine[-1].right
    writer.write(base, outer_level, _number_type(first_right), column_name(first_right), _guard(spine[-1]))
    # What stands to the left keeps the type of the base, as long as nothing of another type is added to it.
    left_type = _number_type(base) or _number_type(first_right)
    for index in range(len(spine) - 1, -1, -1):
        inner = spine[index]
        writer.put(f" {written(inner)} ")
        partner = inner.right_type or left_type
        note_compared(writer, inner.left, inner.right)
        writer.write(inner.right, operator_level(inner) + 1, partner, column_name(base), _guard(inner))
        right_type = type_of(inner.right)
        if inner.pg is not None:
            left_type = inner.pg if inner.pg.family == "number" else None
        elif right_type is not None and right_type is not left_type:
            left_type = None
        if closing[index]:
            writer.put(")")


def write_negation(writer: SqlWriter, node: NegateExpr) -> None:
    """`- argument`: with a space, since two minus signs would begin a comment."""
    writer.put(node.operator + " ")
    level = sign_level(node)
    writer.write(node.argument, level if node.operator == "-" else level + 1)


def sign_level(node: NegateExpr) -> int:
    """As the sign; `~` binds like any operator without a level of its own."""
    return SIGN_LEVEL if node.operator == "-" else OTHER_LEVEL


def _guard(node: OpExpr) -> str:
    """The operators of qail's own methods refuse None; what another one makes of NULL only its author knows."""
    return node.operator if node.operator in ARITHMETIC and node.pg is None else ""


def _number_type(partner: Node) -> PgType[Any] | None:
    """A parameter beside a number is of its type. Beside a date it may be days or an interval: the server says."""
    known = type_of(partner)
    return known if known is not None and known.family == "number" else None
