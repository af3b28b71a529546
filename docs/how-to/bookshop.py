"""The tables of the how-to pages: a small bookshop."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NotRequired

from typing_extensions import TypedDict

import qail
from qail import DATE, INT8, NUMERIC, TEXT, Col, Columns, NullVal, Outer, Qail, Table, Val, col


class AuthorInsert(TypedDict):
    """What `Qail.add(Author).values(...)` takes."""

    id: Val[int]
    name: Val[str]
    born: NotRequired[NullVal[date]]


class AuthorUpdate(TypedDict, total=False):
    """What `Qail.set(Author).values(...)` takes."""

    name: Val[str]
    born: NullVal[date]


class _Author(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    born: Col[date | None] = col(DATE, null=True)


class Author(_Author, Table[AuthorInsert, AuthorUpdate], name="authors"):
    """Who writes."""


class _Book(Columns):
    id: Col[int] = col(INT8, pk=True)
    author_id: Col[int] = col(INT8, references=("authors", "id"))
    title: Col[str] = col(TEXT)
    price: Col[Decimal] = col(NUMERIC)


class Book(_Book, Table, name="books"):
    """What is sold."""


class BookOuter(_Book, Outer[Book], name="books"):
    """A book in an outer join: every column may be NULL."""


async def fill(pool: qail.Pool) -> None:
    """Make both tables and put a few rows into them."""
    await pool.batch([Qail.create(Author), Qail.create(Book)])
    await pool.execute(
        Qail.add(Author).values(
            {"id": 1, "name": "Ada", "born": date(1815, 12, 10)},
            {"id": 2, "name": "Grace", "born": date(1906, 12, 9)},
            {"id": 3, "name": "Unknown", "born": None},
        )
    )
    await pool.execute(
        Qail.add(Book).values(
            {"id": 10, "author_id": 1, "title": "Notes", "price": Decimal("12.50")},
            {"id": 11, "author_id": 2, "title": "Compilers", "price": Decimal("30.00")},
            {"id": 12, "author_id": 2, "title": "Nanoseconds", "price": Decimal("8.00")},
        )
    )
