"""FuncCall as SQL."""

from __future__ import annotations

from qail.ast.expression.function import FuncCall
from qail.ast.tokens import FUNCTION_DISTINCT, FUNCTION_STAR
from qail.compile.clause.window import write_window
from qail.compile.expression.boolean import write_conditions
from qail.compile.quote import PLAIN_FUNCTIONS, function_name
from qail.compile.sql_writer import SqlWriter


def write_call(writer: SqlWriter, node: FuncCall) -> None:
    """`name(arguments) FILTER (WHERE ...) OVER (...)`."""
    if node.name not in PLAIN_FUNCTIONS:
        writer.is_pure = False
    writer.put(function_name(node.name) + "(")
    if node.kind == FUNCTION_STAR:
        writer.put("*")
    elif node.kind == FUNCTION_DISTINCT:
        writer.put("DISTINCT ")
    writer.write_list(list(node.arguments))
    writer.put(")")
    if node.condition is not None:
        writer.put(" FILTER (WHERE ")
        write_conditions(writer, [node.condition])
        writer.put(")")
    if node.window is not None:
        writer.put(" OVER ")
        write_window(writer, node.window)
