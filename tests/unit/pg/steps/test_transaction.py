from __future__ import annotations

from typing import Any

import pytest

from qail.errors import CommitRejected, UsageError
from qail.pg.steps.transaction import (
    FAILED,
    IDLE,
    ScopeSteps,
    begin_statement,
    folded_modes,
    nested_refusal,
    status_command,
    transaction_id,
    transaction_status,
)

OPEN = ord("T")


@pytest.mark.parametrize(
    ("isolation", "read_only", "deferrable", "sql"),
    [
        (None, False, False, b"BEGIN"),
        ("serializable", False, False, b"BEGIN ISOLATION LEVEL SERIALIZABLE"),
        ("repeatable_read", True, False, b"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
        ("serializable", True, True, b"BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"),
        (None, None, None, b"BEGIN"),
    ],
)
def test_begin_says_only_what_was_asked(isolation: str | None, read_only: bool, deferrable: bool, sql: bytes) -> None:
    assert begin_statement(isolation, read_only, deferrable) == sql


def test_a_batch_that_asks_for_nothing_needs_no_begin() -> None:
    assert folded_modes() is None
    assert folded_modes(None, read_only=False, deferrable=False, track_outcome=False) is None


def test_the_modes_of_a_batch_are_those_of_its_begin() -> None:
    modes = folded_modes("serializable", read_only=True, deferrable=True)
    tracked = folded_modes(track_outcome=True)

    assert modes is not None
    assert (modes.begin, modes.is_read_only, modes.is_tracked) == (
        b"BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
        True,
        False,
    )
    assert tracked is not None
    assert (tracked.begin, tracked.is_read_only, tracked.is_tracked) == (b"BEGIN", False, True)
    with pytest.raises(UsageError, match="isolation"):
        folded_modes("chaos")
    assert "outermost" in str(nested_refusal())


@pytest.mark.parametrize("level", ["", "chaos", "serializable; DROP TABLE users"])
def test_an_unknown_level_is_refused(level: str) -> None:
    with pytest.raises(UsageError, match="isolation"):
        begin_statement(level, False, False)


def test_a_scope_that_sent_nothing_ends_with_nothing() -> None:
    for depth in (0, 2):
        assert ScopeSteps(depth).ending(keep=True, status=IDLE) == []
        assert ScopeSteps(depth).ending(keep=False, status=IDLE) == []


def test_the_outermost_scope_commits_or_rolls_back() -> None:
    steps = ScopeSteps(0, b"BEGIN READ ONLY")
    steps.is_sent = True

    assert steps.opening == b"BEGIN READ ONLY"
    assert steps.ending(keep=True, status=OPEN) == [b"COMMIT"]
    assert steps.ending(keep=True, status=FAILED) == [b"COMMIT"]
    assert steps.ending(keep=False, status=OPEN) == [b"ROLLBACK"]
    assert steps.verdict("COMMIT", b"COMMIT") is None
    assert isinstance(steps.verdict("ROLLBACK", b"COMMIT"), CommitRejected)


@pytest.mark.feature("TX2")
def test_an_inner_scope_is_a_quoted_savepoint() -> None:
    steps = ScopeSteps(2)
    steps.is_sent = True
    undo = [b'ROLLBACK TO SAVEPOINT "qail_2"', b'RELEASE SAVEPOINT "qail_2"']

    assert steps.opening == b'SAVEPOINT "qail_2"'
    assert steps.ending(keep=True, status=OPEN) == undo[1:]
    assert steps.ending(keep=False, status=OPEN) == undo
    assert steps.ending(keep=True, status=FAILED) == undo
    assert steps.verdict("RELEASE", undo[1]) is None
    assert isinstance(steps.verdict("RELEASE", undo[0]), CommitRejected)


@pytest.mark.parametrize(
    ("value", "found"),
    [("700", 700), (str(2**64 - 1), 2**64 - 1), (None, None), ("", None), ("-1", None), ("7" * 30, None), ("x", None)],
)
def test_a_transaction_id_is_what_the_server_may_have_sent(value: str | None, found: int | None) -> None:
    assert transaction_id(value) == found


def test_the_id_that_is_asked_for_is_a_bind_value() -> None:
    command = status_command(2**63)

    assert command.sql == b"SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8)"
    assert command.values == [b"9223372036854775808"]


@pytest.mark.parametrize("senseless", [0, -1, 2**64, True, None, "7", 1.0])
def test_what_is_no_transaction_id_is_refused(senseless: Any) -> None:
    with pytest.raises(UsageError, match="transaction id"):
        status_command(senseless)


@pytest.mark.parametrize("known", ["committed", "aborted", "in progress"])
def test_a_status_is_one_of_three_or_forgotten(known: str) -> None:
    assert transaction_status(known) == known
    assert transaction_status(None) is None
    assert transaction_status("something new") is None


def test_a_read_only_transaction_says_so() -> None:
    assert ScopeSteps(0, begin_statement(None, True, None)).is_read_only
    assert not ScopeSteps(0, begin_statement("serializable", False, None)).is_read_only
