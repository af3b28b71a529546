"""Row shapes of the echo workload: no answer to one fits another, so a swapped answer cannot go unseen.

Each shape is a query that gives a token back in its own way, the backend's process id as its last column, and the rows
that must come. `sql` is the same for drivers that take text, with `$n`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qail import BOOL, BYTEA, DATE, FLOAT8, INT4, INT8, NUMERIC, TEXT, UUID, PgType, Qail, array_of, cast, col, func

NUMBERS = 64
"""How many rows the table `numbers` has."""
EPOCH = dt.date(2000, 1, 1)
Values = Callable[[int], list[Any]]
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Shape:
    """One way to give a token back: columns of `types`, `rows` times."""

    name: str
    types: tuple[PgType[Any], ...]
    values: Values
    rows: int = 1
    is_numbered: bool = False
    """Whether each row says which one it is, ahead of the values."""

    def query(self, token: int) -> Any:
        """The query for qail's own verbs."""
        columns = [cast(value, kind) for value, kind in zip(self.values(token), self.types, strict=True)]
        numbers = [col("n")] if self.is_numbered else []
        query = Qail.get("numbers").columns(*numbers, *columns, func.pg_backend_pid().as_("backend"))
        return query.lte("n", self.rows).order_by("n")

    def sql(self, token: int) -> tuple[str, list[Any]]:
        """The same as text, and its values."""
        places = [f"${number}::{kind.name}" for number, kind in enumerate(self.types, 1)]
        if self.is_numbered:
            places.insert(0, "n")
        text = f"SELECT {', '.join(places)}, pg_backend_pid() FROM numbers WHERE n <= {self.rows} ORDER BY n"
        return text, self.values(token)

    def expected(self, token: int) -> Rows:
        """The rows without the process id."""
        values = tuple(self.values(token))
        return [((number, *values) if self.is_numbered else values) for number in range(1, self.rows + 1)]


def _payload(token: int, size: int) -> bytes:
    return token.to_bytes(8, "big") * (size // 8)


SHAPES: tuple[Shape, ...] = (
    Shape("int8", (INT8,), lambda token: [token]),
    Shape("text", (TEXT,), lambda token: [f"token {token}"]),
    Shape("int4, text, bool", (INT4, TEXT, BOOL), lambda token: [token % 2**31, str(token), token % 2 == 0]),
    Shape("numeric, date", (NUMERIC, DATE), lambda token: [Decimal(token) / 8, EPOCH + dt.timedelta(token % 9999)]),
    Shape("uuid", (UUID,), lambda token: [uuid.UUID(int=token)]),
    Shape("bytea", (BYTEA,), lambda token: [_payload(token, 6_000)]),
    Shape("array", (array_of(INT8),), lambda token: [[token, None, -token]]),
    Shape("nulls", (INT4, INT8, TEXT), lambda token: [None, token, None]),
    Shape("wide", (FLOAT8,) * 12, lambda token: [token + number / 16 for number in range(12)]),
    Shape("many", (INT8,), lambda token: [token], rows=NUMBERS, is_numbered=True),
    Shape("none", (TEXT, INT8), lambda token: [str(token), token], rows=0),
    Shape("many wide", (TEXT, DATE), lambda token: ["x" * 300 + str(token), EPOCH], rows=24, is_numbered=True),
)
BIG = Shape("big", (BYTEA,), lambda token: [_payload(token, 48_000)])
"""Too much for a socket's buffer when many are on their way."""
HUGE = Shape("huge", (BYTEA,), lambda token: [_payload(token, 2_000_000)])
"""Too much for one socket's buffer all by itself."""
SETUP = f"CREATE TABLE numbers AS SELECT n::int FROM generate_series(1, {NUMBERS}) AS n"
