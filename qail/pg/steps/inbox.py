"""What one subscriber has not looked at yet: bounded, in order, and with a mark wherever something is missing. No I/O.

Rule 1: nothing is dropped in silence. What finds the inbox full is counted by a Gap at its place, and so is a link that
was lost and rebuilt: how much was missed there, nobody knows.
Rule 2: what came before a gap is handed out before it.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Gap:
    """Messages are missing here: `count` of them, or None where that cannot be known."""

    __slots__ = ("count",)

    def __init__(self, count: int | None) -> None:
        self.count = count


class Inbox(Generic[T]):
    """At most `capacity` messages, and the gaps between them."""

    __slots__ = ("_capacity", "_entries", "_gaps")

    def __init__(self, capacity: int) -> None:
        self._capacity: Final = capacity
        self._entries: Final[deque[T | Gap]] = deque()
        self._gaps = 0

    def __len__(self) -> int:
        """How many messages wait; gaps are none."""
        return len(self._entries) - self._gaps

    @property
    def is_empty(self) -> bool:
        """Whether `take` has nothing to give, not even a gap."""
        return not self._entries

    def push(self, message: T) -> None:
        """One more message; counted in a gap when the inbox is full."""
        if len(self) < self._capacity:
            self._entries.append(message)
            return
        gap = self._last_gap()
        if gap.count is not None:
            gap.count += 1

    def lose(self) -> None:
        """Nobody knows how many messages are missing from here on."""
        self._last_gap().count = None

    def take(self) -> T | Gap:
        """The oldest entry. Raises IndexError when there is none."""
        entry = self._entries.popleft()
        if isinstance(entry, Gap):
            self._gaps -= 1
        return entry

    def _last_gap(self) -> Gap:
        last = self._entries[-1] if self._entries else None
        if isinstance(last, Gap):
            return last
        gap = Gap(0)
        self._entries.append(gap)
        self._gaps += 1
        return gap
