"""PartitionBoundSpec: which rows a partition holds. Its values stand in the text.

Source: sql-createtable.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast

from qail.ast.clause.definition import DefElem, number, value_of
from qail.ast.name import Unchecked
from qail.ast.node import Node
from qail.errors import BuildError


class RangeEnd:
    """The class of MINVALUE and MAXVALUE."""

    def __init__(self, keyword: str) -> None:
        self.keyword: Final = keyword

    def __repr__(self) -> str:
        return self.keyword


MINVALUE: Final = RangeEnd("MINVALUE")
"""In from_to(): below every value of this column."""
MAXVALUE: Final = RangeEnd("MAXVALUE")
"""In from_to(): above every value of this column."""


class PartitionBoundSpec(DefElem):
    """`FOR VALUES IN (...)`, `FROM (...) TO (...)`, `WITH (MODULUS ..., REMAINDER ...)`, or `DEFAULT`."""


def in_values(value: Any, /, *more: Any) -> PartitionBoundSpec:
    """`FOR VALUES IN (values)`: of a table that is partitioned by list; None is NULL.

    >>> print(Qail.create("eu").partition_of("sale", in_values("de", "fr")))
    CREATE TABLE "eu" PARTITION OF "sale" FOR VALUES IN ('de', 'fr')
    """
    return PartitionBoundSpec("FOR VALUES", ("FOR VALUES IN", *_list((value, *more))))


def from_to(lower: Any, upper: Any, /) -> PartitionBoundSpec:
    """`FOR VALUES FROM (lower) TO (upper)`: the upper bound is not in it; a tuple has a value for each column.

    >>> print(Qail.create("y24").partition_of("sale", from_to(2024, 2025)))
    CREATE TABLE "y24" PARTITION OF "sale" FOR VALUES FROM (2024) TO (2025)
    """
    first, last = _bound(lower), _bound(upper)
    if len(first) != len(last):
        raise BuildError(f"from_to() goes from {len(first)} values to {len(last)}: give one for each column")
    return PartitionBoundSpec("FOR VALUES", ("FOR VALUES FROM", *_list(first), "TO", *_list(last)))


def remainder(of_modulus: int | Unchecked, equals: int | Unchecked, /) -> PartitionBoundSpec:
    """`FOR VALUES WITH (MODULUS of_modulus, REMAINDER equals)`: of a table that is partitioned by hash.

    >>> print(Qail.create("h0").partition_of("sale", remainder(4, 0)))
    CREATE TABLE "h0" PARTITION OF "sale" FOR VALUES WITH (MODULUS 4, REMAINDER 0)
    """
    modulus, rest = number(of_modulus, "a modulus"), number(equals, "a remainder")
    if of_modulus < 1 or not 0 <= equals < of_modulus:
        raise BuildError(f"remainder({of_modulus}, {equals}): a modulus is at least 1, and a remainder less than it")
    parts = ("FOR VALUES WITH", "(", "MODULUS", modulus, ",", "REMAINDER", rest, ")")
    return PartitionBoundSpec("FOR VALUES", parts)


def all_others() -> PartitionBoundSpec:
    """`DEFAULT`: the partition of all rows that no other one holds."""
    return PartitionBoundSpec("DEFAULT", ("DEFAULT",))


def _bound(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def _list(values: Collection[object]) -> tuple[str | Node, ...]:
    if not values:
        raise BuildError("the bound of a partition has at least one value")
    parts: list[str | Node] = ["("]
    for value in values:
        if len(parts) > 1:
            parts.append(",")
        parts.append(value.keyword if isinstance(value, RangeEnd) else value_of(value))
    return (*parts, ")")
