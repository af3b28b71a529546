"""Hostile strings in every type that holds text, and in those that hold such a type: the statement's text stays the
same, and the value comes back equal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

import qail
from qail import Qail, Range
from support.conformance import Conformance
from support.hostile import HOSTILE_TEXTS
from support.value_cases import same
from support.values.user_types import HOMES, PAIRS

MAX_NAME_CHARACTERS: Final = 15
# By column: its type, and its value for a text.
COLUMNS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "a_text": ("text", lambda text: text),
    "a_varchar": ("varchar", lambda text: text),
    "a_name": ("name", lambda text: text[:MAX_NAME_CHARACTERS]),
    "a_refcursor": ("refcursor", lambda text: text),
    "a_bytea": ("bytea", lambda text: text.encode()),
    "a_citext": ("citext", lambda text: text),
    "a_json": ("json", lambda text: text),
    "a_jsonb": ("jsonb", lambda text: {text: [text, None]}),
    "a_hstore": ("hstore", lambda text: {text: text, text + "'": None}),
    "an_array": ("text[]", lambda text: [text, None, [text][0]]),
    "a_composite": ("pairs", lambda text: PAIRS(1, text)),
    "composites": ("pairs[]", lambda text: [PAIRS(1, text), None, PAIRS(None, text)]),
    "a_nested": ("homes", lambda text: HOMES(text, [1], "sad", PAIRS(2, text), [PAIRS(3, text)])),
    "a_range": ("words", lambda text: Range(text, text, "[]")),
}


async def write_and_read(conformance: Conformance) -> None:
    columns = ["id", *COLUMNS]
    texts: set[str] = set()
    records: list[tuple[Any, ...]] = []
    async with qail.connect(conformance.database.dsn) as connection:
        for number, text in enumerate(HOSTILE_TEXTS):
            record = (number, *(make(text) for _, make in COLUMNS.values()))
            query = Qail.add("hostile").values(dict(zip(columns, record, strict=True)))
            texts.add(str(query))
            await connection.execute(query)
            records.append(record)
        await connection.copy_in("hostile", records, columns=columns)
        rows = await connection.fetch_all(Qail.get("hostile").columns(*columns).order_by("id"))
        for row in rows:
            for column, found, expected in zip(columns, row, records[row[0]], strict=True):
                assert same(found, expected), (column, found, expected)
        for column in ("a_text", "a_jsonb", "an_array", "a_range"):
            for record in records:
                value = record[columns.index(column)]
                matching = Qail.get("hostile").columns("id").eq(column, value)
                assert record[0] in await connection.fetch_values(matching), (column, value)
    assert len(rows) == 2 * len(HOSTILE_TEXTS)
    assert len(texts) == 1


@pytest.mark.feature("PA2")
def test_hostile_text_in_every_type_leaves_the_statement_and_comes_back_equal(
    conformance_with: Callable[[str], Conformance],
) -> None:
    conformance = conformance_with("hstore")
    types = {column: conformance.types[name].sql for column, (name, _) in COLUMNS.items()}
    conformance.database.sql(f"CREATE TABLE hostile (id int4, {', '.join(f'{c} {sql}' for c, sql in types.items())})")

    try:
        asyncio.run(write_and_read(conformance))
    finally:
        conformance.database.sql("DROP TABLE hostile")
