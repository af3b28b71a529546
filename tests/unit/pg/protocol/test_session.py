"""The Session against a scripted server: requests, their order, their outcomes, and what spends a connection."""

from __future__ import annotations

import pytest

from qail.errors import (
    Outcome,
    OutcomeUnknown,
    PipelineAborted,
    PostgresError,
    UsageError,
)
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import DESCRIBE_ONLY, HANDED, QUEUED, SETTLED, WITHDRAWN
from qail.pg.wire.constants import FAILED_TRANSACTION, IDLE, IN_TRANSACTION
from qail.pg.wire.result import (
    BindComplete,
    DataRow,
    PortalSuspended,
    ReadyForQuery,
)
from support.scripted_client import (
    RecordingSink,
    exchange,
    query,
    ready_session,
    recorded,
    segment,
    simple,
    started,
    statement,
)
from support.scripted_server import frames


def test_a_query_settles_at_ready_for_query_with_rows_and_tag() -> None:
    session, server = started()
    request = query(b"two")

    settled = exchange(session, server, request)

    assert settled == [request]
    assert request.state == SETTLED
    assert request.error is None
    assert request.outcome == Outcome.DONE
    assert request.items[0].tag == "SELECT 2"
    assert request.items[0].row_count == 2
    assert request.items[0].parameter_oids == []
    assert [kind for kind, _ in recorded(request)[0]] == ["describe", "row", "row"]
    assert request.transaction_status == IDLE


def test_nothing_is_settled_before_ready_for_query() -> None:
    session, server = started()
    request = query(b"write")
    session.submit(request)
    answer = server.receive(session.take_output())

    assert session.data_received(answer[:-6]) == []
    assert request.outcome == Outcome.UNKNOWN
    assert session.data_received(answer[-6:]) == [request]


def test_states_follow_the_way_of_a_request() -> None:
    session, server = started()
    request = query(b"one")
    assert session.depth == 0

    session.submit(request)
    assert (request.state, session.depth, session.has_output, session.oldest) == (QUEUED, 1, True, None)
    output = session.take_output()
    assert (request.state, session.depth, session.has_output, session.oldest) == (HANDED, 1, False, request)
    session.data_received(server.receive(output))
    assert (request.state, session.depth, session.oldest) == (SETTLED, 0, None)


def test_each_request_owes_one_sync_and_gets_one_ready() -> None:
    session, server = started()

    settled = exchange(session, server, *(query(b"one") for _ in range(100)))

    assert len(settled) == 100
    assert server.syncs == server.readies == 100


@pytest.mark.parametrize("culprit", [b"bad parse", b"bad bind", b"bad run", b"bad row", b"deferred"])
def test_only_the_failing_request_fails_with_others_behind(culprit: bytes) -> None:  # F40
    session, server = started()
    first = query(culprit)
    others = [query(b"one") for _ in range(5)]

    settled = exchange(session, server, first, *others)

    assert settled == [first, *others]
    assert isinstance(first.error, PostgresError)
    assert first.error.outcome == Outcome.ABORTED
    assert not first.error.connection_spent
    assert all(other.error is None and len(recorded(other)[0]) == 2 for other in others)
    assert not session.is_spent


def test_items_behind_an_error_are_pipeline_aborted_and_those_before_keep_their_results() -> None:
    session, server = started()
    request = query(b"one", b"bad run", b"two", b"write")

    exchange(session, server, request)

    failure = request.error
    assert isinstance(failure, PostgresError)
    assert failure.index == request.error_index == 1
    assert request.items[0].error is None
    assert request.items[0].tag == "SELECT 1"
    assert request.items[1].error is failure
    for item in request.items[2:]:
        assert isinstance(item.error, PipelineAborted)
        assert (item.error.index, item.error.cause, item.error.outcome) == (1, failure, Outcome.ABORTED)
        assert item.tag == ""


def test_an_error_at_sync_fails_the_call_after_command_complete() -> None:
    session, server = started()
    request = query(b"write", b"deferred")

    exchange(session, server, request)

    assert isinstance(request.error, PostgresError)
    assert request.error_index == -1
    assert request.outcome == Outcome.ABORTED


def test_an_error_of_a_nontransactional_statement_is_unknown_once_it_ran() -> None:
    session, server = started()
    at_parse, at_run = query(b"bad parse"), query(b"bad run")
    at_parse.has_nontransactional = at_run.has_nontransactional = True

    exchange(session, server, at_parse, at_run)

    assert at_parse.outcome == Outcome.ABORTED
    assert at_run.outcome == Outcome.UNKNOWN


def test_a_simple_query_makes_an_item_for_each_result() -> None:
    session, server = started()
    request = simple(b"one;write;empty;two")

    exchange(session, server, request)

    assert [item.tag for item in request.items] == ["SELECT 1", "INSERT 0 1", "", "SELECT 2"]
    assert [len(events) for events in recorded(request)] == [2, 0, 0, 3]
    assert request.error is None


