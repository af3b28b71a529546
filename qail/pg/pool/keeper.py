"""Keeper: the pool's slots and those who wait for them. It does what the planner says.

Rule 1: a slot is handed over by assignment, without await; a caller cancelled in that very moment gives it back.
Rule 2: connections are opened and cleaned in tasks of the pool, never by a caller that may be cancelled.
Rule 3: a failed login or certificate is told to everybody who waits; other failures back off, with jitter, until the
callers' own time is over.

Source: design, "Pool"
"""

from __future__ import annotations

import logging
import random
from functools import partial
from typing import Final

from qail.errors import AuthError, ConfigError, ConnectError, PoolClosed, PoolTimeout, QailError, TlsError
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.driver.cancel import close_and_cancel
from qail.pg.driver.connect import open_link
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.transport import DeadlinePassed, Runtime, Waiter
from qail.pg.pool.plan import Limits, SlotState, assign, route
from qail.pg.pool.slot import Slot
from qail.pg.pool.stats import PoolStats, Totals
from qail.pg.pool.upkeep import is_stuck, make_clean, neighbours_answered
from qail.pg.pool.waiting import Waiting
from qail.pg.steps.reset import cleaning

FIRST_BACKOFF_SECONDS: Final = 0.1
MOST_BACKOFF_SECONDS: Final = 5.0
logger = logging.getLogger("qail")


