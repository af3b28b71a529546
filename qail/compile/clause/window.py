"""WindowDef, NamedWindow, Frame and FrameBound as SQL."""

from __future__ import annotations

from typing import Any

from qail.ast.clause.window import RANGE_MODE, Frame, FrameBound, NamedWindow, WindowDef
from qail.ast.expression.arithmetic import type_of
from qail.ast.tokens import CURRENT_ROW, PRECEDING, UNBOUNDED
from qail.compile.level import FRAME_CLAUSE, Level
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError
from qail.pgtype import INT8, PgType


def write_over(writer: SqlWriter, node: WindowDef) -> None:
    """What follows OVER: a window's name alone, or a definition.

    Raises:
        BuildError: the query defines no window of this name.
    """
    if node.base:
        writer.check_window(node.base)
    if node.base and not node.order and node.frame is None:
        writer.put(identifier(node.base))
        return
    _check_base(writer, node)
    write_window(writer, node)


def _check_base(writer: SqlWriter, node: WindowDef) -> None:
    """Refuse to add to a window what it has.

    Raises:
        BuildError: it is sorted already, or has a frame.
    """
    windows = writer.levels[-1].windows if writer.levels else {}
    known = windows.get(node.base)
    for _ in range(len(windows)):  # they may name each other in a ring, which is refused where they are defined
        if known is None:
            return
        if known.frame is not None:
            raise BuildError(
                f"the window {node.base!r} has a frame, so that nothing can be added: give it where it is used"
            )
        if known.order and node.order:
            raise BuildError(f"the window {node.base!r} has its ORDER BY; one over it cannot have another")
        known = windows.get(known.base)


def write_window(writer: SqlWriter, node: WindowDef) -> None:
    """`(base PARTITION BY ... ORDER BY ... frame)`."""
    writer.put("(")
    separator = ""
    if node.base:
        writer.put(identifier(node.base))
        separator = " "
    if node.partition:
        writer.put(separator + "PARTITION BY ")
        writer.write_list(list(node.partition))
        separator = " "
    if node.order:
        writer.put(separator + "ORDER BY ")
        writer.write_list(list(node.order))
        separator = " "
    if node.frame is not None:
        writer.put(separator)
        _write_frame(writer, node.frame, _distance_type(node))
    writer.put(")")


def write_named_window(writer: SqlWriter, node: NamedWindow) -> None:
    """`"name" AS (definition)`."""
    writer.put(identifier(node.name) + " AS ")
    if node.definition.base:
        writer.check_window(node.definition.base)
    _check_base(writer, node.definition)
    write_window(writer, node.definition)


def write_frame(writer: SqlWriter, node: Frame) -> None:
    """A frame by itself, which only a window has."""
    _write_frame(writer, node, None if node.mode == RANGE_MODE else INT8)


def write_bound(writer: SqlWriter, node: FrameBound) -> None:
    """A bound by itself, which only a frame has."""
    _write_bound(writer, node, "UNBOUNDED PRECEDING", None)


def _write_frame(writer: SqlWriter, node: Frame, pg: PgType[Any] | None) -> None:
    writer.put(node.mode + " BETWEEN ")
    _write_bound(writer, node.start, "UNBOUNDED PRECEDING", pg)
    writer.put(" AND ")
    _write_bound(writer, node.end, "UNBOUNDED FOLLOWING", pg)
    writer.put(node.exclusion)


def _write_bound(writer: SqlWriter, node: FrameBound, unbounded: str, pg: PgType[Any] | None) -> None:
    if node.kind == UNBOUNDED:
        writer.put(unbounded)
    elif node.kind == CURRENT_ROW:
        writer.put("CURRENT ROW")
    elif node.offset is not None:
        level = writer.levels[-1] if writer.levels else Level([])  # of raw SQL nothing is known
        clause, level.clause = level.clause, FRAME_CLAUSE
        writer.write(node.offset, pg=pg)
        level.clause = clause
        writer.put(" PRECEDING" if node.kind == PRECEDING else " FOLLOWING")


def _distance_type(node: WindowDef) -> PgType[Any] | None:
    """The type of a frame's distance: rows and groups are counted; a range of numbers has the type of its sort key.

    Raises:
        BuildError: a range has a distance and not exactly one sort key, or groups have none.
    """
    frame = node.frame
    if frame is None:
        return None
    has_distance = frame.start.offset is not None or frame.end.offset is not None
    if frame.mode != RANGE_MODE:
        if frame.mode == "GROUPS" and not node.order and not node.base:
            raise BuildError("a frame of groups needs order_by: a group is the rows with equal sort keys")
        return INT8
    if has_distance and len(node.order) != 1 and not node.base:
        raise BuildError(f"a range by distance needs one sort key, and the window has {len(node.order)}")
    known = type_of(node.order[0].node) if node.order else None
    return known if known is not None and known.family == "number" else None
