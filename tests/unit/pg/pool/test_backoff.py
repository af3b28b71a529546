"""Pauses between attempts to connect: their bounds grow, their lengths differ, and a success ends them."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import PoolTimeout
from qail.pg.config.load import load_config
from qail.pg.driver.asyncio_transport import AsyncioRuntime
from qail.pg.pool import opening
from qail.pg.pool import pool as pool_module
from qail.pg.pool.backoff import FIRST_BACKOFF_SECONDS, LEAST_BACKOFF_SECONDS, MOST_BACKOFF_SECONDS, Backoff
from qail.pg.pool.plan import Limits
from qail.pg.pool.pool import Pool
from qail.pg.pool.rules import Rules
from support.fake_link import refused
from support.virtual_loop import VirtualLoop

ALMOST_ONE = 1 - 2**-53
BOUNDS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]

pytestmark = pytest.mark.feature("PO5")


def pauses(random: Any, count: int) -> list[float]:
    backoff = Backoff(random)
    found: list[float] = []
    now = 1000.0
    for _ in range(count):
        backoff.failed(now)
        found.append(backoff.until - now)
        now = backoff.until
    return found


def test_the_longest_pause_doubles_with_each_failure_up_to_a_bound() -> None:
    assert pauses(lambda: ALMOST_ONE, len(BOUNDS)) == pytest.approx(BOUNDS)
    assert BOUNDS[0] == FIRST_BACKOFF_SECONDS
    assert BOUNDS[-1] == MOST_BACKOFF_SECONDS


def test_the_shortest_pause_is_never_none() -> None:
    assert pauses(lambda: 0.0, len(BOUNDS)) == pytest.approx([LEAST_BACKOFF_SECONDS] * len(BOUNDS))


@given(st.lists(st.floats(0, ALMOST_ONE), min_size=1, max_size=30))
def test_a_pause_lies_anywhere_between(numbers: list[float]) -> None:
    source = iter(numbers)
    for pause, number, bound in zip(
        pauses(lambda: next(source), len(numbers)), numbers, [*BOUNDS, *[MOST_BACKOFF_SECONDS] * 30], strict=False
    ):
        assert pause == pytest.approx(LEAST_BACKOFF_SECONDS + (bound - LEAST_BACKOFF_SECONDS) * number)


def test_a_success_begins_anew() -> None:
    backoff = Backoff(lambda: ALMOST_ONE)
    for _ in range(5):
        backoff.failed(10.0)
    backoff.succeeded()
    assert backoff.until <= 10.0
    backoff.failed(20.0)
    assert backoff.until == pytest.approx(20.0 + FIRST_BACKOFF_SECONDS)


def attempts(number: float, seconds: float) -> list[float]:
    """When a pool whose server is gone tries to connect, while somebody waits for so long; on a virtual clock."""
    loop = VirtualLoop()
    made: list[float] = []

    async def connect() -> Any:
        made.append(loop.time())
        raise refused()

    async def main() -> None:
        pool = Pool(load_config("postgresql://nobody@localhost/none", {}), Rules(limits=Limits(min_size=0, max_size=5)))
        await pool._open(AsyncioRuntime(asyncio.get_running_loop()))
        with pytest.raises(PoolTimeout):
            await pool.acquire(timeout=seconds)
        assert pool.stats().connect_failures_total == len(made)
        await pool.close(timeout=0)

    with (
        patch.object(pool_module, "open_link", lambda config, runtime, elders: connect()),
        patch.object(opening, "random", lambda: number),
        patch.object(opening.logger, "disabled", True),
    ):
        try:
            loop.run_until_complete(main())
        finally:
            loop.close()
    return [each - made[0] for each in made]


def test_a_pool_without_a_server_tries_again_after_these_pauses_and_not_more_often() -> None:
    made = attempts(ALMOST_ONE, 30.0)

    gaps = [late - early for early, late in itertools.pairwise(made)]
    assert gaps == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0], rel=0.01)


def test_pools_that_lost_their_server_together_do_not_come_back_together() -> None:
    early, late = attempts(0.1, 10.0), attempts(0.9, 10.0)

    assert len(early) > len(late)
    assert set(early[1:]).isdisjoint(late[1:])
