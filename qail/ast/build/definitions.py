"""Definitions: the constructors of data definition, which `Qail` has.

Rule: a family of builders is loaded when it is first asked for: most programs define nothing.

Source: sql-commands.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qail.ast.build.utilities import Utilities
from qail.ast.name import Name, TableName, Unchecked
from qail.pgtype import PgType

if TYPE_CHECKING:
    from qail.ast.build import access, create, create_index, routine, schema, types, view
    from qail.ast.build.alter import AlterObject, Drop, ObjectKind
    from qail.ast.build.alter_table import AlterTable
    from qail.ast.build.builder import Fetchable
    from qail.ast.clause.definition import DefElem
    from qail.ast.clause.index import IndexElem
    from qail.ast.clause.sort import SortBy
    from qail.ast.node import Expr
    from qail.table import Table


class Definitions(Utilities):
    """Each takes a table class or a name; a name is a str or a (schema, name) pair."""

    @staticmethod
    def create(table: type[Table[Any, Any]] | TableName | Unchecked, /) -> create.CreateTable:
        """CREATE TABLE: of a table class as it is; of a name with `.column(...)` calls; `.as_(query)` of a query."""
        from qail.ast.build.create import create_table

        return create_table(table)

    @staticmethod
    def alter(table: type[Table[Any, Any]] | TableName | Unchecked, /) -> AlterTable:
        """ALTER TABLE: one action or several.

        >>> print(Qail.alter("users").add_column("age", INT4, null=True).drop_column("years"))
        ALTER TABLE "users" ADD COLUMN "age" int4, DROP COLUMN "years"
        """
        from qail.ast.build.alter_table import alter_table

        return alter_table(table)

    @staticmethod
    def alter_object(
        kind: ObjectKind | Unchecked,
        name: TableName | Unchecked,
        /,
        *,
        arguments: tuple[PgType[Any], ...] | None = None,
    ) -> AlterObject:
        """ALTER of any object: its name, schema or owner. `arguments` tell a function from others of its name.

        >>> print(Qail.alter_object("view", "adults").rename_to("grown_ups"))
        ALTER VIEW "adults" RENAME TO "grown_ups"
        """
        from qail.ast.build.alter import alter_object

        return alter_object(kind, name, arguments)

    @staticmethod
    def drop(table: type[Table[Any, Any]] | TableName | Unchecked, /, *more: Any) -> Drop:
        """DROP TABLE, of one or several."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("table", (table, *more))

    @staticmethod
    def drop_object(
        kind: ObjectKind | Unchecked,
        name: TableName | Unchecked,
        /,
        *more: TableName,
        arguments: tuple[PgType[Any], ...] | None = None,
    ) -> Drop:
        """DROP of any object. `arguments` tell a function from others of its name.

        >>> print(Qail.drop_object("view", "adults").if_exists().cascade())
        DROP VIEW IF EXISTS "adults" CASCADE
        """
        from qail.ast.build.alter import drop_objects

        return drop_objects(kind, (name, *more), arguments)

    @staticmethod
    def drop_index(name: TableName | Unchecked, /, *more: TableName) -> Drop:
        """DROP INDEX."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("index", (name, *more))

    @staticmethod
    def drop_view(name: TableName | Unchecked, /, *more: TableName) -> Drop:
        """DROP VIEW."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("view", (name, *more))

    @staticmethod
    def drop_materialized_view(name: TableName | Unchecked, /, *more: TableName) -> Drop:
        """DROP MATERIALIZED VIEW."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("materialized view", (name, *more))

    @staticmethod
    def drop_schema(name: Name, /, *more: Name) -> Drop:
        """DROP SCHEMA."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("schema", (name, *more))

    @staticmethod
    def drop_sequence(name: TableName | Unchecked, /, *more: TableName) -> Drop:
        """DROP SEQUENCE."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("sequence", (name, *more))

    @staticmethod
    def drop_type(name: TableName | Unchecked, /, *more: TableName) -> Drop:
        """DROP TYPE: an enum, a composite or a range type."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("type", (name, *more))

    @staticmethod
    def drop_extension(name: Name, /, *more: Name) -> Drop:
        """DROP EXTENSION."""
        from qail.ast.build.alter import drop_objects

        return drop_objects("extension", (name, *more))

    @staticmethod
    def drop_trigger(name: Name, table: Any, /) -> Drop:
        """DROP TRIGGER ... ON table."""
        from qail.ast.build.alter import drop_on

        return drop_on("trigger", name, table)

    @staticmethod
    def drop_policy(name: Name, table: Any, /) -> Drop:
        """DROP POLICY ... ON table."""
        from qail.ast.build.alter import drop_on

        return drop_on("policy", name, table)

    @staticmethod
    def create_index(
        name: Name,
        table: type[Table[Any, Any]] | TableName | Unchecked,
        /,
        key: Name | Expr[Any] | SortBy | IndexElem | Unchecked,
        *more: Name | Expr[Any] | SortBy | IndexElem | Unchecked,
    ) -> create_index.CreateIndex:
        """CREATE INDEX over columns, expressions, sort keys and `index_key(...)`, in this order."""
        from qail.ast.build.create_index import create_index

        return create_index(name, table, (key, *more))

    @staticmethod
    def create_view(
        name: TableName | Unchecked, query: Fetchable[Any] | Unchecked, /, *columns: Name
    ) -> view.CreateView:
        """CREATE VIEW: a query under a name; `columns` are other names for its columns.

        >>> print(Qail.create_view("adults", Qail.get("users").gte("age", 18)).or_replace())
        CREATE OR REPLACE VIEW "adults" AS SELECT * FROM "users" WHERE "age" >= 18
        """
        from qail.ast.build.view import create_view

        return create_view(name, query, columns)

    @staticmethod
    def create_materialized_view(
        name: TableName | Unchecked, query: Fetchable[Any] | Unchecked, /, *columns: Name
    ) -> view.CreateMaterializedView:
        """CREATE MATERIALIZED VIEW: a query and its rows, until `refresh()`."""
        from qail.ast.build.view import create_materialized_view

        return create_materialized_view(name, query, columns)

    @staticmethod
    def refresh(name: TableName | Unchecked, /) -> view.Refresh:
        """REFRESH MATERIALIZED VIEW."""
        from qail.ast.build.view import refresh

        return refresh(name)

    @staticmethod
    def create_schema(name: Name, /) -> schema.CreateSchema:
        """CREATE SCHEMA."""
        from qail.ast.build.schema import create_schema

        return create_schema(name)

    @staticmethod
    def create_sequence(name: TableName | Unchecked, /) -> schema.CreateSequence:
        """CREATE SEQUENCE."""
        from qail.ast.build.schema import create_sequence

        return create_sequence(name)

    @staticmethod
    def alter_sequence(name: TableName | Unchecked, /) -> schema.AlterSequence:
        """ALTER SEQUENCE."""
        from qail.ast.build.schema import alter_sequence

        return alter_sequence(name)

    @staticmethod
    def create_extension(name: Name, /) -> schema.CreateExtension:
        """CREATE EXTENSION."""
        from qail.ast.build.schema import create_extension

        return create_extension(name)

    @staticmethod
    def alter_extension(name: Name, /) -> schema.AlterExtension:
        """ALTER EXTENSION ... UPDATE, to the newest version or `update_to()` another."""
        from qail.ast.build.schema import alter_extension

        return alter_extension(name)

    @staticmethod
    def create_enum(name: TableName | Unchecked, /, *labels: str | Unchecked) -> types.CreateEnum:
        """CREATE TYPE ... AS ENUM.

        >>> print(Qail.create_enum("mood", "sad", "happy"))
        CREATE TYPE "mood" AS ENUM ('sad', 'happy')
        """
        from qail.ast.build.types import create_enum

        return create_enum(name, labels)

    @staticmethod
    def alter_enum(name: TableName | Unchecked, /) -> types.AlterEnum:
        """ALTER TYPE of an enum: `add_value` or `rename_value`."""
        from qail.ast.build.types import alter_enum

        return alter_enum(name)

    @staticmethod
    def create_domain(name: TableName | Unchecked, pg: PgType[Any] | Unchecked, /) -> types.CreateDomain:
        """CREATE DOMAIN: a type with constraints.

        >>> print(Qail.create_domain("price", NUMERIC.sized(8, 2)).default(0).not_null())
        CREATE DOMAIN "price" AS numeric(8, 2) DEFAULT 0 NOT NULL
        """
        from qail.ast.build.types import create_domain

        return create_domain(name, pg)

    @staticmethod
    def alter_domain(name: TableName | Unchecked, /) -> types.AlterDomain:
        """ALTER DOMAIN: one change."""
        from qail.ast.build.types import alter_domain

        return alter_domain(name)

    @staticmethod
    def create_type(
        name: TableName | Unchecked, attributes: Mapping[str, PgType[Any]] | Unchecked, /
    ) -> types.CreateComposite:
        """CREATE TYPE ... AS: a composite type."""
        from qail.ast.build.types import create_type

        return create_type(name, attributes)

    @staticmethod
    def alter_type(name: TableName | Unchecked, /) -> types.AlterType:
        """ALTER TYPE of a composite type: one change of its attributes or several.

        >>> print(Qail.alter_type("address").add_attribute("zip", TEXT).drop_attribute("street"))
        ALTER TYPE "address" ADD ATTRIBUTE "zip" text, DROP ATTRIBUTE "street"
        """
        from qail.ast.build.types import alter_type

        return alter_type(name)

    @staticmethod
    def create_range(name: TableName | Unchecked, subtype: PgType[Any] | Unchecked, /) -> types.CreateRange:
        """CREATE TYPE ... AS RANGE."""
        from qail.ast.build.types import create_range

        return create_range(name, subtype)

    @staticmethod
    def create_function(
        name: TableName | Unchecked, /, arguments: Mapping[str, PgType[Any]] | Sequence[PgType[Any] | DefElem] = ()
    ) -> routine.CreateRoutine:
        """CREATE FUNCTION; its `body()` is text. `arguments`: a mapping of names to types, or `argument(...)` calls."""
        from qail.ast.build.routine import create_routine

        return create_routine("FUNCTION", name, arguments)

    @staticmethod
    def create_procedure(
        name: TableName | Unchecked, /, arguments: Mapping[str, PgType[Any]] | Sequence[PgType[Any] | DefElem] = ()
    ) -> routine.CreateRoutine:
        """CREATE PROCEDURE; its `body()` is text."""
        from qail.ast.build.routine import create_routine

        return create_routine("PROCEDURE", name, arguments)

    @staticmethod
    def create_trigger(name: Name, table: Any, /) -> routine.CreateTrigger:
        """CREATE TRIGGER: `before()`, `after()` or `instead_of()` say when, `execute()` what is called."""
        from qail.ast.build.routine import create_trigger

        return create_trigger(name, table)

    @staticmethod
    def create_policy(name: Name, table: Any, /) -> access.CreatePolicy:
        """CREATE POLICY: which rows of a table who may see and write."""
        from qail.ast.build.access import create_policy

        return create_policy(name, table)

    @staticmethod
    def alter_policy(name: Name, table: Any, /) -> access.AlterPolicy:
        """ALTER POLICY."""
        from qail.ast.build.access import alter_policy

        return alter_policy(name, table)

    @staticmethod
    def grant(privilege: Any, /, *more: Any) -> access.Grant:
        """GRANT: privileges by name, of columns as ("select", "column", ...).

        >>> print(Qail.grant("select", ("update", "name")).on("table", "users").to("clerk"))
        GRANT SELECT, UPDATE ("name") ON TABLE "users" TO "clerk"
        """
        from qail.ast.build.access import grant

        return grant((privilege, *more))

    @staticmethod
    def revoke(privilege: Any, /, *more: Any) -> access.Revoke:
        """REVOKE: privileges by name."""
        from qail.ast.build.access import revoke

        return revoke((privilege, *more))

    @staticmethod
    def comment(
        kind: str | Unchecked,
        name: Any,
        text: str | Unchecked | None,
        /,
        *,
        on: Any = None,
        arguments: tuple[PgType[Any], ...] | None = None,
    ) -> access.Comment:
        """COMMENT ON: text that is kept with an object; None takes it away.

        >>> print(Qail.comment("column", ("users", "age"), "in years, it's said"))
        COMMENT ON COLUMN "users"."age" IS 'in years, it''s said'
        """
        from qail.ast.build.access import comment

        return comment(kind, name, text, on, arguments)
