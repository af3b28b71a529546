"""JsonObjectAgg and JsonArrayAgg: JSON of all rows of a group.

Source: functions-aggregate.html#FUNCTIONS-AGGREGATE-TABLE
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeVar, overload

from qail.ast.clause.sort import SortBy
from qail.ast.clause.window import Frame, WindowDef, listed, sort_key, window_of
from qail.ast.expression.arithmetic import type_token
from qail.ast.expression.boolean import all_of
from qail.ast.expression.json_clause import NULLS, JsonKeyValue, checked_type, typed_operand, word_of
from qail.ast.expression.json_constructor import Nulls, member_of
from qail.ast.name import Name, Unchecked
from qail.ast.node import BoolOperand, Expr, Node, depth_of
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import JSON, PgType, TypeOf

T = TypeVar("T")


class Rows:
    """Which rows an aggregate sees, and over which it runs as a window function."""

    def __init__(self, condition: Node | None = None, window: WindowDef | None = None) -> None:
        self.condition: Final = condition
        self.window: Final = window

    def parts(self) -> list[Node]:
        """Its nodes."""
        found: list[Node] = []
        if self.condition is not None:
            found.append(self.condition)
        if self.window is not None:
            found.append(self.window)
        return found

    def shape(self, walk: Walk) -> None:
        """As a node's."""
        walk.tokens.append(f"J\0rows\0{self.condition is not None:d}\0{self.window is not None:d}")
        for part in self.parts():
            part.shape(walk)


ALL_ROWS_OF_GROUP: Final = Rows()


class JsonAggregate(Expr[Any]):
    """The base of both: FILTER, OVER, ON NULL and RETURNING."""

    def __init__(
        self, parts: list[Node], on_null: str, returning: PgType[Any] | None, seen: Rows = ALL_ROWS_OF_GROUP
    ) -> None:
        super().__init__(depth_of([*parts, *seen.parts()]))
        self.on_null: Final = on_null
        self.returning: Final = returning
        self.seen: Final = seen

    def seeing(self, seen: Rows) -> Expr[Any]:
        """The same aggregate of other rows."""
        raise AssertionError("an aggregate defines seeing")

    def result_type(self) -> PgType[Any] | None:
        return JSON if self.returning is None else self.returning

    def filter(self, condition: BoolOperand, /, *more: BoolOperand) -> Expr[Any]:
        if self.seen.condition is not None:
            raise BuildError("this call has a FILTER already; give filter() all conditions at once")
        return self.seeing(Rows(all_of(condition, *more), self.seen.window))

    def over(
        self,
        window: Name | None = None,
        /,
        *,
        partition_by: Expr[Any] | Collection[Expr[Any]] = (),
        order_by: Any = (),
        frame: Frame | Unchecked | None = None,
    ) -> Expr[Any]:
        if self.seen.window is not None:
            raise BuildError("this call has an OVER already")
        return self.seeing(Rows(self.seen.condition, window_of(partition_by, order_by, frame, window)))


class JsonObjectAgg(JsonAggregate):
    """`JSON_OBJECTAGG(key : value)`."""

    def __init__(
        self,
        member: JsonKeyValue,
        on_null: str,
        returning: PgType[Any] | None,
        seen: Rows = ALL_ROWS_OF_GROUP,
        *,
        unique_keys: bool,
    ) -> None:
        super().__init__([member], on_null, returning, seen)
        self.member: Final = member
        self.unique_keys: Final = unique_keys

    def seeing(self, seen: Rows) -> Expr[Any]:
        return JsonObjectAgg(self.member, self.on_null, self.returning, seen, unique_keys=self.unique_keys)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0objectagg\0{self.on_null}\0{type_token(self.returning)}\0{self.unique_keys:d}")
        self.member.shape(walk)
        self.seen.shape(walk)


class JsonArrayAgg(JsonAggregate):
    """`JSON_ARRAYAGG(value ORDER BY ...)`; `pg` is the type of a value that is a parameter."""

    def __init__(
        self,
        value: Node,
        pg: PgType[Any] | None,
        order: tuple[SortBy, ...],
        on_null: str,
        returning: PgType[Any] | None,
        seen: Rows = ALL_ROWS_OF_GROUP,
    ) -> None:
        super().__init__([value, *order], on_null, returning, seen)
        self.value: Final = value
        self.pg: Final = pg
        self.order: Final = order

    def seeing(self, seen: Rows) -> Expr[Any]:
        return JsonArrayAgg(self.value, self.pg, self.order, self.on_null, self.returning, seen)

    def shape(self, walk: Walk) -> None:
        said = f"{self.on_null}\0{type_token(self.returning)}\0{type_token(self.pg)}\0{len(self.order)}"
        walk.tokens.append("J\0arrayagg\0" + said)
        self.value.shape(walk)
        for key in self.order:
            key.shape(walk)
        self.seen.shape(walk)


@overload
def json_objectagg(
    key: Any, value: Any, /, *, returning: TypeOf[T], on_null: Nulls = ..., unique_keys: bool = ...
) -> Expr[T | None]: ...
@overload
def json_objectagg(key: Any, value: Any, /, *, on_null: Nulls = ..., unique_keys: bool = ...) -> Expr[Any]: ...
def json_objectagg(
    key: Any,
    value: Any,
    /,
    *,
    returning: Any = None,
    on_null: Nulls = None,
    unique_keys: bool = False,
) -> Expr[Any]:
    """`JSON_OBJECTAGG(key : value)`: an object with a member for each row; NULL without rows. Needs PostgreSQL 16.

    >>> print(Qail.get("t").columns(json_objectagg(col("k"), col("v"), on_null="absent")))
    SELECT JSON_OBJECTAGG("k" : "v" ABSENT ON NULL) FROM "t"
    """
    return JsonObjectAgg(
        member_of(key, value, "json_objectagg()"),
        word_of(on_null, NULLS, "on_null="),
        checked_type(returning, "returning="),
        unique_keys=unique_keys,
    )


@overload
def json_arrayagg(
    value: Any, /, *, returning: TypeOf[T], order_by: Any = ..., on_null: Nulls = ...
) -> Expr[T | None]: ...
@overload
def json_arrayagg(value: Any, /, *, order_by: Any = ..., on_null: Nulls = ...) -> Expr[Any]: ...
def json_arrayagg(
    value: Any,
    /,
    *,
    returning: Any = None,
    order_by: Any = (),
    on_null: Nulls = None,
) -> Expr[Any]:
    """`JSON_ARRAYAGG(value ORDER BY ...)`: an array of all rows' values; NULL without rows. Needs PostgreSQL 16.

    NULL is left out unless `on_null="null"`.

    >>> print(Qail.get("t").columns(json_arrayagg(col("a"), order_by=col("b"))))
    SELECT JSON_ARRAYAGG("a" ORDER BY "b") FROM "t"
    """
    node, pg = typed_operand(value)
    return JsonArrayAgg(
        node,
        pg,
        tuple([sort_key(item) for item in listed(order_by)]),
        word_of(on_null, NULLS, "on_null="),
        checked_type(returning, "returning="),
    )
