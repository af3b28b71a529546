"""OperatorTest as SQL."""

from __future__ import annotations

from qail.ast.expression.comparison import QuantifiedExpr
from qail.ast.expression.operation import OperatorTest
from qail.ast.node import Node
from qail.compile.expression.comparison import write_members
from qail.compile.expression.subquery import note_compared
from qail.compile.precedence import OTHER_LEVEL
from qail.compile.sql_writer import SqlWriter, column_name, unwrapped


def write_operator_test(writer: SqlWriter, node: OperatorTest) -> None:
    """`left operator right`: all of these operators bind alike, to the left."""
    left, right = unwrapped(node.left), unwrapped(node.right)
    writer.write(left, OTHER_LEVEL)
    writer.put(f" {node.operator} ")
    if isinstance(right, QuantifiedExpr):
        write_members(writer, right, node.right_type, column_name(left))
    else:
        note_compared(writer, left, right)
        writer.write(right, OTHER_LEVEL + 1, node.right_type, column_name(left))


def other_level(node: Node) -> int:
    """As any operator without a level of its own."""
    return OTHER_LEVEL
