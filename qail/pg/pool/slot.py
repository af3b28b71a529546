"""Slot: one place for a connection in a pool, in exactly one state at a time."""

from __future__ import annotations

from typing import Final

from qail.pg.driver.link import Link
from qail.pg.pool.plan import SlotState

# Beyond this a shared connection's queue is full: what waits behind it would be encoded for nothing.
MAX_QUEUED_BYTES: Final = 1024 * 1024


class Slot:
    """A place in the pool; `link` is None while it is connecting."""

    __slots__ = ("holder", "is_watched", "link", "state")

    def __init__(self) -> None:
        self.state = SlotState.CONNECTING
        self.link: Link | None = None
        self.holder = ""
        """Who has it leased, for PoolTimeout."""
        self.is_watched = False
        """Whether a task looks after requests that were given up."""

    @property
    def depth(self) -> int:
        """Requests not yet answered."""
        return self.link.session.depth if self.link is not None else 0

    @property
    def progress_at(self) -> float:
        """When the request at the head became the head."""
        return self.link.progress_at if self.link is not None else 0.0

    @property
    def is_full(self) -> bool:
        """Whether too much waits to be written."""
        link = self.link
        return link is not None and (link.transport.is_paused or link.session.queued_bytes > MAX_QUEUED_BYTES)

    def share(self) -> None:
        """Strangers may use it at once; every answer must then end outside a transaction."""
        self.state = SlotState.SHARED
        self.holder = ""
        if self.link is not None:
            self.link.is_shared = True

    def lease(self) -> None:
        """One borrower has it."""
        self.state = SlotState.LEASED
        if self.link is not None:
            self.link.is_shared = False
