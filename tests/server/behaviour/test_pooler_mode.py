"""Pooler mode: through PgBouncer in transaction mode, where each transaction may have another session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from qail import INT4, Qail, UsageError, count, func, select
from qail.sqlstate import UniqueViolation
from qail.testing import ChaosProxy
from support.backends import Backend
from support.pgbouncer import PROGRAM, Pooler, pgbouncer
from support.servers import Database

POOLED = pytest.mark.feature("PS4")
QUERIES = 10_000
KEYS = 500


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TABLE things (id int PRIMARY KEY, n int NOT NULL, body text);"
        f"INSERT INTO things SELECT i, 0, 'b' || i FROM generate_series(1, {KEYS}) i"
    )
    return fresh_database


@pytest.fixture
def pooler(things: Database) -> Iterator[Pooler]:
    if not PROGRAM.exists():
        pytest.skip(f"there is no {PROGRAM}: apt-get install pgbouncer")
    with pgbouncer(things) as running:
        yield running


def body_of(key: int) -> Any:
    return Qail.get("things").columns("body").eq("id", key)


def put(key: int, n: int) -> Any:
    return Qail.set("things").values({"n": n}).eq("id", key)


@POOLED
def test_ten_thousand_mixed_queries_pass_through_pgbouncer(backend: Backend, pooler: Pooler) -> None:
    # One backend shows the number; the others show that they can.
    share = QUERIES if backend.name == "asyncio" else QUERIES // 10
    workers, ran = 20, 0

    async def body() -> None:
        nonlocal ran
        async with backend.pool(pooler.dsn, pooler_mode=True, max_size=8) as pool:

            async def work(worker: int) -> None:
                nonlocal ran
                done = 0
                while done < share // workers:
                    key = (worker * 31 + done) % KEYS + 1
                    assert await pool.fetch_value(body_of(key)) == f"b{key}"
                    assert await pool.execute(put(key, done)) == 1
                    found = await pool.batch([put(key, 1), body_of(key), Qail.get("things").columns(count())])
                    assert found == [1, [(f"b{key}",)], [(KEYS,)]]
                    keys = [(each % KEYS + 1,) for each in range(key, key + 10)]
                    rows = await pool.fetch_many(body_of(0), keys)
                    assert [each[0][0] for each in rows] == [f"b{each}" for (each,) in keys]
                    async with pool.pipeline() as pipeline:
                        answers = [pipeline.fetch_value(body_of(each)) for (each,) in keys]
                    assert [answer.result() for answer in answers] == [f"b{each}" for (each,) in keys]
                    async with pool.transaction(settings={"app.tenant": str(worker)}) as tx:
                        assert await tx.execute(put(key, 2)) == 1
                        told = await tx.fetch_value(select(func.current_setting("app.tenant")))
                        assert told == str(worker)
                    done += 27
                ran += done

            problems = [each for each in await backend.together(*[lambda w=w: work(w) for w in range(workers)]) if each]
            assert problems == []

    backend.run(body, 240)
    assert ran >= share
    prepared = pooler.admin("SHOW SERVERS")
    assert 1 <= len([row for row in prepared if pooler.database.name in row]) <= 5


@POOLED
def test_a_statement_travels_from_parse_to_sync_in_one_flight_and_unnamed(backend: Backend, things: Database) -> None:
    async def body() -> None:
        with ChaosProxy(things.dsn) as proxy:
            async with backend.connect(proxy.dsn(), pooler_mode=True) as connection:
                await connection.fetch_value(body_of(1))
                await connection.execute(put(1, 1))
                proxy.audit.forget()
                assert await connection.fetch_value(body_of(2)) == "b2"
                assert dict(proxy.audit.sent) == {"P": 1, "D": 1, "B": 1, "E": 1, "S": 1}
                assert proxy.audit.round_trips == 1
                proxy.audit.forget()
                # One statement with many sets is parsed once a window; others between are parsed each.
                await connection.execute_many(put(0, 0), [(1, 1), (2, 2), (3, 3)])
                await connection.batch([body_of(1), put(1, 1), body_of(2)])
                assert proxy.audit.sent["P"] == 1 + 3
                assert proxy.audit.sent["S"] == 2
                own = await connection.fetch_value(Qail.get("pg_prepared_statements").columns(count()))
                assert own == 0
            proxy.audit.check()

    backend.run(body)


@POOLED
def test_what_needs_a_session_is_refused_before_anything_leaves(backend: Backend, things: Database) -> None:
    async def body() -> None:
        with ChaosProxy(things.dsn) as proxy:
            async with backend.connect(proxy.dsn(), pooler_mode=True) as connection:
                await connection.fetch_value(body_of(1))
                proxy.audit.forget()
                refusals: list[Any] = [
                    lambda: connection.set_param("application_name", "x"),
                    lambda: connection.fetch_all(select(func.pg_advisory_lock(1))),
                    lambda: connection.execute(Qail.create("mine").column("id", INT4).temporary()),
                    lambda: connection.batch([select(func.set_config("a.b", "c", True))]),
                ]
                for refused in refusals:
                    with pytest.raises(UsageError, match="session"):
                        await refused()
                at_once: list[Any] = [lambda: connection.listen("news"), lambda: connection.advisory_lock(1)]
                for refused_at_once in at_once:
                    with pytest.raises(UsageError, match="session"):
                        refused_at_once()
                assert dict(proxy.audit.sent) == {}
                async with connection.transaction() as tx, tx.advisory_lock(7) as held:
                    assert held

    backend.run(body)


@POOLED
def test_nothing_is_prepared_for_later(backend: Backend, things: Database) -> None:
    async def body() -> None:
        async with backend.pool(things.dsn, pooler_mode=True) as pool:
            with pytest.raises(UsageError, match="session"):
                await pool.prepare(body_of(1))

    backend.run(body)


@POOLED
def test_errors_and_changed_types_are_met_as_anywhere(backend: Backend, pooler: Pooler) -> None:
    add = Qail.add("things").values({"id": 1, "n": 1})

    async def body() -> None:
        async with backend.pool(pooler.dsn, pooler_mode=True, max_size=3) as pool:
            with pytest.raises(UniqueViolation):
                await pool.execute(add)
            results = await pool.batch([body_of(1), add, body_of(2)], atomic=False, return_errors=True)
            assert [type(each) for each in results] == [list, UniqueViolation, list]
            pooler.database.sql("ALTER TABLE things ALTER body TYPE int USING id")
            assert await pool.fetch_value(body_of(3)) == 3
            assert await pool.batch([body_of(3), body_of(4)]) == [[(3,)], [(4,)]]

    backend.run(body)


@POOLED
def test_a_lease_that_ran_a_script_leaves_no_reset_to_another_session(backend: Backend, things: Database) -> None:
    async def body() -> None:
        with ChaosProxy(things.dsn) as proxy:
            async with backend.pool(proxy.dsn(), pooler_mode=True, max_size=1) as pool:
                async with pool.acquire() as connection:
                    await connection.script("SELECT 1; SELECT 2")
                proxy.audit.forget()
                assert await pool.fetch_value(body_of(1)) == "b1"
                assert proxy.audit.sent["Q"] == 0

    backend.run(body)
