"""Returning: what a borrower left behind is found and cleaned before the next one comes.

Rule 1: a lease that left nothing behind costs no round trip; what may have changed the session is known from what ran.
Rule 2: cleaning runs in a task of the pool and is bounded; what cannot be cleaned is closed.
Rule 3: the order is: end what still runs, roll back, `on_release`, reset, and in mode `verified` the proof.

Source: design, "Pool" of the engine rules; sql-discard.html
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from qail.errors import PoolError
from qail.pg.driver.cancel import destroy, end_running
from qail.pg.driver.connection import Connection
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.segment import simple
from qail.pg.driver.transport import DeadlinePassed
from qail.pg.pool.hooks import run_hook
from qail.pg.pool.plan import SlotState
from qail.pg.pool.slot import Slot
from qail.pg.steps.reset import IDLE, PROOF, RESET, ROLLBACK

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper

logger = logging.getLogger("qail")


class Returner:
    """Takes leases back."""

    def __init__(self, keeper: Keeper, lend: Callable[[Link], Connection]) -> None:
        self._keeper: Final = keeper
        self._lend: Final = lend

    def give_back(self, slot: Slot) -> None:
        """The borrower is done. Without anything to clean the slot is free at once; else a task cleans it."""
        link = slot.link
        if slot.state is not SlotState.LEASED or link is None:
            return
        if link.on_data is not None:
            # Rows that the borrower left unread must not keep the answer to what ends them from being read.
            link.on_data = None
            link.transport.resume_reading()
        link.messages.clear()
        cut_off(link)
        link.local_settings = ()
        slot.holder = ""
        if not link.is_usable:
            self._keeper.lose(slot)
        elif self._is_clean(slot, link) or (slot.leaves_as is not None and not link.session.depth):
            # One that leaves the pool needs no cleaning.
            self._keeper.free(slot)
        else:
            slot.state = SlotState.RETURNING
            self._keeper.runtime.spawn(partial(self.clean, slot, link, is_lease=True))

    def _is_clean(self, slot: Slot, link: Link) -> bool:
        """Whether nothing is to be done. A lease on which nothing ran is clean in every mode but that of a callable."""
        session = link.session
        rules = self._keeper.rules
        # A cancel request that is still under way would hit a stranger.
        if session.depth or link.is_held or session.transaction_status != IDLE:
            return False
        if link.is_dirty or rules.on_release is not None:
            return False
        return rules.reset == "fast" or (not callable(rules.reset) and link.settled_count == slot.settled_before)

    async def clean(self, slot: Slot, link: Link, *, is_lease: bool) -> None:
        """Make it fit for the next one, or close it. `is_lease`: it was a borrower's, not shared."""
        keeper = self._keeper
        is_counted = not is_lease or self._owes_reset(link)
        keeper.totals.resets += is_lease and is_counted
        try:
            await self._bounded(partial(make_still, link))
            if is_lease and link.is_usable:
                await self._release(slot, link, is_counted=is_counted)
        except DeadlinePassed:
            logger.warning("a connection to %s could not be cleaned: no answer in time", link.address)
            destroy(link)
        except Exception as error:  # noqa: BLE001  # a hook of the user's may raise anything
            logger.warning("a connection to %s could not be cleaned: %r", link.address, error)
            destroy(link)
        except BaseException:
            # A hook may raise what ends a task, too: its place in the pool must not be lost with it.
            destroy(link)
            keeper.lose(slot)
            raise
        if slot not in keeper.slots:
            return
        if link.is_usable and not link.session.depth and link.session.transaction_status == IDLE:
            keeper.free(slot)
        else:
            keeper.lose(slot)

    def _owes_reset(self, link: Link) -> bool:
        """Whether cleaning takes a round trip: there may be nothing to do but to call `on_release`."""
        session = link.session
        is_left_open = session.depth > 0 or session.transaction_status != IDLE
        return is_left_open or link.is_dirty or self._keeper.rules.reset != "fast"

    async def _release(self, slot: Slot, link: Link, *, is_counted: bool) -> None:
        keeper = self._keeper
        rules = keeper.rules
        for name, hook in (("on_release", rules.on_release), ("reset", rules.reset)):
            if callable(hook):
                if link.is_dirty:
                    # Its view of names is a new one: what the borrower's knew is forgotten.
                    link.soil()
                await run_hook(hook, name, self._lend, link, keeper.runtime)
                await self._bounded(partial(make_still, link))
        if not is_counted and self._owes_reset(link):
            keeper.totals.resets += 1
        if callable(rules.reset):
            link.cleaned()
        else:
            await self._bounded(partial(self._reset, slot, link, is_verified=rules.reset == "verified"))
        if slot.needs_setup and not link.is_dirty and slot.was_reset:
            await keeper.opener.set_up(slot, link)

    async def _reset(self, slot: Slot, link: Link, *, is_verified: bool) -> None:
        """Reset what is dirty, and prove it if asked to; both leave in one flight."""
        is_always = self._keeper.rules.reset == "clean" or (is_verified and slot.needs_setup)
        slot.was_reset = link.is_dirty or is_always
        reset = simple(RESET, is_control=True) if slot.was_reset else None
        proof = simple(PROOF, is_control=True) if is_verified else None
        if reset is not None:
            link.submit(reset)
        if proof is not None:
            link.submit(proof)
        for request in (reset, proof):
            if request is not None:
                await link.answered(request)
                if request.error is not None:
                    raise request.error
        if reset is not None:
            link.cleaned()
        if proof is not None and proof.items[-1].row_count != 1:
            raise PoolError("something of the borrower's is left: role, settings, locks, LISTEN, temporary tables ...")

    async def _bounded(self, work: Callable[[], Awaitable[None]]) -> None:
        runtime = self._keeper.runtime
        await runtime.within(runtime.now() + 2 * GRACE_SECONDS, work)


def cut_off(link: Link) -> None:
    """What the borrower has open and may still know of is no way to the connection any more."""
    link.stream_scope = None
    link.unsent_scopes = 0
    scopes = list(link.scopes)
    link.scopes.clear()
    for scope in scopes:
        scope.is_given_back = True
        if scope.on_undone is not None:
            scope.on_undone()


async def make_still(link: Link) -> None:
    """End what still runs and what is open; the caller bounds the time. Raises what that met."""
    await end_running(link)
    if link.is_usable and link.session.transaction_status != IDLE:
        await link.run(simple(ROLLBACK, is_control=True))
