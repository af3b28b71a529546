"""`run_transaction`: whole functions again, in new transactions, and only where that is safe and may help."""

from __future__ import annotations

from typing import Any

import pytest

from qail import (
    ConnectionLost,
    DeadlineExceeded,
    OutcomeUnknown,
    PoolTimeout,
    PostgresError,
    Qail,
    RetryBudget,
    UsageError,
    col,
    func,
    select,
)
from qail.sqlstate import DeadlockDetected, SerializationFailure, UniqueViolation
from support.backends import Backend
from support.lock_waits import until_waiting
from support.pool_counts import CROWD_SECONDS, with_patience
from support.servers import Database

WRITERS = 200
N = Qail.get("counters").columns("n").eq("id", 1)


def put(n: int) -> Any:
    return Qail.set("counters").values({"n": n}).eq("id", 1)


@pytest.fixture
def counters(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TABLE counters (id int PRIMARY KEY, n int); INSERT INTO counters VALUES (1, 0), (2, 0);"
        "CREATE TABLE runs (attempt int);"
        "CREATE FUNCTION fail(code text) RETURNS int LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = code; END $$"
    )
    return fresh_database


def fail(code: str) -> Any:
    return select(func.fail(code))


@pytest.mark.feature("RT2")
def test_200_conflicting_serializable_writers_finish_with_the_exact_sum(
    backend: Backend, counters: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_patience(monkeypatch)
    attempts: list[int] = []

    async def add_one(tx: Any) -> None:
        n = await tx.fetch_value(N)
        await tx.execute(put(n + 1))
        attempts.append(tx.attempt)

    async def body() -> None:
        async with backend.pool(counters.dsn, max_size=8) as pool:

            async def writer() -> None:
                await pool.run_transaction(add_one, isolation="serializable", retries=1000)

            assert await backend.together(*[writer] * WRITERS) == [None] * WRITERS
            assert await pool.fetch_value(N) == WRITERS

    backend.run(body, CROWD_SECONDS)
    # It was a fight: somebody had to run again.
    assert max(attempts) > 1


@pytest.mark.feature("RT2")
@pytest.mark.parametrize("kind", ["pool", "connection"])
@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_it_runs_again_in_a_new_transaction_and_returns_what_the_function_returns(
    backend: Backend, counters: Database, kind: str, code: str
) -> None:
    seen: list[int] = []

    async def work(tx: Any) -> str:
        await tx.execute(Qail.add("runs").values({"attempt": tx.attempt}))
        seen.append(tx.attempt)
        if tx.attempt < 3:
            await tx.fetch_value(fail(code))
        return "done"

    async def body() -> None:
        opening = backend.pool if kind == "pool" else backend.connect
        async with opening(counters.dsn) as db:
            assert await db.run_transaction(work) == "done"

    backend.run(body)
    assert counters.sql("SELECT attempt FROM runs") == [("3",)]
    assert seen == [1, 2, 3]


@pytest.mark.feature("RT2")
@pytest.mark.parametrize("code", ["23505", "55P03", "57014", "40003", "P0001"])
def test_other_errors_are_the_callers_at_once(backend: Backend, counters: Database, code: str) -> None:
    async def work(tx: Any) -> None:
        await tx.execute(Qail.add("runs").values({"attempt": tx.attempt}))
        runs.append(tx.attempt)
        await tx.fetch_value(fail(code))

    async def body() -> None:
        async with backend.pool(counters.dsn) as pool:
            with pytest.raises(PostgresError) as caught:
                await pool.run_transaction(work)
            assert caught.value.sqlstate == code

    runs: list[int] = []
    backend.run(body)
    assert runs == [1]
    assert counters.sql("SELECT * FROM runs") == []


@pytest.mark.feature("RT2")
def test_a_failure_at_commit_runs_again(backend: Backend, counters: Database) -> None:
    """Write skew: both read what the other writes; the server may find out at COMMIT."""
    counters.sql(
        "CREATE TABLE late (n int);"
        "CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.n < 2 THEN RAISE EXCEPTION 'at commit' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION twice()"
    )

    async def work(tx: Any) -> int:
        await tx.execute(Qail.add("late").values({"n": tx.attempt}))
        return int(tx.attempt)

    async def body() -> None:
        async with backend.pool(counters.dsn) as pool:
            assert await pool.run_transaction(work) == 2
            with pytest.raises(SerializationFailure):
                await pool.run_transaction(work, retries=0)

    backend.run(body)
    assert counters.sql("SELECT n FROM late") == [("2",)]


@pytest.mark.feature("RT2")
def test_two_that_deadlock_both_finish(backend: Backend, counters: Database) -> None:
    counters.sql(f"ALTER DATABASE \"{counters.name}\" SET deadlock_timeout = '20ms'")

    async def body() -> None:
        async with backend.pool(counters.dsn, min_size=2, max_size=2) as pool:
            entered = 0

            def crossing(first: int, second: int) -> Any:
                async def work(tx: Any) -> None:
                    nonlocal entered
                    await tx.execute(Qail.set("counters").values({"n": col("n") + 1}).eq("id", first))
                    entered += 1
                    while entered < 2:
                        await backend.sleep(0.005)
                    await tx.execute(Qail.set("counters").values({"n": col("n") + 1}).eq("id", second))
                    runs.append(tx.attempt)

                return lambda: pool.run_transaction(work, retries=10)

            assert await backend.together(crossing(1, 2), crossing(2, 1)) == [None, None]

    runs: list[int] = []
    backend.run(body)
    assert counters.sql("SELECT n FROM counters ORDER BY id") == [("2",), ("2",)]
    assert max(runs) > 1


@pytest.mark.feature("RT2")
def test_the_last_error_is_raised_when_the_retries_or_the_budget_are_used_up(
    backend: Backend, counters: Database
) -> None:
    runs: list[int] = []

    async def work(tx: Any) -> None:
        runs.append(tx.attempt)
        await tx.fetch_value(fail("40P01"))

    async def body() -> None:
        async with backend.pool(counters.dsn) as pool:
            with pytest.raises(DeadlockDetected):
                await pool.run_transaction(work, retries=2)
            assert runs == [1, 2, 3]
            runs.clear()
            budget = RetryBudget(share=0.0, reserve=1.0)
            for _ in range(2):
                with pytest.raises(DeadlockDetected):
                    await pool.run_transaction(work, budget=budget)
            assert runs == [1, 2, 1]

    backend.run(body)


@pytest.mark.feature("RT2")
def test_a_deadline_covers_all_runs_and_says_what_became_of_the_work(backend: Backend, counters: Database) -> None:
    async def conflict(tx: Any) -> None:
        runs.append(tx.attempt)
        await tx.fetch_value(fail("40001"))

    async def wait(tx: Any) -> None:
        await tx.execute(put(5))
        await tx.fetch_value(select(func.pg_sleep(60.0)))

    async def body() -> None:
        async with backend.pool(counters.dsn, max_size=1) as pool:
            with pytest.raises((SerializationFailure, DeadlineExceeded)):
                await pool.run_transaction(conflict, retries=10**6, timeout=0.3)
            with pytest.raises(DeadlineExceeded) as caught:
                await pool.run_transaction(wait, timeout=1.0)
            assert caught.value.outcome == "aborted"
            async with pool.acquire():
                with pytest.raises(PoolTimeout):
                    await pool.run_transaction(conflict, timeout=0.05)
            assert await pool.fetch_value(N) == 0

    runs: list[int] = []
    backend.run(body)
    assert runs == list(range(1, len(runs) + 1))


@pytest.mark.feature("RT2")
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_what_is_cancelled_never_runs_again(backend: Backend, counters: Database) -> None:
    async def work(tx: Any) -> None:
        runs.append(tx.attempt)
        await tx.execute(put(7))
        await tx.fetch_all(Qail.get("counters").eq("id", 2))
        await tx.execute(Qail.set("counters").values({"n": 7}).eq("id", 2))

    async def body() -> None:
        async with (
            backend.pool(counters.dsn, max_size=2) as pool,
            backend.jobs() as jobs,
        ):
            async with pool.transaction() as holder:
                await holder.execute(Qail.set("counters").values({"n": 1}).eq("id", 2))
                job = jobs.start(lambda: pool.run_transaction(work, retries=100))
                await until_waiting(backend, counters)
                job.cancel()
                await job.ended()
            assert not isinstance(job.error, Exception)
            assert await pool.fetch_value(N) == 0

    runs: list[int] = []
    backend.run(body)
    assert runs == [1]


@pytest.mark.feature("RT2")
def test_what_may_have_been_committed_never_runs_again(backend: Backend, counters: Database) -> None:
    async def by_hand(tx: Any) -> None:
        runs.append(tx.attempt)
        await tx.execute(put(3))
        await tx.commit()
        async with other[0].transaction() as another:
            await another.fetch_value(fail("40001"))

    async def lost(tx: Any) -> None:
        runs.append(tx.attempt)
        raise OutcomeUnknown("as if the connection had been lost in COMMIT")

    async def body() -> None:
        async with backend.pool(counters.dsn) as pool:
            other.append(pool)
            with pytest.raises(SerializationFailure):
                await pool.run_transaction(by_hand)
            with pytest.raises(ConnectionLost):
                await pool.run_transaction(lost)
            assert await pool.fetch_value(N) == 3

    runs: list[int] = []
    other: list[Any] = []
    backend.run(body)
    assert runs == [1, 1]


def test_inside_a_transaction_it_is_a_savepoint_that_runs_once(backend: Backend, counters: Database) -> None:
    async def conflict(tx: Any) -> None:
        runs.append(tx.attempt)
        await tx.fetch_value(fail("40001"))

    async def twice(tx: Any) -> None:
        await tx.execute(Qail.add("counters").values({"id": 1, "n": 0}))

    async def body() -> None:
        async with backend.connect(counters.dsn) as connection:
            async with connection.transaction() as transaction:
                await transaction.execute(put(1))
                with pytest.raises(SerializationFailure):
                    await transaction.run_transaction(conflict)
                with pytest.raises(UniqueViolation):
                    await connection.run_transaction(twice)
                with pytest.raises(UsageError, match="savepoint"):
                    await transaction.run_transaction(conflict, isolation="serializable")
            assert await connection.fetch_value(N) == 1

    runs: list[int] = []
    backend.run(body)
    assert runs == [1]


def test_senseless_arguments_are_refused_before_anything_runs(backend: Backend, counters: Database) -> None:
    async def work(tx: Any) -> None:
        raise AssertionError("it must not run")

    async def body() -> None:
        async with backend.pool(counters.dsn) as pool:
            for wrong in ({"retries": -1}, {"isolation": "chaos"}, {"settings": {"a": None}}):
                with pytest.raises(UsageError):
                    await pool.run_transaction(work, **wrong)

    backend.run(body)


def test_every_run_is_in_the_log(backend: Backend, counters: Database, caplog: pytest.LogCaptureFixture) -> None:
    async def work(tx: Any) -> None:
        if tx.attempt < 3:
            await tx.fetch_value(fail("40001"))

    async def body() -> None:
        async with backend.pool(counters.dsn) as pool:
            await pool.run_transaction(work)

    with caplog.at_level("INFO", "qail"):
        backend.run(body)

    told = [each.getMessage() for each in caplog.records if "runs again" in each.getMessage()]
    assert ["attempt 2" in told[0], "attempt 3" in told[1], len(told)] == [True, True, 2]
