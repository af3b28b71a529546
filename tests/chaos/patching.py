"""Patch files, applied to a copy of the package: unified diffs whose context must be found exactly, and once.

Line numbers are not looked at, so that a patch survives what moves around it; when the lines themselves have changed,
applying fails and says where. Ahead of the diff stands what is broken, by which storm it must be seen, and as what.

    What is broken, in a sentence.
    Storm: calm on asyncio
    Shows: false_acknowledgements, hangs
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import qail

_FILE = re.compile(r"^--- a/(\S+)\n\+\+\+ b/\1\n", re.MULTILINE)
_HUNK = re.compile(r"^@@.*\n", re.MULTILINE)


@dataclass(frozen=True)
class Break:
    """One way to break the engine on purpose."""

    name: str
    what: str
    storm: str
    backend: str
    shows: tuple[str, ...]
    """Which faults of the scoreboard it must show: one of them at least."""
    hunks: tuple[tuple[str, str, str], ...]
    """File, the lines as they must be found, the lines in their place."""


def read_break(path: Path) -> Break:
    """The patch file at `path`. Raises ValueError if it is not one."""
    head, *parts = _FILE.split(path.read_text(encoding="utf-8"))
    told = re.fullmatch(r"(.+)\nStorm: (\S+) on (\S+)\nShows: (.+)\n+", head, re.DOTALL)
    if told is None or not parts:
        raise ValueError(f"{path.name} does not begin with what is broken, its storm and what that shows")
    hunks = [
        (file, *_sides(hunk))
        for file, body in zip(parts[::2], parts[1::2], strict=True)
        for hunk in _HUNK.split(body)
        if hunk
    ]
    return Break(path.stem, told[1], told[2], told[3], tuple(told[4].strip().split(", ")), tuple(hunks))


def _sides(hunk: str) -> tuple[str, str]:
    # Editors like to take the blank off an empty line of context.
    lines = [" \n" if line == "\n" else line for line in hunk.splitlines(keepends=True)]
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    return before, after


def copy_package(folder: Path) -> None:
    """The package's sources, without compiled modules, in `folder`/qail."""
    shutil.copytree(Path(qail.__file__).parent, folder / "qail", ignore=shutil.ignore_patterns("*.so", "__pycache__"))


def apply(broken: Break, folder: Path) -> None:
    """Break the copy in `folder`. Raises ValueError where the source has moved away from the patch."""
    for file, before, after in broken.hunks:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise ValueError(f"{broken.name}: found {text.count(before)} times in {file}, not once:\n{before}")
        path.write_text(text.replace(before, after), encoding="utf-8")
