"""Callers: those who wait for a connection, in three lines with tickets of one series.

Rule 1: first come, first served, with one exception: quick shared requests do not wait behind slow ones.
Rule 2: every wait has a deadline, and is counted.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final

from qail.errors import PoolClosed
from qail.pg.driver.transport import DeadlinePassed
from qail.pg.pool.plan import has_slow
from qail.pg.pool.waiting import Line, SharedLine, Waiting

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper


class Callers:
    """The lines of one pool."""

    def __init__(self, keeper: Keeper) -> None:
        self.leases: Final = Line()
        self.shared: Final = SharedLine()
        self.slow: Final = SharedLine()
        """Shared use with a statement known to be slow."""
        self._lines: Final = (self.leases, self.shared, self.slow)
        self._keeper: Final = keeper
        self._ticket = 0

    @property
    def is_any(self) -> bool:
        """Whether somebody waits."""
        return bool(self.shared.waiting or self.leases.waiting or self.slow.waiting)

    @property
    def count(self) -> int:
        return sum(len(line) for line in self._lines)

    @property
    def shared_ticket(self) -> int | None:
        """The oldest of those who want shared use, and would take any connection for it."""
        firsts = (self.shared.first, None if self.slow_keep_apart else self.slow.first)
        return min((each.ticket for each in firsts if each is not None), default=None)

    @property
    def slow_keep_apart(self) -> bool:
        """Whether somebody with a slow statement waits for the connections that slow ones have, and for no other."""
        return bool(self.slow.waiting) and has_slow(self._keeper.slots)

    def join(self, line: Line) -> Waiting:
        """Stand in line. Raises PoolClosed, and a refusal that was met a moment ago."""
        keeper = self._keeper
        if keeper.is_closing:
            raise PoolClosed("the pool is closed")
        refusal = keeper.opener.refusal
        if refusal is not None and not keeper.slots:
            # Asking again at once would only be refused again.
            raise copy(refusal)
        self._ticket += 1
        waiting = Waiting(self._ticket, keeper.runtime.waiter())
        line.join(waiting)
        return waiting

    async def wait(self, waiting: Waiting, until: float) -> None:
        """Wait to be woken. Raises what the waiting was failed with, and PoolTimeout."""
        keeper = self._keeper
        if waiting.error is None:
            began = keeper.runtime.now()
            if not (waiting.has_waited or waiting.waiter.done()):
                waiting.has_waited = True
                keeper.totals.waits += 1
            try:
                await keeper.runtime.within(until, waiting.woken)
            except DeadlinePassed:
                raise keeper.timeout() from keeper.opener.last_failure
            finally:
                keeper.totals.wait_seconds += keeper.runtime.now() - began
        if waiting.error is not None:
            raise waiting.error
        if waiting.slot is None:
            waiting.waiter = keeper.runtime.waiter()

    def wake_shared(self) -> None:
        """Those who want shared use and have waited longest look again."""
        self.shared.wake_first()
        self.slow.wake_first()

    def wake_more(self) -> None:
        """One of those who want shared use was served, or has gone: what had room for one may have room for the next.

        Two for each, so that the longest line is served in a few turns of the loop: one by one, callers would come
        faster than they are served, and the line would never end.
        """
        self.shared.wake(2)
        self.slow.wake(2)

    def fail_all(self, error: Exception) -> None:
        """Everybody who waits is told; each has a copy, or all of them would stand in one traceback."""
        for line in self._lines:
            for waiting in line:
                waiting.fail(copy(error))

    def fail_first(self, error: Exception) -> None:
        """Whoever has waited longest is told."""
        firsts = [line.first for line in self._lines]
        oldest = min((each for each in firsts if each is not None), key=lambda each: each.ticket, default=None)
        if oldest is not None:
            oldest.fail(error)
