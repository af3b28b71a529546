"""ColumnRef, ColumnExpr, WholeRow, A_Star and ExcludedColumn as SQL."""

from __future__ import annotations

from typing import Any

from qail.ast.clause.from_ import RangeVar
from qail.ast.expression.column import A_Star, ColumnExpr, ColumnRef, ExcludedColumn, WholeRow
from qail.compile.quote import identifier, qualified
from qail.compile.sql_writer import SqlWriter, bare_column


def write_column_ref(writer: SqlWriter, node: ColumnRef) -> None:
    """`"table"."name"`, as the user qualified it."""
    writer.put(qualified(node.fields))


def write_column(writer: SqlWriter, node: ColumnExpr[Any]) -> None:
    """A typed column is always qualified, with its table's alias where it has one."""
    writer.check_scope(node)
    writer.put(reference(node.relation) + "." + identifier(node.name))


def write_whole_row(writer: SqlWriter, node: WholeRow) -> None:
    """The columns by name: `*` would change its meaning when the table gets another."""
    writer.write_list(list(node.columns))


def write_star(writer: SqlWriter, node: A_Star) -> None:
    """`*`."""
    writer.put("*")


def write_excluded(writer: SqlWriter, node: ExcludedColumn) -> None:
    """`EXCLUDED."name"`."""
    writer.put("EXCLUDED." + bare_column(node.column))


def reference(relation: RangeVar) -> str:
    """How columns name their table: by its alias, or by its name as FROM has it."""
    if relation.alias is not None:
        return identifier(relation.alias)
    return identifier(relation.name) if relation.schema is None else qualified((relation.schema, relation.name))