class Keeper:
    """Slots, waiting callers, and the tasks that open and clean connections."""

    def __init__(self, config: ConnectConfig, limits: Limits, runtime: Runtime) -> None:
        self.slots: Final[list[Slot]] = []
        self.totals: Final = Totals()
        self.favourite: Slot | None = None
        self.shared: Final[dict[int, Waiting]] = {}
        self.leases: Final[dict[int, Waiting]] = {}
        self._config: Final = config
        self._limits = limits
        self._runtime: Final = runtime
        self._ticket = 0
        self._is_closing = False
        self._backoff_until = 0.0
        self._backoff_seconds = FIRST_BACKOFF_SECONDS
        self._last_failure: QailError | None = None
        self._quiet: Waiter | None = None

    # Shared use

    def route(self, depth_limit: int) -> Link | None:
        """The link for one shared request, by the planner; None: wait."""
        chosen = route(self.slots, depth_limit, self._runtime.now(), self._limits, may_open=self._may_open)
        if chosen.is_open_wanted:
            self._start_opening()
        if chosen.slot is None:
            return None
        self.favourite = chosen.slot
        return chosen.slot.link

    async def wait_shared(self, depth_limit: int, until: float) -> Link:
        """Wait in line for a shared connection. Raises PoolTimeout, PoolClosed."""
        waiting = self._queue(self.shared)
        try:
            # Once: it may wake this very caller, who then looks again and finds what there is.
            self.dispatch()
            while True:
                link = self.route(depth_limit)
                if link is not None:
                    return link
                await self._wait(waiting, until)
        finally:
            self.shared.pop(waiting.ticket, None)
            if self.shared:
                # What had room for one may have room for the next.
                next(iter(self.shared.values())).wake()

    # Leases

    async def lease(self, until: float, holder: str) -> Slot:
        """Wait in line for a connection of one's own. Raises PoolTimeout, PoolClosed."""
        waiting = self._queue(self.leases)
        try:
            self.dispatch()
            while waiting.slot is None:
                await self._wait(waiting, until)
        except BaseException:
            self.leases.pop(waiting.ticket, None)
            if waiting.slot is not None:
                waiting.slot.share()
            self.dispatch()
            raise
        self.totals.leases += 1
        waiting.slot.holder = holder
        return waiting.slot

    def give_back(self, slot: Slot) -> None:
        """The borrower is done. Without anything to clean the slot is free at once; else a task cleans it."""
        link = slot.link
        if slot.state is not SlotState.LEASED or link is None:
            return
        link.on_data = None
        link.messages.clear()
        link.scopes.clear()
        link.unsent_scopes = 0
        session = link.session
        if not link.is_usable:
            self._remove(slot)
        elif not session.depth and not cleaning(int(session.transaction_status), link.is_dirty):
            slot.share()
            self.dispatch()
        else:
            slot.state = SlotState.RETURNING
            self._runtime.spawn(partial(self._clean, slot, link))

    async def _clean(self, slot: Slot, link: Link) -> None:
        """Cancel what still runs, roll back, reset; bounded. What cannot be cleaned is closed."""
        deadline = self._runtime.now() + 2 * GRACE_SECONDS
        try:
            await self._runtime.within(deadline, partial(make_clean, link))
        except (DeadlinePassed, QailError) as error:
            logger.warning("a connection to %s could not be cleaned: %s", link.address, error or "no answer in time")
            link.abort()
        if slot not in self.slots:
            return
        if link.is_usable and not link.session.depth and not cleaning(int(link.session.transaction_status), False):
            link.cleaned()
            slot.share()
            self.dispatch()
        else:
            self._remove(slot)

    # Opening and losing

    @property
    def _may_open(self) -> bool:
        return not self._is_closing and self._runtime.now() >= self._backoff_until

    async def open_first(self, count: int) -> None:
        """Open connections one after another: a wrong password is told once."""
        for _ in range(count):
            slot = Slot()
            self.slots.append(slot)
            try:
                self._take_in(slot, await open_link(self._config, self._runtime))
            except BaseException:
                self.slots.remove(slot)
                raise

    def _start_opening(self) -> None:
        slot = Slot()
        self.slots.append(slot)
        self._runtime.spawn(partial(self._open, slot))

    async def _open(self, slot: Slot) -> None:
        try:
            link = await open_link(self._config, self._runtime)
        except QailError as error:
            self.slots.remove(slot)
            self._failed(error)
            self._tell_quiet()
        except BaseException:
            self.slots.remove(slot)
            raise
        else:
            self._take_in(slot, link)
            self.dispatch()

    def _take_in(self, slot: Slot, link: Link) -> None:
        if self._is_closing or slot not in self.slots:
            if slot in self.slots:
                self.slots.remove(slot)  # else close() would wait for it
            link.abort()
            return
        self.totals.opened += 1
        self._last_failure = None
        self._backoff_seconds = FIRST_BACKOFF_SECONDS
        slot.link = link
        slot.share()
        link.owner_changed = partial(self._changed, slot)

    def _failed(self, error: QailError) -> None:
        self.totals.connect_failures += 1
        self._last_failure = error
        if isinstance(error, (AuthError, TlsError, ConfigError)) or _is_final(error):
            for waiting in (*self.leases.values(), *self.shared.values()):
                waiting.fail(error)
            return
        # Full jitter: callers that failed together do not come back together.
        pause = self._backoff_seconds * random.uniform(0.5, 1.0)  # noqa: S311  # jitter is no secret
        self._backoff_seconds = min(self._backoff_seconds * 2, MOST_BACKOFF_SECONDS)
        self._backoff_until = self._runtime.now() + pause
        self._runtime.spawn(partial(self._dispatch_later, pause))

    async def _dispatch_later(self, seconds: float) -> None:
        await self._runtime.sleep(seconds)
        if not self._is_closing:
            self.dispatch()

    def _changed(self, slot: Slot) -> None:
        """A request was answered or withdrawn, or the link has ended."""
        link = slot.link
        is_in_use = link is not None and slot.state in (SlotState.SHARED, SlotState.DRAINING)
        if link is not None and is_in_use and not link.is_usable:
            self._remove(slot)
        elif self.leases or self.shared or len(self.slots) > self._limits.max_size:
            self.dispatch()
        if link is not None and is_in_use and link.given_up and not slot.is_watched:
            slot.is_watched = True
            self._runtime.spawn(partial(self._watch, slot, link))
        self._tell_quiet()

    def _remove(self, slot: Slot) -> None:
        if slot not in self.slots:
            return
        self.slots.remove(slot)
        self.totals.lost += 1
        if self.favourite is slot:
            self.favourite = None
        link = slot.link
        if link is not None:
            link.owner_changed = None
            link.abort()
        self.dispatch()
        self._tell_quiet()

    async def _watch(self, slot: Slot, link: Link) -> None:
        """Somebody gave up waiting on a shared connection: free it should the server not answer."""
        has_to_end = await is_stuck(link)
        slot.is_watched = False
        if not has_to_end or slot not in self.slots or slot.state not in (SlotState.SHARED, SlotState.DRAINING):
            return
        logger.warning("a request on %s was given up and is not answered: the connection is taken out", link.address)
        slot.state = SlotState.CLOSING
        self.dispatch()
        await neighbours_answered(link)
        slot.state = SlotState.RETURNING
        await self._clean(slot, link)

    def resize(self, limits: Limits) -> None:
        """Other limits from now on. Connections beyond `max_size` are closed when they are idle."""
        self._limits = limits
        self.dispatch()

    def _shrink(self) -> None:
        surplus = len(self.slots) - self._limits.max_size
        idle = [slot for slot in self.slots if slot.state is SlotState.SHARED and not slot.depth]
        for slot in idle[: max(0, surplus)]:
            self.slots.remove(slot)
            if self.favourite is slot:
                self.favourite = None
            if slot.link is not None:
                slot.link.owner_changed = None
                self._runtime.spawn(slot.link.close)

    # Waiting

    def dispatch(self) -> None:
        """Serve those who wait, by the planner."""
        if len(self.slots) > self._limits.max_size:
            self._shrink()
        if self.leases or self.shared:
            first_shared = next(iter(self.shared), None)
            plan = assign(self.slots, list(self.leases), first_shared, self._limits, may_open=self._may_open)
            for slot in plan.grant:
                self._grant(slot)
            for slot in plan.drain:
                slot.state = SlotState.DRAINING
            for slot in plan.share:
                slot.share()
            for _ in range(plan.open_count):
                self._start_opening()
            if plan.is_shared_woken:
                # The first one wakes the next when he has been served.
                next(iter(self.shared.values())).wake()
        elif any(slot.state is SlotState.DRAINING for slot in self.slots):
            # Whoever it was drained for has gone.
            for slot in self.slots:
                if slot.state is SlotState.DRAINING:
                    slot.share()
        self._tell_quiet()

    def _grant(self, slot: Slot) -> None:
        waiting = self.leases.pop(next(iter(self.leases)))
        waiting.slot = slot
        slot.lease()
        waiting.wake()

    def _queue(self, line: dict[int, Waiting]) -> Waiting:
        self._ticket += 1
        waiting = line[self._ticket] = Waiting(self._ticket, self._runtime.waiter())
        return waiting

    async def _wait(self, waiting: Waiting, until: float) -> None:
        """Wait to be woken. Raises what the waiting was failed with, and PoolTimeout."""

        async def woken() -> None:
            await waiting.waiter

        if waiting.error is None:
            try:
                await self._runtime.within(until, woken)
            except DeadlinePassed:
                raise self.timeout() from self._last_failure
        if waiting.error is not None:
            raise waiting.error
        if waiting.slot is None:
            waiting.waiter = self._runtime.waiter()

    def timeout(self) -> PoolTimeout:
        """What a caller is told who waited in vain."""
        self.totals.timeouts += 1
        stats = self.stats()
        holders = ", ".join(sorted(slot.holder for slot in self.slots if slot.holder)) or "nobody"
        failure = f"; the last attempt to connect failed: {self._last_failure}" if self._last_failure else ""
        return PoolTimeout(
            f"no connection came free in time: {stats.size} of at most {stats.max_size} connections, "
            f"{stats.idle} idle, {stats.connecting} connecting, {stats.waiting} callers waiting, "
            f"leased by {holders}{failure}"
        )

    # Closing and statistics

    async def close(self, timeout_seconds: float) -> None:
        """Refuse who waits, wait for what runs, close every connection."""
        self._is_closing = True
        for waiting in (*self.leases.values(), *self.shared.values()):
            waiting.fail(PoolClosed("the pool is being closed"))
        try:
            if timeout_seconds > 0:
                await self._runtime.within(self._runtime.now() + timeout_seconds, self._wait_quiet)
        except DeadlinePassed:
            logger.warning("the pool was closed with %d requests and leases under way", self._busy())
        finally:
            links = [slot.link for slot in self.slots if slot.link is not None]
            self.slots.clear()
            self.favourite = None
            for link in links:
                link.owner_changed = None
        for link in links:
            await close_and_cancel(link)

    async def _wait_quiet(self) -> None:
        while self._busy():
            self._quiet = self._runtime.waiter()
            await self._quiet

    def _busy(self) -> int:
        return sum(slot.state is not SlotState.SHARED or slot.depth > 0 for slot in self.slots)

    def _tell_quiet(self) -> None:
        if self._quiet is not None and not self._quiet.done():
            self._quiet.set_result(None)

    def stats(self) -> PoolStats:
        """Counts at this moment."""
        states = [slot.state for slot in self.slots]
        totals = self.totals
        return PoolStats(
            size=len(states),
            idle=sum(slot.state is SlotState.SHARED and not slot.depth for slot in self.slots),
            leased=states.count(SlotState.LEASED),
            connecting=states.count(SlotState.CONNECTING),
            waiting=len(self.leases) + len(self.shared),
            in_flight=sum(slot.depth for slot in self.slots),
            min_size=self._limits.min_size,
            max_size=self._limits.max_size,
            opened_total=totals.opened,
            lost_total=totals.lost,
            leases_total=totals.leases,
            timeouts_total=totals.timeouts,
            connect_failures_total=totals.connect_failures,
        )


def _is_final(error: QailError) -> bool:
    """Whether connecting again would meet the same refusal: no such database, no such role setting."""
    return isinstance(error, ConnectError) and error.reason == "rejected"
