"""A small database with NULLs, ties and rows without partners, and the comparison of a query with hand-written SQL.

Rule 1: the SQL runs over `support.simple_query`, which knows nothing of qail, and comes back as text.
Rule 2: a value is compared in PostgreSQL's own text form, so `1` and `Decimal("1.0")` differ.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import qail
from qail import BOOL, DATE, FLOAT8, INT4, INT8, NUMERIC, TEXT, Col, Columns, Outer, Table, col
from support.finishing import finish
from support.servers import Database

SETUP = """
CREATE TABLE readers (
    id int8 PRIMARY KEY, name text NOT NULL UNIQUE, city text, age int4 NOT NULL, score float8, active bool NOT NULL
);
INSERT INTO readers VALUES
    (1, 'Ada', 'London', 36, 9.5, true), (2, 'Grace', 'New York', 85, NULL, true),
    (3, 'Edsger', NULL, 72, 8.25, false), (4, 'Barbara', 'Boston', 36, 7, true),
    (5, 'Alan', 'London', 41, 9.5, false), (6, 'Margaret', 'Boston', 85, 6.5, true),
    (7, 'per%cent', 'a_b', 20, NULL, true), (8, 'back\\slash', 'axb', 20, 0, false),
    (9, 'x.y', NULL, 20, -1.5, true);
CREATE TABLE loans (
    id int8 PRIMARY KEY, reader_id int8, title text NOT NULL, price numeric, day date NOT NULL
);
INSERT INTO loans VALUES
    (1, 1, 'Notes', 10.50, '2024-01-01'), (2, 1, 'Engines', 3.00, '2024-01-02'),
    (3, 2, 'Compilers', NULL, '2024-01-02'),
    (4, 4, 'Abstraction', 20.00, '2024-02-01'), (5, 4, 'Types', 0.10, '2024-02-03'),
    (6, NULL, 'Nobody''s', 1, '2024-02-04'),
    (7, 5, 'Numbers', 12.345, '2024-03-01'), (8, 99, 'Stray', 7, '2024-03-02'), (9, 1, 'Notes', 10.50, '2024-03-03');
"""


class _Reader(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    city: Col[str | None] = col(TEXT, null=True)
    age: Col[int] = col(INT4)
    score: Col[float | None] = col(FLOAT8, null=True)
    active: Col[bool] = col(BOOL)


class Reader(_Reader, Table, name="readers"):
    """Who borrows."""


class ReaderOuter(_Reader, Outer[Reader], name="readers"):
    """The reader of a loan that may have none."""


class _Loan(Columns):
    id: Col[int] = col(INT8, pk=True)
    reader_id: Col[int | None] = col(INT8, null=True)
    title: Col[str] = col(TEXT)
    price: Col[Decimal | None] = col(NUMERIC, null=True)
    day: Col[dt.date] = col(DATE)


class Loan(_Loan, Table, name="loans"):
    """What was borrowed."""


class LoanOuter(_Loan, Outer[Loan], name="loans"):
    """The loan of a reader who may have none."""


def as_text(value: Any) -> str | None:
    """The text that PostgreSQL gives for a value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def cells(row: Any) -> tuple[Any, ...]:
    """The values of a row of any form: a tuple, a Row, a table object, or several of those."""
    if hasattr(type(row), "__qail_columns__"):
        return tuple(getattr(row, name) for name in type(row).__qail_columns__)
    found: list[Any] = []
    for value in row:
        found += cells(value) if hasattr(type(value), "__qail_columns__") else [value]
    return tuple(found)


def texts(rows: Iterable[Any]) -> list[tuple[str | None, ...]]:
    """Rows in PostgreSQL's text form."""
    return [tuple(as_text(value) for value in cells(row)) for row in rows]


def fetch(database: Database, query: Any) -> list[Any]:
    """The rows of a query over a connection of its own."""

    async def main() -> Any:
        async with qail.connect(database.dsn) as connection:
            return await connection.fetch_all(query)

    rows: list[Any] = finish(main)
    return rows


def assert_same(database: Database, query: Any, sql: str, *, is_ordered: bool = False) -> None:
    """The query and the SQL give equal rows, in equal order if that is said; and there are some."""
    rows, expected = texts(fetch(database, query)), database.sql(sql)
    assert expected, f"the comparison shows nothing: {sql} has no rows"
    if not is_ordered:
        rows, expected = sorted(rows, key=repr), sorted(expected, key=repr)
    assert rows == expected
