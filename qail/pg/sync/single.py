"""One statement of a thread that is alone: sent, waited for and read without a coroutine, in compiled code.

Rule 1: it does what the engine would do for the verb's coroutine, as long as there is nothing else to do: nobody else
is inside or waits, and one read brings what was awaited.
Rule 2: whatever is rarer is the engine's. Before anything was sent the verb's own coroutine is driven; behind that, one
that awaits the answer.
Rule 3: whatever ends a visit half-way is told to the engine, as from a visit of its own.

Source: qail.pg.sync.engine has the rules of a visit, qail.pg.driver.running the coroutine
"""

# The engine shares its state with what enters it.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import sys
from asyncio import _get_running_loop
from collections.abc import Callable
from threading import get_ident
from time import monotonic
from typing import Any, Final, cast

from qail.compile.cache import Call
from qail.compile.frames import BoundPlan
from qail.pg.driver.executor import Flight, take_off
from qail.pg.driver.fork import PROCESS
from qail.pg.protocol.request import Item
from qail.pg.sync.running import NO_ROLE, PUMP, BlockingWaiter, Thread
from qail.pg.wire.buffer import RowSink

# After so long a pause the sockets are looked at before one of them is used: nobody has read them meanwhile. Looking
# costs 1 us: calls that follow each other at once need not.
PAUSE_SECONDS: Final = 0.001


class Single(Thread):
    """A thread with one statement. Its coroutine is made when it is needed."""

    __slots__ = ("_call", "_flight", "_places", "_sink", "is_sent")

    def __init__(
        self, wake_pump: Callable[[], None], places: Any, call: Call, sink: Callable[[BoundPlan], RowSink]
    ) -> None:
        super().__init__(None, wake_pump)
        self.is_sent = False
        self._flight: Flight | None = None
        self._places: Final[Any] = places
        self._call: Final = call
        self._sink: Final = sink

    def take_off(self) -> bool:
        """Send it, if that can be done the short way."""
        flight = take_off(self._places, self._call, self._sink, None, None)
        if flight is None:
            return False
        self._flight = flight
        waiter = cast("BlockingWaiter", flight.waiter)
        waiter.runner = self
        self.waiter = waiter
        self.is_sent = True
        return True

    def item(self) -> Item | None:
        """What the answer brought; None: it has not come, or more is to be done for it. Called under the lock."""
        waiter, flight = self.waiter, self._flight
        if waiter is None or flight is None or not waiter.done():
            return None
        item = flight.item()
        if item is not None:
            # Each knows the other: they would stay until the garbage collector comes by.
            self.waiter = self._flight = None
            self.is_over = True
        return item

    def start(self) -> None:
        """Make the coroutine that awaits the answer, and let it come as far as that. Called under the lock."""
        self.coroutine = self._places._land(self._flight, self._call, self._sink)
        self._flight = None
        if self.waiter is not None and not self.waiter.done():
            self.coroutine.send(None)


def run_single(
    engine: Any,
    places: Any,
    call: Call,
    sink: Callable[[BoundPlan], RowSink],
    timeout: object,
    mode: str | None,
) -> Item:
    """The settled item of one statement, run by the BlockingRuntime `engine`. Raises what the driver's verb raises."""
    if timeout is None and mode is None and _may_enter(engine):
        thread = Single(engine._wake_pump, places, call, sink)
        try:
            if _send(engine, thread):
                return _await_answer(engine, thread)
        except BaseException as raised:
            if thread.is_over or not thread.is_sent:
                raise
            engine._interrupted(raised)
            return cast("Item", engine.drive_on(thread, None, raised))
    return cast("Item", engine.run(places._run(call, sink, timeout, mode)))


def _may_enter(engine: Any) -> bool:
    """Whether the engine is this process' own. Raises UsageError where a thread may not block, or is inside already."""
    if _get_running_loop() is not None or engine._owner or "trio" in sys.modules:
        engine.check_thread()
    return bool(engine._generation == PROCESS.generation)


def _await_answer(engine: Any, thread: Single) -> Item:
    """Wait, and read what comes; the engine goes on with what needs more than that."""
    events: list[tuple[int, int]] = []
    if engine._inbox:
        engine._empty_inbox()
    if thread.role == PUMP:
        events = engine._wait_for_events(None)
        item = _receive(engine, thread, events)
        if engine._inbox:
            engine._empty_inbox()
        if item is not None:
            return item
    return cast("Item", engine.drive_on(thread, events or None, None))


def _send(engine: Any, thread: Single) -> bool:
    """The first visit. False: nothing was sent, and the engine is as it was.

    When anything is to be done but to wait for the answer, `thread` gets no role.
    """
    lock = engine._lock
    lock.acquire()
    try:
        if not _is_alone(engine):
            return False
        engine._owner = get_ident()
        try:
            now = monotonic()
            if now - engine._visited_at > PAUSE_SECONDS:
                engine._look_after_a_pause()
            engine._visited_at = now
            is_sent = thread.take_off()
        except BaseException as raised:
            engine.end_early(thread, raised)
            engine._owner = 0
            raise
        waiter = thread.waiter
        if waiter is not None and not (engine.dirty or engine.soon or engine._ready or waiter.done()):
            engine._pump = thread
            thread.role = PUMP
        engine._owner = 0
        return is_sent
    finally:
        lock.release()


def _is_alone(engine: Any) -> bool:
    """Whether nobody else is here, and nothing is left to be done."""
    if engine._owner or engine._pump is not None or engine._followers or engine._outer or engine.soon or engine._ready:
        return False
    return engine._helper is not None or not engine._tasks


def _receive(engine: Any, thread: Single, events: list[tuple[int, int]]) -> Item | None:
    """The second visit: read what has come. None: more is to be done, also with the `events` that are left."""
    lock = engine._lock
    lock.acquire()
    try:
        if engine._owner or thread.failure is not None:
            return None
        engine._owner = get_ident()
        engine._pump = None
        thread.role = NO_ROLE
        # From here on nobody reads: a pause begins with an answer, however long that took to come.
        engine._visited_at = monotonic()
        pumped = engine._pumped
        for descriptor, ready in events:
            reader = pumped.get(descriptor)
            if reader is not None:
                reader.ready(ready)
            else:
                engine._waker.clear()
        events.clear()
        item: Item | None = None
        if not engine.soon and not engine._ready:
            while engine.dirty:
                engine.dirty.pop().flush()
            item = thread.item()
            if item is not None and (
                engine._followers or engine._busy_count or (engine._tasks and engine._helper is None)
            ):
                engine._hand_over()
        engine._owner = 0
        return item
    finally:
        lock.release()