def test_a_simple_query_stops_at_its_error() -> None:
    session, server = started()
    request = simple(b"one;bad run;two")
    behind = query(b"one")

    exchange(session, server, request, behind)

    assert [item.tag for item in request.items] == ["SELECT 1"]
    assert isinstance(request.error, PostgresError)
    assert behind.error is None


def test_describe_only_and_empty_segments_settle() -> None:
    session, server = started()
    described = segment(statement(b"one", DESCRIBE_ONLY, b"s"))
    empty = segment()

    exchange(session, server, described, empty)

    assert [kind for kind, _ in recorded(described)[0]] == ["describe"]
    assert session.statements.is_proven(b"s")
    assert empty.outcome == Outcome.DONE


def test_transaction_status_is_that_of_each_ready_for_query() -> None:
    session, server = started()
    begin, failing = query(b"begin"), query(b"bad run")

    exchange(session, server, begin, failing)

    assert (begin.transaction_status, failing.transaction_status) == (IN_TRANSACTION, FAILED_TRANSACTION)
    assert session.transaction_status == FAILED_TRANSACTION


def test_a_shared_connection_left_in_a_transaction_is_spent_and_followers_fail() -> None:
    session, server = started()
    session.expects_idle = True
    begin, behind = query(b"begin"), query(b"write")

    settled = exchange(session, server, begin, behind)

    assert settled == [begin, behind]
    assert begin.error is None
    assert isinstance(behind.error, OutcomeUnknown)
    assert session.is_spent


def test_portal_suspended_ends_an_item() -> None:
    session = ready_session()
    request = segment(([], statement(b"one", 0)[1]))
    session.submit(request)
    session.take_output()

    session.data_received(frames(BindComplete(), DataRow([b"1"]), PortalSuspended(), ReadyForQuery(IDLE)))

    assert request.items[0].is_suspended
    assert request.error is None


# Abandoned requests


def test_a_queued_request_is_withdrawn_without_a_trace() -> None:
    session, server = started()
    before, gone, behind = query(b"one"), query(b"write"), query(b"two")
    for request in (before, gone, behind):
        session.submit(request)

    assert session.abandon(gone)

    assert (gone.state, session.depth) == (WITHDRAWN, 2)
    assert gone.outcome == Outcome.NOT_SENT
    assert session.data_received(server.receive(session.take_output())) == [before, behind]
    assert server.syncs == 2


def test_an_abandoned_answer_is_read_and_dropped_and_neighbours_are_whole() -> None:
    session, server = started()
    before, gone, behind = query(b"one"), query(b"two"), query(b"two")
    for request in (before, gone, behind):
        session.submit(request)
    output = session.take_output()
    sink = gone.items[0].sink

    assert not session.abandon(gone)
    settled = session.data_received(server.receive(output))

    assert settled == [before, gone, behind]
    assert isinstance(sink, RecordingSink)
    assert sink.events == []
    assert [len(events) for request in (before, behind) for events in recorded(request)] == [2, 3]


def test_abandoning_a_settled_request_does_nothing() -> None:
    session, server = started()
    request = query(b"one")
    exchange(session, server, request)

    assert not session.abandon(request)
    assert not request.is_abandoned


# What a caller may not do


def test_a_segment_without_its_sync_is_refused_and_changes_nothing() -> None:
    session, _ = started()
    whole = query(b"one")

    with pytest.raises(UsageError):
        session.submit(Request(whole.data[:-5], whole.items))
    assert (session.depth, session.queued_bytes) == (0, 0)


def test_a_request_is_submitted_once() -> None:
    session, _ = started()
    request = query(b"one")
    session.submit(request)

    with pytest.raises(UsageError):
        session.submit(request)


def test_terminate_closes_the_intake() -> None:
    session, _ = started()

    session.terminate()

    assert session.take_output() == b"X\x00\x00\x00\x04"
    with pytest.raises(UsageError):
        session.submit(query(b"one"))
    assert session.connection_lost(None) == []


def test_copy_to_stdout_in_a_plain_query_is_dropped_and_said() -> None:
    session, server = started()
    request, behind = query(b"copy out"), query(b"one")

    exchange(session, server, request, behind)

    assert isinstance(request.error, UsageError)
    assert request.outcome == Outcome.DONE
    assert behind.error is None


@pytest.mark.parametrize("is_simple", [False, True])
def test_copy_from_stdin_in_a_plain_query_is_failed(is_simple: bool) -> None:
    session, server = started()
    request = simple(b"copy in") if is_simple else query(b"copy in")

    assert exchange(session, server, request) == []
    settled = session.data_received(server.receive(session.take_output()))

    assert settled == [request]
    assert isinstance(request.error, PostgresError)
    assert request.error.sqlstate == "57014"
    assert not session.is_spent
    assert exchange(session, server, query(b"one"))[0].error is None
