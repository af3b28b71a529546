"""From what users pass to nodes: tables, select items, columns, conditions, counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from qail.ast.build.builder import Builder
from qail.ast.clause.from_ import (
    FromItem,
    JoinExpr,
    JoinUsing,
    RangeOnly,
    RangeTableSample,
    RangeVar,
    sampled,
    table_named,
)
from qail.ast.clause.part import Part, flat, is_part
from qail.ast.clause.target import NodeList
from qail.ast.clause.with_ import CommonTableExpr, CommonTableReference
from qail.ast.expression.boolean import BoolExpr, Maybe, checked_condition
from qail.ast.expression.column import A_Star, ColumnExpr, ColumnRef, WholeRow, column_named
from qail.ast.expression.parameter import SKIP, ParamRef, Placeholder, operand
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import AND
from qail.errors import BuildError


MOST_KNOWN_TARGETS: Final = 100  # per table; which columns a row has may come from outside


def whole_row_of(table: object) -> WholeRow | None:
    """The WholeRow of a table class; None for anything else."""
    if not isinstance(table, type):
        return None
    found: Any = getattr(table, "__qail_star__", None)
    return found if isinstance(found, WholeRow) else None


def whole_row(table: object) -> WholeRow:
    """The WholeRow of a table class.

    Raises:
        BuildError: it is no table class.
    """
    found = whole_row_of(table)
    if found is None:
        raise BuildError(f"{table!r:.60} is no table: name it, or give a class derived from Table")
    return found


def relation_of(table: object, alias: str | None = None) -> RangeVar:
    """The RangeVar of a table class, of a name, or of a (schema, name) pair."""
    if isinstance(table, (str, tuple)):
        return table_named(cast("object", table), alias)
    found = whole_row(table).relation
    return found if alias is None else found.with_alias(alias)


def from_item(table: object, alias: str | None = None) -> RangeVar | FromItem:
    """As `relation_of`; any other item of FROM as it is, a query of WITH by its name.

    Raises:
        BuildError: it has its alias already, or is a query, which has none.
    """
    if isinstance(table, FromItem):
        if alias is not None:
            raise BuildError(f"this item of FROM has the name {table.relation.alias or table.relation.name!r} already")
        return table.relation if isinstance(table, (CommonTableExpr, CommonTableReference)) else table
    if isinstance(table, Builder):
        raise BuildError("a query in FROM needs a name: .subquery(name)")
    return relation_of(table, alias)


def joined(kind: str, item: Node, on: object) -> JoinExpr:
    """`kind JOIN item ON on`, or USING."""
    return JoinExpr(kind, item, on if isinstance(on, JoinUsing) else checked_condition(on))


def only(table: type[Any] | TableName | Unchecked, /, *, alias: str | None = None) -> RangeOnly:
    """`ONLY table` in FROM: without the rows of tables that inherit from it."""
    return RangeOnly(relation_of(table, alias))


def tablesample(
    table: type[Any] | TableName | RangeOnly | Unchecked,
    percent: float | Expr[Any] | Unchecked,
    /,
    *,
    method: Name = "bernoulli",
    repeatable: float | Expr[Any] | None = None,
) -> RangeTableSample:
    """`table TABLESAMPLE method (percent)` in FROM: about that many of its rows, by chance.

    `method` is bernoulli (each row by itself), system (whole pages: faster), or one of an extension. The same
    `repeatable` number gives the same rows, as long as the table does not change.

    >>> print(Qail.get(tablesample("users", 10, repeatable=7)))
    SELECT * FROM "users" TABLESAMPLE "bernoulli" ($1) REPEATABLE ($2)
    """
    item = from_item(table)
    relation = item.relation if isinstance(item, FromItem) else item
    if isinstance(item, FromItem) and not isinstance(item, RangeOnly):
        raise BuildError(f"tablesample() takes a table, and {relation.alias or relation.name!r} is none")
    return sampled(item, relation, percent, method, repeatable)


def select_items(items: tuple[object, ...], method: str) -> NodeList:
    """The items of a select list or RETURNING: expressions, and table classes for their whole rows.

    Raises:
        BuildError: there is none, or one is a plain value.
    """
    if not items:
        raise BuildError(f"{method} needs at least one column")
    for item in items:
        # A column is told by one comparison, any other expression by a walk up its classes.
        if not isinstance(item, ColumnExpr) and not isinstance(item, Expression):
            return _mixed_items(items, method)
    return NodeList(cast("tuple[Node, ...]", items))


def _mixed_items(items: tuple[object, ...], method: str) -> NodeList:
    """A select list in which tables or parts stand."""
    nodes: list[Node] = []
    for item in items:
        if isinstance(item, Part):
            return _parted(items, method, is_named=False)
        nodes.append(item if isinstance(item, Expression) else _row_item(item, method))
    return NodeList(tuple(nodes))


def named_items(items: tuple[object, ...], method: str) -> NodeList:
    """As `select_items`, where a str is a column's name."""
    if not items:
        raise BuildError(f"{method} needs at least one column")
    nodes: list[Node] = []
    for item in items:
        if isinstance(item, str):
            nodes.append(column_named(item))
        elif isinstance(item, Part):
            return _parted(items, method, is_named=True)
        elif isinstance(item, Placeholder):
            raise BuildError(f"{method} of {item!r}: it is a value and no name; cast() says that the value is meant")
        else:
            nodes.append(item if isinstance(item, Expression) else _row_item(item, method))
    return NodeList(tuple(nodes))


