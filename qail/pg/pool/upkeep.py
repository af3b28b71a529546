"""Upkeep of one connection in a pool's own tasks: cleaning it for the next borrower, and finding out that it is stuck.

Rule 1: every wait here has an end.
Rule 2: what somebody still waits for is not cancelled: a cancel request addresses the backend, not a statement.

Source: design, "Cancellation and abandonment" and "CancelRequest fence"
"""

from __future__ import annotations

from functools import partial
from typing import Final

from qail.pg.driver.cancel import cancel
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.segment import simple
from qail.pg.driver.transport import DeadlinePassed
from qail.pg.steps.reset import cleaning

# How long those behind a request that was given up are left to hope for an answer, once nobody new is sent there.
NEIGHBOUR_SECONDS: Final = 10.0


async def make_clean(link: Link) -> None:
    """Cancel what still runs, roll back, reset. Raises what that met; the caller bounds the time."""
    session = link.session
    if session.depth:
        await cancel(link)
        await link.drain()
    if not link.is_usable:
        return
    for text in cleaning(int(session.transaction_status), link.is_dirty):
        await link.run(simple(text))


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
    """Wait until nobody waits for an answer on `link` any more. In the end it is aborted, and they are told."""

    def is_alone() -> bool:
        return not link.is_usable or link.session.depth <= link.given_up_count

    try:
        await link.runtime.within(link.runtime.now() + NEIGHBOUR_SECONDS, partial(link.wait_until, is_alone))
    except DeadlinePassed:
        link.abort()


def _has_moved(link: Link, head: object) -> bool:
    return not link.is_usable or link.session.oldest is not head
