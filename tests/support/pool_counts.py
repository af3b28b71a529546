"""PoolCounts: what the counts of a pool must be, and the proxy in front of its server, which counts as well."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import pytest

from qail.testing import ChaosProxy

FAR_SECONDS = 3600.0
CROWD_SECONDS = 600.0
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


def with_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the callers of every pool stand in line for longer than 30 seconds: for crowds on a loaded machine.

    `acquire()` of the caller's own has its default from its definition: it is to be given CROWD_SECONDS.
    """
    for module in ("pool", "transacting"):
        monkeypatch.setattr(f"qail.pg.pool.{module}.ACQUIRE_SECONDS", CROWD_SECONDS)


def without_haste(pool: Any) -> None:
    """Have the clock open no connection and lose none: no request, and no ping, is ever too old.

    Else a machine that stands still for a moment would make the pool look for another connection.
    """
    inner = getattr(getattr(pool, "blocking", pool), "_inner", pool)
    keeper = inner._keeper
    inner._limits = keeper.limits = replace(keeper.limits, head_age_seconds=FAR_SECONDS)
    keeper.rules = replace(keeper.rules, ping_seconds=FAR_SECONDS)


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
