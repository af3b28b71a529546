"""The outcome of a request, in every state and for every kind of work."""

from __future__ import annotations

import itertools

import pytest

from qail.errors import Outcome, PostgresError
from qail.pg.protocol.classify import classify
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import HANDED, SETTLED, WITHDRAWN
from support.scripted_client import query


def request(**attributes: object) -> Request:
    made = query(b"x")
    made.state = HANDED
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def test_what_was_not_handed_was_not_sent() -> None:
    assert classify(query(b"x")) == Outcome.NOT_SENT
    assert classify(request(state=WITHDRAWN)) == Outcome.NOT_SENT


def test_ready_for_query_decides() -> None:
    failure = PostgresError("no")

    assert classify(request(state=SETTLED, is_ready_seen=True)) == Outcome.DONE
    assert classify(request(state=SETTLED, is_ready_seen=True, error=failure)) == Outcome.ABORTED


@pytest.mark.parametrize(("has_executed", "outcome"), [(True, Outcome.UNKNOWN), (False, Outcome.ABORTED)])
def test_a_failed_nontransactional_statement_is_unknown_once_it_ran(has_executed: bool, outcome: Outcome) -> None:
    made = request(is_ready_seen=True, error=PostgresError("no"), has_nontransactional=True, has_executed=has_executed)

    assert classify(made) == outcome


@pytest.mark.parametrize(
    ("attributes", "is_commit_handed", "outcome"),
    [
        ({"is_in_transaction": True}, False, Outcome.ABORTED),
        ({"is_in_transaction": True}, True, Outcome.UNKNOWN),
        ({"is_in_transaction": True, "has_nontransactional": True}, False, Outcome.UNKNOWN),
        ({"is_in_transaction": True, "is_read_only": True}, True, Outcome.NO_EFFECT),
        ({"is_read_only": True}, False, Outcome.NO_EFFECT),
        ({"is_idempotent": True}, False, Outcome.NO_EFFECT),
        ({}, False, Outcome.UNKNOWN),
    ],
)
def test_without_ready_for_query(attributes: dict[str, object], is_commit_handed: bool, outcome: Outcome) -> None:
    assert classify(request(**attributes), is_commit_handed) == outcome


def test_a_write_outside_a_transaction_is_never_called_undone_without_ready() -> None:
    for idempotent, nontransactional, committed in itertools.product([False, True], repeat=3):
        made = request(is_idempotent=idempotent, has_nontransactional=nontransactional, error=PostgresError("no"))

        assert classify(made, committed) in (Outcome.UNKNOWN, Outcome.NO_EFFECT)
