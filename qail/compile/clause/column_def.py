"""ColumnDef and Option as SQL."""

from __future__ import annotations

from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.option import Option
from qail.compile.level import DEFAULT_CLAUSE, Level
from qail.compile.precedence import PRIMARY
from qail.compile.quote import identifier, qualified, type_name
from qail.compile.sql_writer import SqlWriter


def write_column_def(writer: SqlWriter, node: ColumnDef) -> None:
    """`"name" type NOT NULL DEFAULT value REFERENCES "table" ("column")`, and the parts; storage stands first."""
    writer.put(f"{identifier(node.name)} {type_name(node.pg)}")
    _write_parts(writer, node, is_storage=True)
    if not node.null and not node.is_key:
        writer.put(" NOT NULL")
    if node.default is not None:
        writer.put(" DEFAULT ")
        writer.levels.append(Level(writer.innermost_scope(), DEFAULT_CLAUSE))
        writer.write(node.default, PRIMARY, pg=node.pg)
        writer.levels.pop()
    if node.references is not None:
        writer.put(f" REFERENCES {qualified(node.references[:-1])} ({identifier(node.references[-1])})")
    _write_parts(writer, node, is_storage=False)


def _write_parts(writer: SqlWriter, node: ColumnDef, *, is_storage: bool) -> None:
    for part in node.parts:
        if (part.kind in ("STORAGE", "COMPRESSION")) == is_storage:
            writer.put(" ")
            writer.write(part)


def write_option(writer: SqlWriter, node: Option) -> None:
    """The word itself, one of a closed set."""
    writer.put(node.word)
