"""Waiting: one caller in the pool's line, and the line: first come, first served, and left from anywhere in O(1)."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import Final

from qail.pg.driver.transport import Waiter
from qail.pg.pool.slot import Slot


class Waiting:
    """One caller in line: for a lease (`slot` is what it was given) or for a shared connection."""

    __slots__ = ("error", "has_waited", "is_listed", "slot", "ticket", "waiter")

    def __init__(self, ticket: int, waiter: Waiter) -> None:
        self.ticket: Final = ticket
        self.waiter = waiter
        self.slot: Slot | None = None
        self.error: Exception | None = None
        self.has_waited = False
        self.is_listed = False
        """Whether its SharedLine will find it when somebody is to be woken."""

    async def woken(self) -> None:
        await self.waiter

    def wake(self) -> None:
        if not self.waiter.done():
            self.waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        self.error = error
        self.wake()


class Line:
    """Callers in the order they came. Its length is asked for by every shared request: `waiting` is a plain dict."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: Final[dict[int, Waiting]] = {}

    def join(self, waiting: Waiting) -> None:
        self.waiting[waiting.ticket] = waiting

    def leave(self, waiting: Waiting) -> None:
        self.waiting.pop(waiting.ticket, None)

    def rejoin(self, waiting: Waiting) -> None:
        """Back to the head of the line: what it was given was of no use. Rare, so it may cost."""
        behind = dict(self.waiting)
        self.waiting.clear()
        self.waiting[waiting.ticket] = waiting
        self.waiting.update(behind)

    @property
    def first(self) -> Waiting | None:
        return next(iter(self.waiting.values()), None)

    def tickets(self, most: int) -> list[int]:
        """The oldest tickets: as many as can matter."""
        return list(islice(self.waiting, most))

    def wake_first(self) -> None:
        first = self.first
        if first is not None:
            first.wake()

    def __len__(self) -> int:
        return len(self.waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(list(self.waiting.values()))


class SharedLine(Line):
    """Callers who look for a connection themselves, as soon as they are first or woken; till then nobody overtakes."""

    __slots__ = ("_asleep",)

    def __init__(self) -> None:
        super().__init__()
        # A heap of tickets; one whose caller was woken otherwise, or has left, is passed over.
        self._asleep: Final[list[int]] = []

    def sleep(self, waiting: Waiting) -> None:
        """It is about to wait, and has to be woken."""
        if not waiting.is_listed:
            waiting.is_listed = True
            heappush(self._asleep, waiting.ticket)

    def wake(self, count: int) -> None:
        """Wake the next `count` of those who are not woken yet."""
        while count and self._asleep:
            waiting = self.waiting.get(heappop(self._asleep))
            if waiting is not None:
                waiting.is_listed = False
                if not waiting.waiter.done():
                    waiting.wake()
                    count -= 1
