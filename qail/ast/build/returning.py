"""Change, Returning: what INSERT, UPDATE and DELETE have in common. The overload block is written by tools/gen_overloads.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, TypeVarTuple, overload

from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.items import named_items
from qail.ast.build.query_expression import call_target, model_target
from qail.ast.clause.with_ import CommonTableExpr
from qail.ast.expression.column import A_Star
from qail.ast.name import Name
from qail.ast.valued import Item
from qail.ast.tokens import RETURNING, TARGET

if TYPE_CHECKING:
    from qail.rows.row import Row

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


class MappedReturning(Fetchable[M]):
    """A writing statement whose returned rows become something else."""


class Returning(Fetchable[tuple[*Ts]], Generic[*Ts]):
    """A writing statement that returns a tuple of values for each row it touched."""

    def map(self, function: Callable[[*Ts], M]) -> Fetchable[M]:
        """Rows become what `function` returns for their values, by position."""
        out: MappedReturning[M] = MappedReturning(self, TARGET, call_target(self, function))
        return out

    def into(self, model: type[M]) -> Fetchable[M]:
        """Rows become objects of `model`, filled by name."""
        out: MappedReturning[M] = MappedReturning(self, TARGET, model_target(self, model))
        return out

    def cte(self, name: Name, *columns: str) -> CommonTableExpr:
        """This statement as a query of WITH, under a name: its returned rows are the query's."""
        return CommonTableExpr(name, self, columns)


class DynReturning(Fetchable["Row"]):
    """`returning("id")`: rows are `Row` objects."""

    def into(self, model: type[M]) -> Fetchable[M]:
        """Rows become objects of `model`, filled by name."""
        out: MappedReturning[M] = MappedReturning(self, TARGET, model_target(self, model))
        return out

    def cte(self, name: Name, *columns: str) -> CommonTableExpr:
        """This statement as a query of WITH, under a name: its returned rows are the query's."""
        return CommonTableExpr(name, self, columns)


class Change(Command):
    """INSERT, UPDATE, DELETE or MERGE, complete."""

    def cte(self, name: Name) -> CommonTableExpr:
        """This statement as a query of WITH, under a name: it is done, and returns no rows to be named."""
        return CommonTableExpr(name, self)

    # overloads of returning: tools/gen_overloads.py
    # fmt: off
    @overload
    def returning(self, c0: Item[T0], /) -> Returning[T0]: ...
    @overload
    def returning(self, c0: Item[T0], c1: Item[T1], /) -> Returning[T0, T1]: ...
    @overload
    def returning(self, c0: Item[T0], c1: Item[T1], c2: Item[T2], /) -> Returning[T0, T1, T2]: ...
    @overload
    def returning(self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], /) -> Returning[T0, T1, T2, T3]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], /
    ) -> Returning[T0, T1, T2, T3, T4]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], /
    ) -> Returning[T0, T1, T2, T3, T4, T5]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13],
        c14: Item[T14], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14]: ...
    @overload
    def returning(
        self, c0: Item[T0], c1: Item[T1], c2: Item[T2], c3: Item[T3], c4: Item[T4], c5: Item[T5], c6: Item[T6],
        c7: Item[T7], c8: Item[T8], c9: Item[T9], c10: Item[T10], c11: Item[T11], c12: Item[T12], c13: Item[T13],
        c14: Item[T14], c15: Item[T15], /
    ) -> Returning[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15]: ...
    @overload
    def returning(
        self, c0: Item[Any], c1: Item[Any], c2: Item[Any], c3: Item[Any], c4: Item[Any], c5: Item[Any], c6: Item[Any],
        c7: Item[Any], c8: Item[Any], c9: Item[Any], c10: Item[Any], c11: Item[Any], c12: Item[Any], c13: Item[Any],
        c14: Item[Any], c15: Item[Any], c16: Item[Any], /, *more: Item[Any]
    ) -> Returning[*tuple[Any, ...]]: ...
    # fmt: on
    @overload
    def returning(self, name: str | A_Star, /, *names: str) -> DynReturning: ...

    def returning(self, *items: Any) -> Any:
        """`RETURNING`: these items of each row that was written; names or `star()` for untyped rows."""
        targets = named_items(items, "returning()")
        if isinstance(items[0], str) or isinstance(items[0], A_Star):  # noqa: SIM101 - mypyc: a tuple is slow
            return DynReturning(self, RETURNING, targets)
        out: Returning[*tuple[Any, ...]] = Returning(self, RETURNING, targets)
        return out
