"""The golden corpus on every server at hand: each text is prepared and run as one statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

import qail.sync
from qail import BuildError, Command
from support.servers import Server
from support.sql_case import Case
from support.sql_cases import CASES
from support.sql_tables import SETUP

TAKEN_BACK: Final = [case for case in CASES if not case.alone]


class TakenBackError(Exception):
    """Ends the transaction of a case, so that nothing stays."""


def _tables_for(case: Case) -> tuple[Command, ...]:
    """What must be there before: all tables, but not the one that the case creates."""
    if not case.sql.startswith("CREATE T"):
        return SETUP
    return SETUP[:1] if "REFERENCES" in case.sql else ()


def _is_too_new(case: Case, server: Server) -> bool:
    return case.needs > server.version


@pytest.fixture(scope="session")
def shared_connections() -> Iterator[dict[str, qail.sync.Connection]]:
    """One blocking connection to each server: nearly all of a case's time would go into connecting."""
    opened: dict[str, qail.sync.Connection] = {}
    yield opened
    for connection in opened.values():
        connection.close()


@pytest.fixture
def corpus_connection(any_server: Server, shared_connections: dict[str, qail.sync.Connection]) -> qail.sync.Connection:
    """The connection to one server; a new one when a case has ended it."""
    known = shared_connections.get(any_server.name)
    if known is None or known.is_closed:
        known = shared_connections[any_server.name] = qail.sync.connect(any_server.dsn)
    return known


@pytest.mark.feature("PL1")
@pytest.mark.feature("ST1")
@pytest.mark.feature("ST3")
@pytest.mark.parametrize("case", TAKEN_BACK, ids=[case.name for case in TAKEN_BACK])
def test_each_query_of_the_corpus_is_prepared_and_runs(any_server: Server, corpus_connection: Any, case: Case) -> None:
    """By Parse, which takes exactly one statement, and in a transaction that is taken back."""
    if _is_too_new(case, any_server):
        with pytest.raises(BuildError, match=f"\\w+.* needs PostgreSQL {case.needs}, and the server is"):
            corpus_connection.execute(case.query)
        return
    with pytest.raises(TakenBackError), corpus_connection.transaction() as transaction:  # noqa: PT012 - the error only ends it
        for command in _tables_for(case):
            transaction.execute(command)
        if case.setup:
            transaction.script(case.setup)
        transaction.execute(case.query)
        # The same text once more, from the statement that is prepared by now; a CREATE cannot run twice.
        if not (case.once or case.sql.startswith(("CREATE", "DROP")) or "INSERT" in case.sql):
            transaction.execute(case.query)
        raise TakenBackError
