"""What makes JSON, and IS JSON, as SQL."""

from __future__ import annotations

from typing import Final

from qail.ast.expression.json_constructor import (
    JsonArrayConstructor,
    JsonArrayQueryConstructor,
    JsonIsPredicate,
    JsonObjectConstructor,
    JsonParseExpr,
    JsonScalarExpr,
    JsonSerializeExpr,
)
from qail.compile.expression.json_clause import CONSTRUCTOR_VERSION, QUERY_VERSION, write_returning
from qail.compile.precedence import IS_LEVEL
from qail.compile.sql_writer import SqlWriter
from qail.compile.statement.query import query_of, write_inner
from qail.pgtype import JSON, TEXT

UNIQUE_KEYS: Final = " WITH UNIQUE KEYS"


def write_object(writer: SqlWriter, node: JsonObjectConstructor) -> None:
    """`JSON_OBJECT(key : value, ... ABSENT ON NULL WITH UNIQUE KEYS RETURNING type)`."""
    writer.need(CONSTRUCTOR_VERSION, "JSON_OBJECT")
    writer.put("JSON_OBJECT(")
    writer.write_list(list(node.members))
    # Without members PostgreSQL's grammar takes RETURNING alone, and there is nothing else to say.
    if node.members:
        writer.put(node.on_null + (UNIQUE_KEYS if node.unique_keys else ""))
    write_returning(writer, node.returning)
    writer.put(")")


def write_array(writer: SqlWriter, node: JsonArrayConstructor) -> None:
    """`JSON_ARRAY(value, ... NULL ON NULL RETURNING type)`."""
    writer.need(CONSTRUCTOR_VERSION, "JSON_ARRAY")
    writer.put("JSON_ARRAY(")
    separator = ""
    for value, pg in zip(node.values, node.types, strict=True):
        writer.put(separator)
        writer.write(value, pg=pg)
        separator = ", "
    if node.values:
        writer.put(node.on_null)
    write_returning(writer, node.returning)
    writer.put(")")


def write_array_of_query(writer: SqlWriter, node: JsonArrayQueryConstructor) -> None:
    """`JSON_ARRAY(SELECT ... RETURNING type)`."""
    writer.need(CONSTRUCTOR_VERSION, "JSON_ARRAY")
    writer.put("JSON_ARRAY(")
    write_inner(writer, query_of(node.query))
    write_returning(writer, node.returning)
    writer.put(")")


def write_parse(writer: SqlWriter, node: JsonParseExpr) -> None:
    """`JSON(text WITH UNIQUE KEYS)`."""
    writer.need(QUERY_VERSION, "JSON()")
    writer.put("JSON(")
    writer.write(node.argument, pg=TEXT)
    writer.put((UNIQUE_KEYS if node.unique_keys else "") + ")")


def write_scalar(writer: SqlWriter, node: JsonScalarExpr) -> None:
    """`JSON_SCALAR(value)`."""
    writer.need(QUERY_VERSION, "JSON_SCALAR")
    writer.put("JSON_SCALAR(")
    writer.write(node.argument, pg=node.pg)
    writer.put(")")


def write_serialize(writer: SqlWriter, node: JsonSerializeExpr) -> None:
    """`JSON_SERIALIZE(CAST(document AS json) RETURNING type)`: of a jsonb PostgreSQL 18 would give the first byte."""
    writer.need(QUERY_VERSION, "JSON_SERIALIZE")
    writer.put("JSON_SERIALIZE(CAST(")
    writer.write(node.argument, pg=JSON)
    writer.put(" AS json)")
    write_returning(writer, node.returning)
    writer.put(")")


def write_is_json(writer: SqlWriter, node: JsonIsPredicate) -> None:
    """`argument IS NOT JSON OBJECT WITH UNIQUE KEYS`."""
    writer.need(CONSTRUCTOR_VERSION, "IS JSON")
    writer.write(node.argument, IS_LEVEL + 1)
    writer.put((" IS NOT JSON" if node.negated else " IS JSON") + node.kind)
    writer.put(UNIQUE_KEYS if node.unique_keys else "")
