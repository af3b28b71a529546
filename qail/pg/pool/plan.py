"""The pool's planner: from the state of its slots to what should be done. Pure: no clock, no I/O, no waiting.

Rule 1: one busy connection batches better than two half-busy ones, so quick shared requests are packed: the deepest
slot that is not full takes the next one.
Rule 2: nothing is queued behind a head older than `head_age_seconds`, and nothing quick behind a statement known to be
slow, while another connection can take it or be opened. Slow ones leave a connection to the quick ones: they wait for
the connections that slow ones have already, also while those are full.
Rule 3: exclusive callers get an idle slot, then a new connection, and only then a shared slot that is drained for them.
Rule 4: whoever waits longest is served first, shared and exclusive alike.
Rule 5: there are never more slots than `max_size`, whatever their state, nor more than `max_connecting` connecting.
Rule 6: a slot under suspicion serves nobody before it has answered a ping.

Source: design, "Pool"; the depths and the head's age were measured in its trial
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar


class SlotState(Enum):
    """Where a slot stands; it is in exactly one of these."""

    CONNECTING = "connecting"
    SHARED = "shared"
    SUSPECT = "suspect"
    """Idle for long, or a neighbour was just lost: pinged before it is used again."""
    CHECKING = "checking"
    """The ping is under way."""
    DRAINING = "draining"
    """No longer shared: it will be leased when what it was given has been answered."""
    LEASED = "leased"
    RETURNING = "returning"
    """Given back, and being cleaned for the next borrower."""
    RETIRING = "retiring"
    """No longer shared: it is closed when what it was given has been answered."""
    CLOSING = "closing"


CONNECTING = SlotState.CONNECTING
SHARED = SlotState.SHARED
SUSPECT = SlotState.SUSPECT
CHECKING = SlotState.CHECKING
DRAINING = SlotState.DRAINING


@dataclass(frozen=True, slots=True)
class Limits:
    """The pool's settings that the planner knows. Depths count requests in flight on one shared connection."""

    min_size: int = 1
    max_size: int = 10
    depth_read_only: int = 256
    depth_write: int = 16
    head_age_seconds: float = 0.05
    max_connecting: int = 4
    """Handshakes under way at once."""
    is_fifo: bool = False
    """Of idle connections the one that has been idle longest is used next, not the one used last."""


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
    def idle_since(self) -> float:
        """When the last of its work ended; meaningless while it has some."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether more bytes than allowed wait to be written."""
        ...

    @property
    def is_slow(self) -> bool:
        """Whether a statement known to be slow is in flight."""
        ...


S = TypeVar("S", bound=SlotView)


@dataclass(frozen=True, slots=True)
class Route(Generic[S]):
    """Where a shared request goes: `slot`, or None: wait.

    `is_open_wanted`: another connection should be opened; `check`: these should be pinged.
    """

    slot: S | None
    is_open_wanted: bool = False
    check: tuple[S, ...] = ()


def route(
    slots: Sequence[S], depth_limit: int, now: float, limits: Limits, *, may_open: bool, is_slow: bool = False
) -> Route[S]:
    """Choose the connection of one shared request. `may_open` is False while connecting has to back off."""
    usable = [slot for slot in slots if slot.state is SHARED and not slot.is_full and slot.depth < depth_limit]
    choose = _apart if is_slow else _packed
    best = choose(usable, slots, now, limits)
    if best is not None:
        return Route(best)
    suspects = tuple(slot for slot in slots if slot.state is SUSPECT)
    if suspects:
        return Route(None, check=suspects)
    connecting, arriving = _arriving(slots, now, limits)
    if arriving:
        return Route(None)
    if may_open and len(slots) < limits.max_size and connecting < limits.max_connecting:
        return Route(None, is_open_wanted=True)
    # Nothing better will come: slow ones behind slow ones, quick ones where the least is in front of them.
    if is_slow and has_slow(slots):
        usable = [slot for slot in usable if slot.is_slow]
    rest = sorted(usable, key=lambda slot: (slot.is_slow is not is_slow, slot.depth))
    return Route(rest[0] if rest else None)


