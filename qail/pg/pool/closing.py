"""Closing: the one end of a pool, for all who ask for it.

Rule 1: whoever asks waits until all connections are closed, also where another call of `close` is under way. One who
would wait for less long brings the end nearer.
Rule 2: a caller that is cancelled ends the waiting for what runs; the next one who asked sees to the rest.
Rule 3: every wait here has an end.

Source: design, "Pool"
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from qail.pg.driver.cancel import close_and_cancel, destroy
from qail.pg.driver.link import Link
from qail.pg.driver.transport import DeadlinePassed, Runtime, Waiter
from qail.pg.pool.stuck import CLOSING_SECONDS

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper

logger = logging.getLogger("qail")


class Closing:
    """The end of one pool."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper: Final = keeper
        self.is_over = False
        self._is_led = False
        """A caller sees to it; the others wait for him."""
        self._is_hurried = False
        self._is_taken_out = False
        self._ends: list[Waiter] = []
        self._waiters: list[Waiter] = []

    async def run(self, timeout_seconds: float) -> None:
        """Wait at most `timeout_seconds` for what runs, then close every connection, all at once."""
        runtime = self._keeper.runtime
        until = runtime.now() + timeout_seconds
        while not self.is_over:
            if self._is_led:
                try:
                    await runtime.within(None if self._is_hurried else until, self._changed)
                except DeadlinePassed:
                    self._is_hurried = True
                    self._keeper.tell_quiet()
                continue
            self._is_led = True
            try:
                await self._lead(until)
            finally:
                self._is_led = False
                waiters, self._waiters = self._waiters, []
                for waiter in waiters:
                    _wake(waiter)

    async def _changed(self) -> None:
        waiter = self._keeper.runtime.waiter()
        self._waiters.append(waiter)
        await waiter

    async def _lead(self, until: float) -> None:
        keeper = self._keeper
        if not self._is_taken_out:
            await self._drain(until)
            # In tasks of their own: one that is frozen does not hold up the others, nor does a caller who is cancelled.
            ends = [keeper.runtime.finish(partial(_close, link), CLOSING_SECONDS) for link in self._take_out()]
            self._ends = [*keeper.goodbyes, *ends]
        for end in self._ends:
            if not end.done():
                await end
        self.is_over = True

    async def _drain(self, until: float) -> None:
        """Wait for what runs. A caller who is cancelled meanwhile ends all of it."""
        keeper = self._keeper
        runtime = keeper.runtime
        try:
            if until > runtime.now():
                await runtime.within(until, self._quiet)
        except DeadlinePassed:
            self._is_hurried = True
        except BaseException:
            for link in self._take_out():
                destroy(link)
            raise
        finally:
            keeper.when_quiet(None)
        if self._is_hurried and keeper.busy():
            logger.warning("the pool was closed with %d requests and leases under way", keeper.busy())

    def _take_out(self) -> list[Link]:
        self._is_taken_out = True
        return self._keeper.take_out_all()

    async def _quiet(self) -> None:
        keeper = self._keeper
        while keeper.busy() and not self._is_hurried:
            waiter = keeper.runtime.waiter()
            keeper.when_quiet(partial(_wake, waiter))
            await waiter


async def _close(link: Link, runtime: Runtime) -> None:
    await close_and_cancel(link)


def _wake(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_result(None)
