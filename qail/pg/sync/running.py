"""What is driven by hand: coroutines, what they wait for, and the deadlines they are under.

Rule 1: a coroutine of the engine yields one of three things: a Waiter, TURN, or an Errand.
Rule 2: a deadline is an exception of its own, thrown into the coroutine where it waits, as a cancellation would be.
It is thrown once: what cleans up behind it is not stopped by it again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator
from threading import TIMEOUT_MAX, Lock
from time import monotonic
from typing import Any, Final, Generic, TypeVar, cast

T = TypeVar("T")


class BlockingWaiter:
    """One coroutine's wait for one event. Touched under the engine's lock only."""

    __slots__ = ("_is_done", "runner")

    def __init__(self) -> None:
        self._is_done = False
        self.runner: Runner | None = None
        """Who waits."""

    def done(self) -> bool:
        return self._is_done

    def set_result(self, result: None, /) -> None:
        self._is_done = True
        if self.runner is not None:
            self.runner.wake()

    def __await__(self) -> Generator[Any, Any, None]:
        if not self._is_done:
            yield self


class Turn(BlockingWaiter):
    """Not a wait: let others run, look at the sockets, and go on."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


TURN: Final = Turn()
TURN.set_result(None)


class Errand(BlockingWaiter, Generic[T]):
    """A call to be made outside the engine, because it blocks or is the user's own. Await it for what it returns."""

    __slots__ = ("_call", "_error", "_result")

    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__()
        self._call: Final = call
        self._error: BaseException | None = None
        self._result: Any = None

    def run(self) -> None:
        """Make the call. Raises nothing; an interrupt is kept like any error."""
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001  # it is the errand's result
            self._error = error
        self._is_done = True

    @property
    def outcome_error(self) -> BaseException | None:
        """What the call raised."""
        return self._error

    def __await__(self) -> Generator[Any, Any, Any]:
        yield self
        return self.outcome()

    def outcome(self) -> T:
        """What the call returned. Raises what it raised."""
        if self._error is not None:
            raise self._error
        return cast("T", self._result)


class Guard(BaseException):
    """One deadline, and what is thrown when it passes. `within` turns its own into DeadlinePassed."""

    def __init__(self, deadline: float) -> None:
        super().__init__("a deadline passed")
        self.deadline: Final = deadline
        self.has_fired = False


class Stopped(BaseException):
    """Thrown into a task whose pool or connection has been closed."""


class Runner(ABC):
    """A coroutine driven by hand."""

    __slots__ = ("coroutine", "error", "guards", "is_over", "outer", "result", "waiter")

    def __init__(self, coroutine: Any) -> None:
        self.coroutine = coroutine
        """None: it is made by `start` when it is needed."""
        self.waiter: BlockingWaiter | None = None
        """What it waits for; None: it was not started."""
        self.guards: list[Guard] = []
        """Its deadlines, the outermost first."""
        self.outer: Runner | None = None
        """Whose errand it is part of, and whose deadlines hold for it, too."""
        self.is_over = False
        self.result: Any = None
        self.error: BaseException | None = None

    @abstractmethod
    def wake(self) -> None:
        """What it waits for is there. Called under the lock."""

    def next_guard(self) -> Guard | None:
        """The deadline that passes first; of equals the outermost."""
        found = self.outer.next_guard() if self.outer is not None else None
        for guard in self.guards:
            if not guard.has_fired and (found is None or guard.deadline < found.deadline):
                found = guard
        return found

    def passed_guard(self) -> Guard | None:
        """The deadline that has passed, to be thrown: once."""
        guard = self.next_guard() if self.guards or self.outer is not None else None
        if guard is None or monotonic() < guard.deadline:
            return None
        guard.has_fired = True
        return guard


class Task(Runner):
    """A coroutine of the engine's own, stepped by whoever is inside."""

    __slots__ = ("_make_ready", "is_idle", "over")

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        make_ready: Callable[[Task], None],
        *,
        is_idle: bool,
        over: BlockingWaiter | None,
    ) -> None:
        super().__init__(coroutine)
        self._make_ready: Final = make_ready
        self.is_idle: Final = is_idle
        """It waits for time and for wake-ups: nobody has to look at the sockets for it."""
        self.over: Final = over
        """Told at its end. A task that has it is not stopped by `end`."""

    def wake(self) -> None:
        self._make_ready(self)


NO_ROLE: Final = 0
PUMP: Final = 1
FOLLOWER: Final = 2


class Thread(Runner):
    """A thread's own coroutine, and how that thread waits: as the pump, or asleep behind it."""

    __slots__ = ("_gate", "_wake_pump", "errand", "failure", "is_woken", "role", "until")

    def __init__(self, coroutine: Any, wake_pump: Callable[[], None]) -> None:
        # Not by super(): one is made for every call.
        self.coroutine = coroutine
        self.waiter = None
        self.guards = []
        self.outer = None
        self.is_over = False
        self.result = None
        self.error = None
        self._gate: Lock | None = None
        self._wake_pump: Final = wake_pump
        self.role = NO_ROLE
        self.until: float | None = None
        self.is_woken = False
        self.errand: Errand[Any] | None = None
        self.failure: BaseException | None = None
        """What another thread's misfortune means for this one; thrown into its coroutine."""

    def start(self) -> None:
        """Make the coroutine of one that has none yet."""

    def wake(self) -> None:
        """Make its thread look again. Called under the lock; by itself it is awake already."""
        if self.role == FOLLOWER:
            if not self.is_woken and self._gate is not None:
                self.is_woken = True
                self._gate.release()
        elif self.role == PUMP:
            self._wake_pump()

    def follow(self) -> None:
        """Get ready to sleep. Called under the lock."""
        self.role = FOLLOWER
        if self._gate is None:
            self._gate = Lock()
            self._gate.acquire()

    def sleep(self, seconds: float | None) -> None:
        """Sleep until woken, or for so long. Called without the lock."""
        assert self._gate is not None
        self._gate.acquire(timeout=-1 if seconds is None else min(max(seconds, 0.0), TIMEOUT_MAX))

    def step_aside(self) -> None:
        """It is awake, whatever woke it. Called under the lock."""
        if self._gate is not None and self.is_woken:
            # Whether or not it was slept through, the wake-up is used up.
            self._gate.acquire(blocking=False)
        self.is_woken = False
        self.role = NO_ROLE
