"""Runs a test's coroutine on a loop of its own, which must be empty of tasks afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

LOOPS = ("asyncio", "uvloop")


def _others() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def run_on(kind: str, main: Callable[[], Awaitable[Any]]) -> Any:
    """Run `main` to its end; whatever it leaves running is a failure, and so is what the loop had to report."""
    reports: list[dict[str, Any]] = []

    async def watched() -> Any:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
        result = await main()
        # What was closed a moment ago may need a few turns of the loop to end.
        left = _others()
        for _ in range(100):
            if not left:
                break
            await asyncio.sleep(0.01)
            left = _others()
        assert not left, f"tasks left behind: {left}"
        return result

    factory = uvloop.new_event_loop if kind == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        result = runner.run(watched())
    assert not reports, reports
    return result
