"""`classify`: could trying again help? One word for every error of qail and every SQLSTATE.

`broken`: the connection, or the server it leads to, is no use: another connection may do. `transient`: the same may
succeed later. `permanent`: it will fail again until somebody changes something.

Rule 1: it says whether trying again could help, never whether it is safe: that is `error.outcome`. An OutcomeUnknown
is `broken`, and must not be repeated blindly.
Rule 2: an SQLSTATE is looked up by all five characters, then by its first two; what is unknown is permanent.
Rule 3: FATAL and PANIC end the connection, so they are broken, whatever their code, but for the codes of `_WHATEVER`:
those are answers to connecting, or mean that no other connection to this server would do better.

The table is published in docs/reference/errors.md, and a test compares the two.

Source: errcodes-appendix.html
"""

from __future__ import annotations

from typing import Final, Literal

from qail.errors import (
    CommitRejected,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    PipelineAborted,
    PoolTimeout,
    PostgresError,
    ProtocolError,
    StatementInvalidated,
)

Verdict = Literal["broken", "transient", "permanent"]

BROKEN: Final[Verdict] = "broken"
TRANSIENT: Final[Verdict] = "transient"
PERMANENT: Final[Verdict] = "permanent"

BY_CODE: Final[dict[str, Verdict]] = {
    "08": TRANSIENT,  # as ERROR it tells of another server, behind a foreign data wrapper
    "08007": PERMANENT,
    "08P01": BROKEN,
    "25006": BROKEN,  # nothing was applied; the server is a standby, or was demoted: another one may take writes
    "25P03": BROKEN,
    "25P04": BROKEN,
    "26": TRANSIENT,  # the statement is parsed anew next time
    "40": TRANSIENT,
    "40002": PERMANENT,
    "40003": PERMANENT,
    "42P05": TRANSIENT,  # as 26000
    "53": TRANSIENT,  # 53300: a connection may come free
    "53400": PERMANENT,
    "55006": TRANSIENT,
    "55P03": TRANSIENT,  # the lock may come free
    "57P01": BROKEN,
    "57P02": BROKEN,
    "57P03": TRANSIENT,  # starting up or shutting down
    "57P05": BROKEN,
    "72": TRANSIENT,  # a new snapshot is younger
    "HV001": TRANSIENT,
    "HV00N": TRANSIENT,
}
"""Codes, and classes by their first two characters. What is not here is permanent."""

# Decided by their code, FATAL or not.
_WHATEVER: Final = ("0A", "28", "3D", "58", "F0", "XX", "53300", "57P03", "57P04")
_TRANSIENT_REASONS: Final = frozenset(("dns", "refused", "timeout", "not_ready", "too_many", "lost", "target"))


def classify_sqlstate(sqlstate: str, severity: str = "ERROR") -> Verdict:
    """The word for an SQLSTATE. `severity` is untranslated."""
    if severity in ("FATAL", "PANIC") and not sqlstate.startswith(_WHATEVER):
        return BROKEN
    return BY_CODE.get(sqlstate) or BY_CODE.get(sqlstate[:2], PERMANENT)


def classify(error: BaseException) -> Verdict:
    """Could trying again help? `"broken"`: on another connection; `"transient"`: later; `"permanent"`: no.

    Whether it is safe to try again is another question, which `error.outcome` answers.

    >>> classify(PoolTimeout("no connection came free"))
    'transient'
    """
    if isinstance(error, PostgresError):
        return classify_sqlstate(error.sqlstate, error.severity)
    if isinstance(error, (ConnectionLost, ProtocolError)):
        return BROKEN
    if isinstance(error, ConnectError):
        return TRANSIENT if error.reason in _TRANSIENT_REASONS or _is_passing(error.__cause__) else PERMANENT
    if isinstance(error, PipelineAborted):
        return PERMANENT if error.cause is None else classify(error.cause)
    if isinstance(error, DeadlineExceeded):
        return BROKEN if error.connection_spent else TRANSIENT
    if isinstance(error, (PoolTimeout, CommitRejected, StatementInvalidated)):
        return TRANSIENT
    return PERMANENT


def _is_passing(refusal: BaseException | None) -> bool:
    """Whether the server refused a connection for a reason that passes: it was shutting down just then."""
    if not isinstance(refusal, PostgresError) or refusal.sqlstate.startswith("08"):
        return False
    return classify_sqlstate(refusal.sqlstate) != PERMANENT
