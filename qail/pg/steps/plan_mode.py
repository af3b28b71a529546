"""`plan_cache_mode` of one call: what is checked before anything is sent, and the statements that make it hold. No I/O.

Rule 1: outside a transaction it rides ahead of the statement and ends with its implicit transaction.
Rule 2: inside one the value that held before is kept in a setting of our own and comes back behind the statement; a
statement that fails takes both with it.

Source: runtime-config-query.html#GUC-PLAN-CACHE-MODE; functions-admin.html#FUNCTIONS-ADMIN-SET
"""

from __future__ import annotations

from typing import Final

from qail.errors import UsageError
from qail.pg.steps.command import TextCommand

PLAN_MODES: Final = {"auto": "auto", "force_custom": "force_custom_plan", "force_generic": "force_generic_plan"}
"""Our name to the server's value."""

RESTORE_PLAN_MODE: Final = TextCommand(
    "SELECT pg_catalog.set_config('plan_cache_mode', pg_catalog.current_setting('qail.plan_cache_mode'), true)"
)
_SET: Final = "SELECT pg_catalog.set_config('plan_cache_mode', $1, true)"
_KEEP_AND_SET: Final = (
    "SELECT pg_catalog.set_config('qail.plan_cache_mode', pg_catalog.current_setting('plan_cache_mode'), true),"
    " pg_catalog.set_config('plan_cache_mode', $1, true)"
)


def checked_plan_mode(mode: str | None) -> str:
    """The server's value for `mode`; "" for None, which leaves what the session has.

    Raises:
        UsageError: there is no such mode.
    """
    if mode is None:
        return ""
    value = PLAN_MODES.get(mode)
    if value is None:
        raise UsageError(f"plan_cache_mode is {' or '.join(map(repr, PLAN_MODES))}, not {mode!r:.60}")
    return value


def plan_mode_command(value: str, *, is_kept: bool) -> TextCommand:
    """Make it hold. `is_kept`: what held before is kept for RESTORE_PLAN_MODE."""
    return TextCommand(_KEEP_AND_SET if is_kept else _SET, value)
