"""What stands in FROM: RangeVar (a table), RangeSubselect (a query), RangeOnly, RangeTableSample, JoinExpr.

Source: sql-select.html#SQL-FROM
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast, overload

from qail.ast.build.builder import Builder
from qail.ast.clause.output import OutputColumn, output_columns
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.expression.parameter import operand
from qail.ast.expression.subquery import query_depth
from qail.ast.name import Name, checked_name
from qail.ast.node import Expr, Expression, Node, depth_over
from qail.ast.tokens import CROSS_JOIN_NODE, END, JOIN_NODE, JOIN_USING, ONLY, SAMPLE, SUBSELECT
from qail.ast.valued import Valued
from qail.ast.walk import Walk
from qail.errors import BuildError

U = TypeVar("U")

KNOWN_TABLES: Final[dict[str, RangeVar]] = {}
MOST_KNOWN_TABLES: Final = 10_000

INNER: Final = "JOIN"
LEFT: Final = "LEFT JOIN"
RIGHT: Final = "RIGHT JOIN"
FULL: Final = "FULL JOIN"

TABLE_KIND: Final = "r"
WITH_KIND: Final = "e"  # a query of WITH, by its name
DERIVED_KIND: Final = "d"  # the alias of something else in FROM, which no select list can bring there by itself


class RangeVar(Node):
    """A table in FROM: `"schema"."name" AS "alias"`. `is_nullable`: it is an outer twin, whose rows may be absent.

    `kind` says what the name is the name of: a table, a query of WITH, or another item of FROM. `key` are the columns
    of its primary key, where a table class says them.
    """

    def __init__(
        self,
        name: Name,
        *,
        schema: Name | None = None,
        alias: Name | None = None,
        is_nullable: bool = False,
        kind: str = TABLE_KIND,
        key: tuple[str, ...] = (),
    ) -> None:
        super().__init__(1)
        self.name: Final = checked_name(name, "a table name")
        self.schema: Final = None if schema is None else checked_name(schema, "a schema name")
        self.alias: Final = None if alias is None else checked_name(alias, "an alias")
        self.is_nullable: Final = is_nullable
        self.kind: Final = kind
        self.key: Final = key
        self.token: Final = f"{kind}\0{schema or ''}\0{name}\0{alias or ''}"

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.token)

    def with_alias(self, alias: str) -> RangeVar:
        """The same table under another name."""
        return RangeVar(
            self.name, schema=self.schema, alias=alias, is_nullable=self.is_nullable, kind=self.kind, key=self.key
        )


class FromItem(Node):
    """What can stand in FROM besides a table. `relation` is the name its columns are known by.

    `item[User.id]` is the column that this expression of its query became, `item["id"]` the column of that name.
    """

    def __init__(self, depth: int, relation: RangeVar) -> None:
        super().__init__(depth)
        self.relation: Final = relation

    def known_columns(self) -> list[OutputColumn] | None:
        """Its columns; None where only the server knows them."""
        return None

    @overload
    def __getitem__(self, column: Expr[U]) -> Expr[U]: ...
    @overload
    def __getitem__(self, column: str) -> Expr[Any]: ...
    def __getitem__(self, column: Any) -> Any:
        """Its column of a name, or the one that an expression of its query became.

        Raises:
            BuildError: it has none such.
        """
        return self._column(column, is_nullable=self.relation.is_nullable)

    @overload
    def outer(self, column: Valued[U], /) -> Expr[U | None]: ...
    @overload
    def outer(self, column: str, /) -> Expr[Any]: ...
    def outer(self, column: Any, /) -> Any:
        """As `item[column]`, on the side of a join that may be absent: it may be None."""
        return self._column(column, is_nullable=True)

    def _column(self, column: object, *, is_nullable: bool) -> Expr[Any]:
        if not isinstance(column, (str, Expression)):
            raise BuildError(f"a column is asked for by its name or its expression, not by {type(column).__name__}")
        columns = self.known_columns()
        found = None if columns is None else _named(columns, column)
        alias = self.relation.alias or self.relation.name
        if found is None and columns is None and isinstance(column, str):
            return ColumnRef((alias, column))
        if found is None:
            known = "columns only the server knows" if columns is None else ", ".join([item.name for item in columns])
            asked = column if isinstance(column, str) else type(column).__name__
            raise BuildError(f"{alias!r} has no column of {asked!r:.60}; it has {known}")
        if found.pg is None:
            return ColumnRef((alias, found.name))
        return ColumnExpr(self.relation, found.name, found.pg, null=found.null or is_nullable, own_null=found.null)


class RangeSubselect(FromItem):
    """A query in FROM, under the name `alias`; `columns` are other names for its first columns."""

    def __init__(self, query: Builder, alias: Name, columns: Sequence[str] = (), *, is_lateral: bool = False) -> None:
        super().__init__(query_depth(query), RangeVar(alias, kind=DERIVED_KIND))
        self.query: Final = query
        self.alias: Final = checked_name(alias, "an alias")
        self.columns: Final = checked_columns(columns)
        self.is_lateral: Final = is_lateral

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SUBSELECT)
        walk.tokens.append(f"{self.alias}\0{self.is_lateral:d}")
        walk.tokens.extend(self.columns)
        walk.tokens.append(END)
        self.query.shape(walk)

    def known_columns(self) -> list[OutputColumn] | None:
        return output_columns(self.query, self.columns)


class RangeOnly(FromItem):
    """`ONLY table`: without the tables that inherit from it."""

    def __init__(self, relation: RangeVar) -> None:
        super().__init__(2, relation)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ONLY)
        self.relation.shape(walk)


class RangeTableSample(FromItem):
    """`table TABLESAMPLE method (arguments) REPEATABLE (seed)`: some of its rows, by chance."""

    def __init__(self, item: Node, relation: RangeVar, method: Name, argument: Node, repeatable: Node | None) -> None:
        super().__init__(depth_over(item, argument), relation)
        self.item: Final = item
        self.method: Final = checked_name(method, "a sampling method")
        self.argument: Final = argument
        self.repeatable: Final = repeatable

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SAMPLE)
        walk.tokens.append(self.method)
        self.item.shape(walk)
        self.argument.shape(walk)
        if self.repeatable is not None:
            self.repeatable.shape(walk)
        walk.tokens.append(END)


class JoinUsing(Node):
    """`USING (columns)`: the columns of these names are equal and become one; without columns NATURAL."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        super().__init__(1)
        self.columns: Final = columns

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(JOIN_USING)
        walk.tokens.extend(self.columns)
        walk.tokens.append(END)


