"""The oracles are told lies, and must see each of them; and what is true they must let pass."""

from __future__ import annotations

from collections import Counter

import pytest

from chaos.oracles import Accounts, Echo, Ledger, Sessions, Verdict

ACKNOWLEDGED, FAILED, UNKNOWN = Verdict.ACKNOWLEDGED, Verdict.FAILED, Verdict.UNKNOWN
NOTHING: dict[str, Counter[int]] = {"keyed": Counter(), "keyless": Counter(), "deferred": Counter()}


def judged(told: Verdict | None, present: int, *, rival: Verdict | None = None) -> Ledger:
    """A ledger with one entry, of whose key so many rows are there."""
    ledger = Ledger()
    (entry,) = ledger.claim(["keyless"])
    if told is not None:
        ledger.told([entry], [told])
    if rival is not None:
        ledger.told([ledger.rival(entry)], [rival])
    ledger.judge({**NOTHING, "keyless": Counter({entry.key: present})})
    return ledger


def faults(ledger: Ledger) -> tuple[int, int, int]:
    """False acknowledgements, false failures, double executions."""
    return (ledger.false_acknowledgements.count, ledger.false_failures.count, ledger.double_executions.count)


@pytest.mark.parametrize(
    ("told", "present", "expected"),
    [
        (ACKNOWLEDGED, 1, (0, 0, 0)),
        (ACKNOWLEDGED, 0, (1, 0, 0)),
        (ACKNOWLEDGED, 2, (0, 0, 1)),
        (FAILED, 0, (0, 0, 0)),
        (FAILED, 1, (0, 1, 0)),
        (FAILED, 2, (0, 0, 2)),
        (UNKNOWN, 0, (0, 0, 0)),
        (UNKNOWN, 1, (0, 0, 0)),
        (UNKNOWN, 2, (0, 0, 1)),
        (None, 1, (0, 0, 0)),
    ],
)
def test_the_ledger_compares_what_was_told_with_what_is_there(
    told: Verdict | None, present: int, expected: tuple[int, int, int]
) -> None:
    assert faults(judged(told, present)) == expected


def test_unknown_is_split_into_there_and_not_there() -> None:
    there, absent = judged(UNKNOWN, 1), judged(None, 0)

    assert (there.unknown_present, there.unknown_absent) == (1, 0)
    assert (absent.unknown_present, absent.unknown_absent) == (0, 1)


def test_a_rival_that_was_refused_is_no_fault_and_one_that_was_acknowledged_is() -> None:
    assert faults(judged(ACKNOWLEDGED, 1, rival=FAILED)) == (0, 0, 0)
    assert faults(judged(ACKNOWLEDGED, 1, rival=ACKNOWLEDGED)) == (1, 0, 0)
    assert faults(judged(ACKNOWLEDGED, 2, rival=FAILED)) == (0, 0, 1)
    assert faults(judged(UNKNOWN, 1, rival=UNKNOWN)) == (0, 0, 0)


def test_a_row_that_nobody_claimed_is_a_fault() -> None:
    ledger = Ledger()

    ledger.judge({**NOTHING, "keyed": Counter({77: 1})})

    assert faults(ledger) == (0, 0, 1)


def test_a_transaction_of_which_a_part_is_there_is_torn() -> None:
    ledger = Ledger()
    entries = ledger.claim(["keyed", "keyless"])
    first, second = entries[0].key, entries[1].key

    for rows in (NOTHING, {**NOTHING, "keyed": Counter([first]), "keyless": Counter([second])}):
        ledger.judge_whole(rows, entries)
    assert ledger.torn.count == 0

    ledger.judge_whole({**NOTHING, "keyed": Counter([first])}, entries)
    assert ledger.torn.count == 1


def test_nobody_is_told_twice() -> None:
    ledger = Ledger()
    entries = ledger.claim(["keyed"])
    ledger.told(entries, [FAILED])

    with pytest.raises(ValueError, match="told twice"):
        ledger.told(entries, [ACKNOWLEDGED])


@pytest.mark.parametrize(
    ("rows", "process_id", "is_fault"),
    [
        ([(7, "7", True, 100)], None, False),
        ([(7, "7", True, 100)], 100, False),
        ([(7, "7", True, 100)], 101, True),
        ([(8, "7", True, 100)], None, True),
        ([(7, "7", 1, 100)], None, True),
        ([(7, "7", 100)], None, True),
        ([], None, True),
        ([(7, "7", True, 100)] * 2, None, True),
    ],
    ids=["right", "right backend", "other backend", "other token", "other type", "short", "none", "twice"],
)
def test_an_answer_is_the_callers_own_or_a_mismatch(
    rows: list[tuple[object, ...]], process_id: int | None, is_fault: bool
) -> None:
    echo = Echo()

    echo.answer("a token", [(7, "7", True)], rows, process_id=process_id)

    assert echo.mismatches.count == int(is_fault)


def test_rows_of_one_answer_come_from_one_backend() -> None:
    echo = Echo()

    echo.answer("a token", [(1,), (2,)], [(1, 100), (2, 101)], process_id=None)

    assert echo.mismatches.count == 1


def test_a_sum_that_is_off_by_one_is_seen() -> None:
    accounts = Accounts(100)
    for total in (100, 99, 101):
        accounts.look(total)

    assert (accounts.looks, accounts.wrong_sums.count) == (3, 2)


def test_what_a_borrower_finds_of_another_is_a_leak() -> None:
    sessions = Sessions()
    sessions.probe({"owner": "", "locks": 0}, {"owner": "", "locks": 0})
    assert sessions.leaks.count == 0

    sessions.probe({"owner": "somebody", "locks": 1}, {"owner": "", "locks": 0})
    assert sessions.leaks.count == 2
