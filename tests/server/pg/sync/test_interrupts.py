"""KeyboardInterrupt at every call to the system, and a signal's exception while waiting: fault F32, blocking."""

from __future__ import annotations

import select as selects
import signal
import socket as sockets
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import qail.sync
from qail import INT4, Col, Qail, Table, col, select
from support.servers import Database

PATIENCE_SECONDS = 30.0
INTERRUPT = pytest.mark.feature("SY2")


class Numbers(Table, name="numbers"):
    id: Col[int] = col(INT4)
    double: Col[int] = col(INT4)


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE numbers AS SELECT i AS id, 2 * i AS double FROM generate_series(1, 100) i")
    return fresh_database


class Interrupting:
    """Counts the calls to the system of one thread, and raises KeyboardInterrupt in one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.at = -1
        self.is_after = False
        self.thread = threading.get_ident()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            if threading.get_ident() != self.thread:
                return call(*arguments)
            self.count += 1
            is_now = self.count == self.at
            if is_now and not self.is_after:
                raise KeyboardInterrupt
            result = call(*arguments)
            if is_now:
                raise KeyboardInterrupt
            return result

        return called


class WatchedSocket(sockets.socket):
    """Whose calls can be interrupted."""

    interrupting: Interrupting

    def send(self, *arguments: Any) -> int:
        sent: int = self.interrupting.around(super().send)(*arguments)
        return sent

    def recv(self, *arguments: Any) -> bytes:
        data: bytes = self.interrupting.around(super().recv)(*arguments)
        return data

    def connect_ex(self, *arguments: Any) -> int:
        code: int = self.interrupting.around(super().connect_ex)(*arguments)
        return code


class WatchedPoll:
    def __init__(self, poll: Any, interrupting: Interrupting) -> None:
        self.poll = interrupting.around(poll.poll)
        self.register = poll.register
        self.unregister = poll.unregister


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interrupting]:
    watched = Interrupting()
    make_poll = selects.poll

    def new_poll() -> Any:
        return WatchedPoll(make_poll(), watched)

    monkeypatch.setattr(WatchedSocket, "interrupting", watched, raising=False)
    monkeypatch.setattr(sockets, "socket", WatchedSocket)
    monkeypatch.setattr(selects, "poll", new_poll)
    yield watched
    watched.at = -1


def double_of(number: int) -> Any:
    return select(Numbers.double).where(Numbers.id == number)


def workload(pool: Any) -> None:
    for number in (3, 4):
        assert pool.fetch_value(double_of(number)) == 2 * number
    with pool.transaction() as tx:
        assert tx.fetch_value(double_of(5)) == 10
        tx.execute(Qail.set("numbers").values({"double": 1}).eq("id", 100))
    assert [each.result() for each in pipelined(pool)] == [12, 14]
    assert pool.copy_in("numbers", [(1000, 2000)]) == 1


def pipelined(pool: Any) -> list[Any]:
    with pool.pipeline() as pipeline:
        return [pipeline.fetch_value(double_of(number)) for number in (6, 7)]


@INTERRUPT
@pytest.mark.parametrize("is_alone", [False, True], ids=["with a neighbour", "alone"])
@pytest.mark.parametrize("is_after", [False, True], ids=["before the call", "after it"])
def test_an_interrupt_at_any_call_hangs_nothing_and_mixes_nothing_up(
    numbers: Database, interrupting: Interrupting, is_after: bool, is_alone: bool
) -> None:
    interrupting.is_after = is_after
    at, interrupts, was_interrupted = 0, 0, True
    # A neighbour makes calls for others, too: now and then the work comes through with few of its own.
    while was_interrupted or at <= 10:
        at += 1
        was_interrupted = False
        with qail.sync.create_pool(numbers.dsn, max_size=2) as pool:
            stop = threading.Event()
            wrong: list[Any] = []
            neighbour = threading.Thread(target=neighbourhood, args=(pool, stop, wrong), daemon=True)
            if not is_alone:
                neighbour.start()
            interrupting.count, interrupting.at = 0, at
            try:
                workload(pool)
            except KeyboardInterrupt:
                was_interrupted = True
                interrupts += 1
            finally:
                interrupting.at = -1
            for number in range(1, 50):
                assert pool.fetch_value(double_of(number), timeout=PATIENCE_SECONDS) == 2 * number, at
            stop.set()
            if is_alone:
                # What was interrupted left nothing behind that holds others up.
                neighbour.start()
            neighbour.join(2 * PATIENCE_SECONDS)
            assert not neighbour.is_alive(), at
            assert not wrong, (at, wrong)
    assert interrupts >= (10 if is_alone else 1)


def neighbourhood(pool: Any, stop: threading.Event, wrong: list[Any]) -> None:
    """Another thread's queries: their connection may be lost, but what they get is theirs."""
    number = 0
    while number < 3 or not stop.is_set():
        number = number % 50 + 1
        try:
            found = pool.fetch_value(double_of(number), timeout=PATIENCE_SECONDS)
        except qail.ConnectionLost:
            continue
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is wrong
            wrong.append(error)
            return
        if found != 2 * number:
            wrong.append((number, found))


