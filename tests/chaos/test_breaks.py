"""The oracles are tested: the engine is broken on purpose, in seven ways, and a storm must see each.

A copy of the package is patched and run interpreted, in a process of its own, under the storm that the patch names, in
its short form. The copy without a patch must come through every one of those storms without a fault.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.patching import Break, apply, copy_package, read_break
from chaos.scoreboard import FAULTS, Score
from support.backends import BACKENDS
from support.servers import Server

TESTS = Path(__file__).resolve().parents[1]
BREAKS = [read_break(path) for path in sorted((Path(__file__).parent / "breaks").glob("*.patch"))]
PATIENCE_SECONDS = 300.0
ATTEMPTS = 3
"""Storms are a matter of chance: so many seeds are tried before a break counts as unseen."""


def score_of(folder: Path, broken: Break, server: Server, seed: int, patience: int = 5) -> Score:
    """The score of the package in `folder` under the storm that `broken` names.

    What takes longer than `patience` seconds is a hang: of those that are broken on purpose nobody waits for long.
    """
    place = f"{server.host}:{server.port}:{server.user}:{server.database}"
    paths = [str(folder), str(TESTS), str(TESTS.parent / "tools")]
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "chaos", "--one", broken.storm, "qail", broken.backend, str(seed), "0", place],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "QAIL_PURE": "1", "CHAOS_PATIENCE": str(patience)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    told = [line.removeprefix("SCORE ") for line in ended.stdout.splitlines() if line.startswith("SCORE ")]
    assert told, f"no score: exit {ended.returncode}\n{ended.stderr[-2_000:]}"
    return Score.from_json(told[0])


def test_there_are_seven_breaks_and_each_names_what_there_is() -> None:
    assert len(BREAKS) == 7
    assert {name for broken in BREAKS for name in broken.shows} <= set(FAULTS)
    assert {broken.backend for broken in BREAKS} <= set(BACKENDS)


@pytest.mark.feature("TS4")
@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
def test_a_break_is_seen(broken: Break, server: Server, tmp_path: Path) -> None:
    copy_package(tmp_path)
    apply(broken, tmp_path)

    scores = []
    for seed in range(ATTEMPTS):
        scores.append(score_of(tmp_path, broken, server, seed))
        if set(broken.shows) & set(scores[-1].faults):
            return

    pytest.fail(f"{broken.name} was not seen: {'; '.join(map(str, scores))}")


@pytest.mark.parametrize("storm", sorted({(broken.storm, broken.backend) for broken in BREAKS}), ids="-".join)
def test_the_unbroken_copy_is_clean(storm: tuple[str, str], server: Server, tmp_path: Path) -> None:
    copy_package(tmp_path)
    broken = next(each for each in BREAKS if (each.storm, each.backend) == storm)

    score = score_of(tmp_path, broken, server, 0, patience=30)

    assert not score.faults, str(score)
