"""Pytest plugin: which rows of the feature table the tests of this run covered.

A test names its row: `@pytest.mark.feature("PR4")`, or `@pytest.mark.feature("CN2", partial="host lists")` when it
covers only a part. One test may carry several marks. `--feature-report=FILE` writes, as JSON, for each row how many
tests passed, failed and were skipped, and what its partial marks say is missing; tools/features.py joins that with the
table.

Rule 1: a mark that names no row of the table is an error before any test runs.
Rule 2: a test counts once per mark; an error in its set-up or tear-down is a failure.
Rule 3: a report carries the marks of its test, so that one process can tell what others ran (pytest-xdist).
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, cast

import pytest

import features

_WORST: Final = ("skipped", "passed", "failed")
_PROPERTY: Final = "qail-features"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--feature-report=FILE`."""
    parser.addoption(
        "--feature-report", metavar="FILE", default=None, help="write what each feature's tests did, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep the state of one run in a plugin object, so that a nested run has its own."""
    table = config.rootpath / "docs" / "reference" / "features.md"
    known = set(features.read_table(table.read_text(encoding="utf-8"))) if table.exists() else set[str]()
    # Where several processes run the tests, the one that collects their reports writes.
    path = None if hasattr(config, "workerinput") else config.getoption("--feature-report")
    config.pluginmanager.register(FeatureReport(known, path), "qail-feature-report")


def read_mark(mark: pytest.Mark) -> tuple[str, str]:
    """The row and what is missing ("" when nothing is).

    Raises:
        pytest.UsageError: the mark has another form.
    """
    if len(mark.args) != 1 or not isinstance(mark.args[0], str) or not set(mark.kwargs) <= {"partial"}:
        raise pytest.UsageError(f'feature takes one id and perhaps partial="...": {mark.args} {mark.kwargs}')
    missing = mark.kwargs.get("partial", "")
    if not isinstance(missing, str) or ("partial" in mark.kwargs and not missing.strip()):
        raise pytest.UsageError(f'feature("{mark.args[0]}", partial=...): say in words what is missing')
    return mark.args[0], missing


class FeatureReport:
    """What the marked tests of one run did."""

    def __init__(self, known: set[str], path: str | None) -> None:
        self.known = known
        self.path = path
        self.marks: dict[str, list[tuple[str, str]]] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read the marks of all collected tests; refuse an unknown row."""
        for item in items:
            marks = list(dict.fromkeys(read_mark(mark) for mark in item.iter_markers("feature")))
            for row, _ in marks:
                if row not in self.known:
                    raise pytest.UsageError(f"{item.nodeid}: no row {row!r} in docs/reference/features.md")
            self.marks[item.nodeid] = marks

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the report the marks of its test."""
        report = yield
        report.user_properties.append((_PROPERTY, [list(mark) for mark in self.marks.get(item.nodeid, [])]))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the worst outcome of a test's phases; a passed set-up alone shows nothing."""
        if report.when != "call" and report.outcome == "passed":
            return
        for name, marks in report.user_properties:
            if name == _PROPERTY:
                self.marks[report.nodeid] = [(row, missing) for row, missing in cast("list[tuple[str, str]]", marks)]
        before = self.outcomes.get(report.nodeid, "skipped")
        self.outcomes[report.nodeid] = max(before, report.outcome, key=_WORST.index)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Row -> counts and missing parts, for the tests that ran."""
        rows: dict[str, dict[str, Any]] = {}
        for nodeid, outcome in self.outcomes.items():
            for row, missing in self.marks.get(nodeid, []):
                found = rows.setdefault(row, {"passed": 0, "failed": 0, "skipped": 0, "missing": []})
                found[outcome] += 1
                if missing and missing not in found["missing"]:
                    found["missing"].append(missing)
        return rows

    def pytest_sessionfinish(self) -> None:
        """Write the report, if one was asked for."""
        if self.path is None:
            return
        path = Path(self.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"rows": self.rows()}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