class Alarm(Exception):
    """What a signal handler raises."""


@INTERRUPT
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="a thread can be sent no signal here")
@pytest.mark.parametrize("kind", ["pool", "connection"])
def test_what_a_signal_handler_raises_ends_the_wait_and_not_the_connection(numbers: Database, kind: str) -> None:
    def handler(number: int, frame: Any) -> None:
        raise Alarm

    opened: Any = qail.sync.create_pool(numbers.dsn, max_size=1) if kind == "pool" else qail.sync.connect(numbers.dsn)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        with opened as db:
            process_id = db.script("SELECT pg_backend_pid()")
            ringing = threading.Thread(target=ring, args=(numbers, threading.get_ident()), daemon=True)
            ringing.start()
            with pytest.raises(Alarm):
                db.script("SELECT pg_sleep(60)")
            ringing.join(PATIENCE_SECONDS)
            assert db.fetch_value(double_of(8), timeout=PATIENCE_SECONDS) == 16
            assert db.script("SELECT pg_backend_pid()") == process_id
    finally:
        signal.signal(signal.SIGALRM, before)


def ring(database: Database, thread_id: int) -> None:
    """Send a thread the signal when its statement runs, and it waits at the socket."""
    asleep = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.name}' AND wait_event = 'PgSleep'"
    while database.sql(asleep) != [("1",)] or not is_waiting(thread_id):
        continue
    signal.pthread_kill(thread_id, signal.SIGALRM)


def is_waiting(thread_id: int) -> bool:
    """Whether the thread is where those wait who pump, or those who follow."""
    code = sys._current_frames()[thread_id].f_code
    return (Path(code.co_filename).name, code.co_name) in {("poller.py", "wait"), ("running.py", "sleep")}


@INTERRUPT
@pytest.mark.parametrize("kind", ["pool", "connection"])
@pytest.mark.parametrize("inside", ["_step", "waiter"], ids=["a coroutine", "a single statement"])
def test_an_interrupt_inside_the_engine_spends_what_it_may_have_spoiled(
    numbers: Database, kind: str, inside: str, caplog: pytest.LogCaptureFixture
) -> None:
    opened: Any = qail.sync.create_pool(numbers.dsn, max_size=1) if kind == "pool" else qail.sync.connect(numbers.dsn)
    with opened as db:
        db.fetch_value(double_of(1))
        engine = db._runtime
        before = getattr(engine, inside)

        def interrupt(*arguments: Any) -> None:
            setattr(engine, inside, before)
            raise KeyboardInterrupt

        setattr(engine, inside, interrupt)
        # A deadline needs a coroutine.
        with pytest.raises(KeyboardInterrupt):
            db.fetch_value(double_of(2), timeout=PATIENCE_SECONDS if inside == "_step" else None)
        assert "interrupt" in caplog.text
        if kind == "connection":
            with pytest.raises(qail.ConnectionLost):
                db.fetch_value(double_of(3))
        else:
            assert [db.fetch_value(double_of(number)) for number in (3, 4, 5)] == [6, 8, 10]
