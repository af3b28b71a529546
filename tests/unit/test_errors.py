"""The tree of errors: what each says of the work, what a server's fields mean, and that errors travel."""

from __future__ import annotations

import pickle

import pytest

import qail.errors as errors
from qail import sqlstate
from qail.errors import ConnectError, Outcome, OutcomeUnknown, PipelineAborted, PostgresError, QailError

FIELDS = {
    "S": "FEHLER",
    "V": "ERROR",
    "C": "23505",
    "M": "duplicate key",
    "D": "Key (id)=(1) already exists.",
    "H": "Take another.",
    "P": "15",
    "s": "public",
    "t": "users",
    "c": "id",
    "n": "users_pkey",
    "R": "_bt_check_unique",
}


def all_errors() -> list[type[QailError]]:
    return [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, QailError)]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_answers_both_questions(kind: type[QailError]) -> None:
    error = kind("it failed")

    assert isinstance(error.outcome, Outcome)
    assert isinstance(error.connection_spent, bool)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_survives_a_pickle(kind: type[QailError]) -> None:
    error = kind("it failed")
    error.outcome = Outcome.ABORTED

    found = pickle.loads(pickle.dumps(error))

    assert type(found) is kind
    assert found.args == error.args
    assert found.outcome is Outcome.ABORTED


def test_outcomes_equal_their_text() -> None:
    assert [str(outcome) for outcome in Outcome] == ["not_sent", "aborted", "no_effect", "done", "unknown"]
    assert Outcome.ABORTED == "aborted"


def test_a_server_error_has_all_its_fields() -> None:
    error = PostgresError(fields=FIELDS, query="INSERT ...")

    assert (error.severity, error.sqlstate, error.message) == ("ERROR", "23505", "duplicate key")
    assert (error.schema, error.table, error.column, error.constraint) == ("public", "users", "id", "users_pkey")
    assert (error.position, error.hint, error.query) == (15, "Take another.", "INSERT ...")
    assert str(error) == "duplicate key (SQLSTATE 23505). Hint: Take another."
    assert not error.connection_spent


def test_absent_and_senseless_fields_are_no_values() -> None:
    error = PostgresError(fields={"P": "-1", "p": "9" * 30})

    assert error.position is None
    assert error.internal_position is None
    assert error.sqlstate == ""
    assert "without a message" in str(error)


@pytest.mark.parametrize("severity", ["FATAL", "PANIC"])
def test_a_fatal_error_spends_its_connection(severity: str) -> None:
    assert PostgresError(fields={"V": severity}).connection_spent


def test_an_error_of_the_server_keeps_its_fields_in_a_pickle() -> None:
    error = sqlstate.error_class("23505")(fields=FIELDS)

    found = pickle.loads(pickle.dumps(error))

    assert type(found) is sqlstate.UniqueViolation
    assert found.constraint == "users_pkey"


def test_attempts_indexes_and_transaction_ids_are_attributes() -> None:
    assert ConnectError("no", reason="dns", attempts=["db:5432: unknown"]).attempts == ("db:5432: unknown",)
    assert PipelineAborted("skipped", index=3).index == 3
    assert OutcomeUnknown("lost", transaction_id=7).transaction_id == 7
