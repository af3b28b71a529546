"""CreateStmt, DropStmt, TruncateStmt and IndexStmt as SQL."""

from __future__ import annotations

from qail.ast.statement.create import CreateStmt, DropStmt, IndexStmt, TruncateStmt
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter, column_name


def write_create(writer: SqlWriter, node: CreateStmt) -> None:
    """`CREATE TABLE relation (columns, PRIMARY KEY (...))`."""
    if "TEMPORARY" in node.options:
        writer.is_session_bound = True
        writer.put("CREATE TEMPORARY TABLE ")
    else:
        writer.put("CREATE TABLE ")
    if "IF NOT EXISTS" in node.options:
        writer.put("IF NOT EXISTS ")
    writer.write(node.relation)
    writer.put(" (")
    writer.write_list(list(node.columns))
    keys = [identifier(column.name) for column in node.columns if column.is_key]
    if keys:
        writer.put(f", PRIMARY KEY ({', '.join(keys)})")
    writer.put(")")


def write_drop(writer: SqlWriter, node: DropStmt) -> None:
    """`DROP TABLE IF EXISTS relation CASCADE`."""
    writer.put("DROP TABLE IF EXISTS " if "IF EXISTS" in node.options else "DROP TABLE ")
    writer.write(node.relation)
    if "CASCADE" in node.options:
        writer.put(" CASCADE")


def write_truncate(writer: SqlWriter, node: TruncateStmt) -> None:
    """`TRUNCATE relation RESTART IDENTITY CASCADE`."""
    writer.put("TRUNCATE ")
    writer.write(node.relation)
    if "RESTART IDENTITY" in node.options:
        writer.put(" RESTART IDENTITY")
    if "CASCADE" in node.options:
        writer.put(" CASCADE")


def write_index(writer: SqlWriter, node: IndexStmt) -> None:
    """`CREATE UNIQUE INDEX IF NOT EXISTS name ON relation (keys)`; an expression stands in parentheses."""
    writer.push_scope([node.relation.token])
    writer.put("CREATE UNIQUE INDEX " if "UNIQUE" in node.options else "CREATE INDEX ")
    if "IF NOT EXISTS" in node.options:
        writer.put("IF NOT EXISTS ")
    writer.put(f"{identifier(node.name)} ON ")
    writer.write(node.relation)
    writer.put(" (")
    separator = ""
    for key in node.keys:
        writer.put(separator)
        separator = ", "
        name = column_name(key)
        if name:
            writer.put(identifier(name))
        else:
            writer.put("(")
            writer.write(key)
            writer.put(")")
    writer.put(")")
    writer.pop_scope()
