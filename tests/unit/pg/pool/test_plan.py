"""The planner: pure, so every situation can be written down."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.pool.plan import Assignment, Limits, Route, SlotState, assign, route

LIMITS = Limits(max_size=4)
NOW = 100.0
SHARED, LEASED = SlotState.SHARED, SlotState.LEASED
DRAINING, CONNECTING = SlotState.DRAINING, SlotState.CONNECTING
SUSPECT, CHECKING = SlotState.SUSPECT, SlotState.CHECKING


@dataclass(eq=False)
class FakeSlot:
    state: SlotState = SHARED
    depth: int = 0
    progress_at: float = NOW
    is_full: bool = False
    is_slow: bool = False
    idle_since: float = NOW


def test_shared_requests_are_packed_on_the_deepest_slot_that_has_room() -> None:
    slots = [FakeSlot(depth=1), FakeSlot(depth=7), FakeSlot(depth=16), FakeSlot(depth=9, is_full=True)]

    assert route(slots, 16, NOW, LIMITS, may_open=True).slot is slots[1]


def test_nobody_queues_behind_an_old_head_while_there_is_another_way() -> None:
    old = FakeSlot(depth=1, progress_at=NOW - 1)

    assert route([old], 16, NOW, LIMITS, may_open=True) == route([], 16, NOW, LIMITS, may_open=True)
    assert route([old], 16, NOW, LIMITS, may_open=True).is_open_wanted
    assert route([old, FakeSlot(CONNECTING)], 16, NOW, LIMITS, may_open=True).slot is None
    assert route([old, idle := FakeSlot()], 16, NOW, LIMITS, may_open=True).slot is idle


def test_an_old_head_serves_when_nothing_else_can() -> None:
    slots = [FakeSlot(depth=3, progress_at=NOW - 1), FakeSlot(depth=2, progress_at=NOW - 1)]

    assert route(slots, 16, NOW, LIMITS, may_open=False).slot is slots[1]
    assert route(slots, 16, NOW, Limits(max_size=2), may_open=True).slot is slots[1]
    assert route([FakeSlot(LEASED)], 16, NOW, Limits(max_size=1), may_open=True).slot is None


def test_slow_requests_go_apart_and_leave_a_connection_to_the_quick_ones() -> None:
    quick, idle = FakeSlot(depth=9), FakeSlot()

    assert route([quick, idle], 16, NOW, LIMITS, may_open=True, is_slow=True).slot is idle
    assert route([quick], 16, NOW, LIMITS, may_open=True, is_slow=True).is_open_wanted
    assert route([quick, FakeSlot(CONNECTING)], 16, NOW, LIMITS, may_open=True, is_slow=True).slot is None

    two = Limits(max_size=2)
    slow = FakeSlot(depth=1, is_slow=True, progress_at=NOW - 1)
    assert route([slow, idle], 16, NOW, two, may_open=True, is_slow=True).slot is slow
    assert route([slow, idle], 16, NOW, two, may_open=True).slot is idle
    # Also when it is full: it waits for that one.
    for full in (FakeSlot(depth=16, is_slow=True), FakeSlot(depth=1, is_slow=True, is_full=True)):
        assert route([full, idle], 16, NOW, two, may_open=True, is_slow=True).slot is None
        assert route([full, idle], 16, NOW, two, may_open=True).slot is idle
    assert route([slow, quick], 16, NOW, two, may_open=True).slot is quick
    assert route([idle], 16, NOW, Limits(max_size=1), may_open=True, is_slow=True).slot is idle


def test_a_quick_request_goes_behind_a_slow_one_only_when_nothing_else_can_serve() -> None:
    slow = FakeSlot(depth=1, is_slow=True)

    assert route([slow], 16, NOW, LIMITS, may_open=True).is_open_wanted
    assert route([slow, FakeSlot(CONNECTING)], 16, NOW, LIMITS, may_open=True).slot is None
    stale = FakeSlot(depth=2, progress_at=NOW - 1)
    assert route([slow, stale], 16, NOW, Limits(max_size=2), may_open=True).slot is stale
    assert route([slow], 16, NOW, LIMITS, may_open=False).slot is slow


def test_a_slot_under_suspicion_is_pinged_before_it_serves() -> None:
    suspect = FakeSlot(SUSPECT)

    assert route([suspect], 16, NOW, LIMITS, may_open=True).check == (suspect,)
    assert route([suspect, idle := FakeSlot()], 16, NOW, LIMITS, may_open=True).slot is idle
    assert assign([suspect], [1], None, NOW, LIMITS, may_open=True) == Assignment(check=(suspect,))
    assert assign([suspect, idle], [1], None, NOW, LIMITS, may_open=True) == Assignment((idle,))


def test_a_ping_that_takes_its_time_is_not_waited_for() -> None:
    asked, late = FakeSlot(CHECKING, depth=1), FakeSlot(CHECKING, depth=1, progress_at=NOW - 1)

    assert route([asked], 16, NOW, LIMITS, may_open=True) == Route(None)
    assert route([late], 16, NOW, LIMITS, may_open=True).is_open_wanted
    assert assign([asked], [1], None, NOW, LIMITS, may_open=True).open_count == 0
    assert assign([late], [1], None, NOW, LIMITS, may_open=True).open_count == 1


def test_handshakes_under_way_at_once_are_limited() -> None:
    limits = Limits(max_size=10, max_connecting=2)
    connecting = [FakeSlot(CONNECTING), FakeSlot(CONNECTING)]

    assert assign([], list(range(9)), None, NOW, limits, may_open=True).open_count == 2
    assert assign(connecting, list(range(9)), None, NOW, limits, may_open=True).open_count == 0


@pytest.mark.parametrize(("is_fifo", "expected"), [(False, 1), (True, 0)])
def test_idle_connections_are_used_in_the_order_asked_for(is_fifo: bool, expected: int) -> None:
    slots = [FakeSlot(idle_since=NOW - 9), FakeSlot(idle_since=NOW - 1)]
    limits = Limits(is_fifo=is_fifo)

    assert assign(slots, [1], None, NOW, limits, may_open=True).grant == (slots[expected],)
    assert route(slots, 16, NOW, limits, may_open=True).slot is slots[expected]


def test_a_lease_takes_an_idle_slot_and_drained_ones_first() -> None:
    drained, idle = FakeSlot(DRAINING), FakeSlot()

    assert assign([idle, drained], [1], None, NOW, LIMITS, may_open=True).grant == (drained,)
    assert assign([idle], [1, 2], None, NOW, LIMITS, may_open=True) == Assignment((idle,), open_count=1)


def test_a_busy_slot_is_drained_only_when_nothing_can_be_opened() -> None:
    busy, busier = FakeSlot(depth=1), FakeSlot(depth=9)

    assert assign([busier, busy], [1], None, NOW, Limits(max_size=2), may_open=True).drain == (busy,)
    assert assign([busier, busy], [1], None, NOW, LIMITS, may_open=True).drain == ()
    assert assign([busier, FakeSlot(DRAINING, depth=3)], [1], None, NOW, Limits(max_size=2), may_open=True).drain == ()


def test_whoever_waits_longest_is_served_first() -> None:
    idle = FakeSlot()

    assert assign([idle], [5], 9, NOW, LIMITS, may_open=False).grant == (idle,)
    later = assign([idle], [9], 5, NOW, LIMITS, may_open=False)
    assert later.grant == ()
    assert later.is_shared_woken


def test_a_shared_caller_whom_an_idle_slot_serves_has_none_opened() -> None:
    assert assign([FakeSlot()], [], 1, NOW, LIMITS, may_open=True) == Assignment(is_shared_woken=True)
    assert assign([FakeSlot(depth=1)], [], 1, NOW, LIMITS, may_open=True).open_count == 1


def test_what_was_drained_for_nobody_is_shared_again() -> None:
    drained = FakeSlot(DRAINING, depth=2)

    assert assign([drained], [9], 5, NOW, Limits(max_size=1), may_open=True).share == (drained,)
    assert assign([drained, FakeSlot(DRAINING, depth=1)], [1], None, NOW, Limits(max_size=2), may_open=True).share != ()


SLOTS = st.lists(
    st.builds(
        FakeSlot,
        state=st.sampled_from(SlotState),
        depth=st.integers(0, 20),
        progress_at=st.floats(NOW - 1, NOW),
        is_full=st.booleans(),
        is_slow=st.booleans(),
        idle_since=st.floats(NOW - 1, NOW),
    ),
    max_size=6,
)


@given(SLOTS, st.integers(1, 20), st.booleans(), st.integers(1, 6), st.booleans())
def test_a_route_is_always_to_a_shared_slot_with_room(
    slots: list[FakeSlot], depth_limit: int, may_open: bool, max_size: int, is_slow: bool
) -> None:
    chosen = route(slots, depth_limit, NOW, Limits(max_size=max_size), may_open=may_open, is_slow=is_slow)

    if chosen.slot is not None:
        assert chosen.slot.state is SHARED
        assert chosen.slot.depth < depth_limit
        assert not chosen.slot.is_full
    if chosen.is_open_wanted:
        assert may_open
        assert len(slots) < max_size
    assert all(slot.state is SUSPECT for slot in chosen.check)


@given(SLOTS, st.sets(st.integers(1, 20), max_size=5), st.none() | st.integers(21, 40) | st.just(0), st.booleans())
def test_an_assignment_keeps_its_counts(
    slots: list[FakeSlot], tickets: set[int], shared: int | None, may_open: bool
) -> None:
    limits = Limits(max_size=6)
    made = assign(slots, sorted(tickets), shared, NOW, limits, may_open=may_open)

    assert len(made.grant) <= len(tickets)
    assert all(slot.depth == 0 and slot.state in (SHARED, DRAINING) for slot in made.grant)
    assert all(slot.state is SHARED for slot in made.drain)
    assert all(slot.state is DRAINING for slot in made.share)
    assert all(slot.state is SUSPECT for slot in made.check)
    assert not set(map(id, made.grant)) & set(map(id, (*made.drain, *made.share)))
    assert len(slots) + made.open_count <= max(limits.max_size, len(slots))
    assert made.open_count == 0 or may_open
    draining = sum(slot.state is DRAINING for slot in slots if slot not in made.grant)
    assert draining + len(made.drain) - len(made.share) <= max(draining, len(tickets) - len(made.grant))


@pytest.mark.parametrize("name", ["min_size", "max_size"])
def test_limits_have_the_documented_defaults(name: str) -> None:
    assert getattr(Limits(), name) == {"min_size": 1, "max_size": 10}[name]
