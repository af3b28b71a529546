"""The pool's planner: from the state of its slots to what should be done. Pure: no clock, no I/O, no waiting.

Rule 1: one busy connection batches better than two half-busy ones, so shared requests are packed: the deepest slot
that is not full takes the next one.
Rule 2: nothing is queued behind a head older than `head_age_seconds` while another connection can take it or be opened.
Rule 3: exclusive callers get an idle slot, then a new connection, and only then a shared slot that is drained for them.
Rule 4: whoever waits longest is served first, shared and exclusive alike.
Rule 5: there are never more slots than `max_size`, whatever their state.

Source: design, "Pool"; the depths and the head's age were measured in its trial
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar


class SlotState(Enum):
    """Where a slot stands; it is in exactly one of these."""

    CONNECTING = "connecting"
    SHARED = "shared"
    DRAINING = "draining"
    """No longer shared: it will be leased when what it was given has been answered."""
    LEASED = "leased"
    RETURNING = "returning"
    """Given back, and being cleaned for the next borrower."""
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Limits:
    """The pool's settings that the planner knows. Depths count requests in flight on one shared connection."""

    min_size: int = 1
    max_size: int = 10
    depth_read_only: int = 256
    depth_write: int = 16
    head_age_seconds: float = 0.05


class SlotView(Protocol):
    """What the planner looks at."""

    state: SlotState

    @property
    def depth(self) -> int:
        """Requests not yet answered."""
        ...

    @property
    def progress_at(self) -> float:
        """When the request at the head became the head, on the loop's clock."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether more bytes than allowed wait to be written."""
        ...


S = TypeVar("S", bound=SlotView)


@dataclass(frozen=True, slots=True)
class Route(Generic[S]):
    """Where a shared request goes: `slot`, or None: wait. `is_open_wanted`: another connection should be opened."""

    slot: S | None
    is_open_wanted: bool = False


def route(slots: Sequence[S], depth_limit: int, now: float, limits: Limits, *, may_open: bool) -> Route[S]:
    """Choose the connection of one shared request. `may_open` is False while connecting has to back off."""
    best: S | None = None
    stale: S | None = None
    is_connecting = False
    for slot in slots:
        is_connecting = is_connecting or slot.state is SlotState.CONNECTING
        if slot.state is not SlotState.SHARED or slot.is_full or slot.depth >= depth_limit:
            continue
        if slot.depth and now - slot.progress_at > limits.head_age_seconds:
            stale = slot if stale is None or slot.depth < stale.depth else stale
        elif best is None or slot.depth > best.depth:
            best = slot
    if best is not None:
        return Route(best)
    if is_connecting:
        return Route(None)
    if may_open and len(slots) < limits.max_size:
        return Route(None, is_open_wanted=True)
    return Route(stale)


@dataclass(frozen=True, slots=True)
class Assignment(Generic[S]):
    """What to do for those who wait: leases to grant in order, slots to drain or share again, connections to open."""

    grant: tuple[S, ...] = ()
    drain: tuple[S, ...] = ()
    share: tuple[S, ...] = ()
    open_count: int = 0
    is_shared_woken: bool = False


def assign(
    slots: Sequence[S], lease_tickets: Sequence[int], shared_ticket: int | None, limits: Limits, *, may_open: bool
) -> Assignment[S]:
    """Serve the waiting callers. Tickets count up; `shared_ticket` is the oldest shared caller's, None for none."""
    idle = [slot for slot in slots if slot.state in (SlotState.SHARED, SlotState.DRAINING) and not slot.depth]
    # One that is drained already serves before one that others may still use.
    idle.sort(key=lambda slot: slot.state is SlotState.SHARED)
    older = sum(shared_ticket is None or ticket < shared_ticket for ticket in lease_tickets)
    grant = idle[:older]
    rest = [slot for slot in slots if slot not in grant]
    draining = [slot for slot in rest if slot.state is SlotState.DRAINING]
    connecting = sum(slot.state is SlotState.CONNECTING for slot in rest)
    missing = len(lease_tickets) - len(grant)
    room = limits.max_size - len(slots) if may_open else 0
    wanted = missing + (shared_ticket is not None)
    open_count = max(0, min(room, wanted - connecting))
    if shared_ticket is not None and len(grant) == older:
        # A shared caller is next in line: what was drained for younger leases serves him first.
        is_any = bool(draining) or any(slot.state is SlotState.SHARED for slot in rest)
        return Assignment(tuple(grant), (), tuple(draining), open_count, is_any)
    lacking = missing - connecting - open_count - len(draining)
    busy = sorted((slot for slot in rest if slot.state is SlotState.SHARED), key=lambda slot: slot.depth)
    drain = busy[: max(0, lacking)]
    share = draining[: max(0, -lacking)]
    return Assignment(tuple(grant), tuple(drain), tuple(share), open_count)
