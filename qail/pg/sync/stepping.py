"""Stepping: what is done inside the engine, under its lock: sockets served, coroutines stepped, tasks looked after.

Rule 1: nothing here waits, and nothing here takes the lock.
Rule 2: an exception that comes out of nowhere (an interrupt) into a coroutine spends everything, unless it is known to
have harmed nothing more.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from time import monotonic
from typing import Any, Final

from qail.pg.sync.interrupt import is_from_handler
from qail.pg.sync.poller import READ, Waker, make_poller
from qail.pg.sync.running import TURN, BlockingWaiter, Errand, Guard, Runner, Stopped, Task, Thread
from qail.pg.sync.single import PAUSE_SECONDS
from qail.pg.sync.socket_transport import Pumped

logger = logging.getLogger("qail")


class Stepping(ABC):
    """The state of one engine, and the steps of what it runs."""

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
        self._wake_pump: Final = self._waker.wake
        self._poller.watch(self._waker.descriptor, READ)
        self._pumped: Final[dict[int, Pumped]] = {}
        self._contained: BaseException | None = None
        self._visited_at = monotonic()

    @abstractmethod
    def post(self, callback: Callable[[], None]) -> None:
        """Call `callback` inside, as soon as that can be."""

    @abstractmethod
    def _call_helper(self) -> None:
        """Make the helper look at the tasks again."""

    @abstractmethod
    def _break_down(self) -> None:
        """Spend all there is."""

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
        except BaseException as raised:  # noqa: BLE001  # it is the coroutine's result
            self._failed(runner, raised, error)
        finally:
            self.current = before

    def _failed(self, runner: Runner, raised: BaseException, thrown: BaseException | None) -> None:
        """`raised` came out of it, into which `thrown` had been thrown."""
        runner.is_over = True
        runner.error = raised
        if raised is not thrown and self._is_interrupt(runner, raised):
            self._break_down()
            self.contain(raised)

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
            threading.Thread(target=self._errand_of_task, args=(task,), daemon=True).start()
        elif task.guards and self._helper is not None:
            guard = task.next_guard()
            if guard is not None and (self._helper.until is None or guard.deadline < self._helper.until):
                self._call_helper()

    def _end_task(self, task: Task) -> None:
        error = task.error
        task.waiter = None
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

    def _errand_of_task(self, task: Task) -> None:
        errand: Any = task.waiter
        errand.run()
        self.post(partial(self._ready.append, task))

    # Interrupts

    def contain(self, error: BaseException) -> None:
        """`error` is an interrupt, and what it may have spoiled is spent already."""
        self._contained = error

    def _is_interrupt(self, runner: Runner, raised: BaseException) -> bool:
        """Whether `raised` came from outside, into the middle of something."""
        if raised is self._contained or isinstance(raised, (Guard, Stopped)):
            return False
        waiter: Any = runner.waiter
        if isinstance(waiter, Errand) and waiter.outcome_error is raised:
            return False
        return not isinstance(raised, Exception) or is_from_handler(raised)
