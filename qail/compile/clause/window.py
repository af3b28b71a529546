"""WindowDef, Frame and FrameBound as SQL."""

from __future__ import annotations

from qail.ast.clause.window import Frame, FrameBound, WindowDef
from qail.ast.tokens import CURRENT_ROW, PRECEDING, UNBOUNDED
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import INT8


def write_window(writer: SqlWriter, node: WindowDef) -> None:
    """`(PARTITION BY ... ORDER BY ... frame)`."""
    writer.put("(")
    separator = ""
    if node.partition:
        writer.put("PARTITION BY ")
        writer.write_list(list(node.partition))
        separator = " "
    if node.order:
        writer.put(separator + "ORDER BY ")
        writer.write_list(list(node.order))
        separator = " "
    if node.frame is not None:
        writer.put(separator)
        write_frame(writer, node.frame)
    writer.put(")")


def write_frame(writer: SqlWriter, node: Frame) -> None:
    """`ROWS BETWEEN start AND end`."""
    writer.put(node.mode + " BETWEEN ")
    _write_bound(writer, node.start, "UNBOUNDED PRECEDING")
    writer.put(" AND ")
    _write_bound(writer, node.end, "UNBOUNDED FOLLOWING")


def write_bound(writer: SqlWriter, node: FrameBound) -> None:
    """A bound by itself, which only a frame has."""
    _write_bound(writer, node, "UNBOUNDED PRECEDING")


def _write_bound(writer: SqlWriter, node: FrameBound, unbounded: str) -> None:
    if node.kind == UNBOUNDED:
        writer.put(unbounded)
    elif node.kind == CURRENT_ROW:
        writer.put("CURRENT ROW")
    elif node.offset is not None:
        writer.write(node.offset, pg=INT8)
        writer.put(" PRECEDING" if node.kind == PRECEDING else " FOLLOWING")
