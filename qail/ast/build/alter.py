"""AlterObject: new names, schemas and owners of objects of any kind. Drop: their end.

Source: sql-alterview.html and its kin; sql-drop-table.html and its kin
"""

# Functions make what the builders of this file are, by their own methods.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from qail.ast.build.definition import Defining, kind_clause, name_of_table
from qail.ast.clause.definition import DefElem, ObjectName, identifier_of, object_name, separated, type_of_object, word
from qail.ast.clause.option import Option
from qail.ast.clause.target import NodeList
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import Node
from qail.ast.tokens import ALTER_OWNER, ALTER_SCHEMA_OF, CLAUSE, DROP, OPTION, RENAME
from qail.errors import BuildError
from qail.pgtype import PgType

ObjectKind: TypeAlias = Literal[
    "table", "view", "materialized view", "index", "sequence", "schema", "type", "domain", "extension", "function",
    "procedure", "routine", "collation", "foreign table",
]  # fmt: skip
KINDS: Final = ("table", "view", "materialized view", "index", "sequence", "schema", "type", "domain", "extension",
    "function", "procedure", "routine", "collation", "foreign table")  # fmt: skip
# In PostgreSQL's tree the new owner of what is a relation is an action of ALTER TABLE.
RELATIONS: Final = frozenset({"TABLE", "VIEW", "MATERIALIZED VIEW", "INDEX", "SEQUENCE", "FOREIGN TABLE"})
ROUTINES: Final = frozenset({"FUNCTION", "PROCEDURE", "ROUTINE"})


class AlterObject:
    """`Qail.alter_object(kind, name)`: one of its methods makes the statement."""

    def __init__(self, kind: str, name: ObjectName | DefElem, *, is_optional: bool = False) -> None:
        self._kind: Final = kind
        self._name: Final = name
        self._is_optional: Final = is_optional

    def if_exists(self) -> AlterObject:
        """`IF EXISTS`: nothing happens when there is no such relation."""
        if self._kind not in RELATIONS:
            raise BuildError(f"ALTER {self._kind} has no IF EXISTS")
        return AlterObject(self._kind, self._name, is_optional=True)

    def rename_to(self, name: Name, /) -> Defining:
        """`RENAME TO name`."""
        return rename(self._is_optional, self._kind, self._name, name)

    def set_schema(self, schema: Name, /) -> Defining:
        """`SET SCHEMA schema`."""
        return alter_schema(self._is_optional, self._kind, self._name, schema)

    def owner_to(self, role: Name, /) -> Defining:
        """`OWNER TO role`."""
        return alter_owner(self._is_optional, self._kind, self._name, role)


class Altering(Defining):
    """A statement that gives an object another name, schema or owner."""


class Drop(Defining):
    """`Qail.drop(table, ...)`, `Qail.drop_object(kind, name, ...)` and its kin."""

    def if_exists(self) -> Drop:
        """`IF EXISTS`: nothing happens when there is no such object."""
        return self._option("IF EXISTS")

    def cascade(self) -> Drop:
        """`CASCADE`: what depends on it goes as well."""
        return self._option("CASCADE")

    def concurrently(self) -> Drop:
        """`CONCURRENTLY`, of an index: writes to the table go on. Not in a transaction, and of one index alone."""
        kind = self.find_kind()
        if kind != "INDEX":
            raise BuildError(f"DROP {kind} has no CONCURRENTLY; DROP INDEX has")
        return self._option("CONCURRENTLY")

    def find_kind(self) -> str:
        """Which kind of object is dropped."""
        current: Any = self
        while not (isinstance(current.node, DefElem) and current.node.kind == "KIND"):
            current = current.previous
        return str(current.node.parts[0])


def _start(step: int, kind: str, name: Node, *, is_optional: bool) -> Altering:
    started = Altering(Altering(None, step, name), CLAUSE, kind_clause(kind))
    return Altering(started, OPTION, Option("IF EXISTS")) if is_optional else started


def rename(
    is_optional: bool, kind: str | Unchecked, name: Node, to: object, what: tuple[str | Node, ...] = ()
) -> Altering:
    """`ALTER kind name RENAME TO name`, of a part of it with `what`."""
    parts = ("RENAME", *what, "TO", identifier_of(to, "a new name"))
    return _start(RENAME, kind, name, is_optional=is_optional)._clause("RENAME", *parts)


def alter_schema(is_optional: bool, kind: str | Unchecked, name: Node, schema: object) -> Altering:
    """`ALTER kind name SET SCHEMA schema`."""
    found = identifier_of(schema, "a schema name")
    return _start(ALTER_SCHEMA_OF, kind, name, is_optional=is_optional)._clause("SCHEMA", found)


def alter_owner(is_optional: bool, kind: str | Unchecked, name: Node, role: Any) -> Defining:
    """`ALTER kind name OWNER TO role`."""
    found = identifier_of(role, "a role")
    if kind in RELATIONS:
        from qail.ast.build.alter_table import AlterTable, alter_relation  # it is made of these functions

        altered: AlterTable = alter_relation(kind, name)
        return (altered.if_exists() if is_optional else altered).owner_to(role)
    return _start(ALTER_OWNER, kind, name, is_optional=False)._clause("OWNER", found)


def alter_object(
    kind: str | Unchecked, name: TableName | Unchecked, arguments: tuple[PgType[Any], ...] | None
) -> AlterObject:
    """An object by its kind and name; a routine with the types of its arguments."""
    return AlterObject(word(kind, KINDS, "the kind of object"), routine_or_name(kind, name, arguments))


def routine_or_name(
    kind: str | Unchecked, name: object, arguments: tuple[PgType[Any], ...] | None
) -> ObjectName | DefElem:
    """The name of an object; that of a routine with the types of its arguments, when they are given."""
    found = object_name(name, f"the name of a {kind}")
    if arguments is None:
        return found
    if kind.upper() not in ROUTINES:
        raise BuildError(f"a {kind} has no arguments; those of a function tell it from others of its name")
    types = [type_of_object(pg, "an argument") for pg in arguments]
    return DefElem("ROUTINE", (found, "(", *separated(types), ")"))


def drop_objects(
    kind: str | Unchecked, names: tuple[object, ...], arguments: tuple[PgType[Any], ...] | None = None
) -> Drop:
    """DROP of objects of a kind."""
    words = word(kind, KINDS, "the kind of object")
    if not names:
        raise BuildError(f"DROP {words} needs at least one name")
    if arguments is not None and len(names) > 1:
        raise BuildError(f"arguments tell one {kind} from others; drop several in as many statements")
    found = [routine_or_name(kind, name, arguments) for name in names]
    return drop_of(words, found[0] if len(found) == 1 else NodeList(tuple(found)))


def drop_of(words: str | Unchecked, subject: Node) -> Drop:
    """DROP of what `words` say."""
    return Drop(Drop(None, DROP, subject), CLAUSE, kind_clause(words))


def drop_on(kind: str | Unchecked, name: object, table: object) -> Drop:
    """DROP of what belongs to a table: a trigger, a policy, a rule."""
    words = word(kind, ("trigger", "policy", "rule"), "the kind of object")
    started = drop_of(words, identifier_of(name, f"a {kind}'s name"))
    return started._clause("ON", "ON", name_of_table(table, "drop()"))
