"""GroupingSet and GroupingFunc as SQL."""

from __future__ import annotations

from qail.ast.expression.grouping import GroupingFunc, GroupingSet
from qail.compile.level import GROUP_CLAUSE
from qail.compile.placement import begin_grouping
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError


def write_grouping_set(writer: SqlWriter, node: GroupingSet) -> None:
    """`ROLLUP (a, b)`, and `(a, b)` for keys that are one.

    Raises:
        BuildError: it stands somewhere else than in GROUP BY.
    """
    is_known = not writer.is_open  # raw SQL may have a GROUP BY of its own
    if is_known and (not writer.levels or writer.levels[-1].clause != GROUP_CLAUSE):
        raise BuildError(f"{(node.kind or 'grouping sets').lower()} is a key of group_by(), and stands nowhere else")
    writer.put(f"{node.kind} (" if node.kind else "(")
    writer.write_list(list(node.content))
    writer.put(")")


def write_grouping_call(writer: SqlWriter, node: GroupingFunc) -> None:
    """`GROUPING(a, b)`."""
    begin_grouping(writer)
    writer.put("GROUPING(")
    writer.write_list(list(node.arguments))
    writer.put(")")
