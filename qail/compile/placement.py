"""Where calls stand: aggregates, window functions and set-returning functions, and what PostgreSQL has in those places.

Source: src/backend/parser/parse_agg.c; parse_func.c, check_srf_call_placement
"""

from __future__ import annotations

from qail.ast.expression.function import FuncCall
from qail.compile.calls import check_form, is_aggregate, is_set
from qail.compile.level import WITHOUT_AGGREGATES, WITHOUT_QUERIES, WITHOUT_SETS, Level, owner_of
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError


def begin_call(writer: SqlWriter, call: FuncCall) -> Level | None:
    """A call is written. Returns the query that it is an aggregate of, for `end_call`.

    The caller keeps `writer.single` and sets it back where the arguments end.

    Raises:
        BuildError: no aggregate, no window function or no set of rows may stand here, or the call holds what its
            function does not take.
    """
    if not writer.levels:  # a procedure, which CALL calls, may have any name
        return None
    check_form(call)
    if is_set(call):
        _begin_set(writer, call)
    inner = writer.levels[-1]
    if call.window is not None:
        inner.begin_window(call)
        writer.single = f"an argument of {call.name}()"
        return None
    if not is_aggregate(call):
        inner.check_plain(call)
        return None
    owner = owner_of(call, writer.levels)
    owner.begin_aggregate(call)
    inner.inside_aggregates += 1
    writer.single = f"an argument of {call.name}()"
    return owner


def end_call(writer: SqlWriter, call: FuncCall, owner: Level | None) -> None:
    """All of a call is written."""
    if not writer.levels:
        return
    inner = writer.levels[-1]
    if call.window is not None:
        inner.inside_windows -= 1
    elif owner is not None:
        inner.inside_aggregates -= 1
        owner.inside_aggregates -= 1


def begin_grouping(writer: SqlWriter) -> None:
    """GROUPING() is written.

    Raises:
        BuildError: it may not stand here, or nothing is grouped.
    """
    inner = writer.levels[-1] if writer.levels else None
    if inner is not None and inner.clause in WITHOUT_AGGREGATES:
        raise BuildError(f"grouping() cannot stand in {inner.clause}: the rows are not grouped there")
    if not writer.is_open and not any(level.keys for level in writer.levels):
        raise BuildError("grouping() tells grouping sets apart, and this query has no group_by()")


def _begin_set(writer: SqlWriter, call: FuncCall) -> None:
    if call is writer.from_call:
        return
    inner = writer.levels[-1]
    place = writer.single or (inner.clause if inner.clause in WITHOUT_SETS else "")
    if place:
        advice = WITHOUT_QUERIES.get(place, "rows_from() makes it an item of FROM, a subquery a list for in_()")
        raise BuildError(f"{call.name}() gives a set of rows, and cannot stand in {place}: {advice}")
    inner.row_source = inner.row_source or call.name
