"""Waiting: one caller in the pool's line, and the line: first come, first served, and left from anywhere in O(1)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from qail.pg.driver.transport import Waiter
from qail.pg.pool.slot import Slot


class Waiting:
    """One caller in line: for a lease (`slot` is what it was given) or for a shared connection."""

    __slots__ = ("error", "has_waited", "slot", "ticket", "waiter")

    def __init__(self, ticket: int, waiter: Waiter) -> None:
        self.ticket: Final = ticket
        self.waiter = waiter
        self.slot: Slot | None = None
        self.error: Exception | None = None
        self.has_waited = False

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
