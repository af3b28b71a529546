"""What a link that ended leaves behind at its server."""

from __future__ import annotations

from collections.abc import Iterable

from qail.errors import Outcome
from qail.pg.protocol.request import Request


def unanswered(settled: Iterable[Request]) -> int:
    """How many of these were not answered to the end: the link ended first."""
    count = 0
    for request in settled:
        if not request.is_ready_seen:
            count += 1
    return count


def may_run(settled: Iterable[Request]) -> bool:
    """Whether the server may still be running one of these: it was handed over, and its end was not seen."""
    return any(not request.is_ready_seen and request.outcome is not Outcome.NOT_SENT for request in settled)
