"""`run`: runs a coroutine function on a loop of its own, which must be empty of tasks afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from support.running import run_on

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


@pytest.fixture
def run() -> Run:
    return partial(run_on, "asyncio")
