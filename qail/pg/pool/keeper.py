"""Keeper: the pool's slots and those who wait for them. It does what the planner says.

Rule 1: a slot is handed over by assignment, without await; a caller cancelled in that very moment gives it back.
Rule 2: connections are opened, checked, cleaned and closed in tasks of the pool, never by a caller that may be
cancelled: opening.py, upkeep.py, returning.py, closing.py and stuck.py hold what those tasks do.
Rule 3: whoever takes a slot out counts it, once.

Source: design, "Pool"
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import Final

from qail.errors import PoolClosed, PoolTimeout
from qail.pg.driver.connection import Connection
from qail.pg.driver.front import Front
from qail.pg.driver.link import Link
from qail.pg.driver.transport import Runtime, Waiter
from qail.pg.pool.callers import Callers
from qail.pg.pool.closing import Closing
from qail.pg.pool.diagnosis import HELD, held_by_me, timeout_text
from qail.pg.pool.fitness import watch_fitness
from qail.pg.pool.opening import Opener
from qail.pg.pool.plan import Limits, SlotState, assign, route
from qail.pg.pool.returning import Returner
from qail.pg.pool.rules import Rules
from qail.pg.pool.service import SLOW_SECONDS
from qail.pg.pool.slot import Reason, Slot
from qail.pg.pool.speed import Speed
from qail.pg.pool.stats import PoolStats, Totals, stats_of
from qail.pg.pool.stuck import CLOSING_SECONDS, cancel_left_behind, say_goodbye, watch
from qail.pg.pool.upkeep import Upkeep
from qail.pg.pool.waiting import Waiting

SHARED: Final = SlotState.SHARED
SUSPECT: Final = SlotState.SUSPECT
DRAINING: Final = SlotState.DRAINING
RETIRING: Final = SlotState.RETIRING
WITHOUT_BORROWER: Final = (SHARED, DRAINING, RETIRING, SUSPECT, SlotState.CHECKING)
# Unlike any other of this process, so that a task which holds leases of two pools knows them apart.
_lease_numbers = count(1)


class Keeper:
    """Slots, waiting callers, and what is done for them.

    Args:
        connect: opens a link.
        lend: the Connection of a borrower's, on a link.
        speed_changed: told when the statement of a name has become slow, or quick again.
    """

    def __init__(
        self,
        rules: Rules,
        runtime: Runtime,
        connect: Callable[[], Awaitable[Link]],
        lend: Callable[[Link], Connection],
        speed_changed: Callable[[bytes, bool], None],
    ) -> None:
        self.rules: Final = rules
        self.limits = rules.limits
        self.runtime: Final = runtime
        self.slots: Final[list[Slot]] = []
        self.totals: Final = Totals()
        self._favourite: Slot | None = None
        self.callers: Final = Callers(self)
        self.shared_waiting: Final = self.callers.shared.waiting
        self.slow_waiting: Final = self.callers.slow.waiting
        self.leases_waiting: Final = self.callers.leases.waiting
        self.is_closing = False
        self.opener: Final = Opener(self, connect, lend)
        self.returner: Final = Returner(self, lend)
        self.upkeep: Final = Upkeep(self)
        self.speed: Final = Speed(self, speed_changed)
        self._quiet: Callable[[], None] | None = None
        self.goodbyes: list[Waiter] = []
        """Connections that have left and are being closed: the pool is closed when they are."""
        self.closing: Final = Closing(self)
        self.front: Final = self._make_front()

    def _make_front(self) -> Front | None:
        presence = self.runtime.presence
        if presence is None:
            return None
        limits = self.limits
        depths = (limits.depth_write, limits.depth_read_only)
        return Front(presence, self.runtime.now, self.shared_waiting, depths, limits.head_age_seconds)

    @property
    def favourite(self) -> Slot | None:
        """The shared slot that was chosen last, if the next short request may go there."""
        return self._favourite

    @favourite.setter
    def favourite(self, slot: Slot | None) -> None:
        self._favourite = slot
        if self.front is not None:
            self.front.link = slot.link if slot is not None and slot.state is SHARED else None

    # Shared use

    def route(self, depth_limit: int, *, is_slow: bool = False) -> Link | None:
        """The link for one shared request, to be submitted before anything is awaited; None: wait."""
        now = self.runtime.now()
        may_open = self.opener.may_open
        chosen = route(self.slots, depth_limit, now, self.limits, may_open=may_open, is_slow=is_slow)
        while chosen.slot is not None and self.upkeep.suspects(chosen.slot, now):
            chosen = route(self.slots, depth_limit, now, self.limits, may_open=may_open, is_slow=is_slow)
        if chosen.is_open_wanted:
            self.opener.start()
        for suspect in chosen.check:
            self.upkeep.check(suspect)
        slot = chosen.slot
        if slot is None or slot.link is None:
            return None
        if is_slow:
            slot.expect_slow()
            # As long as it is there, every answer is of interest: it may be quick again.
            slot.link.late_after_seconds = -1.0
            if self.favourite is slot:
                self.favourite = None
        else:
            self.favourite = None if slot.is_slow else slot
        return slot.link

    async def wait_shared(self, depth_limit: int, until: float, *, is_slow: bool = False) -> Link:
        """Wait in line for a shared connection. Raises PoolTimeout, PoolClosed."""
        line = self.callers.slow if is_slow else self.callers.shared
        waiting = self.callers.join(line)
        try:
            # Once: it may wake this very caller, who then looks again and finds what there is.
            self.dispatch()
            is_in_turn = line.first is waiting
            while True:
                link = self.route(depth_limit, is_slow=is_slow) if is_in_turn else None
                if link is not None:
                    return link
                line.sleep(waiting)
                await self.callers.wait(waiting, until)
                is_in_turn = True
        finally:
            line.leave(waiting)
            self.callers.wake_more()

    # Leases

    async def lease(self, until: float, holder: str) -> Slot:
        """Wait in line for a connection of one's own. Raises PoolTimeout, PoolClosed."""
        waiting = self.callers.join(self.callers.leases)
        try:
            self.dispatch()
            while (slot := self._granted(waiting)) is None:
                await self.callers.wait(waiting, until)
        except BaseException:
            self.callers.leases.leave(waiting)
            if waiting.slot is not None:
                self.free(waiting.slot)
            self.dispatch()
            raise
        self.totals.leases += 1
        slot.holder = holder
        HELD.set((*held_by_me(self.slots), slot.lease_number))
        return slot

    def _granted(self, waiting: Waiting) -> Slot | None:
        """What was granted. A connection lost on the way to its borrower is none: he is first in line again."""
        slot = waiting.slot
        if slot is None or slot not in self.slots or (slot.link is not None and slot.link.is_usable):
            return slot
        waiting.slot = None
        self.callers.leases.rejoin(waiting)
        self.lose(slot)
        return self._granted(waiting)

    def free(self, slot: Slot) -> None:
        """It is clean, and nobody's: for the next one, unless its time is over."""
        if slot not in self.slots:
            return
        if slot.link is None or not slot.link.is_usable:
            self.lose(slot)
            return
        now = self.runtime.now()
        slot.returned_at = now
        if slot.leaves_as is not None or now >= slot.retire_at:
            self.close_slot(slot, slot.leaves_as or "expired")
            return
        slot.share()
        self.dispatch()

    def detach(self, slot: Slot) -> None:
        """Its link is the borrower's own from now on."""
        self._take_out(slot, "detached")
        self.dispatch()

    # Connections that come, change and go

    def take_in(self, slot: Slot, link: Link) -> None:
        """A connection for a slot that was connecting. It may have taken so long that nobody wants it any more."""
        if self.is_closing or slot not in self.slots:
            if slot in self.slots:
                self.slots.remove(slot)
            link.abort()
            self.tell_quiet()
            return
        self.totals.opened += 1
        slot.link = link
        slot.returned_at = self.runtime.now()
        slot.retire_at = self.upkeep.end_of_life(slot.returned_at)
        slot.share()
        link.owner_changed = partial(self._changed, slot)
        link.on_late = partial(self.speed.answered_late, slot)
        watch_fitness(self, slot, link)
        link.late_after_seconds = SLOW_SECONDS
        self.upkeep.wake()
        self.dispatch()

    def _changed(self, slot: Slot) -> None:
        """A request was answered or withdrawn, or the link has ended."""
        link = slot.link
        if link is None:
            return
        state = slot.state
        if state in WITHOUT_BORROWER:
            if not link.is_usable:
                self.lose(slot)
                return
            if state is RETIRING and not link.session.depth:
                self.close_slot(slot, slot.leaves_as or "expired")
                return
            if link.given_up and not slot.is_watched and link.given_up_count:
                slot.is_watched = True
                self.runtime.spawn(partial(watch, self, slot, link))
        if self.shared_waiting or self.leases_waiting or self.slow_waiting or len(self.slots) > self.limits.max_size:
            self.dispatch()
        self.tell_quiet()

    def lose(self, slot: Slot) -> None:
        """Its link has ended, or must: another one takes its place when one is needed."""
        if slot not in self.slots:
            return
        link = slot.link
        self._take_out(slot, slot.leaves_as or "lost")
        if link is not None:
            if not link.is_closing:
                # Whatever ended it may have ended the others, too.
                self.upkeep.suspect_idle()
            link.abort()
            if link.left_running:
                self.runtime.finish(partial(cancel_left_behind, link), CLOSING_SECONDS)
        self.upkeep.wake()
        self.dispatch()

    def retire(self, slot: Slot, reason: Reason) -> None:
        """A shared slot is not wanted any more: close it, as soon as what it was given has been answered."""
        if slot.depth:
            slot.state = RETIRING
            slot.leaves_as = reason
            if self.favourite is slot:
                self.favourite = None
        else:
            self.close_slot(slot, reason)

    def close_slot(self, slot: Slot, reason: Reason) -> None:
        """Close an idle one."""
        link = slot.link
        self._take_out(slot, reason)
        if link is not None:
            self.goodbyes = [each for each in self.goodbyes if not each.done()]
            self.goodbyes.append(self.runtime.finish(partial(say_goodbye, link), CLOSING_SECONDS))
        self.upkeep.wake()
        self.dispatch()

    def _take_out(self, slot: Slot, reason: Reason) -> None:
        self.slots.remove(slot)
        self.totals.left[reason] += slot.link is not None
        if self.favourite is slot:
            self.favourite = None
        link = slot.link
        if link is not None:
            self.totals.requests += link.settled_count
            link.owner_changed = link.on_late = None
            link.messages.on_change = None
        slot.lease_number = 0
        self.tell_quiet()

    def resize(self, limits: Limits) -> None:
        """Other limits from now on. Connections beyond `max_size` are closed when they are idle."""
        self.limits = limits
        self.upkeep.wake()
        self.dispatch()

    def _shrink(self) -> None:
        going = (RETIRING, SlotState.CLOSING)
        surplus = sum(slot.state not in going for slot in self.slots) - self.limits.max_size
        shared = [slot for slot in self.slots if slot.state in (SHARED, SUSPECT)]
        shared.sort(key=lambda slot: (slot.depth > 0, slot.idle_since))
        for slot in shared[: max(0, surplus)]:
            if slot in self.slots:  # closing one looks for more, and may have found it
                self.retire(slot, "surplus")

    # Waiting

    def dispatch(self) -> None:
        """Serve those who wait, by the planner."""
        if len(self.slots) > self.limits.max_size:
            self._shrink()
        if self.callers.is_any:
            self._serve()
        else:
            for slot in self.slots:
                if slot.state is DRAINING:
                    # Whoever it was drained for has gone.
                    slot.share()
        self.tell_quiet()

    def _serve(self) -> None:
        callers = self.callers
        tickets = callers.leases.tickets(self.limits.max_size)
        now = self.runtime.now()
        for slot in self.slots if tickets else ():
            if slot.state is SHARED:
                self.upkeep.suspects(slot, now)
        may_open = self.opener.may_open
        plan = assign(self.slots, tickets, callers.shared_ticket, now, self.limits, may_open=may_open)
        for slot in plan.grant:
            self._grant(slot)
        for slot in plan.drain:
            slot.state = DRAINING
            if self.favourite is slot:
                self.favourite = None
        for slot in plan.share:
            slot.share()
        for slot in plan.check:
            self.upkeep.check(slot)
        for _ in range(plan.open_count):
            self.opener.start()
        if plan.is_shared_woken or callers.slow_keep_apart:
            # The first one wakes the next when he has been served.
            callers.wake_shared()
        if not self.opener.may_open:
            self.upkeep.wake()

    def _grant(self, slot: Slot) -> None:
        waiting = self.callers.leases.first
        assert waiting is not None
        self.callers.leases.leave(waiting)
        waiting.slot = slot
        if self.favourite is slot:
            self.favourite = None
        slot.lease(next(_lease_numbers), self.runtime.now())
        waiting.wake()

    def timeout(self) -> PoolTimeout:
        """What a caller is told who waited in vain."""
        self.totals.timeouts += 1
        return PoolTimeout(timeout_text(self.stats(), self.slots, self.runtime.now(), self.opener.last_failure))

    # Closing and statistics

    async def close(self, timeout_seconds: float) -> None:
        """Refuse who waits, wait for what runs, close every connection. It may be called again, also meanwhile."""
        self.is_closing = True
        self.upkeep.wake()
        self.callers.fail_all(PoolClosed("the pool is being closed"))
        await self.closing.run(timeout_seconds)

    def busy(self) -> int:
        """Requests' connections and leases under way."""
        idle = (SHARED, SUSPECT, SlotState.CONNECTING)
        return sum(slot.state not in idle or slot.depth > 0 for slot in self.slots)

    def when_quiet(self, tell: Callable[[], None] | None) -> None:
        """Call `tell` whenever something has ended."""
        self._quiet = tell

    def tell_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet()

    def stats(self) -> PoolStats:
        """Counts at this moment."""
        return stats_of(self.slots, self.totals, self.limits, self.callers.count, self.speed.slow_count)

    def take_out_all(self) -> list[Link]:
        """The pool is closed: its links. Those that are still connecting find no place any more."""
        links = [slot.link for slot in self.slots if slot.link is not None]
        for slot in list(self.slots):
            self._take_out(slot, "closed")
        return links
