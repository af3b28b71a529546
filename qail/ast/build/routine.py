"""CreateRoutine and CreateTrigger: functions and procedures, whose bodies are text, and what calls them.

Source: sql-createfunction.html; sql-createprocedure.html; sql-createtrigger.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, cast

from qail.ast.build.definition import Defining, definition_table, kind_clause
from qail.ast.clause.definition import (
    DefElem,
    Number,
    identifier_of,
    listed,
    name_list,
    number,
    object_name,
    separated,
    text,
    type_of_object,
    value_of,
    word,
)
from qail.ast.expression.boolean import all_of
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import BoolOperand, Node
from qail.ast.tokens import CLAUSE, CREATE_ROUTINE, CREATE_TRIGGER
from qail.errors import BuildError
from qail.pgtype import PgType

MODES: Final = ("in", "out", "inout", "variadic")
VOLATILITIES: Final = ("immutable", "stable", "volatile")
EVENTS: Final = ("insert", "update", "delete", "truncate")
TRIGGER: Final[PgType[Any]] = PgType("trigger", 2279, 0, "trigger")
VOID: Final[PgType[Any]] = PgType("void", 2278, 0, "void")


def argument(
    name: Name | None,
    pg: PgType[Any] | Unchecked,
    /,
    *,
    mode: Literal["in", "out", "inout", "variadic"] | Unchecked = "in",
    default: Any = None,
) -> DefElem:
    """An argument of a function: `argument("n", INT4, default=1)`; OUT arguments are what it returns."""
    words = word(mode, MODES, "the mode of an argument")
    parts: list[str | Node] = [] if words == "IN" else [words]
    if name is not None:
        parts.append(identifier_of(name, "an argument"))
    parts.append(type_of_object(pg, f"argument {name!r}"))
    if default is not None:
        parts.extend(["DEFAULT", value_of(default)])
    return DefElem("ARGUMENT", tuple(parts))


class CreateRoutine(Defining):
    """`Qail.create_function(name, arguments)`, `Qail.create_procedure(name, arguments)`."""

    def or_replace(self) -> CreateRoutine:
        """`OR REPLACE`: one of that name and those arguments gets this body."""
        return self._option("OR REPLACE")

    def returns(self, pg: PgType[Any] | Unchecked, *, set_of: bool = False) -> CreateRoutine:
        """`RETURNS type`, `RETURNS SETOF type`."""
        words = "RETURNS SETOF" if set_of else "RETURNS"
        return self._clause("RETURNS", words, type_of_object(pg, "returns()"))

    def returns_table(self, columns: Mapping[str, PgType[Any]] | Unchecked) -> CreateRoutine:
        """`RETURNS TABLE (columns)`."""
        if not isinstance(columns, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
            raise BuildError("returns_table() takes a mapping of names to types, with one at least")
        parts: list[Node] = []
        for name, pg in columns.items():
            found = (identifier_of(name, "a column name"), type_of_object(pg, f"column {name!r}"))
            parts.append(DefElem("COLUMN", found))
        if not parts:
            raise BuildError("returns_table() takes a mapping of names to types, with one at least")
        return self._clause("RETURNS", "RETURNS TABLE", *listed(parts))

    def returns_trigger(self) -> CreateRoutine:
        """`RETURNS trigger`: a function for `create_trigger()`."""
        return self.returns(TRIGGER)

    def returns_void(self) -> CreateRoutine:
        """`RETURNS void`: nothing."""
        return self.returns(VOID)

    def body(self, source: str | Unchecked, /, *, language: Name = "sql") -> CreateRoutine:
        """`LANGUAGE name AS text`: what it does. The text goes through the one quoting function and is not read."""
        named = self._clause("LANGUAGE", "LANGUAGE", identifier_of(language, "a language"))
        return named._clause("BODY", "AS", text(source, "body()"))

    def volatility(self, how: Literal["immutable", "stable", "volatile"] | Unchecked) -> CreateRoutine:
        """`IMMUTABLE`, `STABLE` or `VOLATILE`: what its result depends on."""
        return self._clause("VOLATILITY", word(how, VOLATILITIES, "volatility()"))

    def strict(self) -> CreateRoutine:
        """`STRICT`: NULL for any argument gives NULL, without a call."""
        return self._clause("STRICT", "STRICT")

    def security_definer(self) -> CreateRoutine:
        """`SECURITY DEFINER`: it runs with the rights of its owner. Set a search_path with it."""
        return self._clause("SECURITY", "SECURITY DEFINER")

    def parallel(self, how: Literal["unsafe", "restricted", "safe"] | Unchecked) -> CreateRoutine:
        """`PARALLEL SAFE`: whether parallel workers may call it."""
        return self._clause("PARALLEL", "PARALLEL", word(how, ("unsafe", "restricted", "safe"), "parallel()"))

    def cost(self, cost: int | float | Unchecked) -> CreateRoutine:
        """`COST number`: what a call costs, in the planner's units."""
        if isinstance(cost, float):
            return self._clause("COST", "COST", Number(cost))
        return self._clause("COST", "COST", number(cost, "cost()"))

    def rows(self, count: int | Unchecked) -> CreateRoutine:
        """`ROWS number`: how many rows the planner expects of it."""
        return self._clause("ROWS", "ROWS", number(count, "rows()"))

    def set_parameter(
        self, name: TableName | Unchecked, value: str | Unchecked, /, *more: str | Unchecked
    ) -> CreateRoutine:
        """`SET name TO value`: a setting while it runs."""
        values = [text(each, "set_parameter()") for each in (value, *more)]
        return self._clause("SET", "SET", object_name(name, "a setting"), "TO", *separated(values))


