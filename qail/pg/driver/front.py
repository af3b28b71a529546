"""Front: the shared connection that the next short request goes to, chosen without leaving compiled code.

Rule 1: it repeats the planner's choice of the last time, and only while that choice would be the same: nobody waits in
line, the connection is shared, and it moves or was heard of a moment ago. Whatever else is the planner's affair.
Rule 2: whoever makes the slot anything but shared clears `link`, in the same moment.

Source: design, "Pool"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from qail.pg.driver.link import Link

# Beyond this a shared connection's queue is full: what waits behind it would be encoded for nothing.
MAX_QUEUED_BYTES: Final = 1024 * 1024
# An idle connection that was heard of within this time is used unasked: asking whether it has ended costs 1 us.
FRESH_SECONDS: Final = 0.001


class Front:
    """One pool's. `link` is None where the planner must be asked."""

    def __init__(
        self,
        presence: tuple[Callable[[], object], object],
        now: Callable[[], float],
        line: dict[int, Any],
        depths: tuple[int, int],
        head_age_seconds: float,
    ) -> None:
        """What does not change while the pool is open.

        Args:
            presence: a call, and what it gives in the pool's loop and process; the planner refuses anything else.
            line: who waits for a shared connection, as it is at any time.
            depths: how many requests may be under way, of those that may write, and of those that read only.
            head_age_seconds: a connection that has answered nothing for so long does not move.
        """
        self._here: Final = presence[0]
        self._home: Final = presence[1]
        self._now: Final = now
        self._line: Final = line
        self._depth_write: Final = depths[0]
        self._depth_read_only: Final = depths[1]
        self._head_age_seconds: Final = head_age_seconds
        self.link: Link | None = None

    def pick(self, *, is_read_only: bool) -> Link | None:
        """The link, to be submitted to before anything is awaited; None: ask the planner."""
        link = self.link
        if link is None or self._here() is not self._home or self._line:
            return None
        session = link.session
        depth = session.depth
        if not depth:
            return link if self._now() - link.progress_at < FRESH_SECONDS else None
        queued_bytes = session.queued_bytes
        limit = self._depth_read_only if is_read_only else self._depth_write
        if depth >= limit or queued_bytes > MAX_QUEUED_BYTES or link.transport.is_paused:
            return None
        # Bytes that wait to leave came in this turn of the loop: whoever brought them has looked at the head.
        if queued_bytes or self._now() - link.progress_at < self._head_age_seconds:
            return link
        return None
