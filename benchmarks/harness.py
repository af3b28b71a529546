"""The common harness: contenders in turn (A B B A ...), wall and client CPU time per operation, medians and ratios.

Rule 1: absolute times differ from machine to machine; what counts is the ratio to the better peer, in one run.
Rule 2: every contender returns a checksum of the values it decoded, and all checksums of a case must be equal, so that
nobody wins by not decoding.
Rule 3: the SQL and the first row are printed before anything is timed.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Final

ROUNDS: Final = int(os.environ.get("QAIL_BENCH_ROUNDS", "6"))
SCALE: Final = float(os.environ.get("QAIL_BENCH_SCALE", "1"))
PEERS: Final = ("asyncpg", "psycopg", "SQLAlchemy", "PyPika", "pgbench")
PACKAGES: Final = ("qail", "asyncpg", "psycopg", "psycopg-c", "uvloop", "SQLAlchemy", "PyPika", "mypy")
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True)
class Contender:
    """One driver's way of doing a case: `run(n)` does n operations and returns the checksum of what it decoded."""

    name: str
    run: Callable[[int], Awaitable[object]]
    keeps_time: bool = False
    """`run` returns the seconds it took by its own clock, as a separate program must; its CPU time is not seen."""


@dataclass
class Timing:
    """Microseconds per operation of one contender, a figure a round."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """What a case must show: the measure (wall or cpu), a direction, and the bar for the ratio to the better peer."""

    measure: str
    bar: float
    faster_by: bool
    peers: tuple[str, ...] = PEERS

    def ratio(self, ours: Timing, theirs: Sequence[Timing]) -> list[float]:
        """Round by round: time over the better peer's; turned over when the claim is "so many times faster"."""
        mine: list[float] = getattr(ours, self.measure)
        best = min(theirs, key=lambda timing: statistics.median(getattr(timing, self.measure)))
        peer: list[float] = getattr(best, self.measure)
        return [p / m if self.faster_by else m / p for m, p in zip(mine, peer, strict=True)]

    def holds(self, ratio: float) -> bool:
        return ratio >= self.bar if self.faster_by else ratio <= self.bar


def faster(bar: float, *, peers: tuple[str, ...] = PEERS) -> Claim:
    """Throughput at least `bar` times the better peer's."""
    return Claim("wall", bar, faster_by=True, peers=peers)


def at_most(measure: str, bar: float, *, peers: tuple[str, ...] = PEERS) -> Claim:
    """Time (`wall` or `cpu`) at most `bar` times the better peer's."""
    return Claim(measure, bar, faster_by=False, peers=peers)


async def measure(
    case: str, contenders: Sequence[Contender], operations: int, *, claims: Sequence[Claim] = (), rounds: int = ROUNDS
) -> list[Timing]:
    """Warm every contender up, compare checksums, time them in turn, print the table and record the raw figures."""
    operations = max(1, int(operations * SCALE))
    checksums = {c.name: await c.run(operations) for c in contenders}
    decoded = {repr(checksums[c.name]) for c in contenders if not c.keeps_time and checksums[c.name] is not None}
    if len(decoded) > 1:
        raise AssertionError(f"{case}: the contenders decoded different values: {checksums}")
    timings = {c.name: Timing(c.name) for c in contenders}
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else list(reversed(contenders)):
            await _time(contender, operations, timings[contender.name])
    report(case, list(timings.values()), claims, operations)
    return list(timings.values())


async def _time(contender: Contender, operations: int, timing: Timing) -> None:
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        result = await contender.run(operations)
    finally:
        spent_cpu, spent_wall = time.process_time() - cpu, time.perf_counter() - wall
        gc.enable()
    if contender.keeps_time and isinstance(result, float):
        spent_wall, spent_cpu = result, 0.0
    timing.wall.append(spent_wall / operations * MICROSECONDS)
    timing.cpu.append(spent_cpu / operations * MICROSECONDS)


def report(case: str, timings: Sequence[Timing], claims: Sequence[Claim], operations: int) -> None:
    """Print one case: a line a contender, a line a claim, and the raw figures as one line of JSON."""
    print(f"\n{case}  ({operations:,} operations a round, {len(timings[0].wall)} rounds)")
    print(f"  {'':<28}{'wall us/op':>12}{'(min .. max)':>22}{'cpu us/op':>12}{'op/s':>12}")
    for timing in timings:
        wall = statistics.median(timing.wall)
        span = f"({min(timing.wall):.2f} .. {max(timing.wall):.2f})"
        cpu = statistics.median(timing.cpu)
        print(f"  {timing.name:<28}{wall:>12.2f}{span:>22}{cpu:>12.2f}{MICROSECONDS / wall:>12,.0f}")
    ours = timings[0]
    for claim in claims:
        print(f"  {verdict(claim, ours, timings)}")
    print("  raw " + json.dumps({t.name: {"wall": _rounded(t.wall), "cpu": _rounded(t.cpu)} for t in timings}))
    sys.stdout.flush()


def verdict(claim: Claim, ours: Timing, timings: Sequence[Timing]) -> str:
    """`holds` or `MISSED`, the median ratio with its spread, and the bar."""
    theirs = [t for t in timings if t.name.startswith(claim.peers) and t is not ours]
    if not theirs:
        return "no peer at hand: nothing to compare"
    ratios = claim.ratio(ours, theirs)
    middle = statistics.median(ratios)
    word = "holds " if claim.holds(middle) else "MISSED"
    way = "times faster than" if claim.faster_by else f"times the {claim.measure} time of"
    sign = ">=" if claim.faster_by else "<="
    return f"{word} {middle:.2f} ({min(ratios):.2f} .. {max(ratios):.2f}) {way} the better peer; bar {sign} {claim.bar}"


def environment() -> str:
    """The machine and the versions, for the head of every report."""
    lines = [f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}"]
    for package in PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} -")
    return ", ".join(lines)


def _rounded(figures: Sequence[float]) -> list[float]:
    return [round(figure, 3) for figure in figures]
