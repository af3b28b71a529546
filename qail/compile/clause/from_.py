"""RangeVar, RangeSubselect and JoinExpr as SQL."""

from __future__ import annotations

from qail.ast.clause.from_ import JoinExpr, RangeSubselect, RangeVar
from qail.compile.quote import identifier, qualified
from qail.compile.sql_writer import SqlWriter
from qail.compile.statement.select import write_query
from qail.pgtype import BOOL


def write_range_var(writer: SqlWriter, node: RangeVar) -> None:
    """`"schema"."name" AS "alias"`."""
    writer.put(identifier(node.name) if node.schema is None else qualified((node.schema, node.name)))
    if node.alias is not None:
        writer.put(" AS " + identifier(node.alias))


def write_range_subselect(writer: SqlWriter, node: RangeSubselect) -> None:
    """`(SELECT ...) AS "alias"`. It does not see the tables beside it."""
    hidden = writer.pop_scope()
    write_query(writer, node.query)
    writer.push_scope(hidden)
    writer.put(" AS " + identifier(node.alias))


def write_join(writer: SqlWriter, node: JoinExpr) -> None:
    """`LEFT JOIN relation ON condition`."""
    writer.put(f" {node.kind} ")
    writer.write(node.relation)
    if node.condition is not None:
        writer.put(" ON ")
        writer.write(node.condition, pg=BOOL)
