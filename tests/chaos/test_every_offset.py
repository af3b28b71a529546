"""One fault behind each byte of a recorded exchange, both ways: cuts, freezes, trickles and changed bytes.

A part of the bytes in every run, from a random one on; all of them, of the slow faults each eleventh, in the long run.
F04 and F05 are the cuts of the answers.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from chaos.faults.bytes import at_every_offset, exchange, loses_the_connection
from chaos.registry import FaultRun
from qail import DeadlineExceeded, QailError
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Server

pytestmark = pytest.mark.feature("TS4")
LONG_SECONDS = 1_200.0
FREEZE_SECONDS = 0.05
TRIES = 100
FAR = 1_000_000
"""Beyond all offsets: the number of another attempt's rows."""
Verdicts = dict[tuple[int, str], str]
LONG_CUTS = [pytest.param(to, 1, id=f"{to}-all", marks=pytest.mark.long) for to in ("client", "server")]
ALL = pytest.param(1, id="all", marks=pytest.mark.long)
EVERY = [pytest.param(97, id="some"), ALL]
# A trickle sends all of the rest byte by byte, and what is frozen has a grace of a second.
SELDOM = [pytest.param(600, id="some"), pytest.param(11, id="all", marks=pytest.mark.long)]


@pytest.fixture
def run(backend: Backend, server: Server, request: pytest.FixtureRequest, random_source: random.Random) -> FaultRun:
    return FaultRun(backend, server, request, random_source)


async def meets_a_deadline(
    run: FaultRun, proxy: ChaosProxy, dsn: str, rule: Rule, attempt: int, verdicts: Verdicts
) -> None:
    """The peer still acknowledges and says nothing: the caller's deadline is what ends it."""
    async with run.backend.connect(dsn, command_timeout=FREEZE_SECONDS) as connection:
        armed = proxy.add(rule)
        (told,) = await run.backend.together(lambda: exchange(connection, attempt, verdicts))
        # The machine may be slow enough for a deadline to pass by itself; then nothing froze.
        assert isinstance(told, DeadlineExceeded), (rule, told)
    # What is frozen holds a backend, of which the server has not as many as there are offsets.
    armed.release()


async def notices_nothing(
    run: FaultRun, proxy: ChaosProxy, dsn: str, rule: Rule, attempt: int, verdicts: Verdicts
) -> None:
    """The bytes come one by one from here on, and that is all."""
    async with run.backend.connect(dsn) as connection:
        armed = proxy.add(rule)
        await exchange(connection, attempt, verdicts)
        assert armed.done == 1
        armed.release()


async def ends_in_an_error_or_a_value(
    run: FaultRun, proxy: ChaosProxy, dsn: str, rule: Rule, attempt: int, verdicts: Verdicts
) -> None:
    """A bit of an answer was changed on the way: an error of ours, or an answer, and no waiting past the deadline."""
    for again in range(TRIES):
        async with run.backend.connect(dsn, command_timeout=FREEZE_SECONDS) as connection:
            armed = proxy.add(rule)
            (told,) = await run.backend.together(partial(exchange, connection, attempt + again * FAR, verdicts))
            # A changed value is another value, which the exchange may notice.
            assert told is None or isinstance(told, QailError | AssertionError), (rule, told)
        # The machine may be slow enough for the deadline to pass ahead of that byte. What is armed then must not
        # meet the login of the next connection.
        armed.disarm()
        if armed.done:
            return
    pytest.fail(f"{rule} never came to act")


@pytest.mark.parametrize("verb", ["fin", "rst"])
@pytest.mark.parametrize(("to", "stride"), [pytest.param("server", 61, id="server-some"), *LONG_CUTS])
def test_a_cut(run: FaultRun, verb: Any, to: Any, stride: int) -> None:
    run.backend.run(lambda: at_every_offset(run, verb, stride, loses_the_connection, to=to), LONG_SECONDS)


@pytest.mark.parametrize("stride", SELDOM)
@pytest.mark.parametrize("to", ["client", "server"])
def test_a_freeze(run: FaultRun, to: Any, stride: int) -> None:
    run.backend.run(lambda: at_every_offset(run, "freeze", stride, meets_a_deadline, to=to), LONG_SECONDS)


@pytest.mark.parametrize("stride", SELDOM)
@pytest.mark.parametrize("to", ["client", "server"])
def test_a_trickle(run: FaultRun, to: Any, stride: int) -> None:
    run.backend.run(lambda: at_every_offset(run, "trickle", stride, notices_nothing, to=to), LONG_SECONDS)


@pytest.mark.parametrize("stride", EVERY)
def test_a_changed_bit(run: FaultRun, stride: int) -> None:
    run.backend.run(lambda: at_every_offset(run, "mutate", stride, ends_in_an_error_or_a_value), LONG_SECONDS)
