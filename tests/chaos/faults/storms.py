"""Storms of the matrix, in their short form: 50 tasks that perform 5 operations each on a pool of 4."""

from __future__ import annotations

from chaos.clients import QailClient
from chaos.kinds import STORMS, short_form
from chaos.registry import FaultRun, fault
from chaos.run import storm_score


@fault("F33")
async def callers_that_are_cancelled_at_random_harm_nobody(run: FaultRun) -> None:
    """Delays of 1 to 20 ms by the proxy; a third of the operations is cancelled, or has a deadline, within 5 ms."""
    kind = short_form(STORMS["F33"])
    score = await storm_score(kind, run.backend, QailClient(run.backend), run.server, run.random.getrandbits(32))

    assert score.operations >= kind.tasks * kind.operations
    assert not score.faults, str(score)
