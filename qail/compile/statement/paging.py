"""LIMIT, OFFSET and FETCH FIRST as SQL."""

from __future__ import annotations

from qail.ast.build.prepared import LIMIT_GUARD, OFFSET_GUARD
from qail.ast.statement.paging import Paging
from qail.compile.precedence import PRIMARY
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import INT8


def write_limits(writer: SqlWriter, paging: Paging) -> None:
    """` LIMIT count OFFSET count`; ` FETCH FIRST count ROWS WITH TIES`."""
    if paging.limit is not None:
        writer.put(" FETCH FIRST " if paging.has_ties else " LIMIT ")
        writer.write(paging.limit, PRIMARY if paging.has_ties else 0, INT8, "", LIMIT_GUARD)
        if paging.has_ties:
            writer.put(" ROWS WITH TIES")
    if paging.offset is not None:
        writer.put(" OFFSET ")
        writer.write(paging.offset, pg=INT8, guard=OFFSET_GUARD)
