"""The engine without coverage: seeds bent at random. It needs nothing installed, and runs on the compiled build too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import NamedTuple

from support.mutation import bent, random_bends

MOST_CRASHES = 10
ROUND = 200


class Outcome(NamedTuple):
    """What came of fuzzing one target: how often it ran, and what broke it, with the error."""

    executions: int
    crashes: list[tuple[bytes, str]]


def fuzz_blindly(
    run: Callable[[bytes], None], seeds: list[bytes], seconds: float, source: random.Random, *, least: int = 0
) -> Outcome:
    """Bend `seeds` until `seconds` have passed, and `least` times at least, or until enough is found."""
    executions = 0
    crashes: list[tuple[bytes, str]] = []
    until = time.monotonic() + seconds
    seeds = seeds or [b""]
    while (executions < least or time.monotonic() < until) and len(crashes) < MOST_CRASHES:
        for _ in range(ROUND):
            seed = source.choice(seeds)
            data = bent(seed, random_bends(source, len(seed)), source.choice(seeds))
            executions += 1
            try:
                run(data)
            except Exception as error:  # noqa: BLE001  whatever gets out is a find
                crashes.append((data, f"{type(error).__name__}: {error}"))
                break
    return Outcome(executions, crashes)
