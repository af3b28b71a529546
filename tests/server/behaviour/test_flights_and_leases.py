"""What takes several flights goes on only where its connection is still its own, never where it was lent meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qail import TEXT, Qail, UsageError, col, count, func, select
from qail.pg.driver.batch import SETS_PER_SYNC
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until

ONE = select(func.abs(-1))
ITEMS = 3000
WHO = Qail.sql("select coalesce(current_setting('app.who', true), '') || {what}::text", what="").returns(TEXT)


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int8)")
    return fresh_database


def add(number: int) -> Any:
    return Qail.add("log").values({"id": number})


async def in_a_batch(db: Any) -> None:
    assert await db.batch([add(number) for number in range(ITEMS)], atomic=False) == [1] * ITEMS


async def in_a_pipeline(db: Any) -> None:
    async with db.pipeline() as pipeline:
        answers = [pipeline.execute(add(number)) for number in range(ITEMS)]
    assert [answer.result() for answer in answers] == [1] * ITEMS


async def by_sets(db: Any) -> None:
    assert await db.execute_many(add(0), [(number,) for number in range(ITEMS)]) == [1] * ITEMS


async def by_sets_that_read(db: Any) -> None:
    sets = [(str(number),) for number in range(10 * SETS_PER_SYNC)]
    assert await db.fetch_many(WHO, sets) == [[each] for each in sets]
    await by_sets(db)


async def borrow_and_undo(pool: Any, begun: Callable[[], None] = lambda: None) -> None:
    """A borrower's transaction, of which nothing may stay."""
    async with pool.acquire() as connection:
        begun()
        transaction = connection.transaction(settings={"app.who": "the borrower"})
        await transaction.begin()
        for _ in range(5):
            assert await transaction.execute(add(-1)) == 1
        assert await transaction.fetch_value(ONE) == 1
        await transaction.rollback()


@pytest.mark.feature("PI3")
@pytest.mark.feature("PI5")
@pytest.mark.parametrize("work", [in_a_batch, in_a_pipeline, by_sets, by_sets_that_read])
def test_statements_of_several_flights_do_not_follow_their_connection_into_a_lease(
    backend: Backend, log: Database, work: Callable[[Any], Any]
) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                # What is sent first is bound, and its answer known.
                await pool.execute(add(-2))
                await pool.execute_many(add(-2), [(-2,)])
                await pool.fetch_many(WHO, [("",)])
                held = proxy.add(Rule("hold", message="C"))
                async with backend.jobs() as jobs:
                    many = jobs.start(lambda: work(pool))
                    await backend.blocking(held.wait)
                    lease = jobs.start(lambda: borrow_and_undo(pool))
                    await until(backend, lambda: pool.stats().waiting == 1)
                    # All that is under way is answered in one piece, and the lease is granted in that moment.
                    held.release()
                    await lease.ended()
                    await many.ended()
                assert (lease.error, many.error) == (None, None)
                assert await pool.execute(Qail.delete("log").eq("id", -2)) == 2
                # What was acknowledged is there, and the borrower's is not.
                assert await pool.fetch_value(Qail.get("log").columns(count())) == ITEMS

    backend.run(body)


def inner(thing: Any) -> Any:
    """The driver's own object, which `sync` wraps."""
    return thing.blocking._inner if hasattr(thing, "blocking") else thing


@pytest.mark.feature("PO3")
@pytest.mark.parametrize("is_batch", [True, False])
def test_what_is_given_back_in_the_middle_of_many_statements_gets_no_more_of_them(
    backend: Backend, log: Database, is_batch: bool
) -> None:
    """Given back in a moment in which all that was sent has been answered, and its caller has not looked yet."""
    sets = [(str(number),) for number in range(10 * SETS_PER_SYNC)]

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                # Bound and prepared: so that several flights are under way at once.
                await pool.execute_many(add(-2), [(-2,)])
                await pool.fetch_many(WHO, [("",)])
                connection = await pool.acquire()
                link = connection._link
                changed = link.owner_changed
                first = link.settled_count + 1

                def give_back() -> None:
                    changed()
                    if not link.session.depth and link.settled_count > first and connection._link is link:
                        link.owner_changed = changed
                        inner(pool)._release(inner(connection))

                async def many() -> Any:
                    if is_batch:
                        return await connection.batch([add(1)] * ITEMS, atomic=False, return_errors=True)
                    return await connection.fetch_many(WHO, sets)

                held = proxy.add(Rule("hold", message="C"))
                async with backend.jobs() as jobs:
                    lease = jobs.start(lambda: borrow_and_undo(pool))
                    await until(backend, lambda: pool.stats().waiting == 1)
                    link.owner_changed = give_back
                    job = jobs.start(many)
                    await backend.blocking(held.wait)
                    held.release()
                    await job.ended()
                    if connection._link is link:
                        # It never was that moment: the answers came one by one.
                        await pool.release(connection)
                    await lease.ended()
                assert lease.error is None
                await pool.execute(Qail.delete("log").eq("id", -2))
                kept = await pool.fetch_value(Qail.get("log").columns(count()))
                if is_batch:
                    assert job.error is None
                    assert job.result[:kept] == [1] * kept
                    assert {type(result) for result in job.result[kept:]} <= {UsageError}
                else:
                    assert isinstance(job.error, UsageError) or job.result == [[each] for each in sets]

    backend.run(body)


@pytest.mark.feature("TX6")
def test_a_lock_whose_connection_was_given_back_in_its_block_is_not_freed_on_that_of_the_next_borrower(
    backend: Backend, log: Database
) -> None:
    async def body() -> None:
        async with backend.pool(log.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            lock = connection.advisory_lock(7)
            assert await lock.__aenter__()
            await pool.release(connection)
            async with pool.acquire() as other, other.advisory_lock(7) as held:
                assert held
                with pytest.raises(UsageError, match="given back"):
                    await lock.__aexit__(None, None, None)
                locks = Qail.get(("pg_catalog", "pg_locks")).columns(count()).eq("locktype", "advisory")
                locks = locks.where(col("pid") == func.pg_backend_pid())
                assert await other.fetch_value(locks) == 1

    backend.run(body)
