"""Keyset paging over keys of mixed order that may be NULL, against a list that is sorted and cut in Python.

Rows come in between two pages, before and behind the bound; what a page holds is then decided by the list: the first
rows that lie strictly behind the bound (or before it, going back), in the order of the query.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import qail
from qail import INT4, INT8, TEXT, Col, Columns, Qail, Table, col, select
from qail.compile.cache import lookup
from support.finishing import finish
from support.servers import Database, Server

COLUMNS = ("a", "b", "id")


class _Entry(Columns):
    a: Col[int | None] = col(INT4, null=True)
    b: Col[str | None] = col(TEXT, null=True)
    id: Col[int] = col(INT8, pk=True)


class Entry(_Entry, Table, name="entries"):
    """A row with two keys that may be NULL."""


class SortKey(NamedTuple):
    """One key of an order: `nulls` is "first", "last" or "" for the server's default."""

    column: str
    descending: bool
    nulls: str

    def built(self, *, typed: bool) -> Any:
        column: Any = getattr(Entry, self.column) if typed else col(self.column)
        if self.column == "b":
            column = column.collate("C")
        key = column.desc() if self.descending else column.asc()
        return {"first": key.nulls_first, "last": key.nulls_last, "": lambda: key}[self.nulls]()

    def compare(self, left: Any, right: Any) -> int:
        """As the server sorts: NULLs at one end, whatever the direction."""
        if left == right:
            return 0
        if left is None or right is None:
            has_nulls_first = self.nulls == "first" or (self.nulls == "" and self.descending)
            return -1 if (left is None) == has_nulls_first else 1
        return -1 if (left < right) != self.descending else 1


def compare(order: list[SortKey], left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    for key in order:
        at = COLUMNS.index(key.column)
        found = key.compare(left[at], right[at])
        if found:
            return found
    return 0


class Model:
    """The rows as a list, and the bound."""

    def __init__(self, order: list[SortKey]) -> None:
        self.order = order
        self.rows: list[tuple[Any, ...]] = []

    def page(self, bound: tuple[Any, ...] | None, size: int, *, backwards: bool) -> list[tuple[Any, ...]]:
        sign = -1 if backwards else 1

        def compared(left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
            return sign * compare(self.order, left, right)

        ordered = sorted(self.rows, key=cmp_to_key(compared))
        left = [row for row in ordered if bound is None or sign * compare(self.order, row, bound) > 0]
        return left[:size]


ROWS = st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from(["", "a", "B", "b"])), max_size=6)
NULLS = st.sampled_from(["", "first", "last"])


@st.composite
def orders(draw: Any) -> list[SortKey]:
    """One or two keys that may be NULL, in any order, and the unique one that ends them."""
    names = draw(st.permutations(["a", "b"]))[: draw(st.integers(1, 2))]
    return [SortKey(name, draw(st.booleans()), draw(NULLS)) for name in [*names, "id"]]


@pytest.fixture(scope="module")
def entries(server: Server) -> Any:
    with server.fresh_database() as database:
        database.sql("CREATE TABLE entries (a int4, b text, id int8 PRIMARY KEY)")
        yield database


async def insert(connection: qail.Connection, model: Model, batch: list[Any]) -> None:
    """Rows come in. The unique keys jump to and fro, so that some come before the bound and some behind it."""
    count = len(model.rows)
    new = [(a, b, (count + at) * 7919 % 10_007) for at, (a, b) in enumerate(batch)]
    if new:
        await connection.execute(Qail.add(Entry).values(*[dict(zip(COLUMNS, row, strict=True)) for row in new]))
    model.rows += new


async def walk(database: Database, query: Any, places: list[int], model: Model, size: int, pending: list[Any]) -> None:
    """Forward to the end while rows come in, then back to the beginning; each page is the model's."""
    async with qail.connect(database.dsn) as connection:
        await connection.execute(Qail.truncate(Entry))
        await insert(connection, model, pending.pop(0))
        seen: list[Any] = []
        bound: tuple[Any, ...] | None = None
        page = await connection.fetch_all(query)
        assert page == model.page(None, size, backwards=False)
        while page or pending:
            seen += page
            bound = page[-1] if page else bound
            await insert(connection, model, pending.pop(0) if pending else [])
            following = query if bound is None else query.after(*[bound[place] for place in places])
            page = await connection.fetch_all(following)
            assert page == model.page(bound, size, backwards=False)
        assert len(set(seen)) == len(seen)

        back: list[Any] = []
        while bound is not None:
            page = await connection.fetch_all(query.before(*[bound[place] for place in places]))
            assert page == model.page(bound, size, backwards=True)
            back += page
            bound = page[-1] if page else None
        assert not seen or set(seen) - {seen[-1]} <= set(back) <= set(model.rows)


@pytest.mark.feature("ST7")
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=settings().max_examples // 2,
)
@given(order=orders(), batches=st.lists(ROWS, min_size=2, max_size=6), size=st.integers(1, 3), typed=st.booleans())
def test_pages_are_those_of_the_list_while_rows_come_in(
    entries: Database, order: list[SortKey], batches: list[Any], size: int, typed: bool
) -> None:
    columns = [getattr(Entry, name) if typed else col(name) for name in COLUMNS]
    query = select(*columns).from_(Entry).order_by(*[key.built(typed=typed) for key in order]).limit(size)
    places = [COLUMNS.index(key.column) for key in order]

    finish(lambda: walk(entries, query, places, Model(order), size, list(batches)))


@pytest.mark.feature("ST7")
def test_one_text_serves_every_page_with_and_without_null() -> None:
    page = select(Entry.id).order_by(Entry.a.desc().nulls_last(), Entry.b, Entry.id).limit(5)

    plans = [lookup(page.after(*bound)).plan for bound in [(1, "x", 2), (None, "x", 2), (None, None, 2)]]

    assert plans[0] is plans[1] is plans[2]
    assert str(page.after(None, "x", 2)) == (
        'SELECT "entries"."id" FROM "entries" WHERE "entries"."a" < $1 OR "entries"."a" IS NULL AND $1 IS NOT NULL OR '
        '"entries"."a" IS NOT DISTINCT FROM $1 AND ("entries"."b" > $2 OR "entries"."b" IS NULL AND $2 IS NOT NULL) OR '
        '"entries"."a" IS NOT DISTINCT FROM $1 AND "entries"."b" IS NOT DISTINCT FROM $2 AND "entries"."id" > $3 '
        'ORDER BY "entries"."a" DESC NULLS LAST, "entries"."b", "entries"."id" LIMIT $4'
    )


@pytest.mark.feature("ST7")
def test_numbered_pages_and_their_total_come_in_one_flight(entries: Database) -> None:
    query = select(Entry.id).where(Entry.a == 7).order_by(Entry.id)

    async def main() -> None:
        async with qail.connect(entries.dsn) as connection:
            await connection.execute(Qail.truncate(Entry))
            rows = [{"id": number, "a": 7 if number % 2 else 1} for number in range(50)]
            await connection.execute(Qail.add(Entry).values(*rows))

            page, total = await connection.batch([query.page(2, size=10), query.count()])
            assert [row[0] for row in page] == list(range(21, 41, 2))
            assert total[0][0] == 25

            page, total = await connection.batch([query.page(4, size=10), query.count()])
            assert (page, total[0][0]) == ([], 25)

    finish(main)
