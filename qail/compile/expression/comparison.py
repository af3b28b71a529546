"""A_Expr, ScalarArrayOpExpr, QuantifiedExpr, BetweenExpr, NullTest, BooleanTest and NotNull as SQL.

A parameter takes the type of the column it is compared with, so that it is sent in that type's binary form.
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.prepared import MEMBERS
from qail.ast.expression.arithmetic import NegateExpr, OpExpr, type_of
from qail.ast.expression.collation import AtTimeZone, CollateClause
from qail.ast.expression.comparison import (
    DISTINCTIONS,
    PATTERNS,
    A_Expr,
    BetweenExpr,
    BooleanTest,
    NotNull,
    NullTest,
    QuantifiedExpr,
    ScalarArrayOpExpr,
)
from qail.ast.expression.operation import OperatorTest
from qail.ast.expression.row import RowExpr
from qail.ast.node import Node
from qail.compile.expression.row import write_row_like
from qail.compile.expression.subquery import note_compared
from qail.compile.families import check_comparable, check_operands
from qail.compile.precedence import COMPARISON_LEVEL, IS_LEVEL, OPERATOR_LEVELS, OTHER_LEVEL, PATTERN_LEVEL, PRIMARY
from qail.compile.sql_writer import SqlWriter, column_name, unwrapped
from qail.compile.statement.query import check_width, write_query
from qail.errors import BuildError
from qail.pgtype import TEXT, PgType, array_of

BETWEEN_GUARD: Final = "BETWEEN"


def a_expr_level(node: A_Expr) -> int:
    """By its operator."""
    return OPERATOR_LEVELS[node.operator]


def write_a_expr(writer: SqlWriter, node: A_Expr) -> None:
    """`left operator right`. Comparisons do not associate: both sides bind tighter."""
    level = OPERATOR_LEVELS[node.operator] + 1
    left, right = unwrapped(node.left), unwrapped(node.right)
    if isinstance(left, RowExpr) and isinstance(right, RowExpr):
        write_row_like(writer, left, right)
        writer.put(f" {node.operator} ")
        write_row_like(writer, right, left)
        return
    if not isinstance(right, QuantifiedExpr):
        check_operands(node.operator, left, right)
    guard = "" if node.operator in DISTINCTIONS else node.operator
    writer.write(left, level, partner_type(node.operator, right), column_name(right), guard)
    writer.put(f" {node.operator} ")
    if isinstance(right, QuantifiedExpr):
        if right.query is not None:
            width = len(left.elements) if isinstance(left, RowExpr) else 1
            check_width(right.query, width, "ALL" if right.is_all else "ANY")
        write_members(writer, right, partner_type(node.operator, left), column_name(left))
        return
    if node.operator not in DISTINCTIONS:
        note_compared(writer, left, right)
    writer.write(right, level, partner_type(node.operator, left), column_name(left), guard)


def partner_type(operator: str, other: Node) -> PgType[Any] | None:
    """The type of a parameter that is compared with `other`."""
    known = type_of(other)
    if operator in PATTERNS:
        # The pattern of a varchar or name is text: it may be longer than the column.
        return TEXT if known is not None and known.family == "string" else None
    return known


def write_array_comparison(writer: SqlWriter, node: ScalarArrayOpExpr) -> None:
    """`argument = ANY (array)`: a list of any length is one parameter."""
    known = type_of(node.argument)
    writer.write(node.argument, COMPARISON_LEVEL + 1)
    writer.put(" <> ALL (" if node.negated else " = ANY (")
    writer.write(node.members, pg=array_type(known), name=column_name(node.argument), guard=MEMBERS)
    writer.put(")")


def array_type(element: PgType[Any] | None) -> PgType[Any] | None:
    """The array type over `element`, where there is one."""
    return None if element is None or not element.array_oid else array_of(element)


def write_members(writer: SqlWriter, node: QuantifiedExpr, pg: PgType[Any] | None, name: str) -> None:
    """`ANY (array)` or `ALL (SELECT ...)`; `pg` is the type of what is compared with each member."""
    writer.put("ALL " if node.is_all else "ANY ")
    if node.query is not None:
        write_query(writer, node.query)
    elif node.members is not None:
        writer.put("(")
        writer.write(node.members, pg=array_type(pg), name=name, guard=MEMBERS)
        writer.put(")")


def write_quantified(writer: SqlWriter, node: QuantifiedExpr) -> None:
    """It stands nowhere but on the right of a comparison, which writes it itself.

    Raises:
        BuildError: always.
    """
    method = "all_()" if node.is_all else "any_()"
    raise BuildError(f"{method} stands on the right of a comparison: User.age > {method[:-1]}[18, 21])")


def write_between(writer: SqlWriter, node: BetweenExpr) -> None:
    """`argument BETWEEN low AND high`."""
    known, name = type_of(node.argument), column_name(node.argument)
    check_comparable("BETWEEN", known, type_of(node.low))
    check_comparable("BETWEEN", known, type_of(node.high))
    writer.write(node.argument, OTHER_LEVEL)
    writer.put(" NOT BETWEEN " if node.negated else " BETWEEN ")
    if node.symmetric:
        writer.put("SYMMETRIC ")
    note_compared(writer, node.argument, node.low)
    writer.write(node.low, PRIMARY if _is_beyond_b_expr(node.low) else OTHER_LEVEL, known, name, BETWEEN_GUARD)
    writer.put(" AND ")
    note_compared(writer, node.argument, node.high)
    writer.write(node.high, OTHER_LEVEL, known, name, BETWEEN_GUARD)


def _is_beyond_b_expr(node: Node) -> bool:
    """Whether COLLATE or AT TIME ZONE is in it: PostgreSQL's grammar has neither in the lower bound of BETWEEN.

    Source: src/backend/parser/gram.y, b_expr
    """
    pending: list[Node] = [node]
    while pending:
        part = unwrapped(pending.pop())
        if isinstance(part, (CollateClause, AtTimeZone)):
            return True
        if isinstance(part, (OpExpr, OperatorTest, A_Expr)):
            pending.append(part.left)
            pending.append(part.right)
        elif isinstance(part, NegateExpr):
            pending.append(part.argument)
    return False


def write_null_test(writer: SqlWriter, node: NullTest) -> None:
    """`argument IS NULL`."""
    writer.write(node.argument, IS_LEVEL + 1)
    writer.put(" IS NOT NULL" if node.negated else " IS NULL")


def write_boolean_test(writer: SqlWriter, node: BooleanTest) -> None:
    """`argument IS TRUE`."""
    single, writer.single = writer.single, writer.single or node.test
    writer.write(node.argument, IS_LEVEL + 1)
    writer.single = single
    writer.put(" " + node.test)


def write_not_null(writer: SqlWriter, node: NotNull) -> None:
    """The argument: the promise is for type checkers."""
    writer.write(node.argument)


def comparison_level(node: Node) -> int:
    """As `=`: `= ANY (...)` does not associate."""
    return COMPARISON_LEVEL


def is_level(node: Node) -> int:
    """As IS."""
    return IS_LEVEL


def pattern_level(node: Node) -> int:
    """As LIKE, IN and BETWEEN."""
    return PATTERN_LEVEL
