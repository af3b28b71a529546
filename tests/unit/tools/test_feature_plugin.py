"""The feature plugin in a pytest run of its own: marks in, report out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from support import source

TABLE: Final = "AA1 | One | It does this | - | core\nAA2 | Two | It does that | - | wanted\n"
SUITE: Final = """
import pytest

@pytest.fixture
def broken():
    raise OSError("no such thing")

@pytest.mark.feature("AA1")
def test_passes(): pass

@pytest.mark.feature("AA1")
def test_fails(): assert 0

@pytest.mark.feature("AA1")
def test_cannot_begin(broken): pass

@pytest.mark.feature("AA2", partial="the other half")
def test_shows_half(): pass

@pytest.mark.feature("AA2")
def test_needs_a_server(): pytest.skip("none at hand")
"""


def run_suite(folder: Path, suite: str, *options: str) -> subprocess.CompletedProcess[str]:
    table = folder / "docs" / "reference" / "features.md"
    table.parent.mkdir(parents=True)
    table.write_text(TABLE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = feature: a row\n")
    (folder / "test_suite.py").write_text(suite)
    paths = os.pathsep.join(str(source.ROOT / name) for name in ("tests", "tools"))
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-p",
        "support.feature_plugin",
        "--feature-report=report.json",
        *options,
    ]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two"])
def test_a_run_reports_what_the_tests_of_each_row_did(tmp_path: Path, options: tuple[str, ...]) -> None:
    run_suite(tmp_path, SUITE, *options)

    rows: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())["rows"]
    assert rows == {
        "AA1": {"passed": 1, "failed": 2, "skipped": 0, "missing": []},
        "AA2": {"passed": 1, "failed": 0, "skipped": 1, "missing": ["the other half"]},
    }


@pytest.mark.parametrize("mark", ['feature("ZZ9")', "feature", 'feature("AA1", partial="")'])
def test_a_mark_that_is_wrong_ends_the_run_before_a_test(tmp_path: Path, mark: str) -> None:
    suite = f"import pytest\n@pytest.mark.{mark}\ndef test_it(): open('ran', 'w').close()\n"

    finished = run_suite(tmp_path, suite)

    assert finished.returncode == pytest.ExitCode.USAGE_ERROR, finished.stdout + finished.stderr
    assert not (tmp_path / "ran").exists()
