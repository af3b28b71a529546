"""GroupingSet and GroupingFunc as SQL."""

from __future__ import annotations

from qail.ast.expression.grouping import GroupingFunc, GroupingSet
from qail.compile.sql_writer import SqlWriter


def write_grouping_set(writer: SqlWriter, node: GroupingSet) -> None:
    """`ROLLUP (a, b)`, and `(a, b)` for keys that are one."""
    writer.put(f"{node.kind} (" if node.kind else "(")
    writer.write_list(list(node.content))
    writer.put(")")


def write_grouping_call(writer: SqlWriter, node: GroupingFunc) -> None:
    """`GROUPING(a, b)`."""
    writer.put("GROUPING(")
    writer.write_list(list(node.arguments))
    writer.put(")")
