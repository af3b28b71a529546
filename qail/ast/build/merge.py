"""MergeInto, MergeUsing, Merge: the builders of MERGE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from qail.ast.build.builder import Builder
from qail.ast.build.items import Columns, conditions, distinct_columns, from_item, present_items, value_node, writable
from qail.ast.build.returning import Change
from qail.ast.clause.from_ import FromItem, JoinExpr
from qail.ast.clause.merge import (
    DELETE_ACTION,
    INSERT_ACTION,
    MATCHED,
    NOT_MATCHED,
    NOT_MATCHED_BY_SOURCE,
    NOTHING_ACTION,
    UPDATE_ACTION,
    MergeWhenClause,
)
from qail.ast.clause.rows import Assignments
from qail.ast.clause.target import NOTHING, NodeList
from qail.ast.clause.with_ import CommonTableExpr, with_items
from qail.ast.expression.boolean import checked_condition
from qail.ast.name import TableName, Unchecked
from qail.ast.node import BoolOperand, Node
from qail.ast.tokens import ONLY_TABLE, USING, WHEN, WITH
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.table import Table

Row: TypeAlias = Mapping[Any, Any]


class MergeInto(Builder):
    """`Qail.merge(table)`: not executable before using() and a branch.

    >>> print(Qail.merge("stock", alias="s").using("sales", alias="d", on=col("s", "id") == col("d", "id"))
    ...     .when_matched().update({"n": col("s", "n") - col("d", "n")}).when_not_matched().do_nothing())
    MERGE INTO "stock" AS "s" USING "sales" AS "d" ON "s"."id" = "d"."id" WHEN MATCHED THEN UPDATE SET "n" = "s"."n" - "d"."n" WHEN NOT MATCHED THEN DO NOTHING
    """

    def only(self) -> MergeInto:
        """`ONLY`: without the tables that inherit from it."""
        return MergeInto(self, ONLY_TABLE, NOTHING)

    def using(
        self,
        source: type[Table[Any, Any]] | TableName | FromItem | Unchecked,
        /,
        on: BoolOperand,
        *,
        alias: str | None = None,
    ) -> MergeUsing:
        """`USING source ON condition`: the rows that are to be merged into the table, and which of its rows match."""
        return MergeUsing(self, USING, JoinExpr("USING", from_item(source, alias), checked_condition(on)))


class MergeUsing(Builder):
    """Not executable before its first branch."""

    def when_matched(self, *conditions_: BoolOperand) -> MergeMatched:
        """`WHEN MATCHED [AND conditions]`: there is such a row in the table."""
        return MergeMatched(self, MATCHED, conditions_)

    def when_not_matched(self, *conditions_: BoolOperand) -> MergeNotMatched:
        """`WHEN NOT MATCHED [AND conditions]`: there is no such row in the table."""
        return MergeNotMatched(self, conditions_)

    def when_not_matched_by_source(self, *conditions_: BoolOperand) -> MergeMatched:
        """`WHEN NOT MATCHED BY SOURCE [AND conditions]`: a row of the table has no match. Needs PostgreSQL 17."""
        return MergeMatched(self, NOT_MATCHED_BY_SOURCE, conditions_)


class Merge(Change):
    """MERGE, complete: each row takes the first branch whose conditions hold, or none."""

    def when_matched(self, *conditions_: BoolOperand) -> MergeMatched:
        """`WHEN MATCHED [AND conditions]`: there is such a row in the table."""
        return MergeMatched(self, MATCHED, conditions_)

    def when_not_matched(self, *conditions_: BoolOperand) -> MergeNotMatched:
        """`WHEN NOT MATCHED [AND conditions]`: there is no such row in the table."""
        return MergeNotMatched(self, conditions_)

    def when_not_matched_by_source(self, *conditions_: BoolOperand) -> MergeMatched:
        """`WHEN NOT MATCHED BY SOURCE [AND conditions]`: a row of the table has no match. Needs PostgreSQL 17."""
        return MergeMatched(self, NOT_MATCHED_BY_SOURCE, conditions_)

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> Merge:
        """`WITH name AS (query), ...`: to be named in this statement."""
        return Merge(self, WITH, NodeList(with_items((table, *more))))


class MergeBranch:
    """A branch that does not say yet what is done."""

    def __init__(self, before: Builder, match: str, conditions_: tuple[object, ...]) -> None:
        self._before = before
        self._match = match
        found = conditions(conditions_[0], conditions_[1:]) if conditions_ else None
        if conditions_ and found is None:
            raise BuildError(f"WHEN {match} has no condition left: every maybe() is absent")
        self._condition: Node | None = found

    def _columns(self) -> Columns:
        return writable(self._before)

    def do_nothing(self) -> Merge:
        """`DO NOTHING`: the row stays as it is."""
        return self._then(NOTHING_ACTION, None)

    def _then(self, action: str, payload: Node | None) -> Merge:
        return Merge(self._before, WHEN, MergeWhenClause(self._match, self._condition, action, payload))


class MergeMatched(MergeBranch):
    """`when_matched()` and `when_not_matched_by_source()`: what is done with the row of the table."""

    def update(self, row: Row, /) -> Merge:
        """`UPDATE SET column = value, ...`. None is NULL, SKIP leaves the column as it is."""
        return self._then(UPDATE_ACTION, _assignments(row, self._columns()))

    def delete(self) -> Merge:
        """`DELETE`."""
        return self._then(DELETE_ACTION, None)


class MergeNotMatched(MergeBranch):
    """`when_not_matched()`: what is done with the row of the source."""

    def __init__(self, before: Builder, conditions_: tuple[object, ...]) -> None:
        super().__init__(before, NOT_MATCHED, conditions_)

    def insert(self, row: Row, /) -> Merge:
        """`INSERT (columns) VALUES (...)`; the empty row is all defaults."""
        if not present_items(row, "insert()"):
            return self._then(INSERT_ACTION, None)
        return self._then(INSERT_ACTION, _assignments(row, self._columns()))


def _assignments(row: object, columns: Columns) -> Assignments:
    pairs = present_items(row, "MERGE")
    if not pairs:
        raise BuildError("MERGE sets no column: the row is empty, or every value is SKIP")
    names = distinct_columns([columns.written(name) for name, _ in pairs], "MERGE")
    return Assignments(tuple(names), tuple([value_node(value) for _, value in pairs]))
