"""How much memory a call takes: traced, not guessed, so that a claimed length which is believed shows at once."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path


def peak_bytes(call: Callable[[], object]) -> int:
    """The most that `call` held at any moment beyond what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before


def least_peak(call: Callable[[], object]) -> int:
    """`peak_bytes` of the quietest of three calls: what other threads take meanwhile is traced, too."""
    return min(peak_bytes(call) for _ in range(3))


def resident_bytes() -> int:
    """What of this process is in memory at this moment, not what was at most."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peaks(calls: list[Callable[[], object]]) -> list[int]:
    """As `peak_bytes` of each, with one tracing for all of them, since that is what takes the time."""
    found: list[int] = []
    tracemalloc.start()
    try:
        for call in calls:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            call()
            found.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return found