def _parted(items: tuple[object, ...], method: str, *, is_named: bool) -> NodeList:
    """A list of items of which some are parts."""
    parts: list[object] = []
    for item in items:
        if isinstance(item, A_Star):
            raise BuildError(f"{method} has star() beside a part: list the columns, whose places are told by it")
        if is_part(item) or isinstance(item, Expression):
            parts.append(item)
        elif is_named and isinstance(item, str):
            parts.append(column_named(item))
        else:
            parts.append(_row_item(item, method))
    return NodeList(flat(tuple(parts)), tuple(parts))


def _row_item(item: object, method: str) -> WholeRow:
    found = whole_row_of(item)
    if found is None:
        raise BuildError(
            f"{method} takes columns and other expressions, not {item!r:.40}; literal() makes one of a value"
        )
    return found


def conditions(first: object, more: tuple[object, ...]) -> Node | None:
    """The conditions of one `where()` as one node; None when each of them is an absent `maybe()`."""
    if not more:
        only_one = checked_condition(first)
        return only_one.condition if isinstance(only_one, Maybe) else only_one
    present: list[Node] = []
    for value in (first, *more):
        node = checked_condition(value)
        if isinstance(node, Maybe):
            if node.condition is None:
                continue
            node = node.condition
        present.append(node)
    if not present:
        return None
    return present[0] if len(present) == 1 else BoolExpr(AND, tuple(present))


def count_operand(value: object, method: str) -> Node:
    """The operand of LIMIT and OFFSET: an int becomes a parameter.

    Raises:
        BuildError: it is negative, or no int.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        if isinstance(value, Expression):
            return value
        raise BuildError(f"{method}() takes an int or an expression, not {type(value).__name__}")
    if value < 0:
        raise BuildError(f"{method}({value}) is negative; it counts rows")
    return ParamRef(value)


def page_count(value: object, what: str) -> int:
    """The number or the size of a page.

    Raises:
        BuildError: it is no int of 1 or more.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BuildError(f"page() takes a {what} of 1 or more, not {value!r:.40}")
    return value


