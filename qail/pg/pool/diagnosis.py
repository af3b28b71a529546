"""What PoolTimeout says: sizes, who holds what for how long, and whether the caller waits for itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

from qail.pg.pool.slot import Slot
from qail.pg.pool.stats import PoolStats

HELD: Final[ContextVar[tuple[int, ...]]] = ContextVar("qail_leases_held", default=())
"""Numbers of the leases that this task took, or whoever started it; some have ended."""
MOST_HOLDERS: Final = 20


def held_by_me(slots: Sequence[Slot]) -> list[int]:
    """The leases among `slots` that the running task holds."""
    mine = HELD.get()
    return [slot.lease_number for slot in slots if slot.lease_number in mine] if mine else []


def timeout_text(stats: PoolStats, slots: Sequence[Slot], now: float, failure: Exception | None) -> str:
    """The sentence of a PoolTimeout."""
    text = (
        f"no connection came free in time: {stats.size} of at most {stats.max_size} connections, {stats.idle} idle, "
        f"{stats.connecting} connecting, {stats.waiting} callers waiting, {stats.in_flight} requests in flight, "
        f"leased by {_holders(slots, now)}"
    )
    mine = len(held_by_me(slots))
    if mine:
        held = "one of them" if mine == 1 else f"{mine} of them"
        text += f"; this very task, or the one that started it, holds {held}: use it, or give it back before asking"
    if failure is not None:
        text += f"; the last attempt to connect failed: {failure}"
    return text


def _holders(slots: Sequence[Slot], now: float) -> str:
    leased = sorted((slot for slot in slots if slot.holder), key=lambda slot: slot.leased_at)
    named = [f"{slot.holder} for {now - slot.leased_at:.1f} s" for slot in leased[:MOST_HOLDERS]]
    if len(leased) > MOST_HOLDERS:
        named.append(f"{len(leased) - MOST_HOLDERS} more")
    return ", ".join(named) or "nobody"
