"""The scoreboard: what one storm did to one driver on one backend, and how many of them are laid out as a table.

Rule 1: `FAULTS` must all be 0. The rest are figures: they say how often nobody could know, and how long things took.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT_NOTES = 4
FAULTS = {
    "mismatches": "mism.",
    "false_acknowledgements": "f.ack",
    "false_failures": "f.fail",
    "double_executions": "double",
    "torn": "torn",
    "leaks_of_state": "state",
    "wrong_errors": "w.err",
    "broken_rules": "rules",
    "hangs": "hangs",
    "leaked_slots": "slots",
    "leaked_backends": "backends",
    "leaked_files": "files",
    "left_over": "left",
}
"""What must be 0, and its column's heading.

`mismatches`: answers that were not the caller's, or sums that were wrong. `torn`: parts of one transaction.
`leaks_of_state`: a borrower found what another had left. `wrong_errors`: errors that no trouble of this storm explains.
`broken_rules`: what the proxy's audit found on the wire, of qail only: the rules are its own.
`left_over`: locks, prepared transactions, tasks, and what Python could not raise.
"""
FIGURES = {
    "operations": "ops",
    "acknowledged": "acked",
    "failed": "failed",
    "unknown_present": "unk.there",
    "unknown_absent": "unk.not",
    "cancelled": "cancelled",
    "overrun_seconds": "overrun s",
    "recovery_seconds": "recovery s",
    "lag_seconds": "lag s",
    "peak_megabytes": "RSS MB",
    "seconds": "took s",
}


@dataclass
class Score:
    """One run of one storm."""

    storm: str
    client: str
    backend: str
    seed: int
    mismatches: int = 0
    false_acknowledgements: int = 0
    false_failures: int = 0
    double_executions: int = 0
    torn: int = 0
    leaks_of_state: int = 0
    wrong_errors: int = 0
    broken_rules: int = 0
    hangs: int = 0
    leaked_slots: int = 0
    leaked_backends: int = 0
    leaked_files: int = 0
    left_over: int = 0
    operations: int = 0
    acknowledged: int = 0
    failed: int = 0
    unknown_present: int = 0
    unknown_absent: int = 0
    cancelled: int = 0
    overrun_seconds: float = 0.0
    """The worst end of an operation behind its deadline or its cancellation."""
    recovery_seconds: float = 0.0
    """The worst time from a trouble to the first success of something begun after it."""
    lag_seconds: float = 0.0
    """The longest the event loop kept a timer waiting."""
    peak_megabytes: float = 0.0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    """What was found, in sentences; the first few."""

    @property
    def faults(self) -> dict[str, int]:
        """Those of FAULTS that are not 0."""
        return {name: getattr(self, name) for name in FAULTS if getattr(self, name)}

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Score:
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields)

    def __str__(self) -> str:
        faults = ", ".join(f"{name} {number}" for name, number in self.faults.items()) or "clean"
        notes = "".join(f"\n  {note}" for note in self.notes)
        return f"{self.storm} on {self.client}/{self.backend}, CHAOS_SEED={self.seed}: {faults}{notes}"


def table(scores: Sequence[Score]) -> str:
    """The scores as lines of text: faults first, then figures."""
    headings = ["storm", "client", "backend", *FAULTS.values(), *FIGURES.values()]
    rows = [[score.storm, score.client, score.backend, *_cells(score)] for score in scores]
    widths = [max(len(row[number]) for row in [headings, *rows]) for number in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if number < 3 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _cells(score: Score) -> list[str]:
    values = [getattr(score, name) for name in (*FAULTS, *FIGURES)]
    return [f"{value:.2f}" if isinstance(value, float) else str(value) for value in values]
