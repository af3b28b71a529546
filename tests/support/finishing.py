"""`finish`: runs a test's coroutine on asyncio, and fails the test when it hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from support.running import run_on

PATIENCE_SECONDS = 180.0


def finish(main: Callable[[], Awaitable[Any]], patience_seconds: float = PATIENCE_SECONDS) -> Any:
    """Run `main` to its end, which must come by itself: the patience is far longer than any test takes."""

    async def bounded() -> Any:
        patience = asyncio.timeout(patience_seconds)
        try:
            async with patience:
                return await main()
        except TimeoutError:
            # The code under test has TimeoutErrors of its own; only ours means that it hung.
            if patience.expired():
                pytest.fail(f"it did not end within {patience_seconds} seconds")
            raise

    return run_on("asyncio", bounded)
