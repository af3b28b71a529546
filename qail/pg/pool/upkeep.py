"""Upkeep: one background task that keeps the pool's size, and the age and health of its idle connections.

Rule 1: no timer for a query: the task sleeps until the next thing is due, and is woken when something new may be.
Rule 2: only idle connections are closed; one that is leased or has requests in flight never is. A shared one whose
life is over takes no new requests, and is closed when those it has are answered.
Rule 3: health is asked for on suspicion only: after a long idleness, when a neighbour was just lost, or where an idle
connection has something to say, its end perhaps. Meanwhile the request that wanted the connection waits, not sent, or
goes elsewhere.

Source: design, "Pool"
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Final

from qail.errors import QailError
from qail.pg.driver.front import FRESH_SECONDS
from qail.pg.driver.link import Link
from qail.pg.driver.news import has_news
from qail.pg.driver.segment import control
from qail.pg.driver.transport import DeadlinePassed, Waiter
from qail.pg.pool.plan import SlotState
from qail.pg.pool.rules import LIFETIME_JITTER
from qail.pg.pool.slot import Slot
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import SETTLED

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper

FOREVER: Final = float("inf")


class Upkeep:
    """The pool's background task, and the checks it starts."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper: Final = keeper
        self._waiter: Waiter | None = None
        self._is_due = False

    def start(self) -> None:
        """Begin; it ends when the pool is closing."""
        self._keeper.runtime.spawn(self._run, is_idle=True)

    def wake(self) -> None:
        """Something may be due earlier than was known."""
        self._is_due = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _run(self) -> None:
        keeper = self._keeper
        while not keeper.is_closing:
            self._waiter = keeper.runtime.waiter()
            due = self.round()
            try:
                await keeper.runtime.within(None if due == FOREVER else due, self._woken)
            except DeadlinePassed:
                continue

    async def _woken(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            await self._waiter

    def round(self) -> float:
        """Do what is due; when the next thing will be."""
        keeper = self._keeper
        now = keeper.runtime.now()
        due = FOREVER
        # Those that have been idle longest go first.
        for slot in sorted(keeper.slots, key=lambda slot: slot.idle_since):
            due = min(due, self._look_at(slot, now))
        self._refill()
        is_wanted = len(keeper.slots) < keeper.limits.min_size or keeper.callers.is_any
        if is_wanted and keeper.opener.backoff.until > now:
            due = min(due, keeper.opener.backoff.until)
        elif keeper.callers.is_any:
            keeper.dispatch()
        # Never at once again: what could not be done now changes by an event, which wakes us.
        return due if due > now else FOREVER

    def _look_at(self, slot: Slot, now: float) -> float:
        """Do what is due for one slot; when it will next be of interest."""
        keeper = self._keeper
        rules = keeper.rules
        if slot.link is None or slot not in keeper.slots:
            return FOREVER
        is_free = slot.state in (SlotState.SHARED, SlotState.SUSPECT)
        if is_free and now >= slot.retire_at:
            keeper.retire(slot, "expired")
            return FOREVER
        idle_limit = FOREVER if rules.idle_timeout_seconds is None else rules.idle_timeout_seconds
        if slot.depth or not is_free:
            # The earliest at which it can have been idle for so long.
            soonest = now + min(idle_limit, rules.suspect_after_seconds)
            return min(slot.retire_at, soonest) if is_free else soonest
        idle_since = slot.idle_since
        if now >= idle_since + idle_limit and len(keeper.slots) > keeper.limits.min_size:
            keeper.close_slot(slot, "idle")
            return FOREVER
        if slot.state is SlotState.SHARED and now >= idle_since + rules.suspect_after_seconds:
            self._suspect(slot)
        times = [slot.retire_at, idle_since + idle_limit, idle_since + rules.suspect_after_seconds]
        return min(time for time in times if time > now)

    def _refill(self) -> None:
        keeper = self._keeper
        connecting = sum(slot.state is SlotState.CONNECTING for slot in keeper.slots)
        missing = keeper.limits.min_size - len(keeper.slots)
        if keeper.opener.may_open:
            for _ in range(min(missing, keeper.limits.max_connecting - connecting)):
                keeper.opener.start()

    def end_of_life(self, opened_at: float) -> float:
        """When a connection opened now is to be closed. Jitter: those opened together do not end together."""
        lifetime = self._keeper.rules.max_lifetime_seconds
        if lifetime is None:
            return FOREVER
        return opened_at + lifetime * random.uniform(1 - LIFETIME_JITTER, 1.0)  # noqa: S311  # jitter is no secret

    # Health

    def suspect_idle(self) -> None:
        """A connection was lost: the idle ones may be, too."""
        for slot in self._keeper.slots:
            if slot.state is SlotState.SHARED and not slot.depth:
                self._suspect(slot)

    def suspects(self, slot: Slot, now: float) -> bool:
        """Whether something lies unread on an idle connection: it is under suspicion then. Asked before it is used."""
        link = slot.link
        if link is None or slot.depth or now - link.progress_at < FRESH_SECONDS or not has_news(link):
            return False
        self._suspect(slot)
        return True

    def _suspect(self, slot: Slot) -> None:
        slot.state = SlotState.SUSPECT
        if self._keeper.favourite is slot:
            self._keeper.favourite = None

    def check(self, slot: Slot) -> None:
        """Ask a connection under suspicion whether it lives, in a task of the pool."""
        link = slot.link
        if link is None:
            return
        slot.state = SlotState.CHECKING
        self._keeper.totals.pings += 1
        self._keeper.runtime.spawn(partial(self._check, slot, link))

    async def _check(self, slot: Slot, link: Link) -> None:
        keeper = self._keeper
        # Nothing but a Sync: the cheapest question there is.
        request = control(link, [], is_end=False)
        asked_at = keeper.runtime.now()
        try:
            link.submit(request)
            # Two deadlines: after the first one those who wait look for another connection, too.
            for seconds in (keeper.limits.head_age_seconds, keeper.rules.ping_seconds):
                if await self._answered(link, request, asked_at + seconds):
                    break
                keeper.dispatch()
        except QailError:
            link.abort()
        if slot not in keeper.slots or slot.state is not SlotState.CHECKING:
            return
        if request.state == SETTLED and request.error is None:
            keeper.free(slot)
        else:
            keeper.lose(slot)

    async def _answered(self, link: Link, request: Request, until: float) -> bool:
        def is_over() -> bool:
            return request.state == SETTLED or link.is_lost

        try:
            await self._keeper.runtime.within(until, partial(link.wait_until, is_over))
        except DeadlinePassed:
            return False
        return True
