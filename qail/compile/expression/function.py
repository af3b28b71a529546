"""FuncCall as SQL."""

from __future__ import annotations

from qail.ast.expression.function import FuncCall, types_of_arguments
from qail.ast.tokens import FUNCTION_DISTINCT, FUNCTION_STAR
from qail.compile.clause.window import write_over
from qail.compile.expression.boolean import write_conditions
from qail.compile.functions import SAFE_FUNCTIONS, SESSION_FUNCTIONS
from qail.compile.placement import begin_call, end_call
from qail.compile.quote import PLAIN_FUNCTIONS, function_name, identifier, qualified
from qail.compile.sql_writer import SqlWriter


def write_call(writer: SqlWriter, node: FuncCall) -> None:
    """`name(arguments ORDER BY ...) WITHIN GROUP (...) FILTER (WHERE ...) OVER (...)`."""
    form = node.form
    if form.schema is not None or (node.name not in PLAIN_FUNCTIONS and node.name not in SAFE_FUNCTIONS):
        writer.is_pure = False
        if node.name in SESSION_FUNCTIONS:
            writer.is_session_bound = True
    before = writer.single
    owner = begin_call(writer, node)
    writer.put(function_name(node.name) if form.schema is None else qualified((form.schema, node.name)))
    writer.put("(")
    if node.kind == FUNCTION_STAR:
        writer.put("*")
    elif node.kind == FUNCTION_DISTINCT:
        writer.put("DISTINCT ")
    _write_arguments(writer, node)
    if form.order and not form.is_within_group:
        writer.put(" ORDER BY ")
        writer.write_list(list(form.order))
    writer.put(")")
    if form.is_within_group:
        writer.put(" WITHIN GROUP (ORDER BY ")
        writer.write_list(list(form.order))
        writer.put(")")
    if node.condition is not None:
        writer.put(" FILTER (WHERE ")
        write_conditions(writer, [node.condition])
        writer.put(")")
    writer.single = before
    if node.window is not None:
        writer.put(" OVER ")
        write_over(writer, node.window)
    end_call(writer, node, owner)


def _write_arguments(writer: SqlWriter, node: FuncCall) -> None:
    first_named = len(node.arguments) - len(node.form.names)
    # Where values are text of the statement, that has no types to be refused for.
    types = [] if writer.writes_literals else types_of_arguments(node)
    for index, argument in enumerate(node.arguments):
        if index:
            writer.put(", ")
        if index >= first_named:
            writer.put(identifier(node.form.names[index - first_named]) + " => ")
        writer.write(argument, pg=types[index] if types else None)
