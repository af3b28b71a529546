"""The storms in their short form, on every backend: a quarter of the tasks of `make chaos`, 5 to 10 operations each.

Most have 50 tasks with 5 operations on a pool of 4: 250 operations, some of them three or four writes, and with trouble
after every 10. `make chaos` runs the same for CHAOS_SECONDS with all tasks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from chaos.__main__ import SERVER_SETTINGS
from chaos.clients import QailClient
from chaos.kinds import STORMS, short_form
from chaos.run import run_storm
from support.backends import Backend
from support.servers import Server, at_hand, default_name


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[Server]:
    """A server of these tests alone, whose backends may be killed; what it has acknowledged it keeps."""
    source = next(source for source in at_hand() if source.name == default_name())
    with source.start(SERVER_SETTINGS) as process:
        yield Server(source, process)


@pytest.mark.parametrize("name", [name for name in STORMS if name not in ("F33", "crash")])
def test_a_storm_leaves_no_trace(backend: Backend, server: Server, name: str, random_source: random.Random) -> None:
    kind = short_form(STORMS[name])

    score = run_storm(kind, backend, QailClient(backend), server, random_source.getrandbits(32))

    assert score.operations >= kind.tasks * kind.operations
    assert not score.faults, str(score)


@pytest.mark.feature("RT3")
@pytest.mark.parametrize("name", ["cuts", "kills"])
def test_no_write_is_applied_twice_and_none_is_lost(
    backend: Backend, server: Server, name: str, random_source: random.Random
) -> None:
    """RT3 in numbers: 50 tasks, 250 operations, a link lost after every 10; the rows are counted one by one."""
    kind = short_form(STORMS[name])

    score = run_storm(kind, backend, QailClient(backend), server, random_source.getrandbits(32))

    assert score.acknowledged > 0
    assert score.false_acknowledgements == score.double_executions == score.false_failures == 0, str(score)


def test_a_server_that_starts_anew_loses_nothing_that_was_acknowledged(
    backend: Backend, mortal_server: Server, random_source: random.Random
) -> None:
    """50 tasks, 250 operations; after every 100 a backend is killed by signal 9, and with it all of them."""
    kind = short_form(STORMS["crash"])

    score = run_storm(kind, backend, QailClient(backend), mortal_server, random_source.getrandbits(32))

    assert not score.faults, str(score)
    assert score.recovery_seconds > 0
