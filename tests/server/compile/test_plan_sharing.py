"""Queries that differ only in values share one text, one plan, one prepared statement; plans serve all connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import qail
from qail import INT4, INT8, TEXT, Qail, array_of, case, cast, col, count, func, max_, rows, select
from qail.compile.cache import lookup
from support.delaying_proxy import delaying_proxy
from support.finishing import finish
from support.library import Reader
from support.servers import Database, Server

PREPARED = "SELECT statement, count(*) FROM pg_prepared_statements GROUP BY statement"

# Each makes one shape with values that depend on a number.
SHAPES: dict[str, Callable[[int], Any]] = {
    "equal": lambda n: select(Reader.id).where(Reader.id == n),
    "limit and offset": lambda n: select(Reader.id).order_by(Reader.id).limit(n).offset(n * 2),
    "in": lambda n: select(Reader.id).where(Reader.id.in_(list(range(n)))),
    "not in, untyped": lambda n: Qail.get("readers").columns("id").not_in("id", list(range(n))),
    "case": lambda n: select(case((Reader.age < n, f"below {n}"), else_=f"not {n}")),
    "between": lambda n: select(Reader.id).where(Reader.age.between(n, n + 10)),
    "contains": lambda n: select(Reader.id).where(Reader.name.contains(f"%{n}")),
    "arithmetic": lambda n: select((Reader.age + n) * n),
    "function": lambda n: select(func.substr(Reader.name, n + 1, n)),
    "having": lambda n: select(Reader.city, count()).group_by(Reader.city).having(count() > n),
    "window frame": lambda n: select(max_(Reader.age).over(order_by=Reader.id, frame=rows(-n - 2, 0))),
    "keyset": lambda n: select(Reader.id).order_by(Reader.age, Reader.id).after(n, n * 3).limit(n),
    "cast": lambda n: select(cast([n] * n, array_of(INT8))),
    "insert": lambda n: Qail.add(Reader).values(new_reader(1000 + n)),
    "upsert": lambda n: Qail.put(Reader).values(new_reader(2000 + n % 3), key="id"),
    "conflict": lambda n: Qail.add("readers").values(new_reader(1)).on_conflict().do_nothing(),
    "update": lambda n: Qail.set("readers").values({"age": n, "score": n / 4}).eq("id", n),
    "update to and from NULL": lambda n: (
        Qail.set(Reader).values({"city": None if n % 2 else "X"}).where(Reader.id == n)
    ),
    "delete": lambda n: Qail.delete("readers").in_("id", list(range(-n, 0))),
}


def new_reader(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"reader {number}", "city": None, "age": number, "score": 0.5, "active": True}


@pytest.mark.feature("PL3")
@pytest.mark.parametrize("name", SHAPES)
def test_values_alone_never_make_another_text_plan_or_statement(fresh_library: Database, name: str) -> None:
    make = SHAPES[name]
    numbers = [0, 1, 2, 3, 7, 50, 200]

    async def main() -> list[Any]:
        async with qail.connect(fresh_library.dsn) as connection:
            for number in numbers:
                await connection.execute(make(number))
            (prepared,) = await connection.script(PREPARED)
            return list(prepared)

    prepared = finish(main)

    assert len({str(make(number)) for number in numbers}) == 1
    assert len({id(lookup(make(number)).plan) for number in numbers}) == 1
    assert prepared == [(str(make(5)), "1")]


@pytest.mark.feature("PL3")
def test_what_is_no_value_does_make_another_plan() -> None:
    base = select(Reader.id).where(Reader.id == 1)
    others = [
        select(Reader.id).where(Reader.id != 1),
        select(Reader.id).where(Reader.age == 1),
        select(Reader.age).where(Reader.id == 1),
        base.limit(1),
        base.where(Reader.id == 1),
        base.distinct(),
        select(Reader.id.as_("x")).where(Reader.id == 1),
    ]

    plans = {id(lookup(query).plan) for query in (base, *others)}

    assert len(plans) == len(others) + 1


@pytest.mark.feature("PL4")
def test_a_shape_that_is_built_again_hits_the_plan_on_every_connection(library: Database) -> None:
    """One plan serves two connections and a pool; the counts say so, and the values are those of each build."""

    def build(number: int, word: str) -> Any:
        return select(cast(number, INT4), cast(word, TEXT), Reader.id).where(Reader.id == number).limit(number)

    async def main() -> None:
        async with (
            qail.connect(library.dsn) as one,
            qail.connect(library.dsn) as two,
            qail.create_pool(library.dsn, min_size=2, max_size=3) as pool,
        ):
            assert await one.fetch_all(build(1, "first")) == [(1, "first", 1)]
            before = qail.plan_cache_statistics()
            for number, db in enumerate([one, two, pool, one, pool], 2):
                assert await db.fetch_all(build(number, f"word {number}")) == [(number, f"word {number}", number)]
            await asyncio.gather(*[pool.fetch_all(build(3, "x")) for _ in range(20)])
            after = qail.plan_cache_statistics()
        assert after.hits - before.hits == 25
        assert after.misses == before.misses
        assert after.plans == before.plans
        assert "hits" in repr(after)

    finish(main)


@pytest.mark.feature("PL4")
@pytest.mark.parametrize("is_read_from_the_end", [True, False])
def test_every_value_of_the_second_build_is_the_one_sent(server: Server, is_read_from_the_end: bool) -> None:
    """Values stand in the text in another order than in the walk; each comes back at its own place."""

    def build(base: int) -> Any:
        values = [base + step for step in range(12)]
        inner = select(cast(values[0], INT8).as_("a"), cast(values[1], INT8).as_("b")).where(
            cast(values[2], INT8) == values[2]
        )
        listed = [cast(value, INT8) for value in values[3:9]]
        query = Qail.get(inner.subquery("s")).columns(col("s", "a"), col("s", "b"), *listed)
        query = query.where(cast(values[9], INT8) > values[9] - 1) if is_read_from_the_end else query
        return query.limit(values[10]), (*values[:2], *values[3:9])

    async def main() -> None:
        async with qail.connect(server.dsn) as connection:
            for base in (1, 100, 7, 2**40):
                query, expected = build(base)
                assert tuple(await connection.fetch_one(query)) == expected

    finish(main)


@pytest.mark.feature("PL4")
def test_the_cache_has_a_bound_and_goes_on_behind_it(server: Server) -> None:
    most = qail.plan_cache_statistics().most_plans

    for number in range(most + 50):
        lookup(Qail.get("t").columns(f"column_{number}"))
    found = qail.plan_cache_statistics()

    assert found.plans <= found.most_plans == most

    async def main() -> None:
        async with qail.connect(server.dsn) as connection:
            assert await connection.fetch_value(select(cast(1, INT4))) == 1

    finish(main)


@pytest.mark.feature("PL3")
def test_one_statement_serves_every_caller_of_a_pool(library: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(library.server.socket_path) as proxy:
            where = {"host": proxy.host, "port": 5432, "user": library.server.user, "dbname": library.name}
            async with qail.create_pool(**where, min_size=1, max_size=1) as pool:
                await pool.fetch_all(SHAPES["equal"](0))
                await asyncio.gather(*[pool.fetch_all(SHAPES["equal"](number)) for number in range(200)])
                assert proxy.sent.messages["P"] == 1
                assert proxy.sent.messages["B"] == 201

    finish(main)