class CreateTrigger(Defining):
    """`Qail.create_trigger(name, table)`: when, and what is called."""

    def or_replace(self) -> CreateTrigger:
        """`OR REPLACE`: one of that name gets this definition."""
        return self._option("OR REPLACE")

    def before(self, event: str | Unchecked, /, *more: str | Unchecked, of: Collection[Name] = ()) -> CreateTrigger:
        """`BEFORE INSERT OR UPDATE OF columns`."""
        return self._when("BEFORE", (event, *more), of)

    def after(self, event: str | Unchecked, /, *more: str | Unchecked, of: Collection[Name] = ()) -> CreateTrigger:
        """`AFTER INSERT OR UPDATE OF columns`."""
        return self._when("AFTER", (event, *more), of)

    def instead_of(self, event: str | Unchecked, /, *more: str | Unchecked) -> CreateTrigger:
        """`INSTEAD OF INSERT`, of a view."""
        return self._when("INSTEAD OF", (event, *more), ())

    def for_each_row(self) -> CreateTrigger:
        """`FOR EACH ROW`; without it once for a statement."""
        return self._option("FOR EACH ROW")

    def referencing(self, *, old_table: Name | None = None, new_table: Name | None = None) -> CreateTrigger:
        """`REFERENCING OLD TABLE AS name`: all rows of the statement under a name."""
        parts: list[str | Node] = []
        for words, name in (("OLD TABLE AS", old_table), ("NEW TABLE AS", new_table)):
            if name is not None:
                parts.extend([words, identifier_of(name, "a transition table")])
        if not parts:
            raise BuildError("referencing() names old_table, new_table or both")
        return self._clause("REFERENCING", "REFERENCING", *parts)

    def when(self, condition: BoolOperand, /, *more: BoolOperand) -> CreateTrigger:
        """`WHEN (condition)`: of `old("column")` and `new("column")`."""
        return self._clause("CONDITION", "WHEN", "(", all_of(condition, *more), ")")

    def execute(self, function: TableName | Unchecked, /, *arguments: str | Unchecked) -> CreateTrigger:
        """`EXECUTE FUNCTION name (arguments)`: the arguments are text."""
        values = [text(each, "an argument of a trigger") for each in arguments]
        name = object_name(function, "a function's name")
        return self._clause("EXECUTE", "EXECUTE FUNCTION", name, "(", *separated(values), ")")

    def _when(self, words: str, events: tuple[str, ...], columns: Collection[Name]) -> CreateTrigger:
        parts: list[str | Node] = [words]
        for event in events:
            if len(parts) > 1:
                parts.append("OR")
            parts.append(word(event, EVENTS, "the event of a trigger"))
            if event == "update" and columns:
                parts.extend(["OF", *separated(name_list(columns, "a column of a trigger"))])
        if columns and "update" not in events:
            raise BuildError("of= names the columns of an update, which is none of the events")
        return self._clause("WHEN", *parts)


def create_routine(kind: str | Unchecked, name: TableName | Unchecked, arguments: object) -> CreateRoutine:
    """CREATE FUNCTION or PROCEDURE."""
    start = CreateRoutine(None, CREATE_ROUTINE, object_name(name, f"the name of a {kind.lower()}"))
    start = CreateRoutine(start, CLAUSE, kind_clause(kind))
    return CreateRoutine(start, CLAUSE, DefElem("ARGUMENTS", listed(_arguments(arguments))))


def _arguments(arguments: object) -> list[Node]:
    if isinstance(arguments, Mapping):
        pairs = cast("Mapping[str, Any]", arguments)
        return [argument(name, pg) for name, pg in pairs.items()]
    found: list[Node] = []
    for item in cast("Collection[object]", arguments):
        if isinstance(item, DefElem):
            found.append(item)
        else:
            found.append(argument(None, cast("Any", item)))
    return found


def create_trigger(name: Name, table: object) -> CreateTrigger:
    """CREATE TRIGGER."""
    start = CreateTrigger(None, CREATE_TRIGGER, identifier_of(name, "a trigger's name"))
    relation = definition_table(table, "create_trigger()")
    return CreateTrigger(start, CLAUSE, DefElem("ON", ("ON", relation)))
