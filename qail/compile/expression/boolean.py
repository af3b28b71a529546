"""BoolExpr, NotExpr and Maybe as SQL."""

from __future__ import annotations

from qail.ast.expression.boolean import BoolExpr, Maybe, NotExpr
from qail.ast.node import Node
from qail.ast.tokens import AND
from qail.compile.families import check_condition
from qail.compile.precedence import AND_LEVEL, NOT_LEVEL, OR_LEVEL
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError
from qail.pgtype import BOOL


def bool_level(node: BoolExpr) -> int:
    """By its operator."""
    return AND_LEVEL if node.operator == AND else OR_LEVEL


def write_bool(writer: SqlWriter, node: BoolExpr) -> None:
    """The flattened terms with the operator between them."""
    write_terms(writer, node.terms(), " AND " if node.operator == AND else " OR ", bool_level(node) + 1)


def write_terms(writer: SqlWriter, terms: list[Node], between: str, level: int) -> None:
    """Terms with `between` between them, each in parentheses when it binds less tightly than `level`."""
    single, writer.single = writer.single, writer.single or "a condition"
    separator = ""
    for term in terms:
        check_condition(term)
        writer.put(separator)
        writer.write(term, level, BOOL)
        separator = between
    writer.single = single


def write_conditions(writer: SqlWriter, conditions: list[Node]) -> None:
    """The conditions of a WHERE, HAVING or FILTER, all of which must hold."""
    if len(conditions) == 1:
        check_condition(conditions[0])
        writer.write(conditions[0], pg=BOOL)
        return
    terms: list[Node] = []
    for condition in conditions:
        if isinstance(condition, BoolExpr) and condition.operator == AND:
            terms.extend(condition.terms())
        else:
            terms.append(condition)
    write_terms(writer, terms, " AND ", AND_LEVEL + 1)


def write_not(writer: SqlWriter, node: NotExpr) -> None:
    """`NOT argument`."""
    check_condition(node.argument)
    writer.put("NOT ")
    single, writer.single = writer.single, writer.single or "a condition"
    writer.write(node.argument, NOT_LEVEL, BOOL)
    writer.single = single


def write_maybe(writer: SqlWriter, node: Maybe) -> None:
    """`where()` takes a Maybe apart, so that none reaches the text."""
    raise BuildError("maybe() marks a condition of where(); it cannot stand inside another expression")


def not_level(node: Node) -> int:
    """As NOT."""
    return NOT_LEVEL
