"""`timeout=` of a call: the one place where it is checked, before anything is sent. No I/O, no clock.

Rule: it is a number of seconds, 0 or more, or None for no limit. A bool is no number; nor is what no clock can reach.
"""

from __future__ import annotations

from typing import Final

from qail.errors import UsageError

MOST_SECONDS: Final = 30.0 * 365 * 24 * 3600
"""30 years: what every timer of every runtime takes."""


def checked_timeout(timeout: object) -> float | None:
    """`timeout` in seconds; None is none.

    Raises:
        UsageError: it is no number of seconds that can be waited.
    """
    return None if timeout is None else checked_seconds(timeout)


def checked_seconds(timeout: object) -> float:
    """`timeout` in seconds, of a call that cannot do without.

    Raises:
        UsageError: it is no number of seconds that can be waited.
    """
    # In this order, so that NaN is refused: it is neither less nor more than anything.
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and 0 <= timeout <= MOST_SECONDS:
        return float(timeout)
    raise UsageError(f"timeout is a number of seconds from 0 to {MOST_SECONDS:.0f}, not {timeout!r:.60}")
