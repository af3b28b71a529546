"""How long an address is believed to speak 3.0 only."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.driver.elders import ELDER_SECONDS, Elders

VERSION = pytest.mark.feature("PR1")
START = 1000.0


@VERSION
def test_a_rejection_is_believed_for_a_while_and_of_its_address_only() -> None:
    elders = Elders()

    elders.add("a:5432", START)

    assert elders.has("a:5432", START)
    assert elders.has("a:5432", START + ELDER_SECONDS - 1)
    assert not elders.has("b:5432", START)
    assert not elders.has("a:5432", START + ELDER_SECONDS)
    # What is forgotten stays so, whatever a clock says.
    assert not elders.has("a:5432", START)


@VERSION
def test_a_rejection_that_comes_again_is_believed_from_then_on() -> None:
    elders = Elders()
    elders.add("a:5432", START)

    elders.add("a:5432", START + ELDER_SECONDS - 1)

    assert elders.has("a:5432", START + 2 * ELDER_SECONDS - 2)
    assert not elders.has("a:5432", START + 2 * ELDER_SECONDS - 1)


@VERSION
@given(st.lists(st.floats(0.1, ELDER_SECONDS * 3), max_size=50))
def test_it_is_asked_again_at_most_once_in_each_life(pauses: list[float]) -> None:
    """Whenever connections are made: an address that always rejects is asked for the newest version that often only."""
    elders = Elders()
    now = START
    asked: list[float] = []

    for pause in pauses:
        now += pause
        if not elders.has("a:5432", now):
            asked.append(now)
            elders.add("a:5432", now)

    assert all(later - earlier >= ELDER_SECONDS - 0.001 for earlier, later in pairwise(asked))
    assert all(elders.has("a:5432", moment) for moment in asked[-1:])
