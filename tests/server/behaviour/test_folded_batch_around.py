"""A batch with modes and what is around it: settings, stale statements, new types, poolers, neighbours."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from qail import INT4, Qail, func, select
from qail.sqlstate import UniqueViolation
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database

FOLDED = pytest.mark.feature("PI6")
TENANT = select(func.current_setting("app.tenant"))


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY, body text); CREATE TYPE pair AS (a int, b text)")
    return fresh_database


def add(number: int) -> Any:
    return Qail.add("log").values({"id": number, "body": "x"})


def ids() -> Any:
    return Qail.get("log").columns("id").order_by("id")


@FOLDED
@pytest.mark.feature("TN3")
def test_settings_of_a_lease_and_the_plan_mode_of_the_call_hold_in_it(backend: Backend, log: Database) -> None:
    plan_mode = select(func.current_setting("plan_cache_mode"))

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                async with pool.acquire(settings={"app.tenant": "7"}) as connection:
                    work = [TENANT, plan_mode, add(1)]
                    for number in (1, 2):
                        proxy.audit.forget()
                        found = await connection.batch(
                            [TENANT, plan_mode, add(number)], isolation="serializable", plan_cache_mode="force_custom"
                        )
                        assert found == [[("7",)], [("force_custom_plan",)], 1]
                    assert proxy.audit.round_trips == 1
                    with pytest.raises(UniqueViolation) as caught:
                        await connection.batch(work, isolation="serializable", plan_cache_mode="force_custom")
                    assert caught.value.index == 2
                assert await pool.fetch_value(select(func.current_setting("app.tenant", True))) in (None, "")
                assert await pool.fetch_value(plan_mode) == "auto"

    backend.run(body)


@FOLDED
@pytest.mark.backends("asyncio", "sync")
@pytest.mark.feature("PS3")
def test_a_statement_that_became_stale_heals_the_whole_batch_once(backend: Backend, log: Database) -> None:
    everything = Qail.get("log").order_by("id")

    async def body() -> None:
        async with backend.connect(log.dsn) as connection:
            await connection.batch([add(1), everything], isolation="serializable")
            log.sql("ALTER TABLE log ADD COLUMN more int DEFAULT 5")
            found = await connection.batch([add(2), everything], isolation="serializable")
            assert found == [1, [(1, "x", 5), (2, "x", 5)]]
            await connection.execute(Qail.sql("deallocate all"))
            assert (await connection.batch([add(3), ids()], isolation="serializable"))[1] == [(1,), (2,), (3,)]

    backend.run(body)


@FOLDED
@pytest.mark.backends("asyncio", "sync")
def test_types_that_nobody_knows_yet_are_read_once_it_is_over(backend: Backend, log: Database) -> None:
    pair = Qail.sql("select row(1, 'one')::pair as p")

    async def body() -> None:
        async with backend.pool(log.dsn, max_size=1) as pool:
            found = await pool.batch([add(1), pair], isolation="serializable")
            assert [tuple(row[0]) for row in found[1]] == [(1, "one")]

    backend.run(body)


@FOLDED
@pytest.mark.backends("asyncio", "sync")
@pytest.mark.feature("PS4")
def test_in_pooler_mode_it_is_one_flight_of_unnamed_statements(backend: Backend, log: Database) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn(), pooler_mode=True) as connection:
                await connection.batch([add(0), ids()])
                proxy.audit.forget()
                assert await connection.batch([add(1), ids()], isolation="serializable") == [1, [(0,), (1,)]]
                assert (proxy.audit.round_trips, proxy.audit.sent["P"]) == (1, 4)

    backend.run(body)


@FOLDED
@pytest.mark.feature("PI1")
def test_callers_of_one_connection_have_nothing_between_its_begin_and_its_commit(
    backend: Backend, log: Database
) -> None:
    mark = Qail.sql("select set_config('app.in', '1000', true)")

    async def body() -> None:
        async with backend.connect(log.dsn) as connection:

            async def alone(number: int) -> Any:
                query = Qail.sql(
                    "select {n}::int4 + coalesce(nullif(current_setting('app.in', true), ''), '0')::int4", n=number
                )
                return await connection.fetch_value(query.returns(INT4))

            async def folded(number: int) -> Any:
                await connection.batch([mark, add(number)], isolation="serializable")

            work = [partial(folded if number % 5 == 0 else alone, number) for number in range(60)]
            found = await backend.together(*work)
            assert found == [None if number % 5 == 0 else number for number in range(60)]
            assert await connection.fetch_values(ids()) == list(range(0, 60, 5))

    backend.run(body)
