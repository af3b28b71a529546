"""PoolCounts: what the counts of a pool must be, and the proxy in front of its server, which counts as well."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

from qail.testing import ChaosProxy

NOTHING = [
    "size",
    "idle",
    "leased",
    "connecting",
    "waiting",
    "in_flight",
    "opened_total",
    "lost_total",
    "expired_total",
    "idle_closed_total",
    "surplus_closed_total",
    "unfit_total",
    "detached_total",
    "closed_total",
    "leases_total",
    "waits_total",
    "timeouts_total",
    "connect_failures_total",
    "resets_total",
    "pings_total",
]


class PoolCounts:
    """What the counts of a pool must be: all of them, whatever a test is about."""

    def __init__(self, pool: Any, proxy: ChaosProxy | None = None, **sizes: int) -> None:
        self.pool = pool
        self.proxy = proxy
        self.expected = {**dict.fromkeys(NOTHING, 0), **sizes}
        self.not_ours = 0
        """Answers on connections that were the pool's and are no more."""

    def check(self, **changes: int) -> None:
        """`changes`: what happened since the last time; of what is there now the number itself."""
        for name, number in changes.items():
            self.expected[name] = number + (self.expected[name] if name.endswith("_total") else 0)
        told = asdict(self.pool.stats())
        # Which statements are slow is the machine's to say: see below.
        for name in ("wait_seconds_total", "slow_statements", "requests_total"):
            del told[name]
        assert told == self.expected
        if self.proxy is not None:
            assert self.pool.stats().requests_total == self.answers() - self.not_ours

    def answers(self) -> int:
        """ReadyForQuery that the server sent, but for the one that ends each login."""
        assert self.proxy is not None
        return sum(each.received["Z"] - 1 for each in self.proxy.audit.sessions if each.received["Z"])

    def pings(self) -> int:
        """Syncs that came alone."""
        assert self.proxy is not None
        count = 0
        for session in self.proxy.audit.sessions:
            kinds = [frame.kind for frame in session.frames_sent]
            count += sum(kind == "S" and before not in "PBDECH" for before, kind in pairwise(kinds))
        return count
