"""The engine: threads that drive coroutines by hand, one of them waiting at the sockets for all.

Rule 1: all state of one engine is touched under its lock, and nobody waits under it. `_owner` is set for as long as a
thread is inside: whoever finds another's mark there knows that an interrupt has ended that visit half-way.
Rule 2: leader and followers. The first thread that has to wait is the pump: it waits at the sockets and serves what
comes, whosever it is. The others sleep until they are woken; a pump that leaves wakes the next one. A thread alone never
hands over.
Rule 3: tasks of the engine's own are stepped by whoever is inside. While some are left a helper thread looks after their
deadlines, and pumps when nobody else does.
Rule 4: an interrupt (KeyboardInterrupt, whatever a signal handler raises) of a thread that waits is thrown into its
coroutine, as a cancellation would be. One inside the engine spends every connection, unless it came out of a
socket call, which spends that connection.

Source: design, "Session, transport, waiter" and "Cancellation and abandonment"; Schmidt and others, "Leader/Followers"
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from threading import get_ident
from time import monotonic, sleep
from typing import Any, Final

from qail.errors import ConnectionLost
from qail.pg.sync.interrupt import is_from_handler
from qail.pg.sync.poller import READ, Waker, make_poller
from qail.pg.sync.running import (
    FOLLOWER,
    NO_ROLE,
    PUMP,
    TURN,
    BlockingWaiter,
    Errand,
    Guard,
    Runner,
    Stopped,
    Task,
    Thread,
)
from qail.pg.sync.socket_transport import Pumped

logger = logging.getLogger("qail")

# After so long a pause the sockets are looked at before one of them is used: nobody has read them meanwhile. Looking
# costs 1 us: calls that follow each other at once need not.
PAUSE_SECONDS: Final = 0.001
AT_ONCE: Final = 0.0


class BlockingEngine:
    """The lock, the threads that wait, the tasks, and the sockets."""

    def __init__(self) -> None:
        self.dirty: list[Any] = []
        """Transports with output to be taken before anybody waits."""
        self.soon: deque[Callable[[], None]] = deque()
        """What is to be called before anybody waits."""
        self.current: Runner | None = None
        """Whose coroutine runs."""
        self.on_broken: Callable[[], None] | None = None
        """Called, inside, when an interrupt has spent every connection: what was built on them is to be made anew."""
        self._lock: Final = threading.Lock()
        self._owner = 0
        self._inbox: Final[deque[Callable[[], None]]] = deque()
        self._pump: Thread | None = None
        self._followers: Final[dict[Thread, None]] = {}
        self._outer: Final[dict[int, Runner]] = {}
        self._tasks: Final[dict[Task, None]] = {}
        self._busy_count = 0
        """Tasks for which the sockets must be looked at."""
        self._ready: Final[deque[Task]] = deque()
        self._helper: Thread | None = None
        self._poller: Final = make_poller()
        self._wait_for_events: Final = self._poller.wait
        self._waker: Final = Waker()
        self._poller.watch(self._waker.descriptor, READ)
        self._pumped: Final[dict[int, Pumped]] = {}
        self._contained: BaseException | None = None
        self._visited_at = monotonic()

    @property
    def is_inside(self) -> bool:
        """Whether the calling thread is inside already: a handler calls, or a finalizer."""
        return self._owner == get_ident()

    # A thread's way through

    def drive(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Drive `coroutine` to its end, in this thread. Returns and raises what it does."""
        thread = Thread(coroutine, self._waker.wake)
        if self._outer:
            thread.outer = self._outer.get(get_ident())
        self._drive(thread)
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

    def _drive(self, thread: Thread) -> None:
        events: list[tuple[int, int]] | None = None
        error: BaseException | None = None
        while True:
            try:
                with self._lock:
                    if self._owner:
                        self._break_down()
                    self._owner = get_ident()
                    self._visit(thread, events, error)
                    self._owner = 0
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
            except BaseException as interrupt:
                error = interrupt
                self._interrupted(interrupt)

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

    # Inside

    def _look_after_a_pause(self) -> None:
        """An end that came while nobody looked is seen before the connection is used."""
        now = monotonic()
        if now - self._visited_at > PAUSE_SECONDS and self._pump is None:
            try:
                events = self._poller.wait(0)
            except BaseException as error:
                self.contain(error)
                raise
            self._serve(events)
        self._visited_at = now

    def _serve(self, events: list[tuple[int, int]]) -> None:
        for descriptor, ready in events:
            pumped = self._pumped.get(descriptor)
            if pumped is not None:
                pumped.ready(ready)
            elif descriptor == self._waker.descriptor:
                self._waker.clear()

    def _settle(self) -> None:
        """Do all that can be done now, and send what there is to be sent."""
        soon, dirty, ready = self.soon, self.dirty, self._ready
        while True:
            while dirty:
                dirty.pop().flush()
            if not soon and not ready:
                return
            while soon:
                soon.popleft()()
            for _ in range(len(ready)):
                self._step_task(ready.popleft())
            if ready and not soon and not dirty and all(task.waiter is TURN for task in ready):
                return

    def _step(self, runner: Runner, error: BaseException | None) -> None:
        """Let its coroutine run up to its next wait."""
        before = self.current
        self.current = runner
        try:
            waiter = runner.waiter = runner.coroutine.send(None) if error is None else runner.coroutine.throw(error)
            if waiter is not TURN:
                waiter.runner = runner
        except StopIteration as stop:
            runner.is_over = True
            runner.result = stop.value
        except BaseException as raised:
            runner.is_over = True
            runner.error = raised
            if raised is not error and self._is_interrupt(runner, raised):
                self._break_down()
                self.contain(raised)
        finally:
            self.current = before

    def watch(self, descriptor: int, interest: int, pumped: Pumped | None) -> None:
        """Tell `pumped` when the descriptor is ready. None: forget it."""
        if pumped is None:
            self._pumped.pop(descriptor, None)
        else:
            self._pumped[descriptor] = pumped
        self._poller.watch(descriptor, interest)
        if self._pump is not None:
            self._waker.wake()

    # Tasks

    def start(self, coroutine: Coroutine[Any, Any, Any], *, is_idle: bool, over: BlockingWaiter | None = None) -> Task:
        """Have a coroutine stepped beside all others."""
        task = Task(coroutine, self._ready.append, is_idle=is_idle, over=over)
        self._tasks[task] = None
        self._busy_count += not is_idle
        self._ready.append(task)
        return task

    def stop_tasks(self) -> None:
        """End all tasks that nobody waits for."""
        for task in [task for task in self._tasks if task.over is None]:
            if task is not self.current:
                self._step(task, Stopped("its pool or connection was closed"))
                self._after_step(task)

    def _step_task(self, task: Task) -> None:
        error: BaseException | None = None
        if task.is_over:
            return
        if task.waiter is not None and not task.waiter.done():
            error = task.passed_guard()
            if error is None:
                return
        self._step(task, error)
        self._after_step(task)

    def _after_step(self, task: Task) -> None:
        if task.is_over:
            self._end_task(task)
        elif task.waiter is TURN:
            self._ready.append(task)
        elif isinstance(task.waiter, Errand):
            threading.Thread(target=self._errand_of_task, args=(task, task.waiter), daemon=True).start()
        elif task.guards and self._helper is not None:
            guard = task.next_guard()
            if guard is not None and (self._helper.until is None or guard.deadline < self._helper.until):
                self._call_helper()

    def _end_task(self, task: Task) -> None:
        error = task.error
        if task in self._tasks:
            del self._tasks[task]
            self._busy_count -= not task.is_idle
            if task.over is not None and not task.over.done():
                task.over.set_result(None)
            if not self._tasks or (not self._busy_count and self._pump is self._helper):
                self._call_helper()
        if error is not None and error is self._contained:
            # An interrupt of the thread that happened to step it.
            raise error
        if isinstance(error, Exception):
            logger.error("a task in the background failed", exc_info=error)

    def _errand_of_task(self, task: Task, errand: Errand[Any]) -> None:
        errand.run()
        self.post(partial(self._ready.append, task))

    # The helper

    def _start_helper(self) -> None:
        helper = self._helper = Thread(self._help(), self._waker.wake)
        threading.Thread(target=self._drive, args=(helper,), name="qail helper", daemon=True).start()

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

    def contain(self, error: BaseException) -> None:
        """`error` is an interrupt, and what it may have spoiled is spent already."""
        self._contained = error

    def _is_interrupt(self, runner: Runner, raised: BaseException) -> bool:
        """Whether `raised` came from outside, into the middle of something."""
        if raised is self._contained or isinstance(raised, (Guard, Stopped)):
            return False
        if isinstance(runner.waiter, Errand) and runner.waiter.error is raised:
            return False
        return not isinstance(raised, Exception) or is_from_handler(raised)

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
