"""CreateTable and CreateTableAs.

Source: sql-createtable.html; sql-createtableas.html
"""

from __future__ import annotations

from typing import Any, Literal, Self

from qail.ast.build.builder import Fetchable
from qail.ast.build.definition import Defining, definition_table, name_of_table
from qail.ast.build.items import whole_row_of
from qail.ast.clause.column_def import ColumnDef, column_of
from qail.ast.clause.constraint import Constraint
from qail.ast.clause.definition import (
    DefElem,
    defined,
    identifier_of,
    listed,
    name_list,
    storage_options,
    word,
)
from qail.ast.clause.index import IndexElem, index_elem
from qail.ast.clause.partition import PartitionBoundSpec
from qail.ast.name import Name, Unchecked
from qail.ast.node import Expr, Node
from qail.ast.tokens import CLAUSE, CREATE_TABLE, CREATE_TABLE_AS, ELEMENT
from qail.errors import BuildError
from qail.pgtype import PgType

LIKE_PARTS = ("comments", "compression", "constraints", "defaults", "generated", "identity", "indexes", "statistics",
    "storage", "all")  # fmt: skip
STRATEGIES = ("range", "list", "hash")
COMMIT_ACTIONS = ("preserve rows", "delete rows", "drop")


class TableOptions(Defining):
    """What CREATE TABLE and CREATE TABLE AS have in common."""

    def if_not_exists(self) -> Self:
        """`IF NOT EXISTS`: nothing happens when a table of that name is there, whatever its columns."""
        return self._option("IF NOT EXISTS")

    def temporary(self) -> Self:
        """`TEMPORARY`: it lives as long as the connection."""
        return self._option("TEMPORARY")

    def unlogged(self) -> Self:
        """`UNLOGGED`: faster, and empty after a crash."""
        return self._option("UNLOGGED")

    def on_commit(self, action: Literal["preserve rows", "delete rows", "drop"] | Unchecked) -> Self:
        """`ON COMMIT ...`: what becomes of a temporary table when a transaction ends."""
        return self._clause("ON COMMIT", "ON COMMIT", word(action, COMMIT_ACTIONS, "on_commit()"))

    def with_options(self, **options: bool | int | float | str | Unchecked) -> Self:
        """`WITH (fillfactor = 70)`: parameters of storage."""
        return self._clause("WITH", "WITH", *storage_options(options, "with_options()"))

    def tablespace(self, name: Name) -> Self:
        """`TABLESPACE name`."""
        return self._clause("TABLESPACE", "TABLESPACE", identifier_of(name, "a tablespace"))

    def using(self, method: Name) -> Self:
        """`USING method`: the table access method."""
        return self._clause("USING", "USING", identifier_of(method, "a table access method"))


