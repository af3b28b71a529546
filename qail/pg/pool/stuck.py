"""A shared connection whose answers do not come is taken out, and its backend is told to end what it runs.

Rule 1: every wait here has an end.
Rule 2: what somebody still waits for is not cancelled: a cancel request addresses the backend, not a statement.
Rule 3: closing a socket does not stop a query: whoever drops a busy connection sends a CancelRequest after it, bounded.

Source: design, "Cancellation and abandonment" and "CancelRequest fence"
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from qail.pg.driver.cancel import ask_to_end, close_and_cancel
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.transport import DeadlinePassed, Runtime
from qail.pg.pool.plan import SlotState
from qail.pg.pool.slot import Slot

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper

# How long those behind a request that was given up are left to hope for an answer, once nobody new is sent there.
NEIGHBOUR_SECONDS: Final = 10.0
CLOSING_SECONDS: Final = 3 * GRACE_SECONDS
logger = logging.getLogger("qail")


async def watch(keeper: Keeper, slot: Slot, link: Link) -> None:
    """Somebody gave up waiting on a shared connection: free it should the server not answer."""
    has_to_end = await is_stuck(link)
    slot.is_watched = False
    in_use = (SlotState.SHARED, SlotState.DRAINING, SlotState.RETIRING)
    if not has_to_end or slot not in keeper.slots or slot.state not in in_use:
        return
    logger.warning("a request on %s was given up and is not answered: the connection is taken out", link.address)
    slot.state = SlotState.CLOSING
    if keeper.favourite is slot:
        keeper.favourite = None
    keeper.dispatch()
    await neighbours_answered(link)
    if slot in keeper.slots:
        slot.state = SlotState.RETURNING
        await keeper.returner.clean(slot, link, is_lease=False)


async def is_stuck(link: Link) -> bool:
    """Wait until all that was given up on `link` has been answered, or the link has ended: False.

    True as soon as the oldest request was given up and GRACE_SECONDS have gone by without its answer.
    """
    while link.is_usable and link.given_up_count:
        head = link.session.oldest
        has_moved = partial(_has_moved, link, head)
        try:
            await link.runtime.within(link.runtime.now() + GRACE_SECONDS, partial(link.wait_until, has_moved))
        except DeadlinePassed:
            if head is not None and head.is_abandoned:
                return True
    return False


async def neighbours_answered(link: Link) -> None:
    """Wait until nobody waits for an answer on `link` any more. In the end it is dropped, and they are told."""

    def is_alone() -> bool:
        return not link.is_usable or link.session.depth <= link.given_up_count

    try:
        await link.runtime.within(link.runtime.now() + NEIGHBOUR_SECONDS, partial(link.wait_until, is_alone))
    except DeadlinePassed:
        await close_and_cancel(link)


def _has_moved(link: Link, head: object) -> bool:
    return not link.is_usable or link.session.oldest is not head


async def cancel_left_behind(link: Link, runtime: Runtime) -> None:
    """`link` is lost with requests unanswered: ask the backend, should it still be there, to end what it runs."""
    await ask_to_end(link)


async def say_goodbye(link: Link, runtime: Runtime) -> None:
    """Close an idle link."""
    await link.close()
