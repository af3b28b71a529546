"""LockingClause as SQL."""

from __future__ import annotations

from qail.ast.clause.locking import LockingClause
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter


def write_lock(writer: SqlWriter, node: LockingClause) -> None:
    """` FOR UPDATE OF "name" SKIP LOCKED`. Who locks rows does not only read."""
    writer.is_pure = False
    writer.put(" FOR " + node.strength)
    for index, name in enumerate(node.names):
        writer.put((", " if index else " OF ") + identifier(name))
    if node.nowait:
        writer.put(" NOWAIT")
    elif node.skip_locked:
        writer.put(" SKIP LOCKED")
