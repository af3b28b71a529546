"""ParamRef, Placeholder, Literal and SetToDefault as SQL."""

from __future__ import annotations

from qail.ast.expression.parameter import Literal, ParamRef, Placeholder, SetToDefault
from qail.compile.quote import literal
from qail.compile.sql_writer import SqlWriter
from qail.errors import BuildError


def write_parameter(writer: SqlWriter, node: ParamRef | Placeholder) -> None:
    """`$n`, of a type the place does not tell."""
    writer.parameter(node, None, "")


def write_literal(writer: SqlWriter, node: Literal) -> None:
    """The constant itself; the plan is then good for this value only."""
    writer.has_literals = True
    writer.put(literal(node.value))


def write_default(writer: SqlWriter, node: SetToDefault) -> None:
    """A value that is stored may be DEFAULT; whoever writes that value writes it.

    Raises:
        BuildError: always.
    """
    raise BuildError("default() is a value of INSERT or UPDATE by itself, and no part of another expression")
