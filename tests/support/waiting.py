"""`until`: waits for an event of which nobody tells, with a bounded patience that is only there to catch hangs."""

from __future__ import annotations

from collections.abc import Callable

from support.backends import Backend

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.005


async def until(backend: Backend, is_true: Callable[[], bool]) -> None:
    """Look until it is true. Raises AssertionError in the end."""
    for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
        if is_true():
            return
        await backend.sleep(LOOK_SECONDS)
    raise AssertionError("it did not become true")
