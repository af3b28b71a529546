"""Select and From: the typed SELECT builders; `select()`. The overload blocks are written by tools/gen_overloads.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, TypeVarTuple, overload

from qail.ast.build.items import select_items
from qail.ast.build.query import Mapped, Query
from qail.ast.build.query_expression import call_target
from qail.ast.node import Node
from qail.ast.valued import Item
from qail.ast.tokens import COLUMNS, SELECT, TARGET

M = TypeVar("M")
Ts = TypeVarTuple("Ts")
# type variables: tools/gen_overloads.py
T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
T8 = TypeVar("T8")
T9 = TypeVar("T9")
T10 = TypeVar("T10")
T11 = TypeVar("T11")
T12 = TypeVar("T12")
T13 = TypeVar("T13")
T14 = TypeVar("T14")
T15 = TypeVar("T15")
# end of type variables


class Select(Query[tuple[*Ts]], Generic[*Ts]):
    """A SELECT of a list of items; a row is a tuple of their values, in order."""

    def _with(self, step: int, node: Node) -> Any:
        out: Select[*Ts] = Select(self, step, node)
        return out

    def map(self, function: Callable[[*Ts], M]) -> Query[M]:
        """Rows become what `function` returns for their values, by position."""
        query: Mapped[M] = Mapped(self, TARGET, call_target(self, function))
        return query


class From(Query[M]):
    """`Qail.get(User)`: whole rows of one table, as its objects."""

    def _with(self, step: int, node: Node) -> Any:
        out: From[M] = From(self, step, node)
        return out

    # overloads of columns: tools/gen_overloads.py
    # fmt: off
    @overload
    def columns(self, c0: Item[T0], /) -> Select[T0]: ...
    @overload
    def columns(self, c0: Item[T0], c1: Item[T1], /) -> Select[T0, T1]: ...
    @overload
    def columns(self, c0: Item[T0], c1: Item[T1], c2: Item[T2], /) -> Select[T0, T1, T2]: ...
    @overload
    def columns(self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], /) -> Select[T0, T1, T2, T3]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], /
    ) -> Select[T0, T1, T2, T3, T4]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], /
    ) -> Select[T0, T1, T2, T3, T4, T5]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13],
        c14: Item[T14], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14]: ...
    @overload
    def columns(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13],
        c14: Item[T14], c15: Item[T15], /
    ) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15]: ...
    @overload
    def columns(
        self, c0: Item[Any], c1: Item[Any], c2: Item[Any], c3: Item[Any], c4: Item[Any], c5: Item[Any], c6: Item[Any],
        c7: Item[Any], c8: Item[Any], c9: Item[Any], c10: Item[Any], c11: Item[Any], c12: Item[Any], c13: Item[Any],
        c14: Item[Any], c15: Item[Any], c16: Item[Any], /, *more: Item[Any]
    ) -> Select[*tuple[Any, ...]]: ...
    # fmt: on

    def columns(self, *items: Any) -> Any:
        """These items instead of the whole row; rows are tuples."""
        query: Select[*tuple[Any, ...]] = Select(self, COLUMNS, select_items(items, "columns()"))
        return query


# overloads of select: tools/gen_overloads.py
# fmt: off
@overload
def select(c0: Item[T0], /) -> Select[T0]: ...
@overload
def select(c0: Item[T0], c1: Item[T1], /) -> Select[T0, T1]: ...
@overload
def select(c0: Item[T0], c1: Item[T1], c2: Item[T2], /) -> Select[T0, T1, T2]: ...
@overload
def select(c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], /) -> Select[T0, T1, T2, T3]: ...
@overload
def select(c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], /) -> Select[T0, T1, T2, T3, T4]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], /
) -> Select[T0, T1, T2, T3, T4, T5]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], /
) -> Select[T0, T1, T2, T3, T4, T5, T6]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], c10: Item[T10], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13], c14: Item[T14], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14]: ...
@overload
def select(
    c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], c7: Item[T7],
    c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13], c14: Item[T14],
    c15: Item[T15], /
) -> Select[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15]: ...
@overload
def select(
    c0: Item[Any], c1: Item[Any], c2: Item[Any], c3: Item[Any], c4: Item[Any], c5: Item[Any], c6: Item[Any],
    c7: Item[Any], c8: Item[Any], c9: Item[Any], c10: Item[Any], c11: Item[Any], c12: Item[Any], c13: Item[Any],
    c14: Item[Any], c15: Item[Any], c16: Item[Any], /, *more: Item[Any]
) -> Select[*tuple[Any, ...]]: ...
# fmt: on


def select(*items: Any) -> Any:
    """A typed SELECT of columns, other expressions, and table classes for their whole rows.

    FROM is the table of the first item whose table no join brings, unless `from_()` says it. No other table is added.
    """
    query: Select[*tuple[Any, ...]] = Select(None, SELECT, select_items(items, "select()"))
    return query
