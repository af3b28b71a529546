"""The table a writing statement is about."""

from __future__ import annotations

from qail.ast.clause.from_ import RangeVar
from qail.ast.expression.column import WholeRow
from qail.ast.node import Node
from qail.errors import BuildError


def written_relation(node: Node | None) -> RangeVar:
    """The RangeVar of the first step of an INSERT, UPDATE or DELETE.

    Raises:
        BuildError: it is the outer twin of a table, which stands for rows that may be absent.
    """
    relation = node.relation if isinstance(node, WholeRow) else node
    assert isinstance(relation, RangeVar), "a write begins with a table"
    if relation.is_nullable:
        raise BuildError(f"the outer twin of table {relation.name!r} is for joins; write to the table itself")
    return relation
