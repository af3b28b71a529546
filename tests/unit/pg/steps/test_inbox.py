"""What a subscriber has not read: bounded, in order, nothing missing in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.steps.inbox import Gap, Inbox

COUNTED = pytest.mark.feature("LN3")


def drained(inbox: Inbox[int]) -> list[int | Gap]:
    found: list[int | Gap] = []
    while not inbox.is_empty:
        found.append(inbox.take())
    return found


@COUNTED
@given(st.lists(st.sampled_from(["push", "take", "lose"]), max_size=60), st.integers(1, 5))
def test_every_message_is_read_or_counted_where_it_is_missing(actions: list[str], capacity: int) -> None:
    inbox: Inbox[int] = Inbox(capacity)
    pushed, lost = 0, False
    found: list[int | Gap] = []
    for action in actions:
        if action == "push":
            inbox.push(pushed)
            pushed += 1
        elif action == "lose":
            inbox.lose()
            lost = True
        elif not inbox.is_empty:
            found.append(inbox.take())
        assert len(inbox) <= capacity
    found += drained(inbox)

    position = 0
    for entry in found:
        if isinstance(entry, int):
            assert entry >= position
            # Without a loss, what is missing before it was counted to the last one.
            assert lost or entry == position
            position = entry + 1
        else:
            position += entry.count or 0
    assert lost or position == pushed


@COUNTED
def test_a_gap_stands_where_messages_are_missing() -> None:
    inbox: Inbox[int] = Inbox(2)
    for number in range(5):
        inbox.push(number)
    assert len(inbox) == 2
    assert inbox.take() == 0
    inbox.push(5)

    one, gap, five = drained(inbox)

    assert (one, five) == (1, 5)
    assert isinstance(gap, Gap)
    assert gap.count == 3


@COUNTED
def test_how_much_was_missed_with_a_lost_link_nobody_knows() -> None:
    inbox: Inbox[int] = Inbox(1)
    inbox.push(0)
    inbox.push(1)
    inbox.lose()
    inbox.push(2)

    zero, gap = drained(inbox)

    assert zero == 0
    assert isinstance(gap, Gap)
    assert gap.count is None
