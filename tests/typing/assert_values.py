"""What values of ranges and arrays are to a type checker; accepted whole."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, assert_type

from qail import (
    DATERANGE,
    INT4MULTIRANGE,
    INT4RANGE,
    Multirange,
    PgArray,
    Range,
    Select,
    TypeCodec,
    cast,
    create_pool,
    select,
)

assert_type(Range(1, 5), Range[int])
assert_type(Range(date(2024, 1, 1), None, "[]").upper, date | None)
assert_type(Multirange([Range(1, 5)]), Multirange[int])
assert_type(Multirange([Range(1, 5)])[0], Range[int])
assert_type(select(cast(Range(1, 5), INT4RANGE)), Select[Range[int]])
assert_type(select(cast(Range(date(2024, 1, 1)), DATERANGE)), Select[Range[date]])
assert_type(select(cast(None, INT4MULTIRANGE)), Select[Multirange[int]])
assert_type(PgArray([1], [0]).lower_bounds, tuple[int, ...])

wide: Range[float] = Range(1, 5)


class Address(NamedTuple):
    street: str


pool = create_pool(types={"address": Address, ("pg_catalog", "numeric"): TypeCodec(encode=str, decode=float)})
pool.register_type("address", Address)
pool.register_type(("app", "address"), TypeCodec(encode=bytes, decode=bytes, format="binary"))
