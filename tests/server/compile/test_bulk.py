"""Many rows: few texts, whatever the number of rows, and every value where it belongs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID as PyUUID

import pytest

import qail
from qail import (
    BOOL,
    BYTEA,
    DATE,
    FLOAT8,
    INT4,
    INT8,
    INTERVAL,
    JSONB,
    NUMERIC,
    TEXT,
    TIMESTAMPTZ,
    UUID,
    BuildError,
    Col,
    Columns,
    EncodeError,
    Interval,
    Qail,
    Table,
    col,
    default,
    select,
)
from qail.compile.cache import lookup
from qail.pgtype import array_of
from support.finishing import finish
from support.servers import Database

ROWS = 100_000
KEYED = 10_000
MOMENT = dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)


class Wide(Columns):
    id: Col[int] = col(INT8, pk=True)
    a: Col[int] = col(INT4)
    b: Col[str] = col(TEXT)
    c: Col[float | None] = col(FLOAT8, null=True)
    d: Col[Decimal] = col(NUMERIC)
    e: Col[dt.datetime] = col(TIMESTAMPTZ)
    f: Col[dt.date] = col(DATE)
    g: Col[bool] = col(BOOL)
    h: Col[PyUUID] = col(UUID)
    i: Col[bytes] = col(BYTEA)
    j: Col[Any] = col(INTERVAL)
    k: Col[str | None] = col(TEXT, null=True)


class Item(Wide, Table, name="items"):
    """Twelve columns that arrays can carry."""


class _Note(Columns):
    id: Col[int] = col(INT8, pk=True)
    tags: Col[list[str | None]] = col(array_of(TEXT))
    data: Col[Any] = col(JSONB, null=True)


class Note(_Note, Table, name="notes"):
    """Columns that arrays cannot carry: an array, and documents that may be lists."""


def item(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "a": number % 1000,
        "b": f"b{number}",
        "c": None if number % 3 else number / 4,
        "d": Decimal(number) / 100,
        "e": MOMENT,
        "f": MOMENT.date(),
        "g": number % 2 == 0,
        "h": PyUUID(int=number),
        "i": b"\x00\xff",
        "j": Interval(months=1),
        "k": None if number % 5 else "',$1",
    }


@pytest.mark.feature("DM2")
def test_100000_rows_of_12_columns_are_one_text_and_so_are_10000_keyed_updates(fresh_database: Database) -> None:
    insert = Qail.add(Item).values(*[item(number) for number in range(ROWS)])
    changes = [{"id": number * 7, "a": number % 50, "k": f"new {number}", "c": None} for number in range(KEYED)]
    update = Qail.set(Item).each(*changes, key="id")

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await connection.execute(Qail.create(Item))
            assert await connection.execute(insert) == ROWS
            assert await connection.execute(update) == KEYED
            found = await connection.fetch_all(Qail.get(Item).where(Item.id.in_([0, 3, 5, 7, 69_993, 99_999])))
            rows = {row.id: row for row in found}
            for number in (3, 5, 99_999):
                assert {name: getattr(rows[number], name) for name in item(0)} == item(number)
            assert (rows[0].k, rows[7].a, rows[7].k, rows[69_993].k) == ("new 0", 1, "new 1", "new 9999")
            assert rows[0].c is None
            total = select(qail.count(), qail.sum_(Item.id)).from_(Item)
            assert await connection.fetch_one(total) == (ROWS, ROWS * (ROWS - 1) // 2)

    finish(main)
    assert lookup(insert).plan is lookup(Qail.add(Item).values(*[item(number) for number in range(9)])).plan
    assert lookup(update).plan is lookup(Qail.set(Item).each(*changes[:1], key="id")).plan
    assert len(lookup(insert).plan.slots) == 12


@pytest.mark.feature("DM2")
def test_what_arrays_cannot_carry_is_spelt_out_in_powers_of_two(fresh_database: Database) -> None:
    notes: list[Any] = [
        {"id": n, "tags": ["a", None][: n % 3], "data": [n, "x"] if n % 2 else None} for n in range(5000)
    ]
    untyped = [{"id": n, "tags": ["u"], "data": {"n": n}} for n in range(5000, 5100)]
    partly: list[Any] = [{"id": n, "tags": ["d"], "data": default()} for n in range(5100, 5107)]
    commands = [*Qail.add(Note).bulk(notes), *Qail.add("notes").bulk(untyped), *Qail.add(Note).bulk(partly)]
    changes = [{"id": n, "tags": [], "data": {"k": n}} for n in range(5)]

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await connection.execute(Qail.create(Note))
            counts = await connection.batch(commands)
            assert counts == [4096, 512, 256, 128, 8, 64, 32, 4, 4, 2, 1]
            assert await connection.execute(Qail.set(Note).each(*changes, key=Note.id)) == 5
            query = select(Note.id, Note.tags, Note.data).order_by(Note.id)
            expected = [(row["id"], row["tags"], row["data"]) for row in notes]
            expected[:5] = [(n, [], {"k": n}) for n in range(5)]
            expected += [(row["id"], ["u"], row["data"]) for row in untyped]
            expected += [(row["id"], ["d"], None) for row in partly]
            assert await connection.fetch_all(query) == expected

    finish(main)
    texts = {lookup(command).plan.sql for count in range(1, 3000, 61) for command in Qail.add(Note).bulk(notes[:count])}
    assert len(texts) == 12
    updates = {lookup(Qail.set(Note).each(*notes[:count], key="id")).plan.sql for count in range(1, 1000, 31)}
    assert len(updates) == 7


@pytest.mark.feature("DM2")
def test_many_rows_meet_conflicts_and_come_back_as_few_do(fresh_database: Database) -> None:
    rows = [item(number) for number in range(20)]

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await connection.execute(Qail.create(Item))
            await connection.execute(Qail.add(Item).values(*rows[5:15]))
            kept = Qail.add(Item).values(*rows).on_conflict("id").do_nothing().returning(Item.id)
            assert await connection.fetch_values(kept) == [*range(5), *range(15, 20)]
            put = Qail.put(Item).values(*[{**row, "b": "put"} for row in rows], key="id")
            assert await connection.execute(put) == 20
            assert await connection.fetch_value(select(qail.count()).from_(Item).where(Item.b == "put")) == 20
            both = Qail.set(Item).each(*[{"id": n, "a": n, "b": f"x{n}"} for n in range(20)], key=("id", Item.a))
            assert await connection.fetch_values(both.where(Item.id > 17).returning(Item.b)) == ["x18", "x19"]

    finish(main)


REFUSED: dict[str, tuple[Any, str]] = {
    "no key in a row": (lambda: Qail.set(Item).each({"a": 1}, key="id"), "needs the key"),
    "nothing but the key": (lambda: Qail.set(Item).each({"id": 1}, key="id"), "nothing to set"),
    "rows that differ": (
        lambda: Qail.set(Item).each({"id": 1, "a": 1}, {"id": 2, "b": "x"}, key="id"),
        "row 2 differs",
    ),
    "one key twice": (lambda: Qail.set(Item).each({"id": 1, "a": 1}, {"id": 1, "a": 2}, key="id"), "rows 1 and 2"),
    "a key of None": (lambda: Qail.set(Item).each({"id": None, "a": 1}, key="id"), "row 1 has no key"),
    "an expression": (lambda: Qail.set(Item).each({"id": 1, "a": Item.a + 1}, key="id"), "values alone"),
    "no types": (lambda: Qail.set("items").each({"id": 1, "a": 1}, key="id"), "type of column 'id'"),
    "an unknown column": (lambda: Qail.set(Item).each({"id": 1, "zz": 1}, key="id"), "no column 'zz'"),
    "a column twice": (lambda: Qail.set(Item).each({"id": 1, "a": 1, Item.a: 2}, key="id"), "twice"),
    "no rows": (lambda: Qail.add(Item).bulk([]), "at least one row"),
    "a row that is none": (lambda: Qail.set(Item).each([1, 2], key="id"), "mappings"),  # type: ignore[arg-type]
}


@pytest.mark.feature("DM2")
@pytest.mark.parametrize("name", REFUSED)
def test_rows_that_cannot_be_are_refused(name: str) -> None:
    build, told = REFUSED[name]

    with pytest.raises(BuildError, match=told):
        build()


@pytest.mark.feature("DM2")
def test_a_value_that_does_not_fit_is_refused_with_its_column_and_nothing_is_sent(fresh_database: Database) -> None:
    rows = [item(number) for number in range(20)]
    rows[13]["a"] = 2**31

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await connection.execute(Qail.create(Item))
            with pytest.raises(EncodeError, match="int4"):
                await connection.execute(Qail.add(Item).values(*rows))
            assert await connection.fetch_value(select(qail.count()).from_(Item)) == 0

    finish(main)


@pytest.mark.parametrize("wrong", [[1, 2], (1, 2)], ids=["list", "tuple"])
def test_a_sequence_in_the_place_of_a_value_is_refused_and_makes_no_rows(fresh_database: Database, wrong: Any) -> None:
    insert = Qail.add(Item).values(*[{**item(number), "a": wrong} for number in range(20)])
    update = Qail.set(Item).each(*[{"id": number, "a": wrong} for number in range(20)], key="id")

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await connection.execute(Qail.create(Item))
            for statement in (insert, update):
                with pytest.raises(qail.EncodeError, match="int4"):
                    await connection.execute(statement)
            assert await connection.fetch_value(select(qail.count()).from_(Item)) == 0

    finish(main)
