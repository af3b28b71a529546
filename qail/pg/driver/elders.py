"""Elders: the addresses that rejected what is above protocol 3.0, for as long as that is believed of them.

Rule 1: an address is asked for 3.0 at once only behind a rejection in so many words, and for ELDER_SECONDS: then it is
asked for the newest again, as the server or pooler there may have been replaced.
Rule 2: a rejection that comes again is believed anew. The connection it costs is one in ELDER_SECONDS.
"""

from __future__ import annotations

from typing import Final

ELDER_SECONDS: Final = 600.0


class Elders:
    """What whoever connects again and again, a pool say, has learnt of its addresses. Times are the runtime's."""

    def __init__(self) -> None:
        self._until: Final[dict[str, float]] = {}

    def add(self, address: str, now_seconds: float) -> None:
        """`address` has just rejected the newest version."""
        self._until[address] = now_seconds + ELDER_SECONDS

    def has(self, address: str, now_seconds: float) -> bool:
        """Whether `address` is still believed to speak 3.0 only."""
        until = self._until.get(address)
        if until is None:
            return False
        if now_seconds < until:
            return True
        # Another connection to it may have found out at the same time.
        self._until.pop(address, None)
        return False
