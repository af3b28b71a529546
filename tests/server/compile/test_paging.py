"""LIMIT, OFFSET and keyset paging on a server."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import BuildError, Qail, coalesce, count, select
from qail.compile.cache import lookup
from support.finishing import finish
from support.library import Reader, fetch
from support.servers import Database


@pytest.mark.feature("ST7")
@pytest.mark.parametrize(
    ("limit", "offset", "ids"),
    [(2, 0, [1, 2]), (0, 0, []), (3, 7, [8, 9]), (100, 100, []), (2**40, 8, [9])],
)
def test_limit_and_offset_cut_the_rows_and_are_parameters(
    library: Database, limit: int, offset: int, ids: list[int]
) -> None:
    query = select(Reader.id).order_by(Reader.id).limit(limit).offset(offset)

    assert fetch(library, query) == [(number,) for number in ids]
    assert str(query).endswith("LIMIT $1 OFFSET $2")
    assert lookup(query).plan is lookup(select(Reader.id).order_by(Reader.id).limit(7).offset(70)).plan


@pytest.mark.feature("ST7")
def test_a_limit_may_be_an_expression_and_the_last_one_counts(library: Database) -> None:
    half = select(count() / 3).from_(Reader).scalar()

    assert len(fetch(library, select(Reader.id).limit(half))) == 3
    assert len(fetch(library, select(Reader.id).limit(8).limit(2))) == 2


@pytest.mark.feature("ST7")
@pytest.mark.parametrize("count", [-1, -(2**63), 1.5, "3", True, None])
def test_what_counts_no_rows_is_refused(count: Any) -> None:
    for query in (select(Reader.id), Qail.get("readers")):
        with pytest.raises(BuildError):
            query.limit(count)
        with pytest.raises(BuildError):
            query.offset(count)


KEYSETS = [
    ("one key", [Reader.name.asc()], "name"),
    ("one direction", [Reader.age.desc(), Reader.id.desc()], "age DESC, id DESC"),
    ("mixed directions", [Reader.age.desc(), Reader.name.asc(), Reader.id.desc()], "age DESC, name, id DESC"),
    (
        "a nullable key by coalesce",
        [coalesce(Reader.city, "~").desc(), Reader.id.asc()],
        "coalesce(city, '~') DESC, id",
    ),
]


@pytest.mark.feature("ST7")
@pytest.mark.parametrize(("keys", "order"), [case[1:] for case in KEYSETS], ids=[case[0] for case in KEYSETS])
@pytest.mark.parametrize("page_size", [1, 2, 5])
def test_keyset_pages_neither_skip_nor_repeat_while_rows_are_inserted(
    fresh_library: Database, keys: list[Any], order: str, page_size: int
) -> None:
    """Each page begins behind the last row of the page before; rows that come in meanwhile, before and behind, change
    nothing for those that were there."""
    was_there = [row[0] for row in fresh_library.sql(f"SELECT id FROM readers ORDER BY {order}")]
    items = [key.node for key in keys]

    async def main() -> list[int]:
        seen: list[int] = []
        base = select(Reader.id, *items).order_by(*keys).limit(page_size)
        async with qail.connect(fresh_library.dsn) as connection:
            page = await connection.fetch_all(base)
            while page:
                seen += [row[0] for row in page]
                new = [
                    {"id": 100 * len(seen) + at, "name": f"{word}{len(seen)}", "city": word, "age": age, "active": True}
                    for at, (word, age) in enumerate([("A", 99), ("zz", 19), ("M", 36)])
                ]
                if len(seen) < 30:  # else there would always be a row behind the last one
                    await connection.execute(Qail.add(Reader).values(*new))
                page = await connection.fetch_all(base.after(*page[-1][1:]))
                assert len(seen) < 500
        return seen

    seen = finish(main)

    assert len(set(seen)) == len(seen)
    assert [str(number) for number in seen if number < 100] == was_there


@pytest.mark.feature("ST7")
def test_keyset_paging_refuses_what_would_lose_rows() -> None:
    with pytest.raises(BuildError, match="None"):
        select(Reader.id).order_by(Reader.id).after(None)
    with pytest.raises(BuildError, match="order_by"):
        select(Reader.id).after(1)
    with pytest.raises(BuildError, match="2 values for 1"):
        select(Reader.id).order_by(Reader.id).after(1, 2)
