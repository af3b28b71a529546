"""Truncate, Lock, Call, Do, and the builders of SET, RESET, SHOW and SET CONSTRAINTS.

Source: sql-truncate.html; sql-lock.html; sql-call.html; sql-do.html; sql-set.html; sql-reset.html; sql-show.html;
sql-set-constraints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from qail.ast.build.builder import Fetchable
from qail.ast.build.definition import Defining, tables_of
from qail.ast.clause.definition import (
    DefElem,
    Number,
    identifier_of,
    object_name,
    separated,
    text,
    word,
)
from qail.ast.clause.option import Option
from qail.ast.expression.function import PLAIN, CallForm, FuncCall
from qail.ast.expression.parameter import Literal as Constant
from qail.ast.expression.parameter import operand
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import Expr, Node
from qail.ast.tokens import (
    CALL,
    CLAUSE,
    DO,
    FUNCTION,
    LOCK_TABLES,
    OPTION,
    RESET,
    SET_CONSTRAINTS,
    SET_PARAMETER,
    SHOW,
    TRUNCATE,
)
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.rows.row import Row  # noqa: F401 - named in a string

LockMode: TypeAlias = Literal[
    "access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive", "exclusive",
    "access exclusive",
]  # fmt: skip
MODES: Final = ("access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive",
    "exclusive", "access exclusive")  # fmt: skip


class Truncate(Defining):
    """`Qail.truncate(table, ...)`: every row goes."""

    def only(self) -> Truncate:
        """`ONLY`: without the tables that inherit from it; of one table."""
        return self._option("ONLY")

    def restart_identity(self) -> Truncate:
        """`RESTART IDENTITY`: its sequences begin anew."""
        return self._option("RESTART IDENTITY")

    def cascade(self) -> Truncate:
        """`CASCADE`: tables that reference it are emptied as well."""
        return self._option("CASCADE")


class Lock(Defining):
    """`Qail.lock(table, ...)`: held until the transaction ends."""

    def only(self) -> Lock:
        """`ONLY`: without the tables that inherit from it; of one table."""
        return self._option("ONLY")

    def nowait(self) -> Lock:
        """`NOWAIT`: an error instead of a wait."""
        return self._option("NOWAIT")


class Call(Fetchable["Row"]):
    """`Qail.call(procedure, ...)`: with OUT arguments one row of them, by `fetch_one`."""


class Do(Defining):
    """`Qail.do(body)`."""


class SetParameter(Defining):
    """`Qail.set_parameter(name, value)`: for the session, and with `local()` for the transaction."""

    def local(self) -> SetParameter:
        """`LOCAL`: until the transaction ends."""
        return self._option("LOCAL")


class Reset(Defining):
    """`Qail.reset(name)`."""


class Show(Fetchable[tuple[str]]):
    """`Qail.show(name)`: one row of one text, by `fetch_value`."""


class SetConstraints(Defining):
    """`Qail.set_constraints(names, deferred=...)`."""


def truncate_tables(tables: tuple[object, ...]) -> Truncate:
    """TRUNCATE."""
    return Truncate(None, TRUNCATE, tables_of(tables, "truncate()"))


def lock_tables(tables: tuple[object, ...], mode: str | Unchecked) -> Lock:
    """LOCK TABLE."""
    start = Lock(None, LOCK_TABLES, tables_of(tables, "lock()"))
    return Lock(start, CLAUSE, DefElem("IN", ("IN", word(mode, MODES, "the mode of a lock"), "MODE")))


def call(procedure: TableName | Expr[Any] | Unchecked, arguments: tuple[Any, ...]) -> Call:
    """CALL: of a name and values, or of a call that `func` makes."""
    if isinstance(procedure, FuncCall):
        if arguments:
            raise BuildError("call() of a function call has its arguments already")
        return Call(None, CALL, procedure)
    names = object_name(procedure, "a procedure's name").names
    name, schema = names[-1], names[0] if len(names) > 1 else None
    form = PLAIN if schema is None else CallForm(schema=schema)
    given = tuple([operand(argument) for argument in arguments])
    made: FuncCall = FuncCall(name, given, FUNCTION, None, None, form)
    return Call(None, CALL, made)


def do(body: str | Unchecked, language: Name) -> Do:
    """DO."""
    start = Do(None, DO, text(body, "do()"))
    return Do(start, CLAUSE, DefElem("LANGUAGE", ("LANGUAGE", identifier_of(language, "a language"))))


def set_parameter(name: TableName | Unchecked, values: tuple[object, ...]) -> SetParameter:
    """SET."""
    if not values:
        raise BuildError("set_parameter() takes at least one value; reset() takes the default back")
    start = SetParameter(None, SET_PARAMETER, object_name(name, "a setting"))
    return SetParameter(start, CLAUSE, DefElem("TO", separated([_setting(value) for value in values])))


def _setting(value: object) -> Node:
    if isinstance(value, bool):
        return Constant(value)
    if isinstance(value, (int, float)):
        return Number(value)
    return text(value, "the value of a setting")


def reset(name: TableName | Unchecked | None) -> Reset:
    """RESET of a setting, or of all."""
    return Reset(None, RESET, DefElem("ALL", ("ALL",)) if name is None else object_name(name, "a setting"))


def show(name: TableName | Unchecked) -> Show:
    """SHOW."""
    return Show(None, SHOW, object_name(name, "a setting"))


def set_constraints(names: tuple[Any, ...], *, deferred: bool) -> SetConstraints:
    """SET CONSTRAINTS."""
    found = [object_name(name, "a constraint's name") for name in names]
    subject = DefElem("NAMES", separated(found) if found else ("ALL",))
    return SetConstraints(
        SetConstraints(None, SET_CONSTRAINTS, subject), OPTION, Option("DEFERRED" if deferred else "IMMEDIATE")
    )
