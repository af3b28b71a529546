"""SelectStmt as SQL."""

from __future__ import annotations

from qail.ast.build.builder import Builder
from qail.ast.clause.from_ import RangeVar
from qail.ast.statement.select import SelectStmt
from qail.ast.steps import Steps
from qail.ast.tokens import GET, SELECT
from qail.compile.clause.sort import write_order_by
from qail.compile.clause.target import write_targets
from qail.compile.expression.boolean import write_conditions
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError
from qail.pgtype import INT8


def write_select(writer: SqlWriter, node: SelectStmt) -> None:
    """The clauses in the order of SQL."""
    writer.push_scope(_scope(node))
    writer.put("SELECT ")
    if node.is_distinct:
        writer.put("DISTINCT ")
    if node.distinct_on:
        writer.put("DISTINCT ON (")
        writer.write_list(node.distinct_on)
        writer.put(") ")
    write_targets(writer, node.targets)
    _write_from(writer, node)
    if node.where:
        writer.put(" WHERE ")
        write_conditions(writer, node.where)
    if node.group:
        writer.put(" GROUP BY ")
        writer.write_list(node.group)
    if node.having:
        writer.put(" HAVING ")
        write_conditions(writer, node.having)
    if node.sort:
        write_order_by(writer, node.sort, node.targets)
    if node.limit is not None:
        writer.put(" LIMIT ")
        writer.write(node.limit, pg=INT8)
    if node.offset is not None:
        writer.put(" OFFSET ")
        writer.write(node.offset, pg=INT8)
    writer.pop_scope()


def write_query(writer: SqlWriter, query: Builder) -> None:
    """A subquery, in parentheses.

    Raises:
        BuildError: it is no SELECT.
    """
    steps = Steps(query)
    if steps.first not in (GET, SELECT):
        raise BuildError(f"a subquery is a SELECT; {steps.statement} is none")
    writer.put("(")
    write_select(writer, SelectStmt(steps))
    writer.put(")")


def _write_from(writer: SqlWriter, node: SelectStmt) -> None:
    if node.relation is None:
        if node.joins:
            raise BuildError("the select list does not tell what to join to; from_() does")
        return
    writer.put(" FROM ")
    writer.write(node.relation)
    for join in node.joins:
        writer.write(join)


def _scope(node: SelectStmt) -> list[str]:
    relations = [node.relation, *[join.relation for join in node.joins]]
    return [relation.token for relation in relations if isinstance(relation, RangeVar)]
