"""Hostile strings in every slot that takes a value: the text stays the same, and the value comes back equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import qail
from qail import (
    INT8,
    TEXT,
    BuildError,
    Col,
    Columns,
    EncodeError,
    Qail,
    Table,
    array_of,
    case,
    cast,
    coalesce,
    col,
    count,
    exists,
    func,
    greatest,
    least,
    literal,
    max_,
    nullif,
    row,
    select,
)
from support.finishing import finish
from support.hostile import HOSTILE_TEXTS, TEXTS
from support.servers import Database, Server


class _Note(Columns):
    id: Col[int] = col(INT8, pk=True)
    body: Col[str] = col(TEXT)


class Note(_Note, Table, name="notes"):
    """One text."""


OTHER = Note.as_("other")
BODY = select(Note.body)
UNTYPED = Qail.get("notes").columns("body")

# Each makes a query over a table whose one row is (0, text), and finds or gives back that text alone.
SLOTS: dict[str, Callable[[str], Any]] = {
    "equal": lambda text: BODY.where(Note.body == text),
    "equal, untyped": lambda text: UNTYPED.eq("body", text),
    "at most and at least": lambda text: BODY.where(Note.body <= text, Note.body >= text),
    "between": lambda text: BODY.where(Note.body.between(text, text)),
    "in": lambda text: BODY.where(Note.body.in_(["other", text])),
    "in, untyped": lambda text: UNTYPED.in_("body", [text]),
    "contains": lambda text: BODY.where(Note.body.contains(text)),
    "contains, untyped": lambda text: UNTYPED.contains("body", text),
    "starts and ends": lambda text: BODY.where(Note.body.startswith(text), Note.body.endswith(text)),
    "row": lambda text: BODY.where(row(Note.id, Note.body) == row(0, text)),
    "not distinct": lambda text: BODY.where(Note.body.is_not_distinct_from(text)),
    "case": lambda text: select(case((Note.body == text, text), else_="else")),
    "coalesce": lambda text: select(coalesce(literal(None), text)),
    "greatest and least": lambda text: select(least(greatest(Note.body, text), text)),
    "nullif": lambda text: select(coalesce(nullif(Note.body, text), Note.body)),
    "cast": lambda text: select(cast(text, TEXT)),
    "function": lambda text: select(func.replace(Note.body, text, text)),
    "function of any": lambda text: select(func.concat(text)),
    "concatenation": lambda text: select(func.substr(Note.body.concat(text), func.length(Note.body) + 1)),
    "filter": lambda text: select(max_(Note.body).filter(Note.body == text)),
    "having": lambda text: BODY.group_by(Note.body).having(max_(Note.body) == text),
    "window": lambda text: select(func.lag(Note.body, 1, text).over(order_by=Note.id)),
    "join": lambda text: BODY.join(OTHER, on=(OTHER.id == Note.id) & (OTHER.body == text)),
    "exists": lambda text: BODY.where(exists(select(OTHER.id).where(OTHER.body == text))),
    "subquery": lambda text: select(select(OTHER.body).where(OTHER.body == text).scalar()),
    "derived table": lambda text: Qail.get(BODY.where(Note.body == text).subquery("s")),
    "order": lambda text: BODY.order_by(case((Note.body == text, "a"), else_="b")),
    "update": lambda text: Qail.set(Note).values({"body": text}).where(Note.body == text).returning(Note.body),
    "upsert": lambda text: Qail.put(Note).values({"id": 0, "body": text}, key="id").returning(Note.body),
    "delete": lambda text: Qail.delete(Note).where(Note.body == text).returning(Note.body),
    "insert": lambda text: Qail.add(Note).values({"id": 0, "body": text}).returning(Note.body),
    "insert, untyped": lambda text: Qail.add("notes").values({"id": 1, "body": text}).returning("body"),
}


@pytest.fixture(scope="module")
def notes(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql('CREATE TABLE notes (id int8 PRIMARY KEY, body text NOT NULL COLLATE "C")')
        yield database


async def try_every_slot(database: Database, text: str) -> None:
    async with qail.connect(database.dsn) as connection:
        await connection.execute(Qail.delete(Note).all_rows())
        await connection.execute(Qail.add(Note).values({"id": 0, "body": text}))
        for name, make in SLOTS.items():
            assert str(make(text)) == str(make("plain")), name
            assert await connection.fetch_all(make(text)) == [(text,)], name


@pytest.mark.feature("PA2")
@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=[ascii(text)[:40] for text in HOSTILE_TEXTS])
def test_a_hostile_value_leaves_the_text_and_comes_back_equal(notes: Database, text: str) -> None:
    finish(lambda: try_every_slot(notes, text))


@pytest.mark.feature("PA2")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=TEXTS)
@example(text="$1'\\")
def test_any_value_leaves_the_text_and_comes_back_equal(notes: Database, text: str) -> None:
    finish(lambda: try_every_slot(notes, text))


@pytest.mark.feature("PA2")
def test_hostile_values_in_lists_batches_sets_and_copies_come_back_equal(notes: Database) -> None:
    texts = list(HOSTILE_TEXTS)

    async def main() -> None:
        async with qail.create_pool(notes.dsn) as pool:
            assert await pool.fetch_value(select(cast(texts, array_of(TEXT)))) == texts
            add = Qail.add(Note)
            pieces = [
                await pool.batch([Qail.delete(Note).all_rows(), *[add.values(*rows(texts))]]),
                await pool.batch([Qail.delete(Note).all_rows(), *[add.values(each) for each in rows(texts)]]),
            ]
            assert len(pieces) == 2
            stored = select(Note.body).order_by(Note.id)
            assert await pool.fetch_values(stored) == texts
            await pool.execute(Qail.delete(Note).all_rows())
            await pool.execute_many(add.values({"id": 0, "body": ""}), rows(texts))
            assert await pool.fetch_values(stored) == texts
            await pool.execute(Qail.delete(Note).all_rows())
            async with pool.acquire() as connection:
                await connection.copy_in("notes", list(enumerate(texts)))
            assert await pool.fetch_values(stored) == texts
            assert await pool.fetch_many(select(Note.id).where(Note.body == ""), [["'"], ["$1"]]) == [[(1,)], [(9,)]]

    def rows(values: list[str]) -> list[dict[str, Any]]:
        return [{"id": number, "body": text} for number, text in enumerate(values)]

    finish(main)


@pytest.mark.feature("PA2")
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_literal_that_is_asked_for_comes_back_equal_too(notes: Database, texts: list[str]) -> None:
    async def main() -> None:
        async with qail.connect(notes.dsn) as connection:
            for text in [*texts, *HOSTILE_TEXTS]:
                assert await connection.fetch_value(select(literal(text))) == text

    finish(main)


@pytest.mark.feature("PA2")
@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "a\udfff"])
@pytest.mark.parametrize("slot", SLOTS)
def test_what_is_no_text_is_refused_in_every_slot(notes: Database, slot: str, text: str) -> None:
    async def main() -> None:
        async with qail.connect(notes.dsn) as connection:
            with pytest.raises((EncodeError, BuildError)):
                await connection.fetch_all(SLOTS[slot](text))
            assert await connection.fetch_value(select(count()).from_(Note)) >= 0

    finish(main)
