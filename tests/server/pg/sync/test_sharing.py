"""Threads that share a pool or a connection: everybody gets his own rows, and nobody waits for somebody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import qail.sync
from qail import INT4, Col, DeadlineExceeded, PoolTimeout, Qail, Table, col, select
from support.servers import Database, Server

SHARED = pytest.mark.feature("SY2")
PATIENCE_SECONDS = 60.0
THREADS = 16
QUERIES = 200


class Numbers(Table, name="numbers"):
    id: Col[int] = col(INT4)
    double: Col[int] = col(INT4)


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE numbers AS SELECT i AS id, 2 * i AS double FROM generate_series(1, 1000) i")
    return fresh_database


def double_of(number: int) -> Any:
    return select(Numbers.double).where(Numbers.id == number)


def together(*work: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(work)) as executor:
        return [future.result(PATIENCE_SECONDS) for future in [executor.submit(each) for each in work]]


@SHARED
@pytest.mark.parametrize("kind", ["pool", "connection"])
def test_many_threads_get_their_own_rows(numbers: Database, kind: str) -> None:
    def many(db: Any, first: int) -> list[int]:
        return [db.fetch_value(double_of((first + step) % 1000 + 1)) for step in range(QUERIES)]

    opened: Any = qail.sync.create_pool(numbers.dsn, max_size=3) if kind == "pool" else qail.sync.connect(numbers.dsn)
    with opened as db:
        found = together(*(lambda first=first: many(db, first) for first in range(0, THREADS * 50, 50)))
    for index, mine in enumerate(found):
        assert mine == [2 * ((index * 50 + step) % 1000 + 1) for step in range(QUERIES)]


@SHARED
def test_whoever_leaves_first_hands_the_sockets_over(numbers: Database) -> None:
    with qail.sync.connect(numbers.dsn) as connection, qail.sync.connect(numbers.dsn) as other:
        # The first thread pumps; its answer comes first, and the second one's only after it has gone.
        other.script("SELECT pg_advisory_lock(1)")
        began = threading.Event()

        def first() -> Any:
            began.set()
            return connection.fetch_value(double_of(7))

        def second() -> Any:
            began.wait(PATIENCE_SECONDS)
            return connection.script("SELECT pg_advisory_lock(1); SELECT 42")[-1]

        def free() -> None:
            until_waiting(numbers)
            other.script("SELECT pg_advisory_unlock(1)")

        assert together(first, second, free)[:2] == [14, [("42",)]]


def until_waiting(database: Database) -> None:
    """Until somebody waits for an advisory lock."""
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
        "WHERE locktype = 'advisory' AND NOT granted AND d.datname = current_database()"
    )
    for _ in range(100_000):
        if database.sql(waiting)[-1][0] != "0":
            return
    pytest.fail("nobody came to wait")


@SHARED
def test_a_deadline_of_one_thread_is_nothing_to_the_others(numbers: Database) -> None:
    with qail.sync.create_pool(numbers.dsn, max_size=2) as pool:
        is_over = threading.Event()

        def late() -> None:
            try:
                ended = 0
                while ended < 3:
                    try:
                        pool.script("SELECT pg_sleep(60)", timeout=0.1)
                    except DeadlineExceeded:
                        ended += 1
                    except PoolTimeout:
                        continue  # the others kept both connections for so long
            finally:
                is_over.set()

        def steady() -> int:
            count = 0
            while not is_over.is_set() or count < 50:
                assert pool.fetch_value(double_of(count % 1000 + 1), timeout=PATIENCE_SECONDS) == 2 * (count % 1000 + 1)
                count += 1
            return count

        _, *counts = together(late, steady, steady)
        assert min(counts) >= 50


@SHARED
def test_records_may_come_from_the_same_pool(numbers: Database) -> None:
    numbers.sql("CREATE TABLE copy (id int, double int)")
    with (
        qail.sync.create_pool(numbers.dsn, max_size=2) as pool,
        pool.stream(select(Numbers.id, Numbers.double), fetch_size=100) as rows,
    ):
        assert pool.copy_in("copy", (tuple(row) for row in rows)) == 1000
        copied = pool.fetch_all(Qail.get("copy").columns("id", "double").order_by("id"))
    assert [tuple(row) for row in copied] == [(i, 2 * i) for i in range(1, 1001)]


@SHARED
def test_a_large_request_and_a_large_answer_meet(server: Server) -> None:
    # Neither side could go on if reading waited for writing: all of it is larger than the sockets' buffers.
    value = "x" * 300_000
    with qail.sync.connect(server.dsn) as connection, connection.pipeline() as pipeline:
        query = Qail.get("pg_database").columns(qail.cast(value, qail.TEXT)).limit(1)
        answers = [pipeline.fetch_value(query) for _ in range(60)]
    assert [answer.result() for answer in answers] == [value] * 60
