"""What changes its session never runs on a connection that others share."""

from __future__ import annotations

from typing import Any

import pytest

from qail import INT4, Qail, UsageError, count, func, select
from support.backends import Backend
from support.servers import Database

CALLS: dict[str, Any] = {
    "set_config": select(func.set_config("app.tenant", "7", False)),
    "setseed": select(func.setseed(0.5)),
    "pg_advisory_lock": select(func.pg_advisory_lock(4)),
    "pg_try_advisory_lock": select(func.pg_try_advisory_lock(4)),
    "lastval": select(func.lastval()),
    "in a condition": Qail.get("things").where(func.pg_try_advisory_lock_shared(5).is_not_null()),
    "temporary table": Qail.create("mine").column("id", INT4).temporary(),
}


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE things (id serial)")
    return fresh_database


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("by", ["run", "batch", "separate batch", "many"])
def test_it_is_refused_on_a_pool_and_runs_on_a_lease(backend: Backend, things: Database, name: str, by: str) -> None:
    query = CALLS[name]

    async def run_on(db: Any) -> None:
        if by == "run":
            await db.execute(query)
        elif by == "many":
            form = select(func.set_config("app.tenant", "7", False))
            await db.execute_many(form, [("app.tenant", "8", False)])
        else:
            await db.batch([Qail.get("things").columns(count()), query], atomic=by == "batch")

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool:
            with pytest.raises(UsageError, match="one of its own"):
                await run_on(pool)
            assert await pool.fetch_value(select(func.current_setting("app.tenant", True))) in (None, "")
            async with pool.acquire() as connection:
                await connection.script("SELECT nextval('things_id_seq')")
                await run_on(connection)
            # And a lease that ran it does not make it known to the shared ones.
            with pytest.raises(UsageError):
                await run_on(pool)

    backend.run(body)


@pytest.mark.parametrize("name", ["nextval", "pg_advisory_xact_lock"])
def test_what_leaves_nothing_behind_runs_anywhere(backend: Backend, things: Database, name: str) -> None:
    query = select(func.nextval("things_id_seq")) if name == "nextval" else select(func.pg_advisory_xact_lock(4))

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool:
            await pool.execute(query)

    backend.run(body)
