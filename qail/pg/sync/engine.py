"""The engine: threads that drive coroutines by hand, one of them waiting at the sockets for all.

Rule 1: all state of one engine is touched under its lock, and nobody waits under it. `_owner` is set for as long as a
thread is inside: whoever finds another's mark there knows that an interrupt has ended that visit half-way.
Rule 2: leader and followers. The first thread that has to wait is the pump: it waits at the sockets and serves what
comes, whosever it is. The others sleep until they are woken; a pump that leaves wakes the next one. A thread alone
never hands over.
Rule 3: tasks of the engine's own are stepped by whoever is inside. While some are left a helper thread looks after
their deadlines, and pumps when nobody else does.
Rule 4: an interrupt (KeyboardInterrupt, whatever a signal handler raises) of a thread that waits is thrown into its
coroutine, as a cancellation would be. One inside the engine spends every connection, unless it came out of a
socket call, which spends that connection.

Source: design, "Session, transport, waiter" and "Cancellation and abandonment"; Schmidt and others, "Leader/Followers"
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Coroutine
from threading import get_ident
from time import monotonic, sleep
from typing import Any, Final

from qail.errors import ConnectionLost
from qail.pg.sync.running import (
    FOLLOWER,
    NO_ROLE,
    PUMP,
    TURN,
    BlockingWaiter,
    Errand,
    Guard,
    Task,
    Thread,
)
from qail.pg.sync.single import PAUSE_SECONDS
from qail.pg.sync.stepping import Stepping

logger = logging.getLogger("qail")

AT_ONCE: Final = 0.0


class BlockingEngine(Stepping):
    """The lock, and the threads that come and wait."""

    @property
    def is_inside(self) -> bool:
        """Whether the calling thread is inside already: a handler calls, or a finalizer."""
        return self._owner == get_ident()

    # A thread's way through

    def drive(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Drive `coroutine` to its end, in this thread. Returns and raises what it does."""
        thread = Thread(coroutine, self._wake_pump)
        if self._outer:
            thread.outer = self._outer.get(get_ident())
        return self.drive_on(thread, None, None)

    def drive_on(self, thread: Thread, events: list[tuple[int, int]] | None, error: BaseException | None) -> Any:
        """`drive`, for a thread that has come some way: with events that it waited for, or what interrupted it."""
        self._drive(thread, events, error)
        # Each knows the other: what this one has found would stay until the garbage collector comes by.
        thread.waiter = None
        if thread.error is not None:
            try:
                raise thread.error
            finally:
                thread.error = None
        return thread.result

    def call(self, function: Callable[[], Any]) -> Any:
        """Call `function`, which does not wait, inside."""

        async def called() -> Any:
            return function()

        return self.drive(called())

    def post(self, callback: Callable[[], None]) -> None:
        """Call `callback` inside: at once, or when whoever is inside leaves. From any thread, and from finalizers."""
        self._inbox.append(callback)
        self._empty_inbox()

    def end_early(self, thread: Thread, raised: BaseException) -> None:
        """The first step of `thread` has raised, with nothing sent. Called inside."""
        self._failed(thread, raised, None)
        self._visit(thread, None, None)
        thread.error = None

    def _drive(
        self, thread: Thread, events: list[tuple[int, int]] | None = None, error: BaseException | None = None
    ) -> None:
        while True:
            try:
                with self._lock:
                    self._come(thread, events, error)
                if self._inbox:
                    self._empty_inbox()
                if thread.is_over:
                    return
                events = error = None
                if thread.role == PUMP:
                    until = thread.until
                    events = self._wait_for_events(None if until is None else until - monotonic())
                elif thread.role == FOLLOWER:
                    thread.sleep(None if thread.until is None else thread.until - monotonic())
                elif thread.errand is not None:
                    self._run_errand(thread, thread.errand)
                else:
                    sleep(0)
            except BaseException as interrupt:  # noqa: BLE001  # it is thrown into the coroutine
                error = interrupt
                self._interrupted(interrupt)

    def _come(self, thread: Thread, events: list[tuple[int, int]] | None, error: BaseException | None) -> None:
        """One visit, with the mark that says whose."""
        if self._owner:
            self._break_down()
        self._owner = get_ident()
        if thread.coroutine is None:
            thread.start()
        if error is not None or thread.failure is not None:
            self._visit(thread, events, error)
        elif events is None and thread.waiter is None and self._pump is None:
            self._begin(thread)
        elif events is not None and thread.until is None:
            self._resume(thread, events)
        else:
            self._visit(thread, events, None)
        self._owner = 0

    def _begin(self, thread: Thread) -> None:
        """The first visit of a thread alone, which nearly always sends one request and then waits for its answer."""
        now = monotonic()
        if now - self._visited_at > PAUSE_SECONDS:
            self._look_after_a_pause()
        self._visited_at = now
        self._step(thread, None)
        while self.dirty:
            self.dirty.pop().flush()
        waiter = thread.waiter
        is_rare = type(waiter) is not BlockingWaiter or waiter.done() or thread.guards or thread.outer is not None
        if is_rare or thread.is_over or self.soon or self._ready or (self._tasks and self._helper is None):
            self._visit(thread, None, None)
        else:
            self._pump = thread
            thread.role = PUMP

    def _resume(self, thread: Thread, events: list[tuple[int, int]]) -> None:
        """The visit of a pump that has no deadline; nearly always its answer has come, and nobody else waits."""
        self._pump = None
        thread.role = NO_ROLE
        self._visited_at = monotonic()
        pumped = self._pumped
        for descriptor, ready in events:
            if descriptor in pumped:
                pumped[descriptor].ready(ready)
            else:
                self._waker.clear()
        if not self.soon and not self._ready and thread.waiter is not None and thread.waiter.done():
            self._step(thread, None)
            while self.dirty:
                self.dirty.pop().flush()
            if thread.is_over and not self._followers and not self._tasks:
                return
        self._visit(thread, None, None)

    def _visit(self, thread: Thread, events: list[tuple[int, int]] | None, error: BaseException | None) -> None:
        """Serve what has come, step the coroutine as far as it goes, and decide how its thread waits."""
        has_waited = thread.role != NO_ROLE
        if has_waited:
            self._step_aside(thread)
        elif thread.waiter is None:
            self._look_after_a_pause()
        if events:
            self._serve(events)
        if self._ready or self.soon or self.dirty:
            self._settle()
        if error is None:
            error, thread.failure = thread.failure, None
        if error is not None and thread.is_over:
            thread.error = error
        while not thread.is_over:
            waiter = thread.waiter
            if error is None and waiter is not None and not waiter.done():
                if has_waited:
                    error = thread.passed_guard()
                if error is None:
                    self._wait(thread, waiter)
                    return
            thread.errand = None
            self._step(thread, error)
            error = None
            if self.dirty or self.soon or self._ready:
                self._settle()
            if thread.waiter is TURN and not thread.is_over:
                self._wait(thread, TURN)
                return
        self._hand_over()

    def _wait(self, thread: Thread, waiter: BlockingWaiter) -> None:
        """Give `thread` its role."""
        if self._pump is None and type(waiter) is BlockingWaiter and not (thread.guards or self._tasks or self._ready):
            # A thread alone, and no deadline: nearly always.
            thread.until = None
            if thread.outer is None:
                self._pump = thread
                thread.role = PUMP
                return
        if isinstance(waiter, Errand):
            thread.errand = waiter
            self._hand_over()
            return
        is_short = waiter is TURN or self._ready
        guard = thread.next_guard() if thread.guards or thread.outer is not None else None
        thread.until = AT_ONCE if is_short else None if guard is None else guard.deadline
        is_helper = thread is self._helper
        if self._pump is None and (self._busy_count or not is_helper):
            self._pump = thread
            thread.role = PUMP
        elif waiter is not TURN:
            thread.follow()
            if not is_helper:
                self._followers[thread] = None
            elif self._pump is None:
                self._hand_over()
        if self._tasks and self._helper is None:
            self._start_helper()

    def _step_aside(self, thread: Thread) -> None:
        thread.step_aside()
        if self._pump is thread:
            self._pump = None
        else:
            self._followers.pop(thread, None)

    def _hand_over(self) -> None:
        """Somebody leaves: see that there is a pump if one is needed."""
        if self._pump is not None:
            return
        if self._followers:
            for follower in self._followers:
                if not follower.is_woken:
                    follower.wake()
                    return
        elif self._tasks:
            if self._helper is None:
                self._start_helper()
            elif self._busy_count or self._ready:
                self._helper.wake()

    def _run_errand(self, thread: Thread, errand: Errand[Any]) -> None:
        me = get_ident()
        before = self._outer.get(me)
        self._outer[me] = thread
        try:
            errand.run()
        finally:
            if before is None:
                del self._outer[me]
            else:
                self._outer[me] = before

    def _empty_inbox(self) -> None:
        # Whoever holds the lock looks here once more when it has let go.
        while self._inbox and not self.is_inside and self._lock.acquire(blocking=False):
            try:
                if self._owner:
                    self._break_down()
                self._owner = get_ident()
                while self._inbox:
                    self._inbox.popleft()()
                self._settle()
                self._hand_over()
                self._owner = 0
            finally:
                self._lock.release()

    # The helper

    def _start_helper(self) -> None:
        helper = self._helper = Thread(self._help(), self._waker.wake)
        threading.Thread(target=self._run_helper, args=(helper,), name="qail helper", daemon=True).start()

    def _run_helper(self, helper: Thread) -> None:
        self._drive(helper)
        if helper.error is not None:
            logger.error("the helper of the blocking engine failed", exc_info=helper.error)
            with self._lock:
                # Whoever leaves next finds that another one is needed.
                self._helper = None

    def _call_helper(self) -> None:
        """Make the helper look at the tasks again."""
        helper = self._helper
        if helper is not None and helper.waiter is not None and not helper.waiter.done():
            helper.waiter.set_result(None)

    async def _help(self) -> None:
        """The helper's own coroutine: it wakes the tasks whose deadline has come, until there are none."""
        helper = self._helper
        assert helper is not None
        while self._tasks:
            now = monotonic()
            dues: list[float] = []
            for task in self._tasks:
                guard = task.next_guard() if task.guards else None
                if guard is not None and guard.deadline <= now:
                    self._ready.append(task)
                elif guard is not None:
                    dues.append(guard.deadline)
            helper.guards = [Guard(min(dues))] if dues else []
            try:
                # A round for those that are ready, and then as long as nothing is due.
                await (TURN if self._ready else BlockingWaiter())
            except Guard:
                continue
        self._helper = None

    # Interrupts

    def _interrupted(self, interrupt: BaseException) -> None:
        """This thread's visit or wait was ended by `interrupt`."""
        with self._lock:
            if self._owner and interrupt is not self._contained:
                self._break_down()
            self._owner = 0

    def _break_down(self) -> None:
        """A visit was ended half-way: nobody knows in what state things are. Spend all of it."""
        self._owner = get_ident()
        self.current = None
        logger.warning("an interrupt came in the middle of things: the connections concerned are closed")
        self.dirty.clear()
        self._ready.clear()
        for pumped in list(self._pumped.values()):
            pumped.give_up()
        tasks = list(self._tasks)
        self._tasks.clear()
        self._busy_count = 0
        for task in tasks:
            self._abandon(task)
        while self.soon:
            self.soon.popleft()()
        for thread in (*self._followers, self._pump):
            if thread is not None and thread is not self._helper:
                if thread.waiter is not None and not thread.waiter.done():
                    thread.failure = ConnectionLost("an interrupt in another thread has ended the connection")
                thread.wake()
        self._call_helper()
        if self.on_broken is not None:
            self.on_broken()

    def _abandon(self, task: Task) -> None:
        task.is_over = True
        try:
            task.coroutine.close()
        except Exception:
            logger.exception("a task in the background could not be stopped")
        if task.over is not None and not task.over.done():
            task.over.set_result(None)
