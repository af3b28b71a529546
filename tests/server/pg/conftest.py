"""`run`: runs a coroutine function on asyncio, on uvloop and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from support.backends import AsyncBackend
from support.running import LOOPS

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run" in metafunc.fixturenames:
        metafunc.parametrize("run", (*LOOPS, "trio"), indirect=True)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    return AsyncBackend(request.param).run