def has_slow(slots: Iterable[SlotView]) -> bool:
    """Whether a slow statement runs on a shared connection: other slow ones then wait for that one, not for another."""
    return any(slot.state is SHARED and slot.is_slow for slot in slots)


def _packed(usable: Sequence[S], slots: Sequence[S], now: float, limits: Limits) -> S | None:
    """Where a quick request goes: to the deepest that moves."""
    moving = [slot for slot in usable if not slot.is_slow and not _is_stale(slot, now, limits)]
    deepest = max((slot.depth for slot in moving), default=0)
    return next(iter(in_turn([slot for slot in moving if slot.depth == deepest], limits)), None)


def _apart(usable: Sequence[S], slots: Sequence[S], now: float, limits: Limits) -> S | None:
    """Where a slow request goes: to an idle one, if a connection is left to the quick ones then."""
    idle = [slot for slot in usable if not slot.depth]
    left = sum(slot.state in (SHARED, SUSPECT, CHECKING, CONNECTING) and not slot.is_slow for slot in slots) - 1
    if not idle or (left < 1 and len(slots) >= limits.max_size > 1):
        return None
    return in_turn(idle, limits)[0]


def _is_stale(slot: SlotView, now: float, limits: Limits) -> bool:
    return slot.depth > 0 and now - slot.progress_at > limits.head_age_seconds


def _arriving(slots: Iterable[SlotView], now: float, limits: Limits) -> tuple[int, int]:
    """How many are connecting, and how many will be of use in a moment: a ping that takes its time does not count."""
    connecting = checking = 0
    for slot in slots:
        connecting += slot.state is CONNECTING
        checking += slot.state is CHECKING and not _is_stale(slot, now, limits)
    return connecting, connecting + checking


def in_turn(slots: Sequence[S], limits: Limits) -> list[S]:
    """Idle slots in the order in which they are used."""
    return sorted(slots, key=lambda slot: slot.idle_since, reverse=not limits.is_fifo)


@dataclass(frozen=True, slots=True)
class Assignment(Generic[S]):
    """What to do for those who wait: leases to grant, in order; slots to drain, share again, ping; how many to open."""

    grant: tuple[S, ...] = ()
    drain: tuple[S, ...] = ()
    share: tuple[S, ...] = ()
    check: tuple[S, ...] = ()
    open_count: int = 0
    is_shared_woken: bool = False


def assign(
    slots: Sequence[S],
    lease_tickets: Sequence[int],
    shared_ticket: int | None,
    now: float,
    limits: Limits,
    *,
    may_open: bool,
) -> Assignment[S]:
    """Serve the waiting callers. Tickets count up; `shared_ticket` is the oldest shared caller's, None for none."""
    idle = [slot for slot in slots if slot.state in (SHARED, DRAINING) and not slot.depth]
    # One that is drained already serves before one that others may still use.
    idle = sorted(in_turn(idle, limits), key=lambda slot: slot.state is SHARED)
    older = sum(shared_ticket is None or ticket < shared_ticket for ticket in lease_tickets)
    grant = idle[:older]
    rest = [slot for slot in slots if slot not in grant]
    missing = len(lease_tickets) - len(grant)
    # An idle one serves the shared caller, who is woken for it.
    wanted = missing + (shared_ticket is not None and len(idle) <= len(grant))
    check = [slot for slot in rest if slot.state is SUSPECT][:wanted]
    connecting, arriving = _arriving(rest, now, limits)
    arriving += len(check)
    room = min(limits.max_size - len(slots), limits.max_connecting - connecting) if may_open else 0
    open_count = max(0, min(room, wanted - arriving))
    draining = [slot for slot in rest if slot.state is DRAINING]
    if shared_ticket is not None and len(grant) == older:
        # A shared caller is next in line: what was drained for younger leases serves him first.
        is_any = bool(draining) or any(slot.state is SHARED for slot in rest)
        return Assignment(tuple(grant), (), tuple(draining), tuple(check), open_count, is_any)
    lacking = missing - arriving - open_count - len(draining)
    busy = sorted((slot for slot in rest if slot.state is SHARED), key=lambda slot: slot.depth)
    drain = busy[: max(0, lacking)]
    share = draining[: max(0, -lacking)]
    return Assignment(tuple(grant), tuple(drain), tuple(share), tuple(check), open_count)
