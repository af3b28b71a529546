"""Many sets of values, flights that are folded into one, pipelines with a deadline."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from typing import Any

import pytest

from qail import DeadlineExceeded, EncodeError, Outcome, Qail, func, select
from qail.pg.driver.window import CHUNK_ITEMS
from qail.sqlstate import UniqueViolation
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

SETS = pytest.mark.feature("PI5")
FOLDED = pytest.mark.feature("PI6")
# Only tasks can await the answers of one pipeline at once.
LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")
WINDOW = 1000


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int PRIMARY KEY, body text)")
    return fresh_database


def add(number: int, body: str = "x") -> Any:
    return Qail.add("log").values({"id": number, "body": body})


def ids() -> Any:
    return Qail.get("log").columns("id").order_by("id")


@SETS
def test_sets_without_rows_give_counts_at_one_sync_a_window(backend: Backend, log: Database) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.execute(add(0))
                proxy.audit.forget()
                sets = ((number, "many") for number in range(1, 2 * WINDOW + 501))
                assert await connection.execute_many(add(0), sets) == [1] * (2 * WINDOW + 500)
                assert dict(proxy.audit.sent) == {"B": 2500, "E": 2500, "S": 3}
                change = Qail.delete("log").eq("id", 0)
                assert await connection.execute_many(change, [(1,), (99_999,), (2,)]) == [1, 0, 1]

    backend.run(body)


@FOLDED
def test_a_long_pipeline_parses_a_new_statement_no_more_often_than_its_first_chunk_holds_it(
    backend: Backend, log: Database
) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                proxy.audit.forget()
                async with connection.pipeline() as pipeline:
                    answers = [pipeline.execute(add(number)) for number in range(500)]
                assert [answer.result() for answer in answers] == [1] * 500
                assert proxy.audit.sent["B"] == proxy.audit.sent["S"] - 1 == 500
                # What is behind the first chunk waits for its answer: the statement is known then.
                assert proxy.audit.sent["P"] <= CHUNK_ITEMS + 1

    backend.run(body)


@SETS
def test_sets_with_returning_give_the_rows_of_each(backend: Backend, log: Database) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                form = add(0).returning("id", "body")
                await pool.fetch_many(form, [(0, "first")])
                proxy.audit.forget()
                rows = await pool.fetch_many(form, [{"id": number, "body": f"b{number}"} for number in range(1, 301)])
                assert [[tuple(row) for row in each] for each in rows] == [
                    [(number, f"b{number}")] for number in range(1, 301)
                ]
                assert (proxy.audit.sent["P"], proxy.audit.sent["S"], proxy.audit.round_trips) == (0, 1, 1)
                assert await pool.fetch_many(form, []) == []

    backend.run(body)


@SETS
@pytest.mark.parametrize("in_transaction", [False, True])
def test_the_set_that_fails_is_named_and_its_window_leaves_nothing(
    backend: Backend, log: Database, in_transaction: bool
) -> None:
    log.sql("INSERT INTO log VALUES (1500, 'taken')")

    async def body() -> None:
        async with backend.connect(log.dsn) as connection:
            sets = [(number, "x") for number in range(1, 3001)]
            with pytest.raises(UniqueViolation) as caught:
                if in_transaction:
                    async with connection.transaction() as tx:
                        await tx.execute_many(add(0), sets)
                else:
                    await connection.execute_many(add(0), sets)
            assert caught.value.index == 1499
            kept = [] if in_transaction else [*range(1, WINDOW + 1)]
            assert await connection.fetch_values(ids()) == [*kept, 1500]

    backend.run(body)


@SETS
def test_a_set_that_does_not_fit_is_named_and_those_before_it_have_run(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, connection.transaction() as tx:
            sets = [*((number, "x") for number in range(1, 1801)), (2**40, "x")]
            with pytest.raises(EncodeError) as caught:
                await tx.execute_many(add(0), sets)
            error: Any = caught.value
            assert error.index == 1800
            # The transaction goes on: nothing of that window was sent.
            assert len(await tx.fetch_values(ids())) == WINDOW

    backend.run(body)


@SETS
def test_the_error_of_an_earlier_window_comes_before_that_of_a_later_set(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection:
            sets = [(5, "x"), (5, "x"), *((number, "x") for number in range(10, 1500)), (2**40, "x")]
            with pytest.raises(UniqueViolation) as caught:
                async with connection.transaction() as tx:
                    await tx.execute_many(add(0), sets)
            assert caught.value.index == 1
            assert await connection.fetch_values(ids()) == []

    backend.run(body)


@FOLDED
def test_settings_and_a_batch_and_its_error_share_one_flight(backend: Backend, log: Database) -> None:
    tenant = select(func.current_setting("app.tenant"))

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.batch([add(1), ids()])
                async with connection.transaction(settings={"app.tenant": "0"}) as tx:
                    await tx.fetch_value(tenant)
                proxy.audit.forget()
                async with connection.transaction(settings={"app.tenant": "7"}) as tx:
                    results = await tx.batch([tenant, add(2), ids()])
                    # BEGIN, the setting and three statements: one Sync, one flight.
                    assert (proxy.audit.sent["S"], proxy.audit.round_trips) == (1, 1)
                    assert results == [[("7",)], 1, [(1,), (2,)]]
                # COMMIT is the second.
                assert (proxy.audit.sent["S"], proxy.audit.round_trips) == (2, 2)
                proxy.audit.forget()
                with pytest.raises(UniqueViolation) as caught:
                    async with connection.transaction(settings={"app.tenant": "7"}) as tx:
                        await tx.batch([add(3), add(3), ids()])
                assert caught.value.index == 1
                assert await connection.fetch_values(ids()) == [1, 2]
            proxy.audit.check()

    backend.run(body)


def test_a_pipeline_that_takes_too_long_ends_at_its_deadline(backend: Backend, log: Database) -> None:
    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.execute(add(1))
                held = proxy.add(Rule("hold", message="C", nth=2))
                with pytest.raises(DeadlineExceeded):
                    async with connection.pipeline(timeout=0.5) as pipeline:
                        answers = [pipeline.execute(add(number)) for number in range(2, 6)]
                held.release()
                for answer in answers:
                    with pytest.raises(DeadlineExceeded) as caught:
                        answer.result()
                    assert caught.value.outcome is Outcome.UNKNOWN

    backend.run(body)


@pytest.mark.feature("PI2")
@LOOPS
def test_tasks_may_await_the_answers_of_one_pipeline_at_once(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, connection.pipeline() as pipeline:
            answers = [pipeline.execute(add(number)) for number in range(300)]

            async def wait(number: int) -> int:
                return int(await answers[number])

            assert await backend.together(*(lambda n=n: wait(n) for n in range(300))) == [1] * 300

    backend.run(body)
