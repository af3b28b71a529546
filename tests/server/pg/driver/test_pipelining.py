"""Many statements on one connection: implicit pipelining, batches, pipelines, many sets of values, back-pressure."""

# ruff: noqa: PT012, SIM117  # what a block raises at its end is what these tests are about

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import EncodeError, Outcome, PipelineAborted, PostgresError, UsageError
from qail.pg.driver.connection import connect
from qail.pg.pool.pool import create_pool
from support.delaying_proxy import delaying_proxy
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
DELAY_SECONDS = 0.02


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TABLE numbers (id int PRIMARY KEY, body text);"
        "INSERT INTO numbers SELECT i, 'n' || i FROM generate_series(1, 200) i;"
        "CREATE TABLE log (id int PRIMARY KEY, body text)"
    )
    return fresh_database


def through(proxy: Any, database: Database) -> dict[str, Any]:
    return {"host": proxy.host, "port": 5432, "user": database.server.user, "dbname": database.name}


def body_of(number: int) -> Any:
    return Qail.get("numbers").columns("body").eq("id", number)


def log(number: int, body: str = "x") -> Any:
    return Qail.add("log").values({"id": number, "body": body})


@pytest.mark.feature("PI1")
def test_a_hundred_simultaneous_fetches_need_few_round_trips_and_a_sync_each(run: Run, numbers: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(numbers.server.socket_path, delay_seconds=DELAY_SECONDS) as proxy:
            async with connect(**through(proxy, numbers)) as connection:
                await connection.fetch_value(body_of(1))
                proxy.forget()

                found = await asyncio.gather(*[connection.fetch_value(body_of(i)) for i in range(1, 101)])

                assert found == [f"n{i}" for i in range(1, 101)]
                assert proxy.round_trips <= 5
                assert proxy.sent.messages["S"] == 100
                assert proxy.received.messages["Z"] == 100

    run(main)


@pytest.mark.feature("PI1")
def test_first_use_by_a_hundred_tasks_at_once_is_bounded_in_round_trips_too(run: Run, numbers: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(numbers.server.socket_path, delay_seconds=DELAY_SECONDS) as proxy:
            async with connect(**through(proxy, numbers)) as connection:
                proxy.forget()

                found = await asyncio.gather(*[connection.fetch_value(body_of(i)) for i in range(1, 101)])

                assert found == [f"n{i}" for i in range(1, 101)]
                assert proxy.round_trips <= 5

    run(main)


@pytest.mark.feature("PI1")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_one_failure_leaves_ninety_nine_right(run: Run, numbers: Database, kind: str) -> None:
    numbers.sql("INSERT INTO log VALUES (50, 'taken')")

    async def main() -> None:
        open_it = connect if kind == "connection" else create_pool
        async with open_it(numbers.dsn) as db:
            results = await asyncio.gather(*[db.execute(log(i)) for i in range(1, 101)], return_exceptions=True)

            failed = [i for i, result in enumerate(results, start=1) if isinstance(result, Exception)]
            assert failed == [50]
            assert isinstance(results[49], PostgresError)
            assert results[49].sqlstate == "23505"
            assert await db.fetch_value(Qail.get("log").columns("body").eq("id", 50)) == "taken"
            assert len(await db.fetch_all(Qail.get("log"))) == 100

    run(main)


def test_a_cancelled_caller_harms_none_of_its_neighbours(run: Run, numbers: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(numbers.server.socket_path, delay_seconds=DELAY_SECONDS) as proxy:
            async with connect(**through(proxy, numbers)) as connection:
                await connection.fetch_value(body_of(1))
                tasks = [asyncio.ensure_future(connection.fetch_value(body_of(i))) for i in range(1, 61)]
                # Some before anything left, some while their answers are under way.
                await asyncio.sleep(0)
                for task in tasks[::3]:
                    task.cancel()
                await asyncio.sleep(DELAY_SECONDS)
                for task in tasks[1::3]:
                    task.cancel()

                results = await asyncio.gather(*tasks, return_exceptions=True)

                for i, result in enumerate(results):
                    if i % 3 == 2:
                        assert result == f"n{i + 1}"
                    else:
                        assert isinstance(result, asyncio.CancelledError)
                assert await connection.fetch_value(body_of(7)) == "n7"

    run(main)


@pytest.mark.feature("PI2")
@pytest.mark.feature("PI3")
@pytest.mark.parametrize("kind", ["connection", "pool"])
@pytest.mark.parametrize("atomic", [True, False])
def test_a_batch_gives_results_by_index(run: Run, numbers: Database, kind: str, atomic: bool) -> None:
    async def main() -> None:
        open_it = connect if kind == "connection" else create_pool
        async with open_it(numbers.dsn) as db:
            results = await db.batch(
                [body_of(3), log(1), Qail.get("numbers").columns("id", "body").eq("id", 4), log(2)], atomic=atomic
            )

            assert [tuple(row) for row in results[0]] == [("n3",)]
            assert [tuple(row) for row in results[2]] == [(4, "n4")]
            assert (results[1], results[3]) == (1, 1)
            assert await db.batch([]) == []

    run(main)


@pytest.mark.feature("PI2")
@pytest.mark.feature("PI3")
def test_an_atomic_batch_leaves_nothing_on_failure(run: Run, numbers: Database) -> None:
    async def main() -> None:
        async with connect(numbers.dsn) as db:
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

    run(main)


@pytest.mark.feature("PI3")
@pytest.mark.feature("PI2")
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_separate_batch_keeps_every_success(run: Run, numbers: Database, kind: str) -> None:
    async def main() -> None:
        open_it = connect if kind == "connection" else create_pool
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

    run(main)


def test_an_atomic_batch_with_a_value_that_does_not_fit_sends_nothing(run: Run, numbers: Database) -> None:
    async def main() -> None:
        async with connect(numbers.dsn) as db:
            await db.execute(log(5))
            with pytest.raises(EncodeError):
                await db.batch([log(1), log(2**40)])
            assert await db.fetch_values(Qail.get("log").columns("id")) == [5]

    run(main)


@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_pipeline_answers_each_call(run: Run, numbers: Database, kind: str) -> None:
    async def main() -> None:
        open_it = connect if kind == "connection" else create_pool
        async with open_it(numbers.dsn) as db:
            async with db.pipeline() as pipeline:
                value = pipeline.fetch_value(body_of(1))
                count = pipeline.execute(log(1))
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

    run(main)


def test_a_pipeline_raises_what_nobody_looked_at_and_keeps_the_rest(run: Run, numbers: Database) -> None:
    async def main() -> None:
        async with connect(numbers.dsn) as db:
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

    run(main)


@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_many_sets_of_values_share_one_plan(run: Run, numbers: Database, kind: str) -> None:
    async def main() -> None:
        async with connect(numbers.dsn) as connection, create_pool(numbers.dsn) as pool:
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

    run(main)


def test_many_sets_stop_at_the_first_window_that_fails(run: Run, numbers: Database) -> None:
    numbers.sql("INSERT INTO log VALUES (1500, 'taken')")

    async def main() -> None:
        async with connect(numbers.dsn) as db:
            with pytest.raises(PostgresError) as caught:
                await db.execute_many(log(0), [(i, "x") for i in range(1, 3001)])

            assert caught.value.index == 1499
            assert len(await db.fetch_all(Qail.get("log"))) == 1001
            with pytest.raises(EncodeError):
                await db.execute_many(log(0), [(1,)])

    run(main)


@pytest.mark.feature("PI4")
@pytest.mark.parametrize("kind", ["tasks", "batch", "pipeline"])
def test_large_values_both_ways_through_narrow_buffers_end_in_bounded_memory(
    run: Run, numbers: Database, kind: str
) -> None:
    count, size = 10_000 if kind == "tasks" else 2_000, 64 * 1024
    body = "y" * size

    async def main() -> None:
        async with delaying_proxy(numbers.server.socket_path, buffer_bytes=4096) as proxy:
            async with connect(**through(proxy, numbers)) as db:
                assert db._link is not None
                sock = db._link.transport.socket
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                await drive(db)
                grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
                assert grown_kb < 150 * 1024

    async def drive(db: Any) -> None:
        echo = Qail.set("log").values({"body": body}).eq("id", 1).returning("body")
        await db.execute(log(1))
        done = 0
        if kind == "tasks":

            async def worker() -> None:
                nonlocal done
                while done < count:
                    done += 1
                    assert len(await db.fetch_value(echo)) == size

            await asyncio.gather(*[worker() for _ in range(50)])
        elif kind == "batch":
            assert sum(await db.execute_many(echo, ((body, 1) for _ in range(count)))) == count
        else:
            while done < count:
                async with db.pipeline() as pipeline:
                    answers = [pipeline.fetch_value(echo) for _ in range(200)]
                done += sum(len(answer.result()) == size for answer in answers)

    run(main)
