"""Qail: where a query begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from qail.ast.build.definitions import Definitions
from qail.ast.build.delete import DeleteFrom
from qail.ast.build.dyn import Dyn
from qail.ast.build.insert import InsertInto, Upsert
from qail.ast.build.items import from_item, relation_of, whole_row_of, write_target
from qail.ast.build.merge import MergeInto
from qail.ast.build.query_expression import Values
from qail.ast.build.select import From
from qail.ast.build.sql import Sql, TemplateString, Trusted, sql_of
from qail.ast.build.update import UpdateOf
from qail.ast.clause.from_ import FromItem
from qail.ast.clause.values import values_table
from qail.ast.name import Name, TableName, Unchecked, optional_name
from qail.ast.tokens import DELETE, GET, INSERT, MERGE, UPDATE, VALUES
from qail.errors import BuildError
from qail.pgtype import PgType

if TYPE_CHECKING:
    from typing import LiteralString

    from qail.table import Table

Ins = TypeVar("Ins")
Upd = TypeVar("Upd")
TableT = TypeVar("TableT", bound="Table[Any, Any]")


class Qail(Definitions):
    """The constructors. Each takes a table class (typed) or a table's name (untyped), or a (schema, name) pair."""

    @overload
    @staticmethod
    def get(table: type[TableT], /) -> From[TableT]: ...
    @overload
    @staticmethod
    def get(table: TableName | FromItem, /, *, alias: str | None = None) -> Dyn: ...
    @staticmethod
    def get(table: Any, /, *, alias: Name | None = None) -> Any:
        """SELECT: whole rows of a table class, or an untyped query over a name."""
        if isinstance(table, (str, tuple)):
            return Dyn(None, GET, relation_of(cast("object", table), optional_name(alias, "an alias")))
        if isinstance(table, FromItem):
            return Dyn(None, GET, from_item(table, optional_name(alias, "an alias")))
        row = whole_row_of(table)
        if row is None:
            raise BuildError(f"get() takes a table class or a table's name, not {table!r:.40}")
        query: From[Any] = From(None, GET, row)
        return query

    @overload
    @staticmethod
    def add(table: type[Table[Ins, Any]], /) -> InsertInto[Ins]: ...
    @overload
    @staticmethod
    def add(table: TableName, /, *, alias: str | None = None) -> InsertInto[Mapping[str, Any]]: ...
    @staticmethod
    def add(table: Any, /, *, alias: Name | None = None) -> Any:
        """INSERT: `add(table).values(row, ...)`."""
        out: InsertInto[Any] = InsertInto(None, INSERT, write_target(table, optional_name(alias, "an alias")))
        return out

    @overload
    @staticmethod
    def put(table: type[Table[Ins, Any]], /) -> Upsert[Ins]: ...
    @overload
    @staticmethod
    def put(table: TableName, /, *, alias: str | None = None) -> Upsert[Mapping[str, Any]]: ...
    @staticmethod
    def put(table: Any, /, *, alias: Name | None = None) -> Any:
        """INSERT or, where the key is there, UPDATE: `put(table).values(row, key="id")`."""
        out: Upsert[Any] = Upsert(None, INSERT, write_target(table, optional_name(alias, "an alias")))
        return out

    @overload
    @staticmethod
    def set(table: type[Table[Any, Upd]], /) -> UpdateOf[Upd]: ...
    @overload
    @staticmethod
    def set(table: TableName, /, *, alias: str | None = None) -> UpdateOf[Mapping[str, Any]]: ...
    @staticmethod
    def set(table: Any, /, *, alias: Name | None = None) -> Any:
        """UPDATE: `set(table).values(row).where(...)`."""
        out: UpdateOf[Any] = UpdateOf(None, UPDATE, write_target(table, optional_name(alias, "an alias")))
        return out

    @staticmethod
    def delete(table: type[Table[Any, Any]] | TableName | Unchecked, /, *, alias: Name | None = None) -> DeleteFrom:
        """DELETE: `delete(table).where(...)`."""
        return DeleteFrom(None, DELETE, write_target(table, optional_name(alias, "an alias")))

    @staticmethod
    def merge(table: type[Table[Any, Any]] | TableName | Unchecked, /, *, alias: Name | None = None) -> MergeInto:
        """MERGE: `merge(table).using(source, on=...).when_matched().update(...)`. Needs PostgreSQL 15."""
        return MergeInto(None, MERGE, write_target(table, optional_name(alias, "an alias")))

    @staticmethod
    def values(columns: Mapping[str, PgType[Any]], /, *rows: tuple[Any, ...] | list[Any]) -> Values:
        """VALUES: rows of values as a query, and by `subquery(name)` as a table; each column has a name and a type.

        >>> print(Qail.get(Qail.values({"id": INT8, "name": TEXT}, (1, "a"), (2, "b")).subquery("v")))
        SELECT * FROM (VALUES ($1, $2), ($3, $4)) AS "v" ("id", "name")
        """
        return Values(None, VALUES, values_table(columns, rows))

    @staticmethod
    def sql(template: LiteralString | Trusted | TemplateString | Unchecked, /, **parts: Any) -> Sql:
        """Raw SQL of one statement, from a constant template: `{name}` is where the value `name=` stands.

        A value becomes a parameter; an expression, a table class, a query in parentheses, a type, or another piece of raw
        SQL becomes what it is; `{name:i}` is a name, a tuple of them qualified, a list of them with commas between.
        `{{` and `}}` are braces. On Python 3.14 a t-string does the same. `Trusted(text)` passes text made at run time.

        >>> print(Qail.sql("SELECT {names:i} FROM {table:i} WHERE id = {id}", names=["id", "age"], table="users", id=5))
        SELECT "id", "age" FROM "users" WHERE id = $1

        Raises:
            BuildError: a place has no value, a value no place; or a place stands in a string, a comment or a word.
        """
        return sql_of(template, parts)
