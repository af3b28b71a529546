"""JsonTable and JsonTableColumn as SQL. Paths are string constants: PostgreSQL takes nothing else there."""

from __future__ import annotations

from qail.ast.clause.json_table import EXISTS, FORMATTED, NESTED, ORDINALITY, JsonTable, JsonTableColumn
from qail.compile.expression.json_clause import QUERY_VERSION, write_outcome, write_passing
from qail.compile.quote import identifier, literal, type_name
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError
from qail.pgtype import JSONB


def write_json_table(writer: SqlWriter, node: JsonTable) -> None:
    """`JSON_TABLE(document, 'path' PASSING ... COLUMNS (...) ... ON ERROR) AS "alias"`, sees what is before it."""
    writer.need(QUERY_VERSION, "JSON_TABLE")
    writer.has_literals = True
    writer.put("JSON_TABLE(")
    writer.write(node.document, pg=JSONB)
    writer.put(", " + literal(node.path))
    write_passing(writer, node.form)
    _write_columns(writer, node.columns)
    write_outcome(writer, node.form)
    writer.put(") AS " + identifier(node.relation.name))


def write_column(writer: SqlWriter, node: JsonTableColumn) -> None:
    """It stands nowhere but in `json_table()`, which writes it itself.

    Raises:
        BuildError: always.
    """
    raise BuildError(
        f"json_column({node.name!r}) belongs to json_table(); in a query it is table[column], where table is that item"
    )


def _write_columns(writer: SqlWriter, columns: tuple[JsonTableColumn, ...]) -> None:
    separator = " COLUMNS ("
    for column in columns:
        writer.put(separator)
        _write_definition(writer, column)
        separator = ", "
    writer.put(")")


def _write_definition(writer: SqlWriter, node: JsonTableColumn) -> None:
    if node.kind == NESTED:
        writer.put("NESTED PATH " + literal(node.path))
        _write_columns(writer, node.columns)
        return
    writer.put(identifier(node.name))
    if node.kind == ORDINALITY:
        writer.put(" FOR ORDINALITY")
        return
    if node.pg is not None:
        writer.put(" " + type_name(node.pg))
    if node.kind in (EXISTS, FORMATTED):
        writer.put(" " + node.kind)
    if node.path:
        writer.put(" PATH " + literal(node.path))
    write_outcome(writer, node.form)
