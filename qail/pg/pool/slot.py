"""Slot: one place for a connection in a pool, in exactly one state at a time."""

from __future__ import annotations

from typing import Literal, TypeAlias

from qail.pg.driver.front import MAX_QUEUED_BYTES
from qail.pg.driver.link import Link
from qail.pg.pool.plan import SlotState

Reason: TypeAlias = Literal["lost", "expired", "idle", "surplus", "unfit", "detached", "closed"]
"""Why a connection left the pool."""


class Slot:
    """A place in the pool; `link` is None while it is connecting."""

    __slots__ = (
        "holder",
        "is_watched",
        "lease_number",
        "leased_at",
        "leaves_as",
        "link",
        "needs_setup",
        "retire_at",
        "returned_at",
        "settled_before",
        "slow_until",
        "state",
        "was_reset",
    )

    def __init__(self) -> None:
        self.state = SlotState.CONNECTING
        self.link: Link | None = None
        self.holder = ""
        """Who has it leased, for PoolTimeout."""
        self.leaves_as: Reason | None = None
        """Why it is to be closed as soon as nobody uses it; None: it is not."""
        self.lease_number = 0
        """Differs from lease to lease; 0 while there is none."""
        self.leased_at = 0.0
        self.returned_at = 0.0
        self.retire_at = 0.0
        """When its life is over."""
        self.settled_before = 0
        """What the link had settled when the lease began."""
        self.slow_until = 0
        """How many requests the link will have settled when the last slow one is answered."""
        self.needs_setup = False
        """What `on_connect` did changes the session, so a reset undoes it."""
        self.was_reset = False
        """Whether the latest cleaning undid what `on_connect` did."""
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
    def idle_since(self) -> float:
        """When the last request was answered, or the last lease given back."""
        return max(self.returned_at, self.progress_at)

    @property
    def is_full(self) -> bool:
        """Whether too much waits to be written."""
        link = self.link
        return link is not None and (link.transport.is_paused or link.session.queued_bytes > MAX_QUEUED_BYTES)

    @property
    def is_slow(self) -> bool:
        """Whether a statement known to be slow is in flight. One that was withdrawn counts until the queue is empty."""
        link = self.link
        return link is not None and link.session.depth > 0 and link.settled_count < self.slow_until

    def expect_slow(self) -> None:
        """The next request submitted is slow."""
        link = self.link
        if link is not None:
            self.slow_until = link.settled_count + link.session.depth + 1

    def share(self) -> None:
        """Strangers may use it at once; every answer must then end outside a transaction."""
        self.state = SlotState.SHARED
        self.holder = ""
        self.lease_number = 0
        if self.link is not None:
            self.link.is_shared = True

    def lease(self, number: int, now: float) -> None:
        """One borrower has it."""
        self.state = SlotState.LEASED
        self.lease_number = number
        self.leased_at = now
        if self.link is not None:
            self.settled_before = self.link.settled_count
            self.link.is_shared = False
