"""What a lease leaves behind, and how a connection gets rid of it before the next borrower. No I/O.

Rule 1: the byte in ReadyForQuery says whether a transaction is open; nothing counted on our side does.
Rule 2: a reset is owed only when something ran that may have changed the session. A lease that only read, inserted,
updated or deleted through the builder is clean, and costs no round trip.
Rule 3: prepared statements stay.

Source: sql-discard.html, whose "DISCARD ALL" lists the parts; the last of them, DEALLOCATE ALL, is left out
"""

from __future__ import annotations

from typing import Final

from qail.compile.plan import Plan

IDLE: Final = ord("I")

# RESET ALL does not undo SET ROLE; SET SESSION AUTHORIZATION DEFAULT does. One simple query, one round trip.
RESET: Final = (
    "SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; "
    "SELECT pg_advisory_unlock_all(); DISCARD SEQUENCES; DISCARD TEMP"
)
ROLLBACK: Final = "ROLLBACK"

_HARMLESS: Final = (b"INSERT ", b"UPDATE ", b"DELETE ", b"MERGE ")


def may_dirty(plan: Plan) -> bool:
    """Whether running `plan` may leave settings, locks, temporary tables or a role behind in its session."""
    return not plan.is_read_only and not plan.sql.startswith(_HARMLESS)


def cleaning(status: int, is_dirty: bool) -> list[str]:
    """The simple queries that make a drained connection fit for the next borrower; none when it is."""
    texts = [] if status == IDLE else [ROLLBACK]
    if is_dirty:
        texts.append(RESET)
    return texts
