"""Fuzz every target for its share of FUZZ_SECONDS, and say at the end how often they ran and what broke.

    python -m fuzz [TARGET ...]          from `tests`; FUZZ_SECONDS=600, FUZZ_ENGINE=atheris|blind, QAIL_SEED

With atheris (the extra `fuzz`) libFuzzer is guided by coverage, which needs the interpreted build; without it seeds are
bent at random, on either build. What broke is written to build/fuzz, and its line for the corpus is printed: put it
there with the mend.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import qail
from fuzz import corpus
from fuzz.blind import MOST_CRASHES, Outcome, fuzz_blindly
from fuzz.targets import TARGETS

TESTS = Path(__file__).resolve().parents[1]
FINDS = TESTS.parent / "build" / "fuzz"
DEFAULT_SECONDS = 600.0
# A target that takes longer than this for 4 KiB is not linear, or does not end. libFuzzer goes by the clock on the
# wall, so there is room for a machine that does much else at the time.
MOST_SECONDS_A_RUN = 60
MOST_BYTES = 4_096
MOST_MEBIBYTES = 1_024
STARTING_SECONDS = 600.0
_EXECUTIONS = re.compile(r"stat::number_of_executed_units: (\d+)")
_DONE = re.compile(r"#(\d+)\s+\w+")
_FAULT = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Warning|Interrupt)\b.*|^==\d+== ?ERROR: .*", re.MULTILINE)


def fuzz_guided(target: str, seconds: float) -> Outcome:
    """Run `target` under atheris, anew behind each crash, until `seconds` have passed."""
    executions = 0
    crashes: list[tuple[bytes, str]] = []
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="qail-fuzz-") as folder:
        seeds, finds = Path(folder, "seeds"), Path(folder, "finds")
        seeds.mkdir()
        finds.mkdir()
        for number, data in enumerate(corpus.load(target).values()):
            (seeds / f"{number:04}").write_bytes(data)
        while (left := until - time.monotonic()) > 1 and len(crashes) < MOST_CRASHES:
            ran, text = _run(target, seeds, finds, left)
            executions += ran
            for path in sorted(finds.iterdir()):
                faults = _FAULT.findall(text)
                crashes.append((path.read_bytes(), faults[0] if faults else path.name))
                path.unlink()
    return Outcome(executions, crashes)


def _run(target: str, seeds: Path, finds: Path, seconds: float) -> tuple[int, str]:
    """One process; how many executions it made, and what it printed."""
    options = {
        "max_total_time": int(max(1, seconds)),
        "artifact_prefix": f"{finds}/",
        "max_len": MOST_BYTES,
        "timeout": MOST_SECONDS_A_RUN,
        "rss_limit_mb": MOST_MEBIBYTES,
        "print_final_stats": 1,
        "seed": random.randrange(1, 2**31),
    }
    command = [sys.executable, "-P", "-m", "fuzz.guided", target, str(seeds)]
    try:
        ended = subprocess.run(
            [*command, *(f"-{name}={value}" for name, value in options.items())],
            cwd=TESTS,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + STARTING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        printed = late.stderr.decode(errors="replace") if late.stderr else ""
        raise SystemExit(
            f"fuzz: {target} did not end {STARTING_SECONDS:g} s behind its time:\n{printed[-2_000:]}"
        ) from None
    text = ended.stdout + ended.stderr
    counted = _EXECUTIONS.findall(text) or _DONE.findall(text)
    if not counted:
        raise SystemExit(f"fuzz: {target} did not start:\n{text[-2_000:]}")
    return int(counted[-1]), text


def has_atheris() -> bool:
    """Whether coverage can guide: atheris is there, and the build has lines to count."""
    return find_spec("atheris") is not None and qail.IMPLEMENTATION == "pure"


def chosen_engine() -> str:
    """The engine that was asked for, or the best one; what is skipped is said by name."""
    engine = os.environ.get("FUZZ_ENGINE") or ("atheris" if has_atheris() else "blind")
    if engine not in ("atheris", "blind"):
        raise SystemExit(f"fuzz: FUZZ_ENGINE is {engine!r}, and can be atheris or blind")
    if engine == "atheris" and not has_atheris():
        raise SystemExit("fuzz: there is no atheris here (pip install qail[fuzz]), or qail is compiled")
    if engine == "blind" and not has_atheris():
        print(
            "-- SKIPPED: atheris, which is not installed or cannot see into the compiled build: blind bending instead"
        )
    return engine


def report(target: str, outcome: Outcome) -> None:
    """Print a line for the target, and what broke; keep that in build/fuzz."""
    print(f"fuzz: {target:18} {outcome.executions:>10,} executions, {len(outcome.crashes)} crashes", flush=True)
    for data, fault in outcome.crashes:
        name = corpus.found_name(data)
        FINDS.mkdir(parents=True, exist_ok=True)
        (FINDS / f"{target}-{name}").write_bytes(data)
        print(f"      {fault:.300}\n      corpus/{target}.txt: {name} {data.hex()}")


def main() -> int:
    """Returns the exit status."""
    targets = sys.argv[1:] or list(TARGETS)
    seconds = float(os.environ.get("FUZZ_SECONDS") or DEFAULT_SECONDS)
    seed = int(os.environ.get("QAIL_SEED") or secrets.randbelow(2**31))
    random.seed(seed)
    engine = chosen_engine()
    print(
        f"-- fuzz: {engine}, {len(targets)} targets, {seconds:g} s in all, qail {qail.IMPLEMENTATION}, QAIL_SEED={seed}"
    )
    executions = crashes = 0
    for target in targets:
        share = seconds / len(targets)
        if engine == "atheris":
            outcome = fuzz_guided(target, share)
        else:
            outcome = fuzz_blindly(TARGETS[target], list(corpus.load(target).values()), share, random.Random(seed))
        report(target, outcome)
        executions += outcome.executions
        crashes += len(outcome.crashes)
    print(f"fuzz: {executions:,} executions, {crashes} crashes")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
