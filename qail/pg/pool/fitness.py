"""Servers that are no longer what `target_session_attrs` asks for: their connections are taken out of the pool.

Rule 1: a server says so by itself: `in_hot_standby` and `default_transaction_read_only` are reported when they change.
One that refuses to write (25006) although writing was asked for is the wrong one, too, unless the transaction was
declared read only.
Rule 2: a connection found unfit takes no new request; what it has is answered, a lease ends in its own time. The next
one is opened by the whole list of hosts, looked up anew.

Source: libpq-connect.html, "target_session_attrs"; protocol-flow.html, "Asynchronous Operations"
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from qail.errors import PostgresError
from qail.pg.driver.link import Link
from qail.pg.driver.target import fits, wants_to_write
from qail.pg.pool.plan import SlotState
from qail.pg.pool.slot import Slot

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper

WITHOUT_BORROWER = (SlotState.SHARED, SlotState.SUSPECT, SlotState.DRAINING)
logger = logging.getLogger("qail")


def watch_fitness(keeper: Keeper, slot: Slot, link: Link) -> None:
    """Judge the connection whenever its server says something of itself."""
    if link.config.target_session_attrs not in ("any", "prefer-standby"):
        link.messages.on_change = partial(_judge, keeper, slot, link)


def _judge(keeper: Keeper, slot: Slot, link: Link, message: object) -> None:
    if isinstance(message, PostgresError):
        is_fit = not wants_to_write(link.config) or any(b"READ ONLY" in scope.opening for scope in link.scopes)
    else:
        is_fit = fits(link.session.parameters, link.config.target_session_attrs)
    if is_fit or slot not in keeper.slots:
        return
    link.messages.on_change = None
    wish = link.config.target_session_attrs
    logger.warning("%s is not %s any more: its connection leaves the pool", link.address, wish)
    slot.leaves_as = "unfit"
    if slot.state in WITHOUT_BORROWER:
        keeper.retire(slot, "unfit")
        keeper.dispatch()
