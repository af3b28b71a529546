"""LIMIT, OFFSET and FETCH FIRST as SQL."""

from __future__ import annotations

from qail.ast.build.prepared import LIMIT_GUARD, OFFSET_GUARD
from qail.ast.node import Node
from qail.ast.statement.paging import Paging
from qail.compile.level import LIMIT_CLAUSE, OFFSET_CLAUSE
from qail.compile.precedence import LOWEST, PRIMARY
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import INT8


def write_limits(writer: SqlWriter, paging: Paging) -> None:
    """` LIMIT count OFFSET count`; ` FETCH FIRST count ROWS WITH TIES`. The innermost level is that of the query."""
    if paging.limit is not None:
        writer.put(" FETCH FIRST " if paging.has_ties else " LIMIT ")
        _write_count(writer, paging.limit, PRIMARY if paging.has_ties else LOWEST, LIMIT_CLAUSE, LIMIT_GUARD)
        if paging.has_ties:
            writer.put(" ROWS WITH TIES")
    if paging.offset is not None:
        writer.put(" OFFSET ")
        _write_count(writer, paging.offset, LOWEST, OFFSET_CLAUSE, OFFSET_GUARD)


def _write_count(writer: SqlWriter, count: Node, level: int, clause: str, guard: str) -> None:
    query = writer.levels[-1]
    query.clause = clause
    writer.write(count, level, INT8, "", guard)
    query.clause = ""
