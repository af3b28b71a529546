"""What a pool says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Counts at one moment, and totals since the pool was opened."""

    size: int
    """Connections, in any state."""
    idle: int
    """Shared connections with nothing in flight."""
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
    leases_total: int
    timeouts_total: int
    connect_failures_total: int


class Totals:
    """The counters behind the totals."""

    __slots__ = ("connect_failures", "leases", "lost", "opened", "timeouts")

    def __init__(self) -> None:
        self.opened = 0
        self.lost = 0
        self.leases = 0
        self.timeouts = 0
        self.connect_failures = 0
