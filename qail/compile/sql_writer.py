"""SqlWriter: the text buffer of one statement, its `$n`, and the tables its columns may come from.

Rule 1: a parameter gets the next `$n` where its owner is first written, and the same again wherever the owner recurs.
Rule 2: the first place that knows a parameter's type gives it; a later place does not change it.
Rule 3: a typed column may be written only where its table is in scope.
Rule 4: a node class without a renderer is an error; nothing is left out and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.clause.target import ResTarget
from qail.ast.expression.boolean import BoolExpr
from qail.ast.expression.column import EXCLUDED, ColumnExpr, ColumnRef
from qail.ast.expression.comparison import NotNull
from qail.ast.expression.parameter import ParamRef, Placeholder
from qail.ast.node import Expression, Node
from qail.ast.walk import Walk
from qail.compile.level import Level, check_optional, relation_names
from qail.compile.precedence import LOWEST
from qail.compile.quote import exact_literal, identifier, typed_literal
from qail.errors import BuildError
from qail.pgtype import PgType

WINDOW_NAME: Final = "window "
WITH_NAME: Final = "with "
VERSION_NAME: Final = "version "
ROW_NAMES: Final = frozenset({"excluded", "old", "new"})
"""What PostgreSQL itself calls rows in some places."""


class Renderer:
    """How one node class is written, and how tightly its text binds."""

    def __init__(self, write: Callable[[SqlWriter, Any], None], level: Callable[[Any], int]) -> None:
        self.write: Final = write
        self.level: Final = level


class SqlWriter:
    """Writes one statement; `walk` gave the values that `slots` point into."""

    def __init__(self, walk: Walk, renderers: dict[type[Node], Renderer]) -> None:
        self.slots: Final[list[int]] = []
        self.parameter_types: Final[list[PgType[Any] | None]] = []
        self.parameter_names: Final[list[str]] = []
        self.guards: Final[list[str]] = []
        """For each `$n` the operator that None there makes NULL, "" where it stands somewhere else as well."""
        self.is_pure = True
        self.is_session_bound = False
        self.has_literals = False
        self.writes_literals = False
        """Set while something is written that takes no parameter: values then become text."""
        self.is_in_trigger = False
        """Set while the condition of a trigger is written, which has an OLD and a NEW row of its own."""
        self.least_version = 0
        self.newest = ""
        self.leaves_nothing = False
        """The statement is raw SQL, of which the words alone show that it changes no session."""
        self.is_open = False
        """Set while raw SQL is written: what tables, windows and queries of WITH its text brings is not known."""
        self.depth = 0
        self.nests = 0
        """How many subqueries are around what is written, and how many of those are the queries of a nest()."""
        self.single = ""
        """Where what is written stands, if that has one value for each row: no set-returning function can."""
        self.from_call: Node | None = None
        """The function in FROM that is being written: it may give rows, its arguments may not."""
        self.compared_query: Node | None = None
        """The subquery that is being compared with a row of `row_width` elements."""
        self.row_width = 1
        self.item: Node | None = None
        """The item of a select list that is being written, without its name."""
        self._renderers: Final = renderers
        self._parts: Final[list[str]] = []
        self._numbers: Final[dict[int, int]] = {}
        self._positions: Final = {id(owner): position for position, owner in enumerate(walk.owners)}
        self._walked_values = walk.values
        self._scopes: Final[list[list[str]]] = []
        self.levels: Final[list[Level]] = []
        """The queries around what is written, the innermost last."""
        self._names: Final[list[str]] = []

    def put(self, text: str) -> None:
        """Append text as it is."""
        self._parts.append(text)

    def text(self) -> str:
        """Everything written so far."""
        return "".join(self._parts)

    def write(
        self, node: Node, level: int = LOWEST, pg: PgType[Any] | None = None, name: str = "", guard: str = ""
    ) -> None:
        """Append a node, in parentheses when it binds less tightly than `level`.

        Args:
            pg: the type of the place, for a parameter that stands there; None when the place does not tell.
            name: the column the place belongs to, for errors about the parameter's value.
            guard: the operator that is NULL when a parameter here is.
        """
        node = unwrapped(node)
        if isinstance(node, (ParamRef, Placeholder)):
            self.parameter(node, pg, name, guard)
            return
        renderer = self._renderers.get(type(node))
        if renderer is None:
            raise BuildError(f"{type(node).__name__} has no SQL form; nothing was sent")
        within = self.levels[-1] if self.levels else None
        if within is not None and within.is_collecting and isinstance(node, Expression) and within.is_key(node):
            within.inside_keys += 1
        else:
            within = None
        if renderer.level(node) < level:
            self.put("(")
            renderer.write(self, node)
            self.put(")")
        else:
            renderer.write(self, node)
        if within is not None:
            within.inside_keys -= 1

    def level(self, node: Node) -> int:
        """How tightly the text of a node binds."""
        node = unwrapped(node)
        renderer = self._renderers.get(type(node))
        if renderer is None:
            raise BuildError(f"{type(node).__name__} has no SQL form; nothing was sent")
        return renderer.level(node)

    def write_list(self, nodes: list[Node]) -> None:
        """Append nodes with commas between them."""
        separator = ""
        for node in nodes:
            self.put(separator)
            self.write(node)
            separator = ", "

    def parameter(self, owner: Node, pg: PgType[Any] | None, name: str, guard: str = "") -> None:
        """Append the `$n` of a value's owner."""
        if self.writes_literals:
            self._write_literal(owner, pg)
            return
        number = self._numbers.get(id(owner))
        if number is None:
            number = len(self.slots) + 1
            self._numbers[id(owner)] = number
            self.slots.append(self._positions[id(owner)])
            self.parameter_types.append(pg)
            self.parameter_names.append(name)
            self.guards.append(guard)
        else:
            if self.parameter_types[number - 1] is None:
                self.parameter_types[number - 1] = pg
            if not guard:
                self.guards[number - 1] = ""
        self.put(f"${number}")

    def block_parameter(self, owner: Node, index: int, pg: PgType[Any] | None, name: str) -> None:
        """Append the `$n` of value `index` of a block that `owner` holds."""
        if self.writes_literals:
            value = self._walked_values[self._positions[id(owner)] + index]
            self.has_literals = True
            self.put(exact_literal(value, pg))
            return
        self.slots.append(self._positions[id(owner)] + index)
        self.parameter_types.append(pg)
        self.parameter_names.append(name)
        self.guards.append("")
        self.put(f"${len(self.slots)}")

    def _write_literal(self, owner: Node, pg: PgType[Any] | None) -> None:
        self._write_value(owner.value if isinstance(owner, ParamRef) else owner, pg)

    def _write_value(self, value: object, pg: PgType[Any] | None) -> None:
        if isinstance(value, Placeholder):
            raise BuildError("an argument of a prepared function cannot stand where PostgreSQL takes no parameter")
        self.has_literals = True
        self.put(typed_literal(value, pg))

    def know_values_of(self, query: Builder) -> None:
        """Know the values of a query that is a part of a definition, whose own walk they are no part of."""
        walk = Walk()
        query.shape(walk)
        start = len(self._walked_values)
        self._walked_values = [*self._walked_values, *walk.values]
        for position, owner in enumerate(walk.owners):
            self._positions[id(owner)] = start + position

    def need(self, version: int, what: str) -> None:
        """Note that `what` needs a server of at least this version, a number such as 150000."""
        if version > self.least_version:
            self.least_version = version
            self.newest = what

    def allow(self, names: list[str]) -> int:
        """From here on these names may be written, as `check_name` knows them; returns what `forget` takes."""
        before = len(self._names)
        self._names.extend(names)
        return before

    def forget(self, before: int) -> None:
        """Take back what has been allowed since."""
        del self._names[before:]

    def check_name(self, kind: str, name: str, advice: str) -> None:
        """Refuse the name of a window, a query of WITH or a version of a row that is not known here.

        Raises:
            BuildError: nothing brings it.
        """
        if kind + name not in self._names and not self.is_open:
            raise BuildError(f"{name!r} is not known where this query names it: {advice}")

    def check_window(self, name: str) -> None:
        """Refuse the name of a window that the query does not define before."""
        self.check_name(WINDOW_NAME, name, f"window({name!r}, ...) defines it")

    def push_scope(self, tokens: list[str]) -> None:
        """From here on the columns of these tables may be written, besides those of outer queries."""
        self._scopes.append(tokens)

    def add_to_scope(self, token: str, name: str, schema: str) -> None:
        """The innermost scope knows the columns of one more item of FROM.

        Raises:
            BuildError: another item has this name; PostgreSQL tells only tables of two schemas apart.
        """
        for known in self._scopes[-1]:
            _, known_schema, known_name, known_alias = known.split("\0")
            if name == (known_alias or known_name) and (
                known_alias or token.endswith("\0" + name) or schema == known_schema
            ):
                raise BuildError(f"two items of FROM are named {name!r}: give one of them another alias")
        self._scopes[-1].append(token)

    def pop_scope(self) -> list[str]:
        """End the innermost scope; returns its tables. Raw SQL has none."""
        return self._scopes.pop() if self._scopes else []

    def innermost_scope(self) -> list[str]:
        """The tables whose columns may be written here."""
        return list(self._scopes[-1]) if self._scopes else []

    def check_scope(self, column: ColumnExpr[Any]) -> None:
        """Refuse a column whose table is not in scope.

        Raises:
            BuildError: no FROM, JOIN or target of a write brings the table.
        """
        for tokens in self._scopes:
            if column.relation.token in tokens:
                return
        if self.is_open:
            return
        raise BuildError(
            f"column {column.name!r} belongs to table {shown(column.relation.token)!r}, "
            f"which is not in FROM of this query{self._namesake(column)}; join it, or name it with from_()"
        )

    def _namesake(self, column: ColumnExpr[Any]) -> str:
        """What FROM has instead of the table of a column: it under another alias, or one of another schema."""
        for tokens in self._scopes:
            for token in tokens:
                if token.split("\0")[2] == column.relation.name:
                    return f" (there is {shown(token)!r})"
        return ""

    def note_column(self, column: ColumnExpr[Any]) -> None:
        """A typed column is written: the query whose it is may have to have groups of it.

        Raises:
            BuildError: its rows may be absent there, and it is not said.
        """
        for level in reversed(self.levels):
            if column.relation.token in level.relations:
                level.note(column, is_own=level is self.levels[-1])
                if column.relation.token in level.optional:
                    check_optional(column)
                return

    def note_name(self, column: ColumnRef) -> None:
        """An untyped column is written: whose it is, only a table's name beside it tells.

        Raises:
            BuildError: no item of FROM has that name.
        """
        if len(column.fields) == 1:
            if len(self.levels) == 1 and column.fields[0] not in self.levels[0].aliases and not self.is_open:
                self.levels[0].note(column, is_own=True)
            return
        table = column.fields[-2]
        for level in reversed(self.levels):
            if table in relation_names(level.relations):
                level.note(column, is_own=level is self.levels[-1])
                break
        if self.is_open or not self._scopes or (table in ROW_NAMES and self._has_rows_of(table)):
            return
        if not any(table in relation_names(tokens) for tokens in self._scopes):
            raise BuildError(
                f"column {column.fields[-1]!r} is asked of {table!r}, which is not in FROM of this query; "
                "join it, or name it with from_()"
            )

    def _has_rows_of(self, name: str) -> bool:
        """Whether a row that PostgreSQL itself calls `name` may be there; where old and new are, only it knows."""
        return name != EXCLUDED.lower() or VERSION_NAME + EXCLUDED in self._names


def shown(token: str) -> str:
    """An item of FROM by its token, with its schema and its alias."""
    _, schema, name, alias = token.split("\0")
    return f"{schema}.{name}"[0 if schema else 1 :] + (f" as {alias}" if alias else "")


def unwrapped(node: Node) -> Node:
    """The node without what is only for type checkers or for the select list; of an AND or OR of one term, the term."""
    while True:
        if isinstance(node, NotNull):
            node = node.argument
        elif isinstance(node, ResTarget):
            node = node.value
        elif isinstance(node, BoolExpr) and len(node.arguments) == 1:
            node = node.arguments[0]
        else:
            return node


def column_name(node: Node) -> str:
    """The name of a column node; "" for any other."""
    node = unwrapped(node)
    if isinstance(node, ColumnExpr):
        return node.name
    return node.fields[-1] if isinstance(node, ColumnRef) else ""


def bare_column(node: Node) -> str:
    """The quoted name of a column that a statement writes to, which SQL wants unqualified.

    Raises:
        BuildError: it is no column.
    """
    name = column_name(node)
    if not name:
        raise BuildError(f"{type(node).__name__} is no column that could be written to")
    return identifier(name)
