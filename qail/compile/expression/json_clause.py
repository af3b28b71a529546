"""JsonArgument, JsonKeyValue and JsonBehavior as SQL, and the clauses around them.

What needs which server is said here: the constructors came with PostgreSQL 16, what asks documents with 17.
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.json_clause import (
    BEHAVIORS,
    DEFAULT_WORD,
    JsonArgument,
    JsonBehavior,
    JsonForm,
    JsonKeyValue,
)
from qail.compile.quote import identifier, type_name
from qail.compile.sql_writer import SqlWriter
from qail.pgtype import TEXT, PgType

CONSTRUCTOR_VERSION: Final = 160_000
QUERY_VERSION: Final = 170_000


def write_argument(writer: SqlWriter, node: JsonArgument) -> None:
    """`value AS "name"`."""
    writer.write(node.value, pg=node.pg)
    writer.put(" AS " + identifier(node.name))


def write_member(writer: SqlWriter, node: JsonKeyValue) -> None:
    """`key : value`."""
    writer.write(node.key, pg=TEXT)
    writer.put(" : ")
    writer.write(node.value, pg=node.pg)


def write_behavior(writer: SqlWriter, node: JsonBehavior) -> None:
    """A word, or `DEFAULT expression`: PostgreSQL takes no parameter there, so that its values stand in the text."""
    if node.word != DEFAULT_WORD or node.default is None:
        writer.put(BEHAVIORS[node.word])
        return
    writer.put("DEFAULT ")
    was_literal = writer.writes_literals
    writer.writes_literals = True
    writer.write(node.default)
    writer.writes_literals = was_literal


def write_passing(writer: SqlWriter, form: JsonForm) -> None:
    """` PASSING value AS "name", ...`; nothing without any."""
    if form.passing:
        writer.put(" PASSING ")
        writer.write_list(list(form.passing))


def write_returning(writer: SqlWriter, pg: PgType[Any] | None) -> None:
    """` RETURNING type`; nothing without one."""
    if pg is not None:
        writer.put(" RETURNING " + type_name(pg))


def write_outcome(writer: SqlWriter, form: JsonForm) -> None:
    """` WITH WRAPPER OMIT QUOTES ... ON EMPTY ... ON ERROR`, as far as it is said."""
    writer.put(form.wrapper + form.quotes)
    for behavior, clause in ((form.on_empty, " ON EMPTY"), (form.on_error, " ON ERROR")):
        if behavior is not None:
            writer.put(" ")
            writer.write(behavior)
            writer.put(clause)
