"""Waiting for facts: what goes on in the background of a fault."""

from __future__ import annotations

from collections.abc import Callable

from support.backends import Backend

MOST_ROUNDS = 4000


async def until(backend: Backend, is_true: Callable[[], bool]) -> None:
    """Ask again and again; the patience is far longer than any grace."""
    for _ in range(MOST_ROUNDS):
        if is_true():
            return
        await backend.sleep(0.005)
    raise AssertionError("it did not become true")
