"""ColumnRef, ColumnExpr, WholeRow, A_Star and VersionColumn as SQL."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.clause.from_ import RangeVar
from qail.ast.expression.column import EXCLUDED, A_Star, ColumnExpr, ColumnRef, VersionColumn, WholeRow
from qail.compile.quote import identifier, qualified
from qail.compile.sql_writer import VERSION_NAME, SqlWriter, bare_column
from qail.errors import BuildError

OLD_AND_NEW_VERSION: Final = 180_000


def write_column_ref(writer: SqlWriter, node: ColumnRef) -> None:
    """`"table"."name"`, as the user qualified it."""
    writer.note_name(node)
    writer.put(qualified(node.fields))


def write_column(writer: SqlWriter, node: ColumnExpr[Any]) -> None:
    """A typed column is always qualified, with its table's alias where it has one."""
    writer.check_scope(node)
    writer.note_column(node)
    writer.put(reference(node.relation) + "." + identifier(node.name))


def write_whole_row(writer: SqlWriter, node: WholeRow) -> None:
    """The columns by name: `*` would change its meaning when the table gets another."""
    writer.write_list(list(node.columns))


def write_star(writer: SqlWriter, node: A_Star) -> None:
    """`*`.

    Raises:
        BuildError: it is no item of a select list or of RETURNING.
    """
    if writer.item is not node:
        raise BuildError("star() is an item of columns() or returning() by itself, and no value; count() is count(*)")
    writer.put("*")


def write_version(writer: SqlWriter, node: VersionColumn) -> None:
    """`EXCLUDED."name"`, `OLD."name"`, `NEW."name"`."""
    if node.version == EXCLUDED:
        writer.check_name(VERSION_NAME, EXCLUDED, "excluded() belongs to do_update() of an ON CONFLICT")
    elif not writer.is_in_trigger:
        writer.check_name(VERSION_NAME, node.version, "old() and new() belong to returning()")
        writer.need(OLD_AND_NEW_VERSION, "OLD and NEW in RETURNING")
    writer.put(f"{node.version}.{bare_column(node.column)}")


def reference(relation: RangeVar) -> str:
    """How columns name their table: by its alias, or by its name as FROM has it."""
    if relation.alias is not None:
        return identifier(relation.alias)
    return identifier(relation.name) if relation.schema is None else qualified((relation.schema, relation.name))
