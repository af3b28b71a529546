"""CreatePolicy, AlterPolicy, Grant, Revoke and Comment: who may do what, and what things are for.

Source: sql-createpolicy.html; sql-grant.html; sql-revoke.html; sql-comment.html
"""

from __future__ import annotations

from typing import Any, Final, Literal, cast

from qail.ast.build.alter import routine_or_name
from qail.ast.build.definition import Defining, definition_table, name_of_table
from qail.ast.clause.definition import (
    COLUMN_PARTS,
    DefElem,
    ObjectName,
    identifier_of,
    listed,
    name_list,
    object_name,
    separated,
    text,
    word,
)
from qail.ast.expression.boolean import all_of
from qail.ast.expression.column import ColumnExpr
from qail.ast.expression.parameter import Literal as Constant
from qail.ast.name import Name, Unchecked
from qail.ast.node import BoolOperand, Node
from qail.ast.tokens import ALTER_POLICY, CLAUSE, COMMENT, CREATE_POLICY, GRANT, REVOKE
from qail.errors import BuildError
from qail.pgtype import PgType

COMMANDS: Final = ("all", "select", "insert", "update", "delete")
PRIVILEGES: Final = ("select", "insert", "update", "delete", "truncate", "references", "trigger", "usage", "create",
    "connect", "temporary", "execute", "set", "alter system", "maintain", "all")  # fmt: skip
GRANTED: Final = ("table", "sequence", "database", "schema", "function", "procedure", "routine", "language", "type",
    "domain", "tablespace", "foreign server", "foreign data wrapper", "parameter", "all tables in schema",
    "all sequences in schema", "all functions in schema", "all procedures in schema", "all routines in schema",
    )  # fmt: skip
NEWER: Final[dict[str, int]] = {"SET": 150_000, "ALTER SYSTEM": 150_000, "MAINTAIN": 170_000}
COMMENTED: Final = ("table", "column", "view", "materialized view", "index", "sequence", "schema", "type", "domain",
    "extension", "function", "procedure", "routine", "constraint", "trigger", "policy", "database", "role", "collation",
    "foreign table", "tablespace", "language")  # fmt: skip
OF_TABLES: Final = frozenset({"constraint", "trigger", "policy"})


class PolicyOptions(Defining):
    """What CREATE POLICY and ALTER POLICY have in common."""

    def to(self, role: Name, /, *more: Name) -> Any:
        """`TO roles`; without it everybody, which is "public"."""
        return self._clause("TO", "TO", *separated(name_list((role, *more), "to()")))

    def using(self, condition: BoolOperand, /, *more: BoolOperand) -> Any:
        """`USING (condition)`: which rows are seen."""
        return self._clause("USING", "USING", "(", all_of(condition, *more), ")")

    def with_check(self, condition: BoolOperand, /, *more: BoolOperand) -> Any:
        """`WITH CHECK (condition)`: which rows may be written."""
        return self._clause("WITH CHECK", "WITH CHECK", "(", all_of(condition, *more), ")")


class CreatePolicy(PolicyOptions):
    """`Qail.create_policy(name, table)`."""

    def restrictive(self) -> CreatePolicy:
        """`AS RESTRICTIVE`: a row must pass it besides the others."""
        return self._clause("AS", "AS", "RESTRICTIVE")

    def for_(self, command: Literal["all", "select", "insert", "update", "delete"] | Unchecked) -> CreatePolicy:
        """`FOR SELECT`: which statements it is about."""
        return self._clause("FOR", "FOR", word(command, COMMANDS, "for_()"))


class AlterPolicy(PolicyOptions):
    """`Qail.alter_policy(name, table)`."""


class Grant(Defining):
    """`Qail.grant(privileges...)`: `on(...)` what, `to(...)` whom."""

    def on(self, kind: str | Unchecked, name: Any, /, *more: Any) -> Grant:
        """`ON kind names`: "table", "schema", "sequence", "function", "all tables in schema", ..."""
        return self._clause("ON", *_on(kind, (name, *more)))

    def to(self, role: Name, /, *more: Name) -> Grant:
        """`TO roles`; "public" is everybody."""
        return self._clause("TO", "TO", *separated(name_list((role, *more), "to()")))

    def with_grant_option(self) -> Grant:
        """`WITH GRANT OPTION`: they may grant it to others."""
        return self._option("WITH GRANT OPTION")


