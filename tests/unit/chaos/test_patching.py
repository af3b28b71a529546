"""Patch files: found exactly and once, or refused; what they do not name stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.patching import apply, read_break

PATCH = """What is broken.
Storm: calm on trio
Shows: hangs, mismatches

--- a/qail/one.py
+++ b/qail/one.py
@@
 first = 1
-second = 2
+second = 3
@@
 last = 9
+more = 10
"""
SOURCE = "zero = 0\nfirst = 1\nsecond = 2\nmiddle = 5\nlast = 9\n"


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    path = tmp_path / "some-break.patch"
    path.write_text(PATCH)
    (tmp_path / "qail").mkdir()
    (tmp_path / "qail/one.py").write_text(SOURCE)
    return path


def test_a_patch_says_what_it_breaks_and_how_that_is_seen(patch: Path) -> None:
    broken = read_break(patch)

    assert (broken.name, broken.what, broken.storm, broken.backend) == (
        "some-break",
        "What is broken.",
        "calm",
        "trio",
    )
    assert broken.shows == ("hangs", "mismatches")


def test_applying_changes_the_lines_it_names(patch: Path, tmp_path: Path) -> None:
    apply(read_break(patch), tmp_path)

    text = (tmp_path / "qail/one.py").read_text()
    assert text == "zero = 0\nfirst = 1\nsecond = 3\nmiddle = 5\nlast = 9\nmore = 10\n"


@pytest.mark.parametrize("source", [SOURCE.replace("second = 2", "second = 4"), SOURCE * 2], ids=["moved", "twice"])
def test_what_is_not_found_exactly_once_is_refused(patch: Path, tmp_path: Path, source: str) -> None:
    (tmp_path / "qail/one.py").write_text(source)

    with pytest.raises(ValueError, match=r"some-break: found [02] times in qail/one\.py"):
        apply(read_break(patch), tmp_path)


def test_a_patch_without_its_head_is_refused(patch: Path) -> None:
    patch.write_text(PATCH.replace("Storm: ", "Rain: "))

    with pytest.raises(ValueError, match="does not begin"):
        read_break(patch)
