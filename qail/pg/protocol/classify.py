"""The one function that says what became of a request's work.

Rule: the questions are asked in a fixed order, and what nobody can prove is UNKNOWN. Nothing is resent on a guess.

Source: protocol-flow.html, "Pipelining": an implicit transaction is committed at Sync, before ReadyForQuery
"""

from __future__ import annotations

from qail.errors import Outcome
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import QUEUED, WITHDRAWN


def classify(request: Request, is_commit_handed: bool = False) -> Outcome:
    """What became of the work of `request`: not_sent, done, aborted, no_effect or unknown.

    Args:
        request: in any state; `is_ready_seen` and `error` say what the server answered.
        is_commit_handed: a COMMIT or PREPARE TRANSACTION of the request's transaction was handed to the transport.
    """
    if request.state == QUEUED or request.state == WITHDRAWN:
        return Outcome.NOT_SENT
    if request.is_ready_seen:
        if request.error is None:
            return Outcome.DONE
        # A statement that commits by itself may have done so before it failed; at Parse and Bind nothing has run yet.
        is_doubtful = request.has_nontransactional and request.has_executed
        return Outcome.UNKNOWN if is_doubtful else Outcome.ABORTED
    if request.is_in_transaction and not is_commit_handed and not request.has_nontransactional:
        return Outcome.ABORTED
    if request.is_read_only or request.is_idempotent:
        return Outcome.NO_EFFECT
    return Outcome.UNKNOWN
