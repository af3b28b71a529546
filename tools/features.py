"""The feature table joined with what the tests showed: `python tools/features.py REPORT.json ...`.

Prints a line for each row of docs/reference/features.md, `<id> <rank> <passed|partial|failed|none> <number of tests>`,
then a total for each rank. The reports come from `pytest --feature-report=REPORT.json`
(tests/support/feature_plugin.py): for each id the outcomes of its tests and what its partial marks say is missing.
Several reports are added up; `--missing` lists what the partial marks say.

Rule 1: a failed test makes its row failed; without a test that ran, a row is none.
Rule 2: one partial mark makes its row partial, whatever else passed: what is missing is missing.
Rule 3: the number counts tests that ran; a skipped test shows nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
TABLE: Final = ROOT / "docs" / "reference" / "features.md"

RANKS: Final = ("core", "wanted", "beyond")
STATES: Final = ("passed", "partial", "failed", "none")

_ROW: Final = re.compile(r"^(?P<id>[A-Z]{2}\d+) \|.*\| *(?P<rank>core|wanted|beyond) *$", re.MULTILINE)
_LOOKS_LIKE_ROW: Final = re.compile(r"^([A-Z]{2}\d+) \|", re.MULTILINE)


class Evidence(NamedTuple):
    """What the tests of one row did."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    missing: tuple[str, ...] = ()

    def state(self) -> str:
        """One of STATES."""
        if self.failed:
            return "failed"
        if not self.passed:
            return "none"
        return "partial" if self.missing else "passed"

    def plus(self, other: Evidence) -> Evidence:
        """Both reports' evidence for one row."""
        missing = tuple(dict.fromkeys((*self.missing, *other.missing)))
        return Evidence(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped, missing)


def read_table(text: str) -> dict[str, str]:
    """Row id -> rank, in the order of the table.

    Raises:
        ValueError: an id stands twice, or a line that opens like a row has no known rank.
    """
    ranks: dict[str, str] = {}
    for match in _ROW.finditer(text):
        if match["id"] in ranks:
            raise ValueError(f"the feature table has {match['id']} twice")
        ranks[match["id"]] = match["rank"]
    for opening in _LOOKS_LIKE_ROW.findall(text):
        if opening not in ranks:
            raise ValueError(f"row {opening} of the feature table ends with none of {', '.join(RANKS)}")
    return ranks


def read_report(text: str) -> dict[str, Evidence]:
    """One report of the pytest plugin: row id -> evidence."""
    return {
        row: Evidence(found["passed"], found["failed"], found["skipped"], tuple(found["missing"]))
        for row, found in json.loads(text)["rows"].items()
    }


def join(reports: Iterable[Mapping[str, Evidence]]) -> dict[str, Evidence]:
    """The evidence of all reports, row by row."""
    total: dict[str, Evidence] = {}
    for report in reports:
        for row, evidence in report.items():
            total[row] = total.get(row, Evidence()).plus(evidence)
    return total


def lines(ranks: Mapping[str, str], evidence: Mapping[str, Evidence]) -> list[str]:
    """A line for each row, then one for each rank.

    Raises:
        ValueError: the evidence names a row that the table does not have.
    """
    unknown = sorted(set(evidence) - set(ranks))
    if unknown:
        raise ValueError(f"no such row in the feature table: {', '.join(unknown)}")
    out: list[str] = []
    totals: dict[str, Counter[str]] = {rank: Counter() for rank in RANKS}
    for row, rank in ranks.items():
        found = evidence.get(row, Evidence())
        state = found.state()
        totals[rank][state] += 1
        out.append(f"{row} {rank} {state} {found.passed + found.failed}")
    for rank, counts in totals.items():
        parts = ", ".join(f"{counts[state]} {state}" for state in STATES)
        out.append(f"{rank}: {counts.total()} rows: {parts}")
    return out


def missing_lines(evidence: Mapping[str, Evidence]) -> list[str]:
    """What each partial mark says is missing, for `--missing`."""
    return [f"{row}: {what}" for row in sorted(evidence) for what in evidence[row].missing]


def main(arguments: list[str]) -> int:
    """Print the table. Exit code 1 when a row failed or the reports and the table disagree."""
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    try:
        evidence = join(read_report(path.read_text(encoding="utf-8")) for path in paths)
        ranks = read_table(TABLE.read_text(encoding="utf-8"))
        print("\n".join(lines(ranks, evidence)))
    except (OSError, ValueError) as error:
        print(f"features: {error}", file=sys.stderr)
        return 1
    if "--missing" in arguments:
        print("\n".join(missing_lines(evidence)))
    return int(any(found.failed for found in evidence.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
