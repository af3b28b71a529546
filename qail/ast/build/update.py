"""UpdateOf, UpdateSet, Update: the builders of UPDATE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.build.filters import NameFilters
from qail.ast.build.bulk import GIVEN, KeyedRows
from qail.ast.build.items import (
    Columns,
    conditions,
    distinct_columns,
    from_item,
    joined,
    present_items,
    value_node,
    writable,
    write_relation,
)
from qail.ast.build.returning import Change
from qail.ast.clause.from_ import INNER, FromItem, JoinUsing
from qail.ast.clause.output import output_columns
from qail.ast.clause.rows import Assignments, MultiAssignRef
from qail.ast.clause.target import NOTHING, NodeList
from qail.ast.clause.with_ import CommonTableExpr, with_items
from qail.ast.expression.boolean import BoolExpr
from qail.ast.expression.column import ColumnRef
from qail.ast.expression.comparison import A_Expr
from qail.ast.name import TableName, Unchecked
from qail.ast.node import BoolOperand, Expr, Node
from qail.ast.tokens import ALL_ROWS, AND, FROM, JOIN, ONLY_TABLE, SET, WHERE, WITH
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.table import Table

Upd = TypeVar("Upd")


class Update(Change, NameFilters["Update"]):
    """UPDATE, complete. Further conditions narrow it."""

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Update:
        """Further conditions, which must hold as well."""
        found = conditions(condition, more)
        return self if found is None else Update(self, WHERE, found)

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> Update:
        """`WITH name AS (query), ...`: to be named in this statement."""
        return Update(self, WITH, NodeList(with_items((table, *more))))

    def _filtered(self, condition: Node) -> Any:
        return Update(self, WHERE, condition)


class UpdateSet(Builder, NameFilters[Update]):
    """Not executable before where() or all_rows()."""

    def values(self, row: Mapping[Any, Any], /) -> UpdateSet:
        """More columns and their values."""
        return UpdateSet(self, SET, assignments_of(row, writable(self)))

    def values_from(self, query: Fetchable[Any], column: str | Expr[Any], /, *more: str | Expr[Any]) -> UpdateSet:
        """More columns, from the one row of a query."""
        return UpdateSet(self, SET, assigned_query(query, (column, *more), writable(self)))

    def from_(
        self, table: type[Table[Any, Any]] | TableName | FromItem | Unchecked, /, *, alias: str | None = None
    ) -> UpdateSet:
        """`FROM table`: another table whose columns the values and conditions may use; more calls add tables.

        >>> print(Qail.set("a").values({"n": col("b", "n")}).from_("b").where(col("b", "id") == col("a", "id")))
        UPDATE "a" SET "n" = "b"."n" FROM "b" WHERE "b"."id" = "a"."id"
        """
        return UpdateSet(self, FROM, from_item(table, alias))

    def join(
        self,
        table: type[Table[Any, Any]] | TableName | FromItem | Unchecked,
        /,
        on: BoolOperand | JoinUsing,
        *,
        alias: str | None = None,
    ) -> UpdateSet:
        """`JOIN table ON condition`, to the tables of from_()."""
        return UpdateSet(self, JOIN, joined(INNER, from_item(table, alias), on))

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> UpdateSet:
        """`WITH name AS (query), ...`: to be named in this statement."""
        return UpdateSet(self, WITH, NodeList(with_items((table, *more))))

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Update:
        """The rows to change: those where every condition holds.

        Raises:
            BuildError: every condition is an absent `maybe()`: that would change all rows.
        """
        found = conditions(condition, more)
        if found is None:
            raise BuildError("where() has no condition left, which would change every row; all_rows() says so")
        return Update(self, WHERE, found)

    def all_rows(self) -> Update:
        """Change every row of the table, on purpose."""
        return Update(self, ALL_ROWS, NOTHING)

    def _filtered(self, condition: Node) -> Any:
        return Update(self, WHERE, condition)


class UpdateOf(Builder, Generic[Upd]):
    """`Qail.set(table)`: not executable before values() or values_from(), and where() or all_rows().

    >>> print(Qail.set("users").values({"name": "b"}).eq("id", 1))
    UPDATE "users" SET "name" = $1 WHERE "id" = $2
    """

    def values(self, row: Upd, /) -> UpdateSet:
        """The new values: a mapping of column to value or expression. None is NULL, SKIP leaves the column as it is.

        Raises:
            BuildError: there is no column to set, or the table class has no such column.
        """
        return UpdateSet(self, SET, assignments_of(row, writable(self)))

    def values_from(self, query: Fetchable[Any], column: str | Expr[Any], /, *more: str | Expr[Any]) -> UpdateSet:
        """These columns get those of the one row of a query; NULL when it finds none.

        >>> best = Qail.get("b").columns("x", "y").limit(1)
        >>> print(Qail.set("a").values_from(best, "x", "y").all_rows())
        UPDATE "a" SET ("x", "y") = (SELECT "x", "y" FROM "b" LIMIT $1)
        """
        return UpdateSet(self, SET, assigned_query(query, (column, *more), writable(self)))

    def each(
        self, row: Mapping[Any, Any], /, *more: Mapping[Any, Any], key: str | Expr[Any] | tuple[str | Expr[Any], ...]
    ) -> Update:
        """Many rows at once, each with values of its own: that row of the table is changed which has its key.

        The rows are mappings of the same columns, the key among them, to values. However many there are, it is one
        statement of one text: an array for each column.

        Raises:
            BuildError: rows have different columns or the same key, a key is None, or a column's type is not known.

        >>> class Book(Table, name="books"):
        ...     id: Col[int] = col(INT8, pk=True)
        ...     stock: Col[int] = col(INT4)
        >>> print(Qail.set(Book).each({"id": 1, "stock": 7}, {"id": 2, "stock": 0}, key="id"))
        UPDATE "books" SET "stock" = "given"."stock" FROM "unnest"(CAST($1 AS int8[]), CAST($2 AS int4[])) AS "given" ("id", "stock") WHERE "books"."id" = "given"."id"
        """
        rows = KeyedRows((row, *more), key, writable(self))
        target = write_relation(self)
        own = target.alias or target.name
        alias = GIVEN if own != GIVEN else GIVEN + "_"
        names: list[Node] = []
        values: list[Node] = []
        same: list[Node] = []
        for column, name in zip(rows.columns, rows.names, strict=True):
            if name in rows.keys:
                same.append(A_Expr("=", ColumnRef((own, name)), ColumnRef((alias, name))))
            else:
                names.append(column)
                values.append(ColumnRef((alias, name)))
        changed: UpdateSet = UpdateSet(self, SET, Assignments(tuple(names), tuple(values)))
        joined_: UpdateSet = UpdateSet(changed, FROM, rows.table(alias))
        return Update(joined_, WHERE, same[0] if len(same) == 1 else BoolExpr(AND, tuple(same)))

    def only(self) -> UpdateOf[Upd]:
        """`ONLY`: without the tables that inherit from it."""
        out: UpdateOf[Upd] = UpdateOf(self, ONLY_TABLE, NOTHING)
        return out


def assignments_of(row: object, columns: Columns) -> Assignments:
    """The columns and values of a row as users give it.

    Raises:
        BuildError: there is no column to set, or the table class has no such column.
    """
    pairs = present_items(row, "values()")
    if not pairs:
        raise BuildError("UPDATE sets no column: values() is empty, or every value is SKIP")
    names = distinct_columns([columns.written(name) for name, _ in pairs], "values()")
    return Assignments(tuple(names), tuple([value_node(value) for _, value in pairs]))


def assigned_query(query: object, columns: tuple[object, ...], known: Columns) -> MultiAssignRef:
    """Columns, and the query whose row they get.

    Raises:
        BuildError: it is no query, or gives another number of columns.
    """
    if not isinstance(query, Builder):
        raise BuildError(f"values_from() takes a query first, not {type(query).__name__}")
    names = distinct_columns([known.written(column) for column in columns], "values_from()")
    found = MultiAssignRef(tuple(names), query)
    given = output_columns(query)
    if given is not None and len(given) != len(names):
        raise BuildError(f"values_from() has {len(names)} columns for the {len(given)} of its query")
    return found