class Columns:
    """The columns a statement may write: those of a table class, or any name."""

    def __init__(self, row: WholeRow | None, table: str) -> None:
        self.row = row
        self.table = table

    def named(self, column: object) -> Node:
        """The column of a name or of a column expression.

        Raises:
            BuildError: the table class has no such column, or it is no column.
        """
        if isinstance(column, ColumnExpr):
            self._check_owner(column.relation, column.name)
            column = column.name
        elif isinstance(column, ColumnRef):
            column = column.fields[-1]
        if self.row is None or not isinstance(column, str):
            if not isinstance(column, str):
                raise BuildError(f"a column is named by a str or a column expression, not {type(column).__name__}")
            return column_named(column)
        found = self.row.column(column)
        if found is None:
            known = ", ".join([known.name for known in self.row.columns])
            raise BuildError(f"table {self.table!r} has no column {column!r}; it has {known}")
        return found

    def _check_owner(self, other: RangeVar, column: str) -> None:
        """Refuse a column of another table that has one of that name."""
        own = None if self.row is None else self.row.relation
        if own is not None and (own.schema, own.name) != (other.schema, other.name):
            raise BuildError(
                f"column {column!r} belongs to table {other.alias or other.name!r}, "
                f"and this statement writes {self.table!r}"
            )

    def written(self, column: object) -> Node:
        """As `named`, for a column that gets a value.

        Raises:
            BuildError: the server alone computes it.
        """
        found = self.named(column)
        self._check_written(found)
        return found

    def targets(self, names: list[object], method: str) -> tuple[Node, ...]:
        """The columns of these names, which get values, each of them once; for a table class checked once a list.

        Raises:
            BuildError: the table class has no such column, the server alone computes it, or it is there twice.
        """
        row = self.row
        if row is None or not _are_plain(names):
            return tuple(distinct_columns([self.written(name) for name in names], method))
        key = tuple(names)
        found = row.known_targets.get(key)
        if found is None:
            found = tuple(distinct_columns([self.written(name) for name in names], method))
            if len(row.known_targets) < MOST_KNOWN_TARGETS:
                row.known_targets[key] = found
        return found

    def _check_written(self, column: Node) -> None:
        if self.row is not None and isinstance(column, ColumnExpr) and column.name in self.row.generated:
            raise BuildError(f"column {column.name!r} of table {self.table!r} is generated: leave it out")


def _are_plain(names: list[object]) -> bool:
    """Whether each name is a str and no more: what is derived from str may say that it equals another."""
    for name in names:
        if type(name) is not str:
            return False
    return True


def distinct_columns(columns: list[Node], method: str) -> list[Node]:
    """Columns to write to, each of them once.

    Raises:
        BuildError: one is there twice, as a name and as an expression maybe.
    """
    seen: set[str] = set()
    for column in columns:
        name = column.name if isinstance(column, ColumnExpr) else ""
        if isinstance(column, ColumnRef):
            name = column.fields[-1]
        if name and name in seen:
            raise BuildError(f"{method} is given the column {name!r} twice")
        seen.add(name)
    return columns


def writable(builder: Builder) -> Columns:
    """The columns of the table that an INSERT, UPDATE or DELETE builder is about."""
    current = builder
    while current.previous is not None:
        current = current.previous
    target = current.node
    if isinstance(target, WholeRow):
        return Columns(target, target.relation.name)
    return Columns(None, target.name if isinstance(target, RangeVar) else "")


def write_relation(builder: Builder) -> RangeVar:
    """The table that a writing builder is about."""
    current = builder
    while current.previous is not None:
        current = current.previous
    target = current.node
    if isinstance(target, WholeRow):
        return target.relation
    assert isinstance(target, RangeVar), "a writing builder begins with its table"
    return target


def write_target(table: object, alias: str | None = None) -> Node:
    """The first node of a writing builder: the WholeRow of a table class, the RangeVar of a name.

    Raises:
        BuildError: a table class and an alias are given, whose columns would not be those of the alias.
    """
    found = whole_row_of(table)
    if found is None:
        return relation_of(table, alias)
    if alias is not None:
        raise BuildError(f"a table class gets its alias by as_({alias!r:.70}), and so do its columns")
    return found


def present_items(row: object, method: str) -> list[tuple[object, object]]:
    """The (key, value) pairs of one row, without those whose value is SKIP.

    Raises:
        BuildError: the row is no mapping.
    """
    pairs: list[tuple[object, object]] = []
    if isinstance(row, dict):  # the commonest, and the cheapest to tell
        for key, value in cast("dict[object, object]", row).items():
            if value is not SKIP:
                pairs.append((key, value))
        return pairs
    if not isinstance(row, Mapping):
        raise BuildError(f"{method} takes mappings of column to value, not {_described(row)}")
    for key, value in cast("Mapping[object, object]", row).items():
        if value is not SKIP:
            pairs.append((key, value))
    return pairs


def _described(row: object) -> str:
    """What was given for a row, and how to write it."""
    name = type(row).__name__
    found = whole_row_of(type(row))
    if found is not None:
        column = found.columns[0].name
        return f'a row of {name}: write out what is to be stored, {{"{column}": row.{column}, ...}}'
    if isinstance(row, (list, tuple)):
        return f"a {name}; an INSERT takes several rows as values(*rows)"
    return name


def value_node(value: object) -> Node:
    """A value of INSERT or UPDATE; None is NULL."""
    return operand(value)
