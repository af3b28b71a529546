"""The items of FROM, and joins, as SQL."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.from_ import (
    WITH_KIND,
    JoinExpr,
    JoinUsing,
    RangeOnly,
    RangeSubselect,
    RangeTableSample,
    RangeVar,
)
from qail.ast.clause.table_function import RangeFunction
from qail.ast.clause.values import ValuesTable
from qail.ast.node import Node
from qail.ast.statement.select import named_relation
from qail.compile.families import check_condition
from qail.compile.level import FUNCTION_CLAUSE, JOIN_CLAUSE, Level
from qail.compile.quote import identifier, qualified, type_name
from qail.compile.sql_writer import WITH_NAME, SqlWriter
from qail.compile.statement.query import write_query
from qail.errors import BuildError
from qail.pgtype import BOOL, FLOAT4, FLOAT8

FUNCTION_ARGUMENTS: Final = "an argument of a function in FROM"


def write_range_var(writer: SqlWriter, node: RangeVar) -> None:
    """`"schema"."name" AS "alias"`."""
    if node.kind == WITH_KIND:
        writer.check_name(WITH_NAME, node.name, "with_() brings what cte() and recursive() make")
    writer.put(identifier(node.name) if node.schema is None else qualified((node.schema, node.name)))
    if node.alias is not None:
        writer.put(" AS " + identifier(node.alias))


def write_range_subselect(writer: SqlWriter, node: RangeSubselect) -> None:
    """`(SELECT ...) AS "alias" ("column", ...)`. It does not see the tables beside it unless it is LATERAL."""
    if node.is_lateral:
        writer.put("LATERAL ")
        write_query(writer, node.query)
    else:
        hidden = writer.pop_scope()
        write_query(writer, node.query)
        writer.push_scope(hidden)
    writer.put(" AS " + identifier(node.alias))
    write_columns(writer, node.columns)


def write_columns(writer: SqlWriter, columns: tuple[str, ...]) -> None:
    """` ("column", ...)`; nothing without columns."""
    if columns:
        writer.put(f" ({', '.join([identifier(column) for column in columns])})")


def write_range_only(writer: SqlWriter, node: RangeOnly) -> None:
    """`ONLY "table" AS "alias"`."""
    writer.put("ONLY ")
    write_range_var(writer, node.relation)


def write_sample(writer: SqlWriter, node: RangeTableSample) -> None:
    """`table TABLESAMPLE "method" (argument) REPEATABLE (seed)`."""
    writer.write(node.item)
    level = writer.levels[-1] if writer.levels else Level([])
    clause, level.clause = level.clause, FUNCTION_CLAUSE
    single, writer.single = writer.single, "TABLESAMPLE"
    writer.put(f" TABLESAMPLE {identifier(node.method)} (")
    writer.write(node.argument, pg=FLOAT4)
    writer.put(")")
    if node.repeatable is not None:
        writer.put(" REPEATABLE (")
        writer.write(node.repeatable, pg=FLOAT8)
        writer.put(")")
    level.clause, writer.single = clause, single


def write_range_function(writer: SqlWriter, node: RangeFunction) -> None:
    """`f(...) WITH ORDINALITY AS "alias" ("column", ...)`; a function sees the tables before it."""
    is_alone = len(node.calls) == 1
    writer.put("" if is_alone else "ROWS FROM (")
    level = writer.levels[-1] if writer.levels else Level([])
    clause, level.clause = level.clause, FUNCTION_CLAUSE
    single, writer.single = writer.single, FUNCTION_ARGUMENTS
    separator = ""
    for call in node.calls:
        writer.put(separator)
        writer.from_call = call
        writer.write(call)
        separator = ", "
    writer.from_call = None
    level.clause, writer.single = clause, single
    writer.put("" if is_alone else ")")
    if node.has_ordinality:
        writer.put(" WITH ORDINALITY")
    writer.put(" AS " + identifier(node.relation.name))
    if not node.is_record:
        write_columns(writer, node.columns)
        return
    columns = zip(node.columns, node.types, strict=True)
    definitions = [f"{identifier(name)} {type_name(pg)}" for name, pg in columns if pg is not None]
    writer.put(f" ({', '.join(definitions)})")


def write_values_table(writer: SqlWriter, node: ValuesTable) -> None:
    """`VALUES (...), (...)`."""
    writer.put("VALUES ")
    width = len(node.types)
    for index, value in enumerate(node.values):
        column = index % width
        if column == 0:
            writer.put("), (" if index else "(")
        else:
            writer.put(", ")
        # A type without an OID cannot be said of a parameter; what the first row says holds for the column.
        known = node.types[column] if index < width else None
        is_cast = known is not None and not known.oid
        writer.put("CAST(" if is_cast else "")
        if isinstance(value, Node) and not node.is_plain:
            writer.write(value, pg=node.types[column], name=node.names[column])
        else:
            writer.block_parameter(node, index, node.types[column], node.names[column])
        if known is not None and is_cast:
            writer.put(f" AS {type_name(known)})")
    writer.put(")")


def write_join(writer: SqlWriter, node: JoinExpr) -> None:
    """`LEFT JOIN relation ON condition`; `NATURAL LEFT JOIN relation`."""
    condition = node.condition
    is_natural = isinstance(condition, JoinUsing) and not condition.columns
    writer.put(f" NATURAL {node.kind} " if is_natural else f" {node.kind} ")
    write_from_item(writer, node.relation)
    level = writer.levels[-1] if writer.levels else None
    if isinstance(condition, JoinUsing):
        write_using(writer, condition)
    elif condition is not None:
        writer.put(" ON ")
        if level is None:
            writer.write(condition, pg=BOOL)
        else:
            clause, level.clause = level.clause, JOIN_CLAUSE
            check_condition(condition)
            writer.write(condition, pg=BOOL)
            level.clause = clause
    if level is not None:
        level.join(node)


def write_using(writer: SqlWriter, node: JoinUsing) -> None:
    """` USING ("column", ...)`; nothing for NATURAL."""
    if node.columns:
        writer.put(" USING")
        write_columns(writer, node.columns)


def write_from_item(writer: SqlWriter, item: Node) -> None:
    """An item of FROM, whose columns may be written from here on.

    Raises:
        BuildError: another one has its name already.
    """
    writer.write(item)
    relation = named_relation(item)
    if relation is None:
        raise BuildError(f"{type(item).__name__} is no item of FROM")
    writer.add_to_scope(relation.token, relation.alias or relation.name, relation.schema or "")


def write_from(writer: SqlWriter, items: list[Node], joins: list[Node]) -> None:
    """Items with commas between them, then joins."""
    separator = ""
    for item in items:
        writer.put(separator)
        write_from_item(writer, item)
        separator = ", "
    for join in joins:
        writer.write(join)


def scope_of(items: list[Node], joins: list[Node]) -> list[str]:
    """The tokens of the names that items of FROM bring."""
    found: list[str] = []
    for item in [*items, *[join.relation for join in joins if isinstance(join, JoinExpr)]]:
        relation = named_relation(item)
        if relation is not None:
            found.append(relation.token)
    return found
