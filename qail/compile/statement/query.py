"""A query inside a statement: a subquery in parentheses."""

from __future__ import annotations

from qail.ast.build.builder import Builder
from qail.ast.clause.output import output_columns
from qail.ast.node import Statement
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.set_operation import SetOperationStmt, ValuesStmt
from qail.ast.statement.sql import SqlStmt
from qail.ast.statement.statements import statement_of
from qail.compile.level import WITHOUT_QUERIES
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError


def write_query(writer: SqlWriter, query: Builder) -> None:
    """A subquery, in parentheses.

    Raises:
        BuildError: it is no query.
    """
    statement = query_of(query)
    writer.put("(")
    write_inner(writer, statement)
    writer.put(")")


def check_width(query: Builder, width: int, what: str) -> None:
    """Refuse a subquery that has not as many columns as its place takes.

    Raises:
        BuildError: it has another number, as far as its tree tells.
    """
    columns = output_columns(query)
    if columns is not None and len(columns) != width:
        wanted = "one column" if width == 1 else f"{width} columns"
        raise BuildError(f"{what} takes a query of {wanted}, and this one has {len(columns)}")


def write_inner(writer: SqlWriter, statement: Statement) -> None:
    """A statement that is a part of another.

    Raises:
        BuildError: none may stand here.
    """
    around = writer.levels[-1].clause if writer.levels else ""
    if around in WITHOUT_QUERIES:
        raise BuildError(f"a subquery cannot stand in {around}: {WITHOUT_QUERIES[around]}")
    single, writer.single = writer.single, ""
    writer.depth += 1
    writer.write(statement)
    writer.depth -= 1
    writer.single = single


def query_of(query: Builder) -> SelectStmt | SetOperationStmt | ValuesStmt | SqlStmt:
    """The statement of a subquery.

    Raises:
        BuildError: it changes data, which only a query of WITH may.
    """
    statement = statement_of(query)
    if not isinstance(statement, (SelectStmt, SetOperationStmt, ValuesStmt, SqlStmt)):
        raise BuildError(f"a subquery is a SELECT; {type(query).__name__} is none: cte() makes it a query of WITH")
    return statement
