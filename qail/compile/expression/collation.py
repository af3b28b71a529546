"""CollateClause, AtTimeZone and ExtractExpr as SQL."""

from __future__ import annotations

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.collation import AtTimeZone, CollateClause, ExtractExpr
from qail.ast.node import Node
from qail.compile.precedence import COLLATE_LEVEL, ZONE_LEVEL
from qail.compile.quote import qualified
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import TEXT


def write_collate(writer: SqlWriter, node: CollateClause) -> None:
    """`argument COLLATE "name"`."""
    known = type_of(node.argument)
    writer.write(node.argument, COLLATE_LEVEL, known or TEXT)
    writer.put(" COLLATE " + qualified(node.names))


def write_at_time_zone(writer: SqlWriter, node: AtTimeZone) -> None:
    """`argument AT TIME ZONE zone`; a zone that is an interval comes as an expression."""
    writer.write(node.argument, ZONE_LEVEL)
    writer.put(" AT TIME ZONE ")
    writer.write(node.zone, ZONE_LEVEL + 1, TEXT)


def write_extract(writer: SqlWriter, node: ExtractExpr) -> None:
    """`EXTRACT(field FROM argument)`; the field is a word of a closed set."""
    writer.put(f"EXTRACT({node.part} FROM ")
    writer.write(node.argument)
    writer.put(")")


def collate_level(node: Node) -> int:
    """As COLLATE."""
    return COLLATE_LEVEL


def zone_level(node: Node) -> int:
    """As AT TIME ZONE."""
    return ZONE_LEVEL
