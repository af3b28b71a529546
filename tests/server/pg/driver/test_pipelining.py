"""Many statements on one connection: implicit pipelining, batches, pipelines, many sets of values, back-pressure."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import EncodeError, Outcome, PipelineAborted, PostgresError, UsageError
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.memory import resident_bytes
from support.servers import Database
from support.waiting import until

# The callers of one blocking connection take turns; those of a blocking pool are in tests/server/pg/sync.
LOOPS = pytest.mark.backends("asyncio", "uvloop", "trio")


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TABLE numbers (id int PRIMARY KEY, body text);"
        "INSERT INTO numbers SELECT i, 'n' || i FROM generate_series(1, 200) i;"
        "CREATE TABLE log (id int PRIMARY KEY, body text)"
    )
    return fresh_database


def body_of(number: int) -> Any:
    return Qail.get("numbers").columns("body").eq("id", number)


def log(number: int, body: str = "x") -> Any:
    return Qail.add("log").values({"id": number, "body": body})


@LOOPS
@pytest.mark.feature("PI1")
def test_a_hundred_simultaneous_fetches_wait_for_no_answer_and_take_a_sync_each(
    backend: Backend, numbers: Database
) -> None:
    async def main() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                await connection.fetch_value(body_of(1))
                proxy.audit.forget()
                held = proxy.add(Rule("hold"))

                asked = [jobs.start(partial(connection.fetch_value, body_of(number))) for number in range(1, 101)]
                # Nothing has been answered, and all have left: one round trip.
                await backend.blocking(lambda: proxy.wait_until(lambda: proxy.audit.sent["S"] == 100))
                held.release()
                for each in asked:
                    await each.ended()

                assert [each.result for each in asked] == [f"n{i}" for i in range(1, 101)]
                assert proxy.audit.sent["S"] == 100
                assert proxy.audit.received["Z"] == 100

    backend.run(main)


@LOOPS
@pytest.mark.feature("PI1")
def test_first_use_by_a_hundred_tasks_at_once_takes_two_round_trips(backend: Backend, numbers: Database) -> None:
    async def main() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                proxy.audit.forget()
                described, run = proxy.add(Rule("hold")), proxy.add(Rule("hold", message="Z", nth=101))

                asked = [jobs.start(partial(connection.fetch_value, body_of(number))) for number in range(1, 101)]
                # All ask at once what their statement looks like, and all run it at once when they know.
                await backend.blocking(lambda: proxy.wait_until(lambda: proxy.audit.sent["S"] == 100))
                described.release()
                await backend.blocking(lambda: proxy.wait_until(lambda: proxy.audit.sent["S"] == 200))
                run.release()
                for each in asked:
                    await each.ended()

                assert [each.result for each in asked] == [f"n{i}" for i in range(1, 101)]
                assert proxy.audit.sent["S"] == 200

    backend.run(main)


@pytest.mark.feature("PI1")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_one_failure_leaves_ninety_nine_right(backend: Backend, numbers: Database, kind: str) -> None:
    numbers.sql("INSERT INTO log VALUES (50, 'taken')")

    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(numbers.dsn) as db:
            results = await backend.together(*[partial(db.execute, log(i)) for i in range(1, 101)])

            failed = [i for i, result in enumerate(results, start=1) if isinstance(result, Exception)]
            assert failed == [50]
            assert isinstance(results[49], PostgresError)
            assert results[49].sqlstate == "23505"
            assert await db.fetch_value(Qail.get("log").columns("body").eq("id", 50)) == "taken"
            assert len(await db.fetch_all(Qail.get("log"))) == 100

    backend.run(main)


@LOOPS
def test_a_cancelled_caller_harms_none_of_its_neighbours(backend: Backend, numbers: Database) -> None:
    async def main() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                await connection.fetch_value(body_of(1))
                held = proxy.add(Rule("hold", message="2"))
                proxy.audit.forget()
                callers = [jobs.start(partial(connection.fetch_value, body_of(i))) for i in range(1, 61)]
                # Some before anything left, some while their answers are under way.
                for caller in callers[::3]:
                    caller.cancel()
                await backend.blocking(held.wait)
                await until(backend, lambda: proxy.audit.sent["S"] >= 40)
                for caller in callers[1::3]:
                    caller.cancel()
                held.release()
                for caller in callers:
                    await caller.ended()

                for i, caller in enumerate(callers):
                    if i % 3 == 2:
                        assert caller.result == f"n{i + 1}"
                    else:
                        assert caller.result is None
                assert await connection.fetch_value(body_of(7)) == "n7"

    backend.run(main)


@pytest.mark.feature("PI2")
@pytest.mark.feature("PI3")
@pytest.mark.parametrize("kind", ["connection", "pool"])
@pytest.mark.parametrize("atomic", [True, False])
def test_a_batch_gives_results_by_index(backend: Backend, numbers: Database, kind: str, atomic: bool) -> None:
    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(numbers.dsn) as db:
            results = await db.batch(
                [body_of(3), log(1), Qail.get("numbers").columns("id", "body").eq("id", 4), log(2)], atomic=atomic
            )

            assert [tuple(row) for row in results[0]] == [("n3",)]
            assert [tuple(row) for row in results[2]] == [(4, "n4")]
            assert (results[1], results[3]) == (1, 1)
            assert await db.batch([]) == []

    backend.run(main)


@pytest.mark.feature("PI2")
@pytest.mark.feature("PI3")
def test_an_atomic_batch_leaves_nothing_on_failure(backend: Backend, numbers: Database) -> None:
    async def main() -> None:
        async with backend.connect(numbers.dsn) as db:
            work = [log(1), body_of(3), log(1), log(2)]

            with pytest.raises(PostgresError) as caught:
                await db.batch(work)
            assert caught.value.index == 2
            assert caught.value.results[0] == 1
            assert [tuple(row) for row in caught.value.results[1]] == [("n3",)]

            values = await db.batch(work, return_errors=True)
            assert values[0] == 1
            assert isinstance(values[2], PostgresError)
            assert isinstance(values[3], PipelineAborted)
            assert values[3].index == 2
            assert values[3].outcome == Outcome.ABORTED
            assert await db.fetch_all(Qail.get("log")) == []

    backend.run(main)


@pytest.mark.feature("PI3")
@pytest.mark.feature("PI2")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_separate_batch_keeps_every_success(backend: Backend, numbers: Database, kind: str) -> None:
    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(numbers.dsn) as db:
            work = [log(1), log(1), Qail.get("nobody"), log(2)]

            values = await db.batch(work, atomic=False, return_errors=True)
            assert values[0] == 1
            assert isinstance(values[1], PostgresError)
            assert isinstance(values[2], PostgresError)
            assert values[3] == 1
            with pytest.raises(PostgresError) as caught:
                await db.batch([log(3), log(3)], atomic=False)
            assert caught.value.index == 1
            assert caught.value.results == [1]
            assert await db.fetch_values(Qail.get("log").columns("id").order_by("id")) == [1, 2, 3]

    backend.run(main)


def test_an_atomic_batch_with_a_value_that_does_not_fit_sends_nothing(backend: Backend, numbers: Database) -> None:
    async def main() -> None:
        async with backend.connect(numbers.dsn) as db:
            await db.execute(log(5))
            with pytest.raises(EncodeError):
                await db.batch([log(1), log(2**40)])
            assert await db.fetch_values(Qail.get("log").columns("id")) == [5]

    backend.run(main)


@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_pipeline_answers_each_call(backend: Backend, numbers: Database, kind: str) -> None:
    async def main() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(numbers.dsn) as db:
            async with db.pipeline() as pipeline:
                value = pipeline.fetch_value(body_of(1))
                count = pipeline.execute(log(1))
                if backend.name != "sync":  # there, `result()` is what waits
                    with pytest.raises(UsageError):
                        value.result()
                assert await value == "n1"
                rows = pipeline.fetch_all(body_of(2))
                none = pipeline.fetch_optional(body_of(999))
            assert count.result() == 1
            assert [tuple(row) for row in rows.result()] == [("n2",)]
            assert none.result() is None
            with pytest.raises(UsageError):
                pipeline.execute(log(2))

    backend.run(main)


def test_a_pipeline_raises_what_nobody_looked_at_and_keeps_the_rest(backend: Backend, numbers: Database) -> None:
    async def main() -> None:
        async with backend.connect(numbers.dsn) as db:
            with pytest.raises(PostgresError) as caught:
                async with db.pipeline() as pipeline:
                    first = pipeline.execute(log(1))
                    pipeline.execute(log(1))
                    lost = pipeline.execute(Qail.get("nobody"))
                    last = pipeline.execute(log(2))
            assert caught.value.index == 1
            assert (first.result(), last.result()) == (1, 1)
            with pytest.raises(PostgresError):
                lost.result()
            assert await db.fetch_values(Qail.get("log").columns("id").order_by("id")) == [1, 2]

    backend.run(main)


@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_many_sets_of_values_share_one_plan(backend: Backend, numbers: Database, kind: str) -> None:
    async def main() -> None:
        async with backend.connect(numbers.dsn) as connection, backend.pool(numbers.dsn) as pool:
            template = log(0)

            async def fill(db: Any) -> None:
                assert await db.execute_many(template, ((i, "many") for i in range(1, 2501))) == [1] * 2500
                assert await db.execute_many(template, [{"id": 2501, "body": None}]) == [1]
                found = await db.fetch_many(Qail.get("log").columns("body").eq("id", 0), [(7,), (9999,), (2501,)])
                assert [[tuple(row) for row in rows] for rows in found] == [[("many",)], [], [(None,)]]

            if kind == "transaction":
                async with connection.transaction() as transaction:
                    await fill(transaction)
            else:
                await fill(connection if kind == "connection" else pool)
            assert len(await pool.fetch_all(Qail.get("log"))) == 2501

    backend.run(main)


def test_many_sets_stop_at_the_first_window_that_fails(backend: Backend, numbers: Database) -> None:
    numbers.sql("INSERT INTO log VALUES (1500, 'taken')")

    async def main() -> None:
        async with backend.connect(numbers.dsn) as db:
            with pytest.raises(PostgresError) as caught:
                await db.execute_many(log(0), [(i, "x") for i in range(1, 3001)])

            assert caught.value.index == 1499
            assert len(await db.fetch_all(Qail.get("log"))) == 1001
            with pytest.raises(EncodeError):
                await db.execute_many(log(0), [(1,)])

    backend.run(main)


LARGE_BYTES = 64 * 1024
# By tasks and uvloop the whole of it; F29 of tests/chaos has as many on trio and in threads.
LARGE = {"uvloop-tasks": 10_000}
FEWER = 1_500
MOST_GROWTH_BYTES = 60 * 1024 * 1024


@pytest.mark.feature("PI4")
@pytest.mark.parametrize("kind", ["tasks", "batch", "pipeline"])
def test_large_values_both_ways_through_narrow_buffers_end_in_bounded_memory(
    backend: Backend, numbers: Database, kind: str
) -> None:
    large, body = LARGE.get(f"{backend.name}-{kind}", FEWER), "y" * LARGE_BYTES
    most, items = 0, iter(range(large))

    async def main() -> None:
        with ChaosProxy(numbers.dsn, buffer_bytes=4096) as proxy:
            async with backend.connect(proxy.dsn()) as db:
                assert db._link is not None
                sock = db._link.transport.socket
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                before = resident_bytes()
                await drive(db)
                assert most - before < MOST_GROWTH_BYTES
            assert proxy.audit.sessions[0].bytes_sent > large * LARGE_BYTES
            assert proxy.audit.sessions[0].bytes_received > large * LARGE_BYTES

    def look(number: int) -> None:
        nonlocal most
        if number % 50 == 0:
            most = max(most, resident_bytes())

    def sets() -> Iterator[tuple[str, int]]:
        for number in items:
            look(number)
            yield (body, 1)

    async def drive(db: Any) -> None:
        echo = Qail.set("log").values({"body": body}).eq("id", 1).returning("body")
        await db.execute(log(1))
        if kind == "tasks":

            async def worker() -> None:
                for number in items:
                    look(number)
                    assert len(await db.fetch_value(echo)) == LARGE_BYTES

            # Each thread's memory is its own, and comes back late.
            workers = [worker] * (8 if backend.name == "sync" else 50)
            assert await backend.together(*workers) == [None] * len(workers)
        elif kind == "batch":
            assert sum(await db.execute_many(echo, sets())) == large
        else:
            source, done = sets(), 0
            while done < large:
                async with db.pipeline() as pipeline:
                    answers = [pipeline.fetch_value(echo) for _ in islice(source, 100)]
                done += sum(len(answer.result()) == LARGE_BYTES for answer in answers)

    # More than a gigabyte goes through: a loaded machine may take minutes.
    backend.run(main, patience_seconds=600)
