"""FuncCall as SQL."""

from __future__ import annotations

from typing import Final

from qail.ast.expression.function import FuncCall
from qail.ast.tokens import FUNCTION_DISTINCT, FUNCTION_STAR
from qail.compile.clause.window import write_window
from qail.compile.expression.boolean import write_conditions
from qail.compile.quote import PLAIN_FUNCTIONS, function_name
from qail.compile.sql_writer import SqlWriter

# They change what the session is, or tell what it did before, whoever's call that was. Those that only hold until the
# transaction ends are none of them.
# Source: functions-admin.html, "Configuration Settings Functions", "Advisory Lock Functions"; functions-sequence.html
SESSION_FUNCTIONS: Final = frozenset(
    {
        "currval", "dblink_connect", "dblink_connect_u", "dblink_disconnect", "dblink_open", "lastval",
        "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_all",
        "pg_advisory_unlock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "set_config", "setseed",
    }
)  # fmt: skip


def write_call(writer: SqlWriter, node: FuncCall) -> None:
    """`name(arguments) FILTER (WHERE ...) OVER (...)`."""
    if node.name not in PLAIN_FUNCTIONS:
        writer.is_pure = False
        if node.name in SESSION_FUNCTIONS:
            writer.is_session_bound = True
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