class CreateTable(TableOptions):
    """`Qail.create(table)`: CREATE TABLE of a table class, or of a name and `column()` calls."""

    def column(
        self,
        name: Name,
        pg: PgType[Any] | Unchecked,
        *parts: DefElem | Unchecked,
        pk: bool = False,
        null: bool = False,
        default: Any = None,
        references: tuple[str, ...] | None = None,
    ) -> CreateTable:
        """One more column; it cannot be NULL unless `null` says so.

        Args:
            parts: `primary_key()`, `unique()`, `check(...)`, `references(...)`, `identity()`, `generated(...)`,
                `collation(...)`, `storage(...)`, `compression(...)`.
            default: a value, which stands in the text, or an expression such as `func.now()`.
            references: (table, column) or (schema, table, column).
        """
        definition = ColumnDef(name, pg, null=null, is_key=pk, default=default, references=references)
        return CreateTable(self, ELEMENT, column_of(definition, parts))

    def constraint(self, constraint: Constraint | Unchecked) -> CreateTable:
        """One more constraint of the table: `primary_key("a", "b")`, `foreign_key(...)`, `check(...)` ..."""
        return CreateTable(self, ELEMENT, table_constraint(constraint))

    def like(
        self,
        table: Any,
        /,
        *including: Literal["comments", "compression", "constraints", "defaults", "generated", "identity", "indexes",
            "statistics", "storage", "all"] | Unchecked,
    ) -> CreateTable:  # fmt: skip
        """`LIKE table INCLUDING ...`: the columns of another table, and what else is named."""
        parts: list[str | Node] = ["LIKE", name_of_table(table, "like()")]
        for part in including:
            parts.extend(["INCLUDING", word(part, LIKE_PARTS, "like() including")])
        return CreateTable(self, ELEMENT, DefElem("LIKE", tuple(parts)))

    def inherits(self, table: Any, /, *more: Any) -> CreateTable:
        """`INHERITS (tables)`: it has their columns, and its rows are among theirs."""
        names = [name_of_table(parent, "inherits()") for parent in (table, *more)]
        return self._clause("INHERITS", "INHERITS", *listed(names))

    def partition_by(
        self,
        strategy: Literal["range", "list", "hash"] | Unchecked,
        key: Name | Expr[Any] | IndexElem | Unchecked,
        /,
        *more: Name | Expr[Any] | IndexElem | Unchecked,
    ) -> CreateTable:
        """`PARTITION BY RANGE (keys)`: its rows are stored in partitions, which are tables."""
        given: list[object] = [key, *more]
        keys = [index_elem(item) for item in given]
        if any(item.order is not None for item in keys):
            raise BuildError("a partition key has no order: leave asc() and desc() out")
        words = word(strategy, STRATEGIES, "partition_by()")
        return self._clause("PARTITION BY", "PARTITION BY", words, *listed(keys))

    def partition_of(self, table: Any, bound: PartitionBoundSpec | Unchecked, /) -> CreateTable:
        """`PARTITION OF table bound`: the rows that `in_values()`, `from_to()`, `remainder()` or `all_others()` say."""
        parent = self._clause("PARTITION OF", "PARTITION OF", name_of_table(table, "partition_of()"))
        return CreateTable(parent, CLAUSE, DefElem("BOUND", (checked_bound(bound, "partition_of()"),)))

    def as_(self, query: Fetchable[Any] | Unchecked, /, *columns: Name) -> CreateTableAs:
        """`CREATE TABLE name AS query`: a table of the rows of a query, whose values stand in the text.

        >>> print(Qail.create("adults").as_(Qail.get("users").gte("age", 18)))
        CREATE TABLE "adults" AS SELECT * FROM "users" WHERE "age" >= 18
        """
        if self.previous is not None:
            raise BuildError("as_() stands directly behind create(): its query says the columns, options follow")
        start = CreateTableAs(None, CREATE_TABLE_AS, self.node)
        if columns:
            start = start._clause("COLUMNS", *listed(name_list(columns, "a column of as_()")))
        return start._clause("AS", defined(query, "as_()"))


class CreateTableAs(TableOptions):
    """`Qail.create(table).as_(query)`."""

    def with_no_data(self) -> CreateTableAs:
        """`WITH NO DATA`: the columns alone."""
        return self._option("WITH NO DATA")


def table_constraint(constraint: object) -> Constraint:
    """A constraint of a whole table. Raises BuildError when it is none."""
    if not isinstance(constraint, Constraint):
        raise BuildError(f"constraint() takes primary_key(...), unique(...), check(...), foreign_key(...) or "
            f"exclude(...), not {type(constraint).__name__}")  # fmt: skip
    if not constraint.has_columns:
        advice = "foreign_key(columns, table)" if constraint.kind == "REFERENCES" else "name its columns"
        raise BuildError(f"{constraint.kind} without columns belongs to a column(); for the table {advice}")
    return constraint


def checked_bound(bound: object, method: str | Unchecked) -> PartitionBoundSpec:
    """The bound of a partition. Raises BuildError when it is none."""
    if not isinstance(bound, PartitionBoundSpec):
        raise BuildError(f"{method} takes in_values(...), from_to(...), remainder(...) or all_others() for the bound")
    return bound


def create_table(table: object) -> CreateTable:
    """CREATE TABLE: of a table class with all its columns, of a name without any yet."""
    row = whole_row_of(table)
    created = CreateTable(None, CREATE_TABLE, definition_table(table, "create()"))
    for definition in () if row is None else row.definitions:
        created = CreateTable(created, ELEMENT, definition)
    return created
