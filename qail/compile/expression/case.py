"""CaseExpr, CoalesceExpr and TypeCast as SQL."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.case import CaseExpr, CoalesceExpr, TypeCast
from qail.compile.quote import type_name
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import BOOL, PgType

COALESCE: Final = "COALESCE"


def write_case(writer: SqlWriter, node: CaseExpr) -> None:
    """`CASE WHEN condition THEN result ... END`."""
    pg = node.result_type()
    single, writer.single = writer.single, writer.single or "CASE"
    writer.put("CASE")
    compared: PgType[Any] | None = BOOL
    if node.argument is not None:
        compared = type_of(node.argument)
        writer.put(" ")
        writer.write(node.argument)
    for condition, result in zip(node.conditions, node.results, strict=True):
        writer.put(" WHEN ")
        writer.write(condition, pg=compared)
        writer.put(" THEN ")
        writer.write(result, pg=pg)
    if node.otherwise is not None:
        writer.put(" ELSE ")
        writer.write(node.otherwise, pg=pg)
    writer.put(" END")
    writer.single = single


def write_coalesce(writer: SqlWriter, node: CoalesceExpr) -> None:
    """`COALESCE(...)`: its parameters are of the type of the arguments that have one."""
    pg = node.result_type()
    single = writer.single
    if node.keyword == COALESCE:
        writer.single = single or COALESCE
    writer.put(node.keyword + "(")
    separator = ""
    for argument in node.arguments:
        writer.put(separator)
        writer.write(argument, pg=pg)
        separator = ", "
    writer.put(")")
    writer.single = single


def write_cast(writer: SqlWriter, node: TypeCast[Any]) -> None:
    """`CAST(argument AS type)`: a parameter is of that type itself."""
    writer.put("CAST(")
    writer.write(node.argument, pg=node.pg)
    writer.put(f" AS {type_name(node.pg)})")
