"""The builders of data definition: CreateTable, DropTable, Truncate, CreateIndex."""

from __future__ import annotations

from typing import Any

from qail.ast.build.builder import Command
from qail.ast.build.items import named_items, relation_of, whole_row_of
from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.option import IndexName, Option
from qail.ast.name import Name
from qail.ast.node import Expr
from qail.ast.tokens import CREATE_INDEX, CREATE_TABLE, DROP_TABLE, ELEMENT, INDEX_NAME, OPTION, TRUNCATE
from qail.pgtype import PgType


class CreateTable(Command):
    """`Qail.create(table)`: CREATE TABLE of a table class, or of a name and `column()` calls."""

    def column(
        self,
        name: Name,
        pg: PgType[Any],
        *,
        pk: bool = False,
        null: bool = False,
        default: bool | int | float | str | None = None,
        references: tuple[str, ...] | None = None,
    ) -> CreateTable:
        """One more column. `references` is (table, column) or (schema, table, column)."""
        definition = ColumnDef(name, pg, null=null, is_key=pk, default=default, references=references)
        return CreateTable(self, ELEMENT, definition)

    def if_not_exists(self) -> CreateTable:
        """`IF NOT EXISTS`: nothing happens when a table of that name is there, whatever its columns."""
        return CreateTable(self, OPTION, Option("IF NOT EXISTS"))

    def temporary(self) -> CreateTable:
        """`TEMPORARY`: it lives as long as the connection."""
        return CreateTable(self, OPTION, Option("TEMPORARY"))


class DropTable(Command):
    """`Qail.drop(table)`."""

    def if_exists(self) -> DropTable:
        """`IF EXISTS`: nothing happens when there is no such table."""
        return DropTable(self, OPTION, Option("IF EXISTS"))

    def cascade(self) -> DropTable:
        """`CASCADE`: what depends on it goes as well."""
        return DropTable(self, OPTION, Option("CASCADE"))


class Truncate(Command):
    """`Qail.truncate(table)`: every row goes."""

    def restart_identity(self) -> Truncate:
        """`RESTART IDENTITY`: its sequences begin anew."""
        return Truncate(self, OPTION, Option("RESTART IDENTITY"))

    def cascade(self) -> Truncate:
        """`CASCADE`: tables that reference it are emptied as well."""
        return Truncate(self, OPTION, Option("CASCADE"))


class CreateIndex(Command):
    """`Qail.create_index(name, table, columns...)`."""

    def unique(self) -> CreateIndex:
        """`UNIQUE`: no two rows with equal keys."""
        return CreateIndex(self, OPTION, Option("UNIQUE"))

    def if_not_exists(self) -> CreateIndex:
        """`IF NOT EXISTS`: nothing happens when an index of that name is there."""
        return CreateIndex(self, OPTION, Option("IF NOT EXISTS"))


def create_table(table: object) -> CreateTable:
    """CREATE TABLE: of a table class with all its columns, of a name without any yet."""
    row = whole_row_of(table)
    relation = relation_of(table)
    created = CreateTable(None, CREATE_TABLE, relation)
    for definition in () if row is None else row.definitions:
        created = CreateTable(created, ELEMENT, definition)
    return created


def drop_table(table: object) -> DropTable:
    """DROP TABLE."""
    return DropTable(None, DROP_TABLE, relation_of(table))


def truncate_table(table: object) -> Truncate:
    """TRUNCATE."""
    return Truncate(None, TRUNCATE, relation_of(table))


def create_index(name: Name, table: object, columns: tuple[str | Expr[Any], ...]) -> CreateIndex:
    """CREATE INDEX over columns or expressions."""
    start = CreateIndex(None, CREATE_INDEX, relation_of(table))
    return CreateIndex(CreateIndex(start, INDEX_NAME, IndexName(name)), ELEMENT, named_items(columns, "create_index()"))
