"""The frames of the golden corpus against the stored ones, byte by byte; they are the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.sql_cases import CASES
from support.stored_frames import Stored, frames_of, stored_frames

pytestmark = pytest.mark.feature("PL1")

ROOT = Path(__file__).resolve().parents[3]
STORED = {stored.name: stored for stored in stored_frames()}
RUN, QUESTION = "PDBES", "PDS"


def test_each_tree_makes_the_stored_frames() -> None:
    made = {case.name: frames_of(case) for case in CASES}

    assert {name for name in made if name not in STORED} == set(), "python tools/gen_frames.py stores new cases"
    assert {name: frames for name, frames in made.items() if frames != STORED[name]} == {}


def test_a_tree_makes_the_same_frames_each_time() -> None:
    assert [frames_of(case) for case in CASES] == [frames_of(case) for case in CASES]


def test_at_least_300_trees_are_stored_with_their_values() -> None:
    kinds = [stored.types for stored in STORED.values()]

    assert set(kinds) == {RUN, QUESTION}
    assert kinds.count(RUN) >= 300


def test_nothing_is_stored_of_a_tree_that_is_no_more() -> None:
    assert [*STORED] == [case.name for case in CASES]


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_a_fresh_process_with_other_hashes_makes_the_same_frames(seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "tools" / "gen_frames.py"), "--check"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_what_parse_carries_is_exactly_one_statement() -> None:
    pglast = pytest.importorskip("pglast", reason="pglast, PostgreSQL's own parser, is a part of the test extra")
    newest = pglast.get_postgresql_version()[0]
    known = [STORED[case.name] for case in CASES if case.needs <= newest and case.name in STORED]

    counts = {stored.name: _statements(pglast, stored) for stored in known}

    assert len(counts) >= 300
    assert {name for name, count in counts.items() if count != 1} == set()


def _statements(pglast: Any, stored: Stored) -> int:
    return len(pglast.parse_sql(stored.sql))
