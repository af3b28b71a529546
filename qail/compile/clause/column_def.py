"""ColumnDef, Option and IndexName as SQL."""

from __future__ import annotations

from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.option import IndexName, Option
from qail.compile.quote import identifier, qualified, type_name
from qail.compile.sql_writer import SqlWriter


def write_column_def(writer: SqlWriter, node: ColumnDef) -> None:
    """`"name" type NOT NULL DEFAULT literal REFERENCES "table" ("column")`."""
    writer.put(f"{identifier(node.name)} {type_name(node.pg)}")
    if not node.null and not node.is_key:
        writer.put(" NOT NULL")
    if node.default is not None:
        writer.put(" DEFAULT ")
        writer.write(node.default)
    if node.references is not None:
        writer.put(f" REFERENCES {qualified(node.references[:-1])} ({identifier(node.references[-1])})")


def write_option(writer: SqlWriter, node: Option) -> None:
    """The word itself, one of a closed set."""
    writer.put(node.word)


def write_index_name(writer: SqlWriter, node: IndexName) -> None:
    """The quoted name."""
    writer.put(identifier(node.name))
