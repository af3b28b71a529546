"""Query: what every SELECT builder can do. Mapped: a query that says what its rows become."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from qail.ast.build.items import conditions, from_item, joined, select_items
from qail.ast.build.keyset import keyset_condition
from qail.ast.build.query_expression import QueryExpression, model_target
from qail.ast.clause.from_ import FULL, INNER, LEFT, RIGHT, FromItem, JoinExpr, JoinUsing, RangeVar
from qail.ast.clause.locking import KEY_SHARE, NO_KEY_UPDATE, SHARE, UPDATE_STRENGTH, LockingClause
from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import NOTHING, NodeList
from qail.ast.clause.window import Frame, NamedWindow, listed, sort_key, window_of
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import BoolOperand, Expr, Node
from qail.ast.tokens import (
    DISTINCT,
    DISTINCT_ON,
    FROM,
    GROUP_BY,
    GROUP_DISTINCT,
    HAVING,
    JOIN,
    LOCKING,
    ORDER_BY,
    REVERSED,
    TARGET,
    WHERE,
    WINDOWS,
)
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.table import Outer, Table

M = TypeVar("M")
R_co = TypeVar("R_co", covariant=True)
JoinCondition: TypeAlias = BoolOperand | JoinUsing


class Query(QueryExpression[R_co]):
    """A SELECT. Each method returns a new query; `R_co` is what a row becomes."""

    def from_(self, table: type[Table[Any, Any]] | FromItem | Unchecked, /) -> Self:
        """`FROM table`, where the select list does not say it: `select(count()).from_(User)`."""
        out: Self = self._with(FROM, from_item(table))
        return out

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Self:
        """`WHERE`: every condition, of this and of other calls, must hold. `maybe()` marks one that may be absent."""
        found = conditions(condition, more)
        if found is None:
            return self
        out: Self = self._with(WHERE, found)
        return out

    def group_by(self, key: Expr[Any] | Unchecked, /, *more: Expr[Any], distinct: bool = False) -> Self:
        """`GROUP BY`: columns, other expressions, `rollup()` and its kin; more calls add keys, none is added by itself.

        `distinct`: grouping sets that are equal count once, `GROUP BY DISTINCT`.
        """
        out: Self = self._with(GROUP_BY, select_items((key, *more), "group_by()"))
        if distinct:
            out = out._with(GROUP_DISTINCT, NOTHING)
        return out

    def having(self, condition: BoolOperand, /, *more: BoolOperand) -> Self:
        """`HAVING`: conditions on groups."""
        found = conditions(condition, more)
        if found is None:
            return self
        out: Self = self._with(HAVING, found)
        return out

    def order_by(self, key: SortBy | Expr[Any] | Unchecked, /, *more: SortBy | Expr[Any]) -> Self:
        """`ORDER BY`: more calls add keys behind the others."""
        first = sort_key(key)
        keys: tuple[Node, ...] = (first, *[sort_key(item) for item in more]) if more else (first,)
        out: Self = self._with(ORDER_BY, NodeList(keys))
        return out

    def after(self, *values: Any) -> Self:
        """Keyset paging: the rows behind the one whose sort keys have these values, in the order of `order_by`.

        A key that may be NULL takes None, too. Columns of table classes say whether they may be; of others
        `not_null()` promises that they are not, which makes a shorter condition, that an index serves.

        >>> print(Qail.get("users").order_by(col("name").not_null(), col("id").not_null()).limit(10).after("m", 7))
        SELECT * FROM "users" WHERE ("name", "id") > ($1, $2) ORDER BY "name", "id" LIMIT $3
        """
        out: Self = self._with(WHERE, keyset_condition(self, values, is_before=False))
        return out

    def before(self, *values: Any) -> Self:
        """Keyset paging backwards: the rows before the one whose sort keys have these values, the nearest first.

        The order is turned round, so that `limit` keeps the rows next to that one: turn the page round again.

        >>> print(Qail.get("users").order_by(col("id").not_null()).limit(10).before(7))
        SELECT * FROM "users" WHERE "id" < $1 ORDER BY "id" DESC LIMIT $2
        """
        found: Self = self._with(WHERE, keyset_condition(self, values, is_before=True))
        out: Self = found if found.find(REVERSED) is not None else found._with(REVERSED, NOTHING)
        return out

    def distinct(self) -> Self:
        """`SELECT DISTINCT`: no two equal rows."""
        out: Self = self._with(DISTINCT, NOTHING)
        return out

    def distinct_on(self, key: Expr[Any] | Unchecked, /, *more: Expr[Any]) -> Self:
        """`SELECT DISTINCT ON (keys)`: of the rows with equal keys the first by `order_by`, which starts with the keys."""
        out: Self = self._with(DISTINCT_ON, select_items((key, *more), "distinct_on()"))
        return out

    def window(
        self,
        name: Name,
        base: Name | None = None,
        /,
        *,
        partition_by: Expr[Any] | Collection[Expr[Any]] = (),
        order_by: Expr[Any] | SortBy | Collection[Expr[Any] | SortBy] = (),
        frame: Frame | Unchecked | None = None,
    ) -> Self:
        """`WINDOW name AS (PARTITION BY ... ORDER BY ... frame)`, for `over(name)`; `base` is one that it adds to.

        >>> print(Qail.get("t").columns(func.rank().over("w")).window("w", order_by=col("a")))
        SELECT rank() OVER "w" FROM "t" WINDOW "w" AS (ORDER BY "a")
        """
        definition = NamedWindow(name, window_of(partition_by, order_by, frame, base))
        out: Self = self._with(WINDOWS, definition)
        return out

    def join(self, table: type[Table[Any, Any]] | FromItem, /, on: JoinCondition) -> Self:
        """`JOIN table ON condition`; `on=using("id")` joins by columns of one name, `on=natural()` by all such."""
        return self._joined(INNER, from_item(table), on)

    def left_join(self, table: type[Outer[Any]] | FromItem, /, on: JoinCondition) -> Self:
        """`LEFT JOIN table ON condition`; takes the table's outer twin, whose columns may be None."""
        return self._joined(LEFT, _outer_item(table, "left_join"), on)

    def right_join(self, table: type[Table[Any, Any]] | FromItem, /, on: JoinCondition) -> Self:
        """`RIGHT JOIN table ON condition`: all rows of `table`; what was there before may be NULL."""
        return self._joined(RIGHT, from_item(table), on)

    def full_join(self, table: type[Outer[Any]] | FromItem, /, on: JoinCondition) -> Self:
        """`FULL JOIN table ON condition`: all rows of both; either side may be NULL."""
        return self._joined(FULL, _outer_item(table, "full_join"), on)

    def cross_join(self, table: type[Table[Any, Any]] | FromItem | Unchecked, /) -> Self:
        """`CROSS JOIN table`: every row with every row."""
        out: Self = self._with(JOIN, JoinExpr("CROSS JOIN", from_item(table), None))
        return out

    def for_update(self, *, of: Any = (), nowait: bool = False, skip_locked: bool = False) -> Self:
        """`FOR UPDATE`: lock the rows until the transaction ends, against every other change and lock.

        Args:
            of: the tables whose rows are locked, one or a list: table classes, items of FROM, or their names here.
            nowait: an error at once when another transaction holds a row.
            skip_locked: leave out rows that another transaction holds: a queue.

        >>> print(Qail.get("jobs").order_by("id").limit(1).for_update(skip_locked=True))
        SELECT * FROM "jobs" ORDER BY "id" LIMIT $1 FOR UPDATE SKIP LOCKED
        """
        return self._locked(UPDATE_STRENGTH, of, nowait=nowait, skip_locked=skip_locked)

    def for_no_key_update(self, *, of: Any = (), nowait: bool = False, skip_locked: bool = False) -> Self:
        """`FOR NO KEY UPDATE`: as `for_update`, but others may refer to the rows by foreign keys."""
        return self._locked(NO_KEY_UPDATE, of, nowait=nowait, skip_locked=skip_locked)

    def for_share(self, *, of: Any = (), nowait: bool = False, skip_locked: bool = False) -> Self:
        """`FOR SHARE`: others may lock the rows like this as well, and nobody may change them."""
        return self._locked(SHARE, of, nowait=nowait, skip_locked=skip_locked)

    def for_key_share(self, *, of: Any = (), nowait: bool = False, skip_locked: bool = False) -> Self:
        """`FOR KEY SHARE`: others may change the rows, but not their keys."""
        return self._locked(KEY_SHARE, of, nowait=nowait, skip_locked=skip_locked)

    def _locked(self, strength: str, of: object, *, nowait: bool, skip_locked: bool) -> Self:
        names = tuple([name_in_from(item) for item in listed(of)])
        out: Self = self._with(LOCKING, LockingClause(strength, names, nowait=nowait, skip_locked=skip_locked))
        return out

    def _joined(self, kind: str, relation: Node, on: object) -> Self:
        out: Self = self._with(JOIN, joined(kind, relation, on))
        return out

    def into(self, model: type[M]) -> Query[M]:
        """Rows become objects of `model`, filled by name."""
        query: Mapped[M] = Mapped(self, TARGET, model_target(self, model))
        return query


class Mapped(Query[M]):
    """A query whose rows become something else; `target` says what."""

    def _with(self, step: int, node: Node) -> Any:
        out: Mapped[M] = Mapped(self, step, node)
        return out


def name_in_from(item: object) -> str:
    """What a table or another item of FROM is called in the query."""
    if isinstance(item, str):
        return checked_name(item, "a name in FROM")
    relation = from_item(item)
    named = relation.relation if isinstance(relation, FromItem) else relation
    return named.alias or named.name


def _outer_item(table: object, method: str) -> RangeVar | FromItem:
    item = from_item(table)
    if isinstance(item, RangeVar) and not isinstance(table, (str, tuple, FromItem)) and not item.is_nullable:
        name = table.__name__ if isinstance(table, type) else item.name
        raise BuildError(f"{method}() takes the outer twin of {name}, whose columns may be None: {name}Outer")
    return item
