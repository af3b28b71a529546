"""Raw SQL: SqlStmt, SqlTemplate and its parts, written as they are.

What the text does is not known here: it is never taken for read-only, and the tables of columns in it are not checked.
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.clause.sql import SqlColumn, SqlExpression, SqlNames, SqlQuery, SqlTemplate, SqlType
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.column import WholeRow
from qail.ast.node import Node
from qail.ast.statement.sql import SqlStmt
from qail.compile.functions import SAFE_FUNCTIONS, SESSION_FUNCTIONS
from qail.compile.precedence import PRIMARY
from qail.compile.quote import PLAIN_FUNCTIONS, qualified, type_name
from qail.compile.sql_writer import SqlWriter
from qail.compile.statement.query import write_query
from qail.errors import BuildError
from qail.pgtype import PgType

# What begins with one of them changes its session, or the transaction that is open in it.
SESSION_COMMANDS: Final = frozenset(
    {
        "abort", "begin", "close", "commit", "deallocate", "declare", "discard", "end", "fetch", "listen", "load",
        "move", "prepare", "release", "reset", "rollback", "savepoint", "set", "start", "unlisten",
    }
)  # fmt: skip
DATA_COMMANDS: Final = frozenset({"delete", "insert", "merge", "select", "table", "update", "values", "with"})
# Words that a parenthesis may follow without a call of a function.
NO_CALLS: Final = frozenset(
    {
        "all", "and", "any", "array", "as", "between", "by", "case", "cast", "coalesce", "conflict", "cube",
        "distinct", "do", "else", "except", "exists", "extract", "filter", "from", "grouping", "having", "ilike",
        "in", "intersect", "into", "is", "join", "lateral", "like", "limit", "materialized", "not", "nullif",
        "numeric", "offset", "on", "or", "over", "partition", "returning", "rollup", "row", "select", "set", "sets",
        "some", "then", "union", "using", "values", "varchar", "when", "where",
    }
)  # fmt: skip
TEMPORARY: Final = frozenset({"temp", "temporary"})
BEFORE_TEMPORARY: Final = frozenset({"create", "global", "into", "local", "replace"})


def write_sql(writer: SqlWriter, node: SqlStmt) -> None:
    """The text, with `$n`, names and queries in it."""
    was_open = writer.is_open
    writer.is_open = True
    writer.is_pure = True
    write_template(writer, node.template)
    words = words_of(node.template)
    if changes_session(words):
        writer.is_session_bound = True
    writer.leaves_nothing = writer.is_pure and writer.depth == 0 and leaves_nothing(words, calls_of(node.template))
    writer.is_pure = False
    writer.is_open = was_open


def write_template(writer: SqlWriter, node: SqlTemplate) -> None:
    """Texts and parts in turn; an operator expression stands in parentheses."""
    level = writer.levels[-1] if writer.levels else None
    if level is not None:
        # What the text makes of a column, an aggregate perhaps, is not known here.
        level.inside_keys += 1
    writer.put(node.texts[0])
    for index, part in enumerate(node.parts):
        writer.write(part, PRIMARY)
        writer.put(node.texts[index + 1])
    if level is not None:
        level.inside_keys -= 1


def write_names(writer: SqlWriter, node: SqlNames) -> None:
    """`"schema"."name", "name"`."""
    writer.put(", ".join([qualified(name) for name in node.names]))


def write_nested(writer: SqlWriter, node: SqlQuery) -> None:
    """`(SELECT ...)`."""
    write_query(writer, node.query)


def write_type(writer: SqlWriter, node: SqlType) -> None:
    """The type's name."""
    writer.put(type_name(node.pg))


def write_expression(writer: SqlWriter, node: SqlExpression) -> None:
    """`(text)`: whatever operators it has, it is one operand."""
    if changes_session(words_of(node.template)):
        writer.is_session_bound = True
    writer.is_pure = False
    writer.put("(")
    write_template(writer, node.template)
    writer.put(")")


def write_promised(writer: SqlWriter, node: SqlColumn) -> None:
    """A promise about the result is no text.

    Raises:
        BuildError: always.
    """
    raise BuildError(f"{node.pg.name} is what a column was promised to be; it has no SQL form of its own")


def promised_types(targets: list[Node]) -> list[PgType[Any] | None] | None:
    """The types that the result's columns were promised to have; None without a promise."""
    types: list[PgType[Any] | None] = []
    for target in targets:
        if isinstance(target, WholeRow):
            types.extend([column.pg for column in target.columns])
        else:
            types.append(type_of(target))
    return types or None


def words_of(template: SqlTemplate) -> list[str]:
    """The words of a text and of those pasted into it, in lower case."""
    found: list[str] = []
    for index, text in enumerate(template.texts):
        plain = "".join([character if character.isalnum() or character == "_" else " " for character in text.lower()])
        found.extend(plain.split())
        if index < len(template.parts):
            part = template.parts[index]
            if isinstance(part, SqlTemplate):
                found.extend(words_of(part))
    return found


def calls_of(template: SqlTemplate) -> list[str]:
    """The words of a text that an opening parenthesis follows, in lower case; "" for what is no word."""
    found: list[str] = []
    for index, text in enumerate(template.texts):
        for piece in text.lower().split("(")[:-1]:
            before = piece.rstrip()
            start = len(before)
            while start > 0 and (before[start - 1].isalnum() or before[start - 1] in "_."):
                start -= 1
            # A quoted name could be any function's; behind an operator there is none.
            found.append('"' if before.endswith('"') else before[start:])
        if index < len(template.parts):
            part = template.parts[index]
            if isinstance(part, SqlTemplate):
                found.extend(calls_of(part))
            if isinstance(part, (SqlNames, SqlTemplate)) and template.texts[index + 1].lstrip().startswith("("):
                found.append('"')
    return found


def leaves_nothing(words: list[str], calls: list[str]) -> bool:
    """Whether a statement of these words, that calls these names, leaves nothing behind in its session."""
    if not words or words[0] not in DATA_COMMANDS or changes_session(words):
        return False
    return all(not call or call in SAFE_FUNCTIONS or call in PLAIN_FUNCTIONS or call in NO_CALLS for call in calls)


def changes_session(words: list[str]) -> bool:
    """Whether a statement of these words may change the session it runs in."""
    if not words:
        return False
    if words[0] in SESSION_COMMANDS:
        return True
    for index, word in enumerate(words):
        if word in SESSION_FUNCTIONS:
            return True
        if word in TEMPORARY and index and words[index - 1] in BEFORE_TEMPORARY:
            return True
    return False
