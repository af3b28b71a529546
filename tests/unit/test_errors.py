"""The tree of errors: what each says of the work, what a server's fields mean, and that errors travel."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    "d": "int4",
    "W": "SQL function f",
    "p": "3",
    "q": "SELECT 1",
    "F": "nbtinsert.c",
    "L": "666",
    "R": "_bt_check_unique",
}


def all_errors() -> list[type[QailError]]:
    return [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, QailError)]


@pytest.mark.feature("ER3")
@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_answers_both_questions(kind: type[QailError]) -> None:
    error = kind("it failed")

    assert isinstance(error.outcome, Outcome)
    assert isinstance(error.connection_spent, bool)


@pytest.mark.feature("ER3")
@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_survives_a_pickle_with_its_attributes_and_its_cause(kind: type[QailError]) -> None:
    error = kind("it failed")
    error.outcome = Outcome.ABORTED
    vars(error)["index"] = 3
    error.__cause__ = PostgresError(fields=FIELDS)

    found: Any = pickle.loads(pickle.dumps(error))

    assert found.__class__ is kind
    assert found.args == error.args
    assert (found.outcome, found.index) == (Outcome.ABORTED, 3)
    assert isinstance(found.__cause__, PostgresError)
    assert found.__cause__.fields == FIELDS


@pytest.mark.feature("ER3")
@pytest.mark.parametrize("kind", [*dict.fromkeys(sqlstate.BY_CODE.values())], ids=lambda kind: kind.__name__)
def test_every_error_of_the_server_survives_a_pickle(kind: type[PostgresError]) -> None:
    error = kind(fields=FIELDS, query="SELECT 1")
    error.transaction_status = "E"

    found = pickle.loads(pickle.dumps(error))

    assert type(found) is kind
    assert (found.fields, found.query, found.transaction_status, str(found)) == (FIELDS, "SELECT 1", "E", str(error))


def test_a_cause_that_is_not_ours_stays_behind_in_a_pickle() -> None:
    error = QailError("it failed")
    error.__cause__ = OSError("reset")

    assert pickle.loads(pickle.dumps(error)).__cause__ is None


def test_outcomes_equal_their_text() -> None:
    assert [str(outcome) for outcome in Outcome] == ["not_sent", "aborted", "no_effect", "done", "unknown"]
    assert Outcome.ABORTED == "aborted"


@pytest.mark.feature("ER2")
def test_a_server_error_has_all_its_fields() -> None:
    error = PostgresError(fields=FIELDS, query="INSERT ...")

    assert (error.severity, error.sqlstate, error.message) == ("ERROR", "23505", "duplicate key")
    assert (error.schema, error.table, error.column, error.constraint) == ("public", "users", "id", "users_pkey")
    assert (error.position, error.hint, error.query) == (15, "Take another.", "INSERT ...")
    assert (error.detail, error.datatype, error.where) == ("Key (id)=(1) already exists.", "int4", "SQL function f")
    assert (error.internal_position, error.internal_query) == (3, "SELECT 1")
    assert (error.file, error.line, error.routine) == ("nbtinsert.c", 666, "_bt_check_unique")
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


def syntax_error(query: str | None, position: str, **fields: str) -> PostgresError:
    return PostgresError(fields={"C": "42601", "M": "syntax error", "P": position, **fields}, query=query)


@pytest.mark.feature("ER2")
@pytest.mark.parametrize(
    ("query", "position", "shown"),
    [
        ("SELECT frm x", "8", "LINE 1: SELECT frm x\n" + " " * 15 + "^"),
        ("SELECT 1,\n  2,\n  frm", "18", "LINE 3:   frm\n" + " " * 10 + "^"),
        ("SELECT\tfrm", "8", "LINE 1: SELECT\tfrm\n" + " " * 14 + "\t^"),
        ("SELECT ä frm", "10", "LINE 1: SELECT ä frm\n" + " " * 17 + "^"),
        ("SELECT", "7", "LINE 1: SELECT\n" + " " * 14 + "^"),
    ],
)
def test_a_syntax_error_shows_the_spot(query: str, position: str, shown: str) -> None:
    error = syntax_error(query, position)

    assert error.context_text == shown
    assert query not in str(error)


@pytest.mark.feature("ER2")
def test_the_spot_in_a_function_is_shown_too() -> None:
    error = PostgresError(fields={"p": "8", "q": "SELECT frm"}, query="SELECT f()")

    assert error.context_text == "LINE 1: SELECT frm\n" + " " * 15 + "^"


@given(st.text(min_size=1, max_size=400), st.integers(-5, 500))
def test_a_spot_is_bounded_and_points_at_its_character(query: str, position: int) -> None:
    shown = syntax_error(query, str(position)).context_text

    if not 1 <= position <= len(query) + 1:
        assert shown is None
        return
    assert shown is not None
    line, _, below = shown.rpartition("\n")
    assert len(line) < 130
    assert below.endswith("^")
    if position <= len(query) and query[position - 1] != "\n":
        assert line[len(below) - 1] == query[position - 1]


def test_no_query_is_no_spot() -> None:
    assert syntax_error(None, "3").context_text is None
    assert PostgresError(fields={}, query="SELECT 1").context_text is None


@pytest.mark.feature("ER1")
@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("23505", "is_unique_violation"),
        ("23503", "is_foreign_key_violation"),
        ("23502", "is_not_null_violation"),
        ("23514", "is_check_violation"),
        ("23P01", "is_exclusion_violation"),
        ("40001", "is_serialization_failure"),
        ("40P01", "is_deadlock"),
        ("55P03", "is_lock_not_available"),
        ("57014", "is_query_canceled"),
    ],
)
def test_each_question_is_answered_by_its_code_alone(code: str, name: str) -> None:
    answers = {each: getattr(PostgresError(fields={"C": each}), name) for each in sqlstate.BY_CODE}

    assert [each for each, answer in answers.items() if answer] == [code]
