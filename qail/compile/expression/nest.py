"""NestedRows as SQL."""

from __future__ import annotations

from qail.ast.expression.nest import ALIAS, NestedRows
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter
from qail.compile.statement.query import write_query
from qail.errors import BuildError


def write_nested_rows(writer: SqlWriter, node: NestedRows) -> None:
    """`ARRAY(SELECT ROW("nested".*) FROM (query) AS "nested")`: the query's own clauses, its order first, are its own.

    Raises:
        BuildError: its rows should become objects where only tuples can be: in a subquery, or inside an expression.
    """
    if node.is_formed and (writer.item is not node or writer.depth != writer.nests):
        raise BuildError(
            "nest() of objects, map() or into() is an item of the select list of the outermost query or of another "
            "nest(), and stands in no expression: elsewhere nest() a select() of columns"
        )
    alias = identifier(ALIAS)
    writer.put(f"ARRAY(SELECT ROW({alias}.*)")
    writer.put(" FROM ")
    writer.nests += 1
    write_query(writer, node.query)
    writer.nests -= 1
    writer.put(f" AS {alias})")