class JoinExpr(Node):
    """`INNER|LEFT|RIGHT|FULL JOIN relation ON condition`; CROSS JOIN without a condition."""

    def __init__(self, kind: str, relation: Node, condition: Node | None) -> None:
        super().__init__(relation.depth + 1 if condition is None else depth_over(relation, condition))
        self.kind: Final = kind
        self.relation: Final = relation
        self.condition: Final = condition

    def shape(self, walk: Walk) -> None:
        condition = self.condition
        if condition is None:
            walk.tokens.append(CROSS_JOIN_NODE)
            self.relation.shape(walk)
            return
        walk.tokens.append(JOIN_NODE)
        walk.tokens.append(self.kind)
        self.relation.shape(walk)
        condition.shape(walk)


def table_named(name: object, alias: str | None = None) -> RangeVar:
    """The RangeVar of a name or of a (schema, name) pair; without an alias the same object for the same name."""
    if isinstance(name, tuple):
        pair = cast("tuple[object, ...]", name)
        if len(pair) != 2:
            raise BuildError(f"a qualified table name is a pair (schema, name), not {len(pair)} parts")
        return RangeVar(
            checked_name(pair[1], "a table name"), schema=checked_name(pair[0], "a schema name"), alias=alias
        )
    table = checked_name(name, "a table name")
    if alias is not None:
        return RangeVar(table, alias=alias)
    found = KNOWN_TABLES.get(table)
    if found is None:
        found = RangeVar(table)
        if len(KNOWN_TABLES) < MOST_KNOWN_TABLES:
            KNOWN_TABLES[table] = found
    return found


def using(column: Name, /, *more: str) -> JoinUsing:
    """As the condition of a join: `join(Post, on=using("author_id"))`; the columns of that name become one."""
    return JoinUsing(checked_columns((column, *more)))


def natural() -> JoinUsing:
    """As the condition of a join: `NATURAL JOIN`, over all columns that have the same name on both sides."""
    return JoinUsing(())


def sampled(item: Node, relation: RangeVar, percent: object, method: Name, repeatable: object) -> RangeTableSample:
    """`item TABLESAMPLE method (percent) REPEATABLE (repeatable)`.

    Raises:
        BuildError: the percentage is none.
    """
    is_number = isinstance(percent, (int, float)) and not isinstance(percent, bool)
    if isinstance(percent, (int, float)) and (not is_number or not 0 <= percent <= 100):
        raise BuildError(f"tablesample() takes a percentage from 0 to 100, not {percent!r}")
    seed = None if repeatable is None else operand(repeatable)
    return RangeTableSample(item, relation, method, operand(percent), seed)


def checked_columns(columns: Sequence[object]) -> tuple[str, ...]:
    """Names of columns, each of them once.

    Raises:
        BuildError: one cannot be a name, or stands there twice.
    """
    if isinstance(columns, str):
        raise BuildError(f"columns are a list of names, not one str: [{columns!r:.70}]")
    names = tuple([checked_name(column, "a column name") for column in columns])
    if len(set(names)) != len(names):
        raise BuildError(f"a column is named twice: {', '.join(names)}")
    return names


def _named(columns: list[OutputColumn], asked: str | Node) -> OutputColumn | None:
    for column in columns:
        if column.name == asked if isinstance(asked, str) else column.is_of(asked):
            return column
    return None
