"""How requests end: the errors their callers get at ReadyForQuery, and when the connection is lost.

Rule 1: each request gets an error object of its own; the common cause is its `__cause__`.
Rule 2: the outcome is what `classify` says, for every request and every cause.

Source: protocol-flow.html, "Pipelining" and "Termination"
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter

from qail.errors import ConnectionLost, Outcome, OutcomeUnknown, PostgresError, ProtocolError, QailError
from qail.pg.protocol.classify import classify
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import HANDED, SETTLED, WITHDRAWN
from qail.pg.protocol.statement_cache import StatementCache
from qail.pg.wire.query import write_close_statement

# transaction_resolution_unknown and statement_completion_unknown: the server says so itself.
_UNKNOWN: Final = frozenset(("08007", "40003"))


def ride_closes(request: Request, names: list[bytes]) -> None:
    """Put a Close of each of `names` at the head of the segment, where nothing can make the server skip it."""
    out = BytesWriter()
    for name in names:
        write_close_statement(out, name)
    request.data = out.getvalue() + request.data
    request.ride_closes(names)


def release_statements(request: Request, statements: StatementCache) -> None:
    """The request ended or was withdrawn: no more ParseComplete or CloseComplete comes for it."""
    for item in request.items:
        if item.is_parse_owed:
            item.is_parse_owed = False
            statements.dropped(item.statement_name)
    if request.state == WITHDRAWN and request.close_names:
        statements.return_closes(request.close_names)
        request.close_names = []


def settle_error(request: Request, statements: StatementCache) -> None:
    """ReadyForQuery came and the request has an error: say what became of its work."""
    error = request.error
    # A UsageError of ours says DONE: the server finished what the caller did not mean.
    if isinstance(error, PostgresError):
        error.outcome = Outcome.UNKNOWN if error.sqlstate in _UNKNOWN else classify(request)
        error.transaction_status = chr(int(request.transaction_status))
    release_statements(request, statements)


def fail_all(requests: list[Request], cause: QailError) -> None:
    """The connection ended with `cause`: settle every request that was not, oldest first in `requests`."""
    is_commit_handed = False
    for request in reversed(requests):
        # A COMMIT behind a request, or in it, may have been that of its transaction.
        is_commit_handed = is_commit_handed or (request.ends_transaction and request.state == HANDED)
        fail(request, cause, classify(request, is_commit_handed))


def fail(request: Request, cause: QailError, outcome: Outcome) -> None:
    """Settle one request whose ReadyForQuery will never come."""
    lost: QailError
    text = str(cause)
    if outcome is Outcome.NOT_SENT:
        lost = ConnectionLost(f"not sent, the connection has ended: {text}", outcome=outcome)
    elif isinstance(cause, ProtocolError):
        lost = ProtocolError(text, outcome=outcome)
    elif outcome is Outcome.UNKNOWN:
        lost = OutcomeUnknown(f"the connection ended before the outcome was known: {text}")
    else:
        lost = ConnectionLost(f"the connection ended before the answer: {text}", outcome=outcome)
    # What the server said of this request itself tells more than how the connection ended.
    lost.__cause__ = request.error if request.error is not None else cause
    request.error = lost
    request.data = b""
    request.state = SETTLED
