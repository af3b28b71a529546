"""JsonFuncExpr as SQL."""

from __future__ import annotations

from qail.ast.expression.json_query import JsonFuncExpr
from qail.compile.expression.json_clause import QUERY_VERSION, write_outcome, write_passing, write_returning
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import JSONB, JSONPATH


def write_function(writer: SqlWriter, node: JsonFuncExpr) -> None:
    """`JSON_VALUE(document, path PASSING ... RETURNING ... ON EMPTY ... ON ERROR)`."""
    writer.need(QUERY_VERSION, node.function)
    writer.put(node.function + "(")
    writer.write(node.document, pg=JSONB)
    writer.put(", ")
    writer.write(node.path, pg=JSONPATH)
    write_passing(writer, node.form)
    write_returning(writer, node.form.returning)
    write_outcome(writer, node.form)
    writer.put(")")
