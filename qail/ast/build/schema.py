"""CreateSchema, CreateSequence, AlterSequence, CreateExtension and AlterExtension.

Source: sql-createschema.html; sql-createsequence.html; sql-createextension.html
"""

from __future__ import annotations

from typing import Any, Self

from qail.ast.build.definition import Defining, name_of_table
from qail.ast.clause.definition import ObjectName, identifier_of, number, object_name, text, type_of_object
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import Expr
from qail.ast.tokens import (
    ALTER_EXTENSION,
    ALTER_SEQUENCE,
    CREATE_EXTENSION,
    CREATE_SCHEMA,
    CREATE_SEQUENCE,
)
from qail.errors import BuildError
from qail.pgtype import PgType


class CreateSchema(Defining):
    """`Qail.create_schema(name)`."""

    def if_not_exists(self) -> CreateSchema:
        """`IF NOT EXISTS`: nothing happens when it is there."""
        return self._option("IF NOT EXISTS")

    def authorization(self, role: Name) -> CreateSchema:
        """`AUTHORIZATION role`: whose it is."""
        return self._clause("AUTHORIZATION", "AUTHORIZATION", identifier_of(role, "a role"))


class SequenceOptions(Defining):
    """What CREATE SEQUENCE and ALTER SEQUENCE have in common."""

    def as_type(self, pg: PgType[int] | Unchecked) -> Self:
        """`AS type`: INT2, INT4 or INT8."""
        found = type_of_object(pg, "as_type()")
        if found.pg.name not in ("int2", "int4", "int8"):
            raise BuildError(f"a sequence counts in INT2, INT4 or INT8, not in {found.pg.name}")
        return self._clause("AS", "AS", found)

    def increment(self, by: int | Unchecked) -> Self:
        """`INCREMENT BY number`: below 0 it counts down."""
        if by == 0:
            raise BuildError("increment(0) would give the same number for ever")
        return self._clause("INCREMENT", "INCREMENT BY", number(by, "increment()"))

    def min_value(self, value: int | Unchecked | None) -> Self:
        """`MINVALUE number`; None: as low as its type goes."""
        return self._clause(
            "MINVALUE", *(("NO MINVALUE",) if value is None else ("MINVALUE", number(value, "min_value()")))
        )

    def max_value(self, value: int | Unchecked | None) -> Self:
        """`MAXVALUE number`; None: as high as its type goes."""
        return self._clause(
            "MAXVALUE", *(("NO MAXVALUE",) if value is None else ("MAXVALUE", number(value, "max_value()")))
        )

    def start(self, value: int | Unchecked) -> Self:
        """`START WITH number`."""
        return self._clause("START", "START WITH", number(value, "start()"))

    def cache(self, count: int | Unchecked) -> Self:
        """`CACHE count`: each session takes that many numbers ahead."""
        if type(count) is int and count < 1:
            raise BuildError(f"cache({count}) is less than the one number that each call takes")
        return self._clause("CACHE", "CACHE", number(count, "cache()"))

    def cycle(self, is_cycling: bool = True) -> Self:
        """`CYCLE`: it begins anew behind its last number."""
        return self._clause("CYCLE", "CYCLE" if is_cycling else "NO CYCLE")

    def owned_by(self, table: Any, column: Name | Expr[Any]) -> Self:
        """`OWNED BY table.column`: it goes when the column goes."""
        relation = name_of_table(table, "owned_by()")
        name = identifier_of(column, "a column name")
        return self._clause("OWNED BY", "OWNED BY", ObjectName((*relation.names, *name.names)))

    def owned_by_none(self) -> Self:
        """`OWNED BY NONE`."""
        return self._clause("OWNED BY", "OWNED BY NONE")


class CreateSequence(SequenceOptions):
    """`Qail.create_sequence(name)`."""

    def if_not_exists(self) -> CreateSequence:
        """`IF NOT EXISTS`: nothing happens when something of that name is there."""
        return self._option("IF NOT EXISTS")

    def temporary(self) -> CreateSequence:
        """`TEMPORARY`: it lives as long as the connection."""
        return self._option("TEMPORARY")

    def unlogged(self) -> CreateSequence:
        """`UNLOGGED`: it begins anew after a crash. Needs PostgreSQL 15."""
        return self._option("UNLOGGED")


class AlterSequence(SequenceOptions):
    """`Qail.alter_sequence(name)`."""

    def if_exists(self) -> AlterSequence:
        """`IF EXISTS`: nothing happens when there is no such sequence."""
        return self._option("IF EXISTS")

    def restart(self, value: int | Unchecked | None = None) -> AlterSequence:
        """`RESTART WITH number`; without a number, where it started."""
        return self._clause(
            "RESTART", *(("RESTART",) if value is None else ("RESTART WITH", number(value, "restart()")))
        )


class CreateExtension(Defining):
    """`Qail.create_extension(name)`."""

    def if_not_exists(self) -> CreateExtension:
        """`IF NOT EXISTS`: nothing happens when it is there, in whatever version."""
        return self._option("IF NOT EXISTS")

    def schema(self, name: Name) -> CreateExtension:
        """`SCHEMA name`: where its objects go."""
        return self._clause("SCHEMA", "SCHEMA", identifier_of(name, "a schema name"))

    def version(self, version: str | Unchecked) -> CreateExtension:
        """`VERSION text`."""
        return self._clause("VERSION", "VERSION", text(version, "version()"))

    def cascade(self) -> CreateExtension:
        """`CASCADE`: what it needs is installed as well."""
        return self._option("CASCADE")


class AlterExtension(Defining):
    """`Qail.alter_extension(name)`: UPDATE to the newest version there is."""

    def update_to(self, version: str | Unchecked) -> AlterExtension:
        """`UPDATE TO text`: to this version."""
        return self._clause("TO", "TO", text(version, "update_to()"))


def create_schema(name: Name) -> CreateSchema:
    """CREATE SCHEMA."""
    return CreateSchema(None, CREATE_SCHEMA, identifier_of(name, "a schema name"))


def create_sequence(name: TableName | Unchecked) -> CreateSequence:
    """CREATE SEQUENCE."""
    return CreateSequence(None, CREATE_SEQUENCE, object_name(name, "a sequence's name"))


def alter_sequence(name: TableName | Unchecked) -> AlterSequence:
    """ALTER SEQUENCE."""
    return AlterSequence(None, ALTER_SEQUENCE, object_name(name, "a sequence's name"))


def create_extension(name: Name) -> CreateExtension:
    """CREATE EXTENSION."""
    return CreateExtension(None, CREATE_EXTENSION, identifier_of(name, "an extension's name"))


def alter_extension(name: Name) -> AlterExtension:
    """ALTER EXTENSION ... UPDATE."""
    return AlterExtension(None, ALTER_EXTENSION, identifier_of(name, "an extension's name"))
