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

PROOF: Final = """SELECT 1 WHERE current_user = session_user
 AND session_user = (SELECT usesysid FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))
  ::pg_catalog.regrole::pg_catalog.name
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings WHERE source = 'session')
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid())
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_listening_channels())
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema())
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_cursors)
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)"""
"""One row if nothing of a borrower's is left in the session; what is prepared by the protocol is ours."""

# As `notify` is compiled; it leaves nothing behind.
_NOTIFY: Final = b'SELECT "pg_notify"($1, $2)'
_HARMLESS: Final = (b"INSERT ", b"UPDATE ", b"DELETE ", b"MERGE ")


def may_dirty(plan: Plan) -> bool:
    """Whether running `plan` may leave settings, locks, temporary tables or a role behind in its session."""
    if plan.is_read_only or plan.leaves_nothing:
        return False
    return not plan.sql.startswith(_HARMLESS) and plan.sql != _NOTIFY


def cleaning(status: int, is_dirty: bool) -> list[str]:
    """The simple queries that make a drained connection fit for the next borrower; none when it is."""
    texts = [] if status == IDLE else [ROLLBACK]
    if is_dirty:
        texts.append(RESET)
    return texts
