"""What a storm is judged by: plain objects that are told what callers were told, and what the server has in the end.

    ledger = Ledger()
    entries = ledger.claim(["keyed"])          # before anything is sent: until told otherwise they are unknown
    ledger.told(entries, [Verdict.ACKNOWLEDGED])
    ledger.judge({"keyed": Counter(...), ...}) # false acknowledgements, false failures, double executions

Rule 1: an oracle knows no driver and does no I/O, so that its own tests can lie to it.
Rule 2: what was not told is unknown. An unknown operation may be there once or not at all, never twice.
Rule 3: every finding is counted; the first few are kept as sentences.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

KEPT_FINDINGS = 12
TABLES = ("keyed", "keyless", "deferred")
"""The ledger's tables: with a primary key, without any, and with a unique constraint that is checked at the end."""


class Verdict(Enum):
    """What a caller was told of one operation."""

    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass
class Findings:
    """Sentences about what went wrong; the number of them counts, the first few are kept."""

    count: int = 0
    sentences: list[str] = field(default_factory=list)

    def add(self, sentence: str, number: int = 1) -> None:
        self.count += number
        if len(self.sentences) < KEPT_FINDINGS:
            self.sentences.append(sentence)


class Echo:
    """W1: a caller gets its own token, in the shape it asked for, and on a connection of its own from that very one."""

    def __init__(self) -> None:
        self.answered = 0
        self.mismatches = Findings()

    def answer(
        self, what: str, expected: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]], *, process_id: int | None
    ) -> None:
        """`rows` were given for what should be `expected`; each ends with the backend's process id.

        `process_id` is that of the connection the caller has to itself, None when strangers share it.
        """
        self.answered += 1
        values = [tuple(row[:-1]) for row in rows]
        if values != [tuple(row) for row in expected]:
            self.mismatches.add(f"{what}: expected {expected!r:.100}, got {values!r:.100}")
            return
        for row, wanted in zip(values, expected, strict=True):
            if not all(map(_is_of_one_kind, row, wanted)):
                self.mismatches.add(f"{what}: expected the types of {wanted!r:.100}, got {row!r:.100}")
                return
        told = {row[-1] for row in rows}
        if len(told) > 1 or (process_id is not None and told - {process_id}):
            self.mismatches.add(f"{what}: answered by the backends {told}, on a connection to {process_id}")


def _is_of_one_kind(value: object, wanted: object) -> bool:
    """1 == True == 1.0, but the shape is part of the answer. Drivers may have subclasses of their own."""
    return isinstance(value, type(wanted)) and isinstance(value, bool) == isinstance(wanted, bool)


@dataclass(eq=False)
class Entry:
    """One row that somebody wants in the ledger."""

    table: str
    key: int
    group: int
    verdict: Verdict = Verdict.UNKNOWN
    is_told: bool = False


class Ledger:
    """W2: an acknowledged row is there exactly once, a failed one not at all, and what was not told at most once.

    A key is claimed by one entry, or, in the table `deferred`, again by a `rival`, which the server must refuse.
    """

    def __init__(self) -> None:
        self.false_acknowledgements = Findings()
        self.false_failures = Findings()
        self.double_executions = Findings()
        self.torn = Findings()
        self.unknown_present = 0
        self.unknown_absent = 0
        self._entries: list[Entry] = []
        self._keys = count(1)
        self._groups = count(1)
        self._lock = threading.Lock()

    def claim(self, tables: Sequence[str]) -> list[Entry]:
        """Entries with new keys, one for each table named."""
        with self._lock:
            group = next(self._groups)
            entries = [Entry(table, next(self._keys), group) for table in tables]
            self._entries += entries
        return entries

    def rival(self, entry: Entry) -> Entry:
        """Another entry with the key of `entry`."""
        with self._lock:
            rival = Entry(entry.table, entry.key, next(self._groups))
            self._entries.append(rival)
        return rival

    def told(self, entries: Sequence[Entry], verdicts: Sequence[Verdict]) -> None:
        """What their caller was told. Raises ValueError unless once for each."""
        for entry, verdict in zip(entries, verdicts, strict=True):
            if entry.is_told:
                raise ValueError(f"the caller of {entry} was told twice")
            entry.is_told = True
            entry.verdict = verdict

    def count(self, verdict: Verdict) -> int:
        return sum(entry.verdict is verdict for entry in self._entries)

    def judge(self, rows: Mapping[str, Mapping[int, int]]) -> None:
        """`rows`: of each table how often each key is in it, when all is quiet."""
        by_key: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        for entry in self._entries:
            by_key[entry.table, entry.key].append(entry)
        for (table, key), entries in by_key.items():
            self._judge_key(f"{table} {key}", entries, rows[table].get(key, 0))
        for table, found in rows.items():
            for key in set(found) - {entry.key for entry in self._entries if entry.table == table}:
                self.double_executions.add(f"{table} {key}: nobody wrote this")

    def _judge_key(self, name: str, entries: list[Entry], present: int) -> None:
        told = Counter(entry.verdict for entry in entries)
        acknowledged, unknown = told[Verdict.ACKNOWLEDGED], told[Verdict.UNKNOWN]
        if present < acknowledged:
            self.false_acknowledgements.add(
                f"{name}: acknowledged {acknowledged} times, there {present} times", acknowledged - present
            )
        elif present > acknowledged + unknown:
            excess = present - acknowledged - unknown
            sentence = f"{name}: acknowledged {acknowledged} times, unknown {unknown}, there {present} times"
            if present > len(entries) or acknowledged + unknown:
                self.double_executions.add(sentence, excess)
            else:
                self.false_failures.add(sentence, excess)
        self.unknown_present += min(unknown, max(0, present - acknowledged))
        self.unknown_absent += max(0, unknown - max(0, present - acknowledged))

    def judge_whole(self, rows: Mapping[str, Mapping[int, int]], entries: Sequence[Entry]) -> None:
        """`entries` were one transaction: all of them are there, or none."""
        there = [rows[entry.table].get(entry.key, 0) > 0 for entry in entries]
        if any(there) != all(there):
            keys = ", ".join(f"{entry.table} {entry.key}" for entry in entries)
            self.torn.add(f"{sum(there)} of {len(there)} are there of one transaction: {keys}")


class Accounts:
    """W3: whatever is moved between accounts, their sum stays, at every moment anybody looks."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.looks = 0
        self.wrong_sums = Findings()

    def look(self, total: int) -> None:
        self.looks += 1
        if total != self.total:
            self.wrong_sums.add(f"the sum of the accounts is {total}, not {self.total}")


class Sessions:
    """What one borrower of a connection must not find of another: settings, locks, temporary tables, a transaction."""

    def __init__(self) -> None:
        self.borrowed = 0
        self.leaks = Findings()

    def probe(self, found: Mapping[str, Any], clean: Mapping[str, Any]) -> None:
        """A borrower found `found` in a session that should be `clean`."""
        self.borrowed += 1
        for name, value in clean.items():
            if found[name] != value:
                self.leaks.add(f"a borrowed session had {name} = {found[name]!r}, not {value!r}")
