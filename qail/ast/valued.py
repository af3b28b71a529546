"""Item: what stands in a select list. Valued: what a function takes that makes `T | None` of an `Expr[T]`.

`Expr` is invariant: where the context asks for an `Expr[int | None]`, as a select list does, a type checker would want
one for the argument as well, and refuse the column that is never NULL.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Item(Protocol[T_co]):
    """What `select()` and `returning()` take: an `Expr[T]`, or a table class, which stands for its whole rows."""

    def __qail_item__(self) -> T_co: ...


class Valued(Protocol[T_co]):
    """An `Expr[T]`, or one of what T is a part of."""

    def __qail_value__(self) -> T_co: ...
