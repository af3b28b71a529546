"""The form of a conformance case, and what counts as the same value."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import NamedTuple, cast

from qail.pg.codec.range import is_range


class Case(NamedTuple):
    """One value of one type, as SQL says it and as Python does."""

    row: str
    name: str  # pg_type's, as qail's codec is called: "int4", '"char"', "int4[]"
    literal: str  # SQL, without the cast
    value: object
    needs: str = ""
    """What a server must have, as words: "17" (the least version), "libxml", an extension's name."""

    def __str__(self) -> str:
        return f"{self.name}-{self.literal[:24]}"


def cases(row: str, name: str, *pairs: tuple[str, object], needs: str = "") -> list[Case]:
    return [Case(row, name, literal, value, needs) for literal, value in pairs]


def same(left: object, right: object) -> bool:
    """Equal, and so are the types, the sign of zero, the scale of a Decimal, the offset of a time, all items; NaN
    equals itself.
    """
    if isinstance(right, float):
        return isinstance(left, float) and repr(left) == repr(right)
    if isinstance(right, Decimal):
        return isinstance(left, Decimal) and left.as_tuple() == right.as_tuple()
    if _kind(left) != _kind(right):
        return False
    if is_range(right) and is_range(left):
        both = ((left.lower, right.lower), (left.upper, right.upper), (left.bounds, right.bounds))
        return left.is_empty == right.is_empty and all(same(mine, other) for mine, other in both)
    if isinstance(right, (list, tuple)):
        ours, theirs = cast("tuple[object, ...]", left), cast("tuple[object, ...]", right)
        return len(ours) == len(theirs) and all(map(same, ours, theirs)) and _bounds(ours) == _bounds(theirs)
    if isinstance(right, dict):
        mine, other = cast("dict[object, object]", left), cast("dict[object, object]", right)
        return mine.keys() == other.keys() and all(same(mine[key], other[key]) for key in mine)
    if isinstance(right, time) and isinstance(left, time):
        return left == right and left.utcoffset() == right.utcoffset()
    if isinstance(right, datetime) and isinstance(left, datetime):
        return left == right and (left.tzinfo is None) == (right.tzinfo is None)
    return left == right


def _kind(value: object) -> object:
    """Its type; of a named tuple what that is called, for a composite's is made anew once many others were met."""
    fields = getattr(value, "_fields", None)
    return type(value) if fields is None else (type(value).__name__, fields)


def _bounds(items: object) -> object:
    """A PgArray's lower bounds."""
    return getattr(items, "lower_bounds", None)
