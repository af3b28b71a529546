"""ServiceTimes: which statements are slow, as a moving mean of what was measured. Pure.

Rule 1: only what is suspicious is measured: an answer that came more than SLOW_SECONDS after its request had become
the head of its connection, and the answers on connections that carry a statement known to be slow. Anything else costs
a comparison.
Rule 2: an answer is also late because our own loop was busy; what is in flight in the whole pool bounds that.
One that is late by less than SURE_SECONDS counts as a
little late, and is forgotten soon: a machine that stood still for a moment makes no statement slow.
Rule 3: a statement becomes slow at SLOW_SECONDS and quick again at half of that, so that it does not swing.
Rule 4: bounded: the one that was slow longest ago is forgotten first.

Source: design, "Pool": plans slower than 5 ms do not share with faster ones
"""

from __future__ import annotations

from typing import Final

SLOW_SECONDS: Final = 0.005
QUICK_SECONDS: Final = SLOW_SECONDS / 2
WEIGHT: Final = 0.25
"""Of the newest answer in the mean."""
LITTLE_LATE_SECONDS: Final = 3 * SLOW_SECONDS
"""What a single answer counts at most, so that it takes two ..."""
SURE_SECONDS: Final = 0.2
"""... unless it came this late."""
HALF_LIFE_SECONDS: Final = 0.5
"""Of the estimate of a statement that is not slow: its quick answers are not measured."""
LOOP_SECONDS: Final = 0.0001
"""What handling one request may cost our loop, interpreted and with its caller's own work."""
MOST_STATEMENTS: Final = 256


class ServiceTimes:
    """The estimates, in seconds, of the statements that were slow at least once; by the name of the statement."""

    def __init__(self) -> None:
        self._estimates: Final[dict[bytes, float]] = {}
        self._slow: Final[set[bytes]] = set()
        self._late_at: Final[dict[bytes, float]] = {}
        self.forgotten: Final[list[bytes]] = []
        """Those that were slow when they were forgotten: whoever keeps them apart is to be told."""

    def is_slow(self, name: bytes) -> bool:
        return name in self._slow

    def is_known(self, name: bytes) -> bool:
        """Whether there is an estimate at all."""
        return name in self._estimates

    @property
    def slow_count(self) -> int:
        """How many are slow now."""
        return len(self._slow)

    def observe(self, name: bytes, seconds: float, in_flight: int, now: float) -> bool:
        """An answer came `seconds` after its request had become the head, with `in_flight` requests in the pool.

        Returns whether the statement has become slow or quick by it.
        """
        seconds = max(0.0, seconds - in_flight * LOOP_SECONDS)
        before = self._estimates.pop(name, 0.0)
        late_at = self._late_at.pop(name, now)
        if name not in self._slow:
            before *= 0.5 ** (max(0.0, now - late_at - seconds) / HALF_LIFE_SECONDS)
            if seconds < SURE_SECONDS:
                seconds = min(seconds, LITTLE_LATE_SECONDS)
        estimate = before + WEIGHT * (seconds - before)
        if name in self._slow:
            if estimate < QUICK_SECONDS:
                self._slow.discard(name)
                return True
        elif estimate > SLOW_SECONDS:
            self._slow.add(name)
            self._keep(name, estimate, now)
            return True
        elif estimate < SLOW_SECONDS * WEIGHT / 2:
            # Nothing to remember.
            return False
        self._keep(name, estimate, now)
        return False

    def _keep(self, name: bytes, estimate: float, now: float) -> None:
        if len(self._estimates) >= MOST_STATEMENTS:
            oldest = next(iter(self._estimates))
            del self._estimates[oldest], self._late_at[oldest]
            if oldest in self._slow:
                self._slow.discard(oldest)
                self.forgotten.append(oldest)
        self._estimates[name] = estimate
        self._late_at[name] = now

    def __len__(self) -> int:
        return len(self._estimates)
