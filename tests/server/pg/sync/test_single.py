"""A thread that waits alone, and others that come meanwhile: who reads for whom, and who goes on when it leaves."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import qail.sync
from qail import ConnectionLost, DeadlineExceeded, Qail
from qail.testing import ChaosProxy
from support.servers import Database

SINGLE = pytest.mark.feature("SY2")
PATIENCE_SECONDS = 90.0
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{name}'"


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE numbers AS SELECT i AS id, 2 * i AS double FROM generate_series(1, 100) i")
    return fresh_database


def double_of(number: int) -> Any:
    return Qail.get("numbers").columns("double").eq("id", number)


class Call(threading.Thread):
    """One call in a thread of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.outcome: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self.work()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test compares it
            self.outcome = error

    def result(self) -> Any:
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive(), "the call hangs"
        return self.outcome


@contextmanager
def held(database: Database, number: int) -> Iterator[threading.Event]:
    """One row is locked until the event is set."""
    free = threading.Event()
    has = threading.Event()

    def hold() -> None:
        with qail.sync.connect(database.dsn) as db, db.transaction() as tx:
            tx.fetch_value(double_of(number).for_update())
            has.set()
            free.wait(PATIENCE_SECONDS)

    holder = Call(hold)
    assert has.wait(PATIENCE_SECONDS)
    yield free
    free.set()
    assert holder.result() is None


def until_waiting(database: Database, count: int) -> None:
    for _ in range(100_000):
        if database.sql(WAITING.format(name=database.name)) == [(str(count),)]:
            return
    pytest.fail(f"there are never {count} who wait for a lock")


@SINGLE
def test_who_leaves_first_hands_the_sockets_to_who_came_later(numbers: Database) -> None:
    with (
        held(numbers, 1) as first_is_free,
        held(numbers, 2) as second_is_free,
        qail.sync.create_pool(numbers.dsn, max_size=2) as pool,
        pool.acquire() as one,
        pool.acquire() as two,
    ):
        first = Call(lambda: one.fetch_value(double_of(1).for_update()))
        until_waiting(numbers, 1)
        second = Call(lambda: two.fetch_value(double_of(2).for_update()))
        until_waiting(numbers, 2)

        first_is_free.set()
        assert first.result() == 2
        second_is_free.set()
        assert second.result() == 4


@SINGLE
def test_who_waits_alone_reads_for_those_who_come(numbers: Database) -> None:
    def often(db: Any) -> list[int]:
        return [db.fetch_value(double_of(number % 100 + 1)) for number in range(300)]

    with (
        held(numbers, 1) as is_free,
        qail.sync.create_pool(numbers.dsn, max_size=3) as pool,
        pool.acquire() as one,
        pool.acquire() as two,
    ):
        first = Call(lambda: one.fetch_value(double_of(1).for_update()))
        until_waiting(numbers, 1)

        others = [Call(lambda: often(two)), Call(lambda: often(pool))]
        for other in others:
            assert other.result() == [2 * (number % 100 + 1) for number in range(300)]
        is_free.set()
        assert first.result() == 2


@SINGLE
@pytest.mark.parametrize("kind", ["alone", "while another thread waits"])
def test_nobody_goes_on_where_an_interrupted_visit_left_off(numbers: Database, kind: str) -> None:
    """A visit that ended half-way may have written half a message: whoever comes next must not write behind it.

    Its own thread says so a moment later; here it has not come to that, and another one is first.
    """
    with ChaosProxy(numbers.dsn) as proxy, qail.sync.connect(proxy.dsn()) as db, held(numbers, 1) as is_free:
        assert db.fetch_value(double_of(2)) == 4
        waiting = None
        if kind != "alone":
            waiting = Call(lambda: db.fetch_value(double_of(1).for_update()))
            until_waiting(numbers, 1)
        before = proxy.audit.sent["B"]

        # As a visit leaves it that an interrupt has ended half-way: the mark of a thread that is not here.
        engine: Any = db._runtime
        with engine._lock:
            engine._owner = -1
        with pytest.raises(ConnectionLost):
            db.fetch_value(double_of(3))

        assert proxy.audit.sent["B"] == before
        is_free.set()
        if waiting is not None:
            assert isinstance(waiting.result(), ConnectionLost)


@SINGLE
def test_a_call_inside_another_one_ends_at_its_deadline(numbers: Database) -> None:
    numbers.sql("CREATE TABLE copies (id int)")
    with (
        held(numbers, 1),
        qail.sync.create_pool(numbers.dsn, min_size=2, max_size=2) as pool,
        pool.acquire() as other,
        pytest.raises(DeadlineExceeded),
    ):
        # The records come from a statement that would wait for as long as the row is locked.
        pool.copy_in("copies", ((other.fetch_value(double_of(1).for_update()),) for _ in range(1)), timeout=0.5)


@SINGLE
def test_threads_on_one_connection_never_interleave(numbers: Database) -> None:
    """They change places as often as they can, also in the middle of a message."""

    def often(db: Any, first: int) -> list[int]:
        return [db.fetch_value(double_of((first + number) % 100 + 1)) for number in range(100)]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ChaosProxy(numbers.dsn) as proxy, qail.sync.connect(proxy.dsn()) as db:
            calls = [Call(lambda first=first: often(db, first)) for first in range(8)]  # type: ignore[misc]
            results = [call.result() for call in calls]
            proxy.audit.check()
    finally:
        sys.setswitchinterval(before)
    assert results == [[2 * ((first + number) % 100 + 1) for number in range(100)] for first in range(8)]
