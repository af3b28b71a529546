"""The storms in their short form, on every backend: a quarter of the tasks of `make chaos`, counted and not timed.

Most have 50 tasks with 5 operations on a pool of 4: 250 operations, some of them three or four writes, and with trouble
after every 10. `fence`, `pieces`, `big` and `huge` have 8 to 20 tasks with 5 to 20 operations. `make chaos` runs all of
them for CHAOS_SECONDS, with all tasks.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaos.__main__ import SERVER_SETTINGS
from chaos.clients import QailClient
from chaos.kinds import STORMS, short_form
from chaos.run import run_storm
from chaos.scoreboard import Score
from support.backends import Backend
from support.servers import Server, at_hand, default_name


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[Server]:
    """A server of these tests alone, whose backends may be killed; what it has acknowledged it keeps."""
    source = next(source for source in at_hand() if source.name == default_name())
    with source.start(SERVER_SETTINGS) as process:
        yield Server(source, process)


def assert_harmless(score: Score, least_operations: int) -> None:
    """Every caller got its own answer, every slot is back, and no transaction is open; nor any other fault."""
    assert score.operations >= least_operations
    assert not score.faults, str(score)


@pytest.mark.parametrize("name", sorted(set(STORMS) - {"F33", "cuts", "kills", "crash", "restart"}))
def test_a_storm_leaves_no_trace(backend: Backend, server: Server, name: str, random_source: random.Random) -> None:
    kind = short_form(STORMS[name])

    score = run_storm(kind, backend, QailClient(backend), server, random_source.getrandbits(32))

    assert_harmless(score, kind.tasks * kind.operations)


@pytest.mark.feature("CA3")
def test_two_hundred_tasks_that_are_cancelled_at_random_harm_nobody(
    backend: Backend, server: Server, random_source: random.Random
) -> None:
    """CA3 in numbers: 200 tasks with 2 operations on a pool of 4; each chunk is held back for 1 to 20 ms, and 35 %
    of the operations are cancelled, or have a deadline, within 5 ms. 60 seconds of it: the test below.
    """
    kind = replace(STORMS["F33"], operations=2)

    score = run_storm(kind, backend, QailClient(backend), server, random_source.getrandbits(32))

    assert_harmless(score, kind.tasks * kind.operations)


@pytest.mark.long
@pytest.mark.feature("CA3")
def test_sixty_seconds_of_it(backend: Backend, server: Server, random_source: random.Random) -> None:
    """As long as CHAOS_SECONDS says; 60 seconds without."""
    seconds = float(os.environ.get("CHAOS_SECONDS") or 60.0)

    score = run_storm(STORMS["F33"], backend, QailClient(backend), server, random_source.getrandbits(32), seconds)

    assert_harmless(score, STORMS["F33"].tasks)


@pytest.mark.feature("RT3")
@pytest.mark.parametrize("name", ["cuts", "kills"])
def test_no_write_is_applied_twice_and_none_is_lost(
    backend: Backend, server: Server, name: str, random_source: random.Random
) -> None:
    """RT3 in numbers: 50 tasks, 250 operations, a link lost after every 10; the rows are counted one by one."""
    kind = short_form(STORMS[name])

    score = run_storm(kind, backend, QailClient(backend), server, random_source.getrandbits(32))

    assert_harmless(score, kind.tasks * kind.operations)
    assert score.acknowledged > 0


@pytest.mark.parametrize("name", ["crash", "restart"])
def test_a_server_that_starts_anew_loses_nothing_that_was_acknowledged(
    backend: Backend, mortal_server: Server, name: str, random_source: random.Random
) -> None:
    """50 tasks, 250 operations; after every 100 a backend is killed by signal 9, or the server stopped and started."""
    kind = short_form(STORMS[name])

    score = run_storm(kind, backend, QailClient(backend), mortal_server, random_source.getrandbits(32))

    assert_harmless(score, kind.tasks * kind.operations)
    assert score.acknowledged > 0
