"""Speed: what late answers say of statements, and which of them are kept apart from now on.

Source: design, "Pool": plans slower than 5 ms do not share with faster ones
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from qail.pg.pool.plan import SlotState
from qail.pg.pool.service import SLOW_SECONDS, ServiceTimes
from qail.pg.pool.slot import Slot
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import REPLACE

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper


class Speed:
    """Listens to the pool's links. `changed` is told when the statement of a name has become slow, or quick again."""

    def __init__(self, keeper: Keeper, changed: Callable[[bytes, bool], None]) -> None:
        self._keeper: Final = keeper
        self._times: Final = ServiceTimes()
        self._changed: Final = changed

    @property
    def slow_count(self) -> int:
        """How many statements are slow now."""
        return self._times.slow_count

    def answered_late(self, slot: Slot, settled: list[Request], seconds: float) -> None:
        """The first of `settled` was the head for `seconds`, or a slow statement is in flight beside them."""
        link = slot.link
        if link is None or slot.state is SlotState.LEASED:
            return
        in_flight = len(settled) + sum(each.depth for each in self._keeper.slots)
        was_expected = link.late_after_seconds < 0
        for number, request in enumerate(settled):
            name = _statement_name(request)
            # What came in the same read as the one before it was not waited for.
            if name and (not number or self._times.is_known(name)):
                self._observe(name, 0.0 if number else seconds, in_flight, was_expected=was_expected)
        if link.settled_count + len(settled) >= slot.slow_until or not link.session.depth:
            link.late_after_seconds = SLOW_SECONDS

    def _observe(self, name: bytes, seconds: float, in_flight: int, *, was_expected: bool) -> None:
        is_changed = self._times.observe(name, seconds, in_flight, self._keeper.runtime.now())
        is_slow = self._times.is_slow(name)
        # A slow one that came among the quick ones is not marked as such: it was bound anew.
        if is_changed or (is_slow and not was_expected):
            self._changed(name, is_slow)
        while self._times.forgotten:
            self._changed(self._times.forgotten.pop(), False)


def _statement_name(request: Request) -> bytes:
    """The one statement of `request`; b"" when it has several, or no name, or is only described."""
    if len(request.items) != 1 or request.items[0].how > REPLACE:
        return b""
    return request.items[0].statement_name
