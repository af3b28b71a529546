"""One slow request does not hold up the others: slow statements go apart as soon as they are known."""

from __future__ import annotations

from typing import Any

import pytest

from qail import Qail
from qail.compile.cache import lookup
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

pytestmark = pytest.mark.backends("asyncio", "uvloop", "trio")
ONE = Qail.get("one").columns("id")
SLOW = Qail.get("slow").columns("id")


@pytest.fixture
def tables(fresh_database: Database) -> Database:
    """`slow` takes 50 ms, which only the server waits for."""
    fresh_database.sql(
        "CREATE TABLE one AS SELECT 1 AS id; CREATE FUNCTION slowly() RETURNS int LANGUAGE sql VOLATILE AS "
        "'SELECT pg_sleep(0.05); SELECT 2'; CREATE VIEW slow AS SELECT slowly() AS id"
    )
    return fresh_database


def slow_names(pool: Any) -> set[bytes]:
    found: set[bytes] = pool._keeper.speed._times._slow
    return found


def name_of(pool: Any, query: Any) -> bytes | None:
    """The name of the prepared statement, once the pool knows it."""
    bound = pool._namespace.find(lookup(query).plan)
    return None if bound is None else bound.statement_name


def test_quick_requests_pass_a_slow_one(backend: Backend, tables: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        with ChaosProxy(tables.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=1, max_size=3) as pool, backend.jobs() as jobs:
                assert await pool.fetch_value(ONE) == 1
                assert await pool.fetch_value(SLOW) == 2
                while name_of(pool, SLOW) not in slow_names(pool):
                    assert await pool.fetch_value(SLOW) == 2
                # From now on nothing is measured, however the machine stumbles; if it has stumbled, that is taken back.
                monkeypatch.setattr("qail.pg.pool.speed.Speed.answered_late", lambda *_: None)
                for slot in pool._keeper.slots:
                    if slot.link is not None:
                        slot.link.on_late = None
                for name in slow_names(pool) - {name_of(pool, SLOW)}:
                    slow_names(pool).discard(name)
                    pool._speed_changed(name, False)
                # What it answers is kept: whatever is queued behind it would wait for as long.
                held = proxy.add(Rule("hold", to="client", message="D", containing=b"\0\0\0\x02", every=True))
                slow = [jobs.start(lambda: pool.fetch_value(SLOW)) for _ in range(5)]
                await backend.blocking(held.wait)
                assert [await pool.fetch_value(ONE) for _ in range(50)] == [1] * 50
                assert await backend.together(*(lambda: pool.fetch_value(ONE) for _ in range(50))) == [1] * 50
                assert not any(each.result for each in slow)
                held.release()
                for each in slow:
                    await each.ended()
                assert [each.result for each in slow] == [2] * 5

    backend.run(body)


def test_a_statement_that_is_quick_again_is_shared_again(
    backend: Backend, tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Below the 50 ms that it sleeps, above what a loaded machine takes for the rest.
    monkeypatch.setattr("qail.pg.pool.service.QUICK_SECONDS", 0.04)

    async def body() -> None:
        async with backend.pool(tables.dsn, min_size=1, max_size=2) as pool:
            while not pool.stats().slow_statements:
                await pool.fetch_value(SLOW)
            tables.sql("CREATE OR REPLACE FUNCTION slowly() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 2'")
            while pool.stats().slow_statements:
                await pool.fetch_value(SLOW)

    backend.run(body)


def test_nobody_is_queued_behind_an_old_head_while_another_connection_can_be_had(
    backend: Backend, tables: Database
) -> None:
    async def body() -> None:
        with ChaosProxy(tables.dsn) as proxy:
            async with backend.pool(proxy.dsn(), min_size=1, max_size=2) as pool, backend.jobs() as jobs:
                assert await pool.fetch_value(ONE) == 1
                held = proxy.add(Rule("hold", to="client", message="D"))
                first = jobs.start(lambda: pool.fetch_value(ONE))
                await backend.blocking(held.wait)
                keeper: Any = pool._keeper
                (busy,) = [slot for slot in keeper.slots if slot.depth]
                busy.link.progress_at -= keeper.limits.head_age_seconds
                assert await pool.fetch_value(ONE) == 1
                assert pool.stats().size == 2
                held.release()
                await first.ended()
                assert first.result == 1

    backend.run(body)
