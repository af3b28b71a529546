"""The faults of the design's matrix as data: each is one coroutine function, run on every backend it is for.

    @fault("F40")
    async def an_error_behind_which_others_wait(run: FaultRun) -> None:
        async with run.backend.pool(run.server.dsn) as pool: ...

Rule 1: a fault lives in one file of `tests/chaos/faults`, named by its group; a fault of several cases is several
functions under one id, and its test runs them all.
Rule 2: what a fault needs beyond the backend and a server it asks of `FaultRun`.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.backends import BACKENDS, Backend
from support.servers import Server

ALL = ("asyncio", "uvloop", "trio", "sync")
CANCELLABLE = ("asyncio", "uvloop", "trio")


@dataclass(frozen=True)
class FaultRun:
    """What a fault is injected into."""

    backend: Backend
    server: Server
    request: pytest.FixtureRequest
    """For the rarer fixtures: `run.request.getfixturevalue("tls_server")`."""
    random: random.Random
    """Of this run's own; its seed is printed."""


FaultFunction = Callable[[FaultRun], Awaitable[Any]]


@dataclass
class Fault:
    """One row of the matrix."""

    id: str
    backends: tuple[str, ...]
    functions: list[FaultFunction] = field(default_factory=list)
    patience_seconds: float = 180.0


FAULTS: dict[str, Fault] = {}


def fault(
    fault_id: str, *, backends: tuple[str, ...] = ALL, patience_seconds: float = 180.0
) -> Callable[[FaultFunction], FaultFunction]:
    """Register a function as (a part of) the fault `fault_id`."""

    def register(function: FaultFunction) -> FaultFunction:
        known = FAULTS.setdefault(fault_id, Fault(fault_id, backends))
        assert known.backends == backends, f"{fault_id}: all of its functions are for the same backends"
        known.patience_seconds = max(known.patience_seconds, patience_seconds)
        known.functions.append(function)
        return function

    return register


def runs() -> list[tuple[str, str]]:
    """Every fault with every backend at hand that it is for, in the order of their ids."""
    return [(each, name) for each in sorted(FAULTS) for name in FAULTS[each].backends if name in BACKENDS]
