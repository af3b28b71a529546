"""The planner: pure, so every situation can be written down."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.pool.plan import Assignment, Limits, SlotState, assign, route

LIMITS = Limits(max_size=4)
NOW = 100.0
SHARED, LEASED = SlotState.SHARED, SlotState.LEASED
DRAINING, CONNECTING = SlotState.DRAINING, SlotState.CONNECTING


@dataclass(eq=False)
class FakeSlot:
    state: SlotState = SHARED
    depth: int = 0
    progress_at: float = NOW
    is_full: bool = False


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


def test_a_lease_takes_an_idle_slot_and_drained_ones_first() -> None:
    drained, idle = FakeSlot(DRAINING), FakeSlot()

    assert assign([idle, drained], [1], None, LIMITS, may_open=True).grant == (drained,)
    assert assign([idle], [1, 2], None, LIMITS, may_open=True) == Assignment((idle,), open_count=1)


def test_a_busy_slot_is_drained_only_when_nothing_can_be_opened() -> None:
    busy, busier = FakeSlot(depth=1), FakeSlot(depth=9)

    assert assign([busier, busy], [1], None, Limits(max_size=2), may_open=True).drain == (busy,)
    assert assign([busier, busy], [1], None, LIMITS, may_open=True).drain == ()
    assert assign([busier, FakeSlot(DRAINING, depth=3)], [1], None, Limits(max_size=2), may_open=True).drain == ()


def test_whoever_waits_longest_is_served_first() -> None:
    idle = FakeSlot()

    assert assign([idle], [5], 9, LIMITS, may_open=False).grant == (idle,)
    later = assign([idle], [9], 5, LIMITS, may_open=False)
    assert later.grant == ()
    assert later.is_shared_woken


def test_what_was_drained_for_nobody_is_shared_again() -> None:
    drained = FakeSlot(DRAINING, depth=2)

    assert assign([drained], [9], 5, Limits(max_size=1), may_open=True).share == (drained,)
    assert assign([drained, FakeSlot(DRAINING, depth=1)], [1], None, Limits(max_size=2), may_open=True).share != ()


SLOTS = st.lists(
    st.builds(
        FakeSlot,
        state=st.sampled_from(SlotState),
        depth=st.integers(0, 20),
        progress_at=st.floats(NOW - 1, NOW),
        is_full=st.booleans(),
    ),
    max_size=6,
)


@given(SLOTS, st.integers(1, 20), st.booleans(), st.integers(1, 6))
def test_a_route_is_always_to_a_shared_slot_with_room(
    slots: list[FakeSlot], depth_limit: int, may_open: bool, max_size: int
) -> None:
    chosen = route(slots, depth_limit, NOW, Limits(max_size=max_size), may_open=may_open)

    if chosen.slot is not None:
        assert chosen.slot.state is SHARED
        assert chosen.slot.depth < depth_limit
        assert not chosen.slot.is_full
    if chosen.is_open_wanted:
        assert may_open
        assert len(slots) < max_size


@given(SLOTS, st.sets(st.integers(1, 20), max_size=5), st.none() | st.integers(21, 40) | st.just(0), st.booleans())
def test_an_assignment_keeps_its_counts(
    slots: list[FakeSlot], tickets: set[int], shared: int | None, may_open: bool
) -> None:
    limits = Limits(max_size=6)
    made = assign(slots, sorted(tickets), shared, limits, may_open=may_open)

    assert len(made.grant) <= len(tickets)
    assert all(slot.depth == 0 and slot.state in (SHARED, DRAINING) for slot in made.grant)
    assert all(slot.state is SHARED for slot in made.drain)
    assert all(slot.state is DRAINING for slot in made.share)
    assert not set(map(id, made.grant)) & set(map(id, (*made.drain, *made.share)))
    assert len(slots) + made.open_count <= max(limits.max_size, len(slots))
    assert made.open_count == 0 or may_open
    draining = sum(slot.state is DRAINING for slot in slots if slot not in made.grant)
    assert draining + len(made.drain) - len(made.share) <= max(draining, len(tickets) - len(made.grant))


@pytest.mark.parametrize("name", ["min_size", "max_size"])
def test_limits_have_the_documented_defaults(name: str) -> None:
    assert getattr(Limits(), name) == {"min_size": 1, "max_size": 10}[name]
