"""Deadlines: one covers a call from waiting for a connection to its last row; and where none is set there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import trio

import qail
from qail import (
    INT8,
    DeadlineExceeded,
    Outcome,
    PoolTimeout,
    Qail,
    cast,
    select,
)
from qail.sqlstate import LockNotAvailable, QueryCanceled
from support.backends import Backend
from support.servers import Database, Server

SHORT_SECONDS = 0.1
# What is to be on its way when the deadline passes has that long to leave.
LATER_SECONDS = 1.0
BLOCKED = Qail.add("rows").values({"id": 1})
FREE = Qail.get("rows").columns("id")


def number(value: int) -> Any:
    return select(cast(value, INT8))


@pytest.fixture
def rows(fresh_database: Database) -> Database:
    """The table `rows`, whose row 1 cannot be inserted while somebody else is about to."""
    fresh_database.sql("CREATE TABLE rows (id int PRIMARY KEY)")
    return fresh_database


BLOCKED_VERBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "execute": lambda db, **late: db.execute(BLOCKED, **late),
    "fetch_all": lambda db, **late: db.fetch_all(BLOCKED.returning("id"), **late),
    "fetch_one": lambda db, **late: db.fetch_one(BLOCKED.returning("id"), **late),
    "fetch_optional": lambda db, **late: db.fetch_optional(BLOCKED.returning("id"), **late),
    "fetch_value": lambda db, **late: db.fetch_value(BLOCKED.returning("id"), **late),
    "fetch_values": lambda db, **late: db.fetch_values(BLOCKED.returning("id"), **late),
    "execute_many": lambda db, **late: db.execute_many(BLOCKED, [(1,), (2,)], **late),
    "fetch_many": lambda db, **late: db.fetch_many(BLOCKED.returning("id"), [(1,)], **late),
    "batch": lambda db, **late: db.batch([BLOCKED, FREE], **late),
    "batch of strangers": lambda db, **late: db.batch([BLOCKED, FREE], atomic=False, **late),
    "script": lambda db, **late: db.script("INSERT INTO rows VALUES (1)", **late),
    "copy_in": lambda db, **late: db.copy_in("rows", [(1,)], **late),
}


@pytest.mark.feature("CA2")
@pytest.mark.parametrize("way", ["call", "default"])
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_every_verb_ends_at_its_deadline_and_the_next_call_works(
    backend: Backend, rows: Database, kind: str, way: str
) -> None:
    late = {"timeout": LATER_SECONDS} if way == "call" else {}
    settings = {} if way == "call" else {"command_timeout": LATER_SECONDS}

    async def end_late(name: str) -> None:
        opened = backend.connect(rows.dsn, **settings) if kind == "connection" else backend.pool(rows.dsn, **settings)
        async with opened as db:
            with pytest.raises(DeadlineExceeded) as caught:
                await BLOCKED_VERBS[name](db, **late)
            assert caught.value.outcome is Outcome.UNKNOWN, name
            assert isinstance(caught.value, TimeoutError)
            assert await db.fetch_value(number(7), timeout=30) == 7, name

    async def body() -> None:
        async with backend.connect(rows.dsn) as other, other.transaction() as holder:
            await holder.execute(BLOCKED)
            # All at once, so that each may have the time that it takes a loaded machine to send something.
            ended = await backend.together(*(partial(end_late, name) for name in BLOCKED_VERBS))
        assert ended == [None] * len(BLOCKED_VERBS)

    backend.run(body)


@pytest.mark.feature("CA2")
def test_a_call_may_have_more_time_than_the_default(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, command_timeout=0.05) as connection:
            assert await connection.script("SELECT pg_sleep(0.2)", timeout=60) == [[("",)]]

    backend.run(body)


@pytest.mark.feature("CA2")
def test_a_pipeline_and_a_commit_have_the_default_too(backend: Backend, rows: Database) -> None:
    rows.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'; "
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON rows DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait()"
    )

    async def body() -> None:
        async with backend.connect(rows.dsn, command_timeout=SHORT_SECONDS) as connection:
            with pytest.raises(DeadlineExceeded) as caught:  # its end is what raises
                async with connection.transaction() as transaction:
                    await transaction.execute(BLOCKED, timeout=60)
            assert caught.value.outcome is Outcome.UNKNOWN
        async with backend.connect(rows.dsn, command_timeout=SHORT_SECONDS) as connection:
            with pytest.raises(DeadlineExceeded):  # its end is what raises
                async with connection.pipeline() as calls:
                    calls.execute(BLOCKED)

    backend.run(body)


@pytest.mark.feature("CA2")
@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(lambda pool, late: pool.fetch_value(number(1), timeout=late), id="fetch"),
        pytest.param(lambda pool, late: pool.batch([number(1)], timeout=late), id="batch"),
        pytest.param(lambda pool, late: pool.script("SELECT 1", timeout=late), id="script"),
        pytest.param(lambda pool, late: pool.copy_in("rows", [(5,)], timeout=late), id="copy"),
    ],
)
def test_a_deadline_that_passes_in_the_line_is_a_pool_timeout(backend: Backend, rows: Database, verb: Any) -> None:
    async def body() -> None:
        async with backend.pool(rows.dsn, max_size=1) as pool:
            async with pool.acquire():
                with pytest.raises(PoolTimeout) as caught:
                    await verb(pool, SHORT_SECONDS)
                assert caught.value.outcome is Outcome.NOT_SENT
                with pytest.raises(PoolTimeout):
                    async with pool.acquire(timeout=SHORT_SECONDS):
                        pass
            assert await pool.fetch_value(number(2)) == 2

    backend.run(body)


@pytest.mark.feature("CA2")
def test_a_deadline_that_passes_while_rows_are_decoded_ends_the_call(backend: Backend, rows: Database) -> None:
    rows.sql("CREATE VIEW many AS SELECT i AS id, repeat('x', 1000) AS word FROM generate_series(1, 200000) i")

    async def body() -> None:
        async with backend.connect(rows.dsn) as connection:
            chunks: list[int] = []

            def cost_of_a_chunk() -> None:
                # What decoding costs is made visible: time passes in the loop with every chunk.
                chunks.append(len(chunks))
                _busy()

            connection._link.on_data = cost_of_a_chunk
            with pytest.raises(DeadlineExceeded) as caught:
                await connection.fetch_all(Qail.get("many").columns("id", "word"), timeout=LATER_SECONDS)
            connection._link.on_data = None
            assert caught.value.outcome is Outcome.NO_EFFECT
            # 200 MB are some 800 chunks of the largest size: it has not read them all.
            assert 1 < len(chunks) < 400
            assert await connection.fetch_value(number(3)) == 3

    backend.run(body)


def _busy() -> None:
    for _ in range(600_000):
        pass


class _Leap:
    """A clock that leaps when it is told to."""

    seconds = 0.0


def _loop_that_leaps(leap: _Leap) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    real = loop.time
    loop.time = lambda: real() + leap.seconds  # type: ignore[method-assign]
    return loop


WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
)


async def _silent_for_hours(
    database: Database, sleep: Callable[[float], Awaitable[None]], leap: Callable[[], None]
) -> None:
    """A statement waits for a lock while two hours go by."""

    async def wait_for_lock(db: Any) -> None:
        await db.execute(BLOCKED)

    import anyio

    async with qail.create_pool(database.dsn, max_size=2) as pool, qail.connect(database.dsn) as connection:
        await pool.fetch_all(FREE)
        async with pool.transaction() as holder:
            await holder.execute(BLOCKED)
            async with anyio.create_task_group() as tasks:
                for db in (pool, connection):
                    tasks.start_soon(partial(_refused, wait_for_lock, db))
                while database.sql(WAITING) != [("2",)]:
                    await sleep(0.01)
                leap()
                await sleep(0.05)
                assert database.sql(WAITING) == [("2",)]
                await holder.rollback()


async def _refused(work: Callable[[Any], Awaitable[None]], db: Any) -> None:
    """One of the two is first; the other is told that the row is there. Nobody is told of time."""
    try:
        await work(db)
    except qail.sqlstate.UniqueViolation:
        return


@pytest.mark.feature("CA4")
def test_a_silent_statement_is_not_limited_on_asyncio(rows: Database) -> None:
    leap = _Leap()

    def two_hours() -> None:
        leap.seconds += 7200

    with asyncio.Runner(loop_factory=partial(_loop_that_leaps, leap)) as runner:
        runner.run(_silent_for_hours(rows, asyncio.sleep, two_hours))

    assert rows.sql("SELECT id FROM rows") == [("1",)]


@pytest.mark.feature("CA4")
def test_a_silent_statement_is_not_limited_on_trio(rows: Database) -> None:
    clock = trio.testing.MockClock(rate=1)

    trio.run(_silent_for_hours, rows, trio.sleep, lambda: clock.jump(7200), clock=clock)

    assert rows.sql("SELECT id FROM rows") == [("1",)]


@pytest.mark.feature("CA4")
def test_limits_of_the_server_are_set_for_a_connection_a_lease_or_a_transaction(
    backend: Backend, rows: Database
) -> None:
    short = {"statement_timeout": "300ms"}

    async def body() -> None:
        async with backend.connect(rows.dsn, options="-c statement_timeout=300") as connection:
            with pytest.raises(QueryCanceled):
                await connection.script("SELECT pg_sleep(60)")
            await connection.set_param("statement_timeout", "0")
            assert await connection.script("SELECT pg_sleep(0.5)") == [[("",)]]
        async with backend.pool(rows.dsn, max_size=2) as pool:
            async with pool.transaction() as holder:
                await holder.execute(BLOCKED)
                async with pool.acquire(settings=short) as connection:
                    with pytest.raises(QueryCanceled):
                        await connection.execute(BLOCKED)
                with pytest.raises(LockNotAvailable):
                    async with pool.transaction(settings={"lock_timeout": "100ms"}) as transaction:
                        await transaction.execute(BLOCKED)
            assert await pool.script("SHOW statement_timeout; SHOW lock_timeout") == [[("0",)], [("0",)]]

    backend.run(body)
