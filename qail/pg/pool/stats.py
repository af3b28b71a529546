"""What a pool says of itself.

Rule 1: counts are exact at the moment they are asked for. Every connection ever opened is there still or was counted
out: `opened_total` is `size - connecting` and the sum of `lost_total`, `expired_total`, `idle_closed_total`,
`surplus_closed_total`, `unfit_total`, `detached_total` and `closed_total`.
Rule 2: what happens for every query is not counted for it: it is summed up from what the connections know anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qail.pg.pool.plan import Limits, SlotState
from qail.pg.pool.slot import Reason, Slot


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Counts at one moment, and totals since the pool was opened."""

    size: int
    """Connections, in any state."""
    idle: int
    """Connections with nothing in flight that the next caller may have."""
    leased: int
    connecting: int
    waiting: int
    """Callers that wait for a connection."""
    in_flight: int
    """Requests not yet answered, on all connections."""
    min_size: int
    max_size: int
    opened_total: int
    lost_total: int
    """Connections that ended by themselves, or were spent."""
    expired_total: int
    """Connections closed because their `max_lifetime` was over."""
    idle_closed_total: int
    """Connections closed because they were idle for `idle_timeout`."""
    surplus_closed_total: int
    """Connections closed because the pool was made smaller."""
    unfit_total: int
    """Connections closed because their server was no longer what `target_session_attrs` asks for."""
    detached_total: int
    """Connections that became the caller's own."""
    closed_total: int
    """Connections closed with the pool."""
    leases_total: int
    waits_total: int
    """Callers that did not get a connection at once."""
    wait_seconds_total: float
    """How long they waited, together."""
    timeouts_total: int
    connect_failures_total: int
    resets_total: int
    """Leases that had to be rolled back or reset: each cost a round trip."""
    pings_total: int
    """Connections under suspicion that were asked whether they live."""
    requests_total: int
    """Requests answered, the pool's own among them."""
    slow_statements: int
    """Statements that are kept apart now because they are slow."""


class Totals:
    """The counters behind the totals."""

    __slots__ = (
        "connect_failures",
        "leases",
        "left",
        "opened",
        "pings",
        "requests",
        "resets",
        "timeouts",
        "wait_seconds",
        "waits",
    )

    def __init__(self) -> None:
        self.opened = 0
        self.left: Final[Counter[Reason]] = Counter()
        """Connections that have left the pool, by the reason."""
        self.leases = 0
        self.waits = 0
        self.wait_seconds = 0.0
        self.timeouts = 0
        self.connect_failures = 0
        self.resets = 0
        self.pings = 0
        self.requests = 0
        """Answered on connections that have left the pool."""

    def go_on(self, before: Totals, slots: Sequence[Slot]) -> None:
        """Begin where `before` ended, with `slots`: all of their connections are lost."""
        self.opened = before.opened
        self.left.update(before.left)
        self.left["lost"] += self.opened - self.left.total()
        self.leases, self.waits, self.wait_seconds = before.leases, before.waits, before.wait_seconds
        self.timeouts, self.connect_failures = before.timeouts, before.connect_failures
        self.resets, self.pings = before.resets, before.pings
        self.requests = before.requests + sum(slot.link.settled_count for slot in slots if slot.link is not None)


def stats_of(slots: Sequence[Slot], totals: Totals, limits: Limits, waiting: int, slow_statements: int) -> PoolStats:
    """The counts, put together."""
    states = [slot.state for slot in slots]
    idle = sum(slot.state in (SlotState.SHARED, SlotState.SUSPECT) and not slot.depth for slot in slots)
    return PoolStats(
        size=len(states),
        idle=idle,
        leased=states.count(SlotState.LEASED),
        connecting=states.count(SlotState.CONNECTING),
        waiting=waiting,
        in_flight=sum(slot.depth for slot in slots),
        min_size=limits.min_size,
        max_size=limits.max_size,
        opened_total=totals.opened,
        lost_total=totals.left["lost"],
        expired_total=totals.left["expired"],
        idle_closed_total=totals.left["idle"],
        surplus_closed_total=totals.left["surplus"],
        unfit_total=totals.left["unfit"],
        detached_total=totals.left["detached"],
        closed_total=totals.left["closed"],
        leases_total=totals.leases,
        waits_total=totals.waits,
        wait_seconds_total=totals.wait_seconds,
        timeouts_total=totals.timeouts,
        connect_failures_total=totals.connect_failures,
        resets_total=totals.resets,
        pings_total=totals.pings,
        requests_total=totals.requests + sum(slot.link.settled_count for slot in slots if slot.link is not None),
        slow_statements=slow_statements,
    )
