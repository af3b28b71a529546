"""Both type checkers over the assertions beside this file: what must type-check, to what, and what must be refused.

In assert_bad.py each refused line carries an ignore for either checker, and an ignore that nothing needs is an error.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SUBJECTS = [str(path) for path in sorted(HERE.glob("assert_*.py"))]

# Types are those of the source, whichever build runs: the checkers read the tree once, in the leg that tests it.
pytestmark = pytest.mark.skipif(
    os.environ.get("QAIL_EXPECT") == "compiled", reason="type checkers read the source: run once, with the pure build"
)


# What must be of a type, and what must be refused: by both checkers, but for `if` and LiteralString: pyright's alone.
RIGHT: Final = re.compile(r"^ *assert_type\(", re.MULTILINE)
WRONG: Final = re.compile(r"# type: ignore\[.*# pyright: ignore\[|# pyright: ignore\[")
MIN_RIGHT: Final = 150
MIN_WRONG: Final = 100


def run_checker(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed: it is part of the dev extra")
    command = [sys.executable, "-m", module, *arguments, *SUBJECTS]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.feature("TY1")
@pytest.mark.feature("TY2")
def test_mypy_accepts_and_refuses_exactly_what_is_written() -> None:
    found = run_checker("mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"))

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.feature("TY1")
@pytest.mark.feature("TY2")
def test_pyright_accepts_and_refuses_exactly_what_is_written() -> None:
    found = run_checker("pyright", "--project", str(ROOT / "pyproject.toml"), "--pythonpath", sys.executable)

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.feature("TY1")
@pytest.mark.feature("TY2")
def test_the_fixtures_are_as_many_as_were_asked_for() -> None:
    texts = {Path(path).name: Path(path).read_text(encoding="utf-8") for path in SUBJECTS}
    right = sum(len(RIGHT.findall(text)) for name, text in texts.items() if not name.endswith("bad.py"))
    wrong = sum(len(WRONG.findall(text)) for name, text in texts.items() if name.endswith("bad.py"))

    assert right >= MIN_RIGHT
    assert wrong >= MIN_WRONG