class Revoke(Defining):
    """`Qail.revoke(privileges...)`: `on(...)` what, `from_(...)` whom."""

    def grant_option(self) -> Revoke:
        """`GRANT OPTION FOR`: they keep it, and may not grant it to others any more."""
        return self._option("GRANT OPTION FOR")

    def on(self, kind: str | Unchecked, name: Any, /, *more: Any) -> Revoke:
        """`ON kind names`."""
        return self._clause("ON", *_on(kind, (name, *more)))

    def from_(self, role: Name, /, *more: Name) -> Revoke:
        """`FROM roles`."""
        return self._clause("FROM", "FROM", *separated(name_list((role, *more), "from_()")))

    def cascade(self) -> Revoke:
        """`CASCADE`: those to whom they granted it lose it as well."""
        return self._option("CASCADE")


class Comment(Defining):
    """`Qail.comment(kind, name, text)`."""


def create_policy(name: Name, table: object) -> CreatePolicy:
    """CREATE POLICY."""
    start = CreatePolicy(None, CREATE_POLICY, identifier_of(name, "a policy's name"))
    return CreatePolicy(start, CLAUSE, DefElem("ON", ("ON", definition_table(table, "create_policy()"))))


def alter_policy(name: Name, table: object) -> AlterPolicy:
    """ALTER POLICY."""
    start = AlterPolicy(None, ALTER_POLICY, identifier_of(name, "a policy's name"))
    return AlterPolicy(start, CLAUSE, DefElem("ON", ("ON", definition_table(table, "alter_policy()"))))


def grant(privileges: tuple[object, ...]) -> Grant:
    """GRANT."""
    return Grant(None, GRANT, _privileges(privileges, "grant()"))


def revoke(privileges: tuple[object, ...]) -> Revoke:
    """REVOKE."""
    return Revoke(None, REVOKE, _privileges(privileges, "revoke()"))


def _privileges(privileges: tuple[object, ...], method: str) -> DefElem:
    if not privileges:
        raise BuildError(f"{method} needs a privilege: select, insert, ... or all")
    parts: list[Node] = []
    for item in privileges:
        whole = cast("tuple[object, ...]", item) if isinstance(item, tuple) else (item,)
        words = word(whole[0] if whole else "", PRIVILEGES, "a privilege")
        own: list[str | Node] = [words]
        if isinstance(item, tuple):
            own.extend(listed(name_list(whole[1:], "a column of a privilege")))
        parts.append(DefElem("PRIVILEGE", tuple(own), NEWER.get(words, 0), f"the privilege {words}"))
    return DefElem("PRIVILEGES", separated(parts))


def _on(kind: str, names: tuple[Any, ...]) -> tuple[str | Node, ...]:
    words = word(kind, GRANTED, "the kind of object")
    what = f"the name of a {kind}"
    found = [name_of_table(name, "on()") if kind == "table" else object_name(name, what) for name in names]
    return ("ON", words, *separated(found))


def comment(
    kind: str | Unchecked,
    name: Any,
    said: object,
    on: Any = None,
    arguments: tuple[PgType[Any], ...] | None = None,
) -> Comment:
    """COMMENT ON an object; None takes the comment away."""
    words = word(kind, COMMENTED, "the kind of object")
    found = _commented_column(name) if kind == "column" else routine_or_name(kind, name, arguments)
    start = Comment(None, COMMENT, found)
    start = Comment(start, CLAUSE, DefElem("KIND", (words,)))
    if (on is not None) != (kind in OF_TABLES):
        raise BuildError(f"comment() on a {kind} {'needs on=table' if on is None else 'is on no table: leave on= out'}")
    if on is not None:
        start = Comment(start, CLAUSE, DefElem("ON", ("ON", name_of_table(on, "comment()"))))
    return Comment(start, CLAUSE, DefElem("IS", (Constant(None) if said is None else text(said, "a comment"),)))


def _commented_column(name: object) -> ObjectName:
    if isinstance(name, ColumnExpr):
        relation = name.relation
        return ObjectName((*(() if relation.schema is None else (relation.schema,)), relation.name, name.name))
    found = object_name(name, "the name of a column", most_parts=COLUMN_PARTS)
    if len(found.names) == 1:
        raise BuildError(
            f"comment() on a column takes (table, column): {found.names[0]!r:.70} does not say which table"
        )
    return found
