"""When connecting may be tried again: pauses that grow with each failure, with full jitter. Pure: no clock, no waiting.

Rule: those who failed together do not come back together. A pause is anything between the least one and a bound that
doubles with each failure up to the most; a success begins anew.

Source: design, "Pool"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FIRST_BACKOFF_SECONDS: Final = 0.1
MOST_BACKOFF_SECONDS: Final = 5.0
LEAST_BACKOFF_SECONDS: Final = 0.01


class Backoff:
    """The failures of one pool's connecting in a row. Times are the runtime's."""

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` gives numbers of [0, 1)."""
        self._random: Final = random
        self._bound_seconds = FIRST_BACKOFF_SECONDS
        self.until = 0.0
        """When the next attempt may be made."""

    def failed(self, now: float) -> None:
        """An attempt has just failed."""
        spread = self._bound_seconds - LEAST_BACKOFF_SECONDS
        self.until = now + LEAST_BACKOFF_SECONDS + spread * self._random()
        self._bound_seconds = min(self._bound_seconds * 2, MOST_BACKOFF_SECONDS)

    def succeeded(self) -> None:
        """An attempt has succeeded."""
        self._bound_seconds = FIRST_BACKOFF_SECONDS
        self.until = 0.0
