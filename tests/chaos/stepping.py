"""A stepping runner: runs work in a task and cancels it at its k-th suspension, in each way that its runtime knows.

    ended = await attempt("native", work, at=3)

Rule 1: a step is one suspension of the work's own task: what it yields to the loop. Nothing is patched.
Rule 2: `Ended.error` is what the work itself raised; a cancellation that came back unchanged is `is_cancelled`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

import anyio
import trio

Work = Callable[[], Awaitable[Any]]

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "asyncio": ("native", "twice", "completion", "scope"),
    "uvloop": ("native", "twice", "completion", "scope"),
    "trio": ("trio", "completion"),
}
"""How work is cancelled on each runtime. `native` is `task.cancel()`, and `twice` once more in the middle of what it
does about the first; `completion`: when what it waits for has come, but it has not run yet; `scope` and `trio` cancel
the scope around it, which is felt at every later suspension, too."""


@dataclass
class Ended:
    """How one attempt ended."""

    is_fired: bool = False
    """The step was reached: the work has been cancelled."""
    is_cancelled: bool = False
    error: BaseException | None = None


class _Stepper:
    """Awaits work and calls `at_step` with what it yields, at each of its suspensions."""

    def __init__(self, work: Work, at_step: Callable[[int, Any], None]) -> None:
        self._work: Final = work
        self._at_step: Final = at_step
        self._step = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._work().__await__()
        step: Callable[[], Any] = lambda: next(inner)  # noqa: E731  # replaced in each turn
        while True:
            try:
                yielded = step()
            except StopIteration as end:
                return end.value
            self._step += 1
            self._at_step(self._step, yielded)
            try:
                value = yield yielded
            except BaseException as error:  # noqa: BLE001  # whatever the loop throws is the work's
                step = lambda error=error: inner.throw(error)  # type: ignore[misc]  # noqa: E731
            else:
                step = lambda value=value: inner.send(value)  # type: ignore[misc]  # noqa: E731


async def attempt(kind: str, work: Work, at: int) -> Ended:
    """Run `work` in a task of its own, cancelled as `kind` says at its suspension number `at`, from 1."""
    if kind == "trio" or (kind == "completion" and "trio" in sys.modules and _is_on_trio()):
        return await _on_trio(kind, work, at)
    if kind == "scope":
        return await _by_scope(work, at)
    return await _by_task(kind, work, at)


def _is_on_trio() -> bool:
    return trio.lowlevel.in_trio_run()


async def _by_task(kind: str, work: Work, at: int) -> Ended:
    ended = Ended()

    def fire() -> None:
        ended.is_fired = True
        task.cancel()

    def at_step(step: int, yielded: Any) -> None:
        if step == at and kind == "completion" and isinstance(yielded, asyncio.Future):
            # Ahead of the task's own callback, so in the very tick in which it would have gone on.
            yielded.add_done_callback(lambda _: fire())
        elif step == at or (kind == "twice" and step == at + 1):
            fire()

    async def drive() -> None:
        await _Stepper(work, at_step)

    task = asyncio.ensure_future(drive())
    await asyncio.wait([task])
    if task.cancelled():
        ended.is_cancelled = True
    else:
        ended.error = task.exception()
    return ended


async def _by_scope(work: Work, at: int) -> Ended:
    ended = Ended()
    scope = anyio.CancelScope()

    def at_step(step: int, yielded: object) -> None:
        if step == at:
            ended.is_fired = True
            scope.cancel()

    async def drive() -> None:
        try:
            with scope:
                await _Stepper(work, at_step)
        except BaseException as error:  # noqa: BLE001  # it is what the test looks at
            ended.error = error

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drive)
    ended.is_cancelled = scope.cancelled_caught
    return ended


class _WhenScheduled(trio.abc.Instrument):
    """Calls `fire` when `task` has been scheduled for the n-th time, before it runs."""

    def __init__(self, count: int, fire: Callable[[], None]) -> None:
        self.task: object = None
        self._left = count
        self._fire: Final = fire

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        if task is self.task:
            self._left -= 1
            if self._left == 0:
                self._fire()


async def _on_trio(kind: str, work: Work, at: int) -> Ended:
    ended = Ended()
    scope = trio.CancelScope()

    def fire() -> None:
        ended.is_fired = True
        scope.cancel()

    def at_step(step: int, yielded: object) -> None:
        if step == at and kind == "trio":
            fire()

    instrument = _WhenScheduled(at, fire)

    async def drive() -> None:
        if kind == "completion":
            instrument.task = trio.lowlevel.current_task()
            trio.lowlevel.add_instrument(instrument)
        try:
            with scope:
                await _Stepper(work, at_step)
        except BaseException as error:  # noqa: BLE001  # it is what the test looks at
            ended.error = error
        finally:
            if kind == "completion":
                trio.lowlevel.remove_instrument(instrument)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drive)
    ended.is_cancelled = scope.cancelled_caught
    return ended
