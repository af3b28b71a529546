"""The end of a connection: every request is settled once, with the outcome that can be proved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import (
    ConnectionLost,
    Outcome,
    PostgresError,
    ProtocolError,
)
from qail.pg.protocol.state import SETTLED
from qail.pg.wire.constants import IDLE
from qail.pg.wire.copy import CopyBothResponse, CopyInResponse
from qail.pg.wire.description import NoData, ParameterDescription
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import NoticeResponse
from qail.pg.wire.result import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    ParseComplete,
    ReadyForQuery,
)
from qail.sqlstate import CrashShutdown
from support.scripted_client import (
    PENDING_OUTCOMES,
    RecordingSink,
    exchange,
    pending_requests,
    query,
    simple,
    started,
)
from support.scripted_server import error, frames


@pytest.mark.parametrize("cause", [None, OSError("reset")])
def test_a_lost_connection_settles_each_request_once(cause: Exception | None) -> None:
    session, _ = started()
    requests = pending_requests(session)

    settled = session.connection_lost(cause)

    assert settled == requests
    assert [request.outcome for request in requests] == PENDING_OUTCOMES
    assert all(isinstance(request.error, ConnectionLost) and request.error.connection_spent for request in requests)
    assert len({id(request.error) for request in requests}) == len(requests)
    assert session.connection_lost(None) == []
    assert session.take_output() == b""
    assert session.depth == 0


def test_a_commit_behind_makes_the_outcome_unknown() -> None:
    session, _ = started()
    work, commit, after = query(b"write"), query(b"write"), query(b"write")
    for request in (work, commit, after):
        request.is_in_transaction = True
        session.submit(request)
    commit.ends_transaction = True
    session.take_output()

    session.connection_lost(None)

    assert [request.outcome for request in (work, commit, after)] == ["unknown", "unknown", "aborted"]


def test_fatal_behind_command_complete_without_ready_settles_once_and_keeps_the_cause() -> None:  # F43
    session, _ = started()
    requests = pending_requests(session)
    fatal = error("57P01", "FATAL", "terminating")

    settled = session.data_received(frames(ParseComplete(), fatal, fatal))

    assert settled == requests
    assert [request.outcome for request in requests] == PENDING_OUTCOMES
    assert isinstance(session.spent_cause, PostgresError)
    assert session.spent_cause.sqlstate == "57P01"
    assert all(request.error is not None and request.error.__cause__ is session.spent_cause for request in requests)
    assert session.connection_lost(None) == []


def test_fatal_while_idle_is_kept_as_the_cause_of_the_end() -> None:  # F43
    session, _ = started()

    assert session.data_received(frames(error("57P01", "FATAL", "terminating"))) == []
    assert session.is_spent
    session.connection_lost(None)
    assert isinstance(session.spent_cause, PostgresError)
    with pytest.raises(ConnectionLost) as caught:
        session.submit(query(b"one"))
    assert caught.value.outcome == Outcome.NOT_SENT


def test_a_protocol_violation_said_by_the_server_ends_the_connection_at_ready() -> None:
    session, _ = started()
    broken, behind = query(b"write"), query(b"write")
    session.submit(broken)
    session.submit(behind)
    session.take_output()

    settled = session.data_received(frames(error("08P01"), ReadyForQuery(IDLE)))

    assert settled == [broken, behind]
    assert broken.outcome == Outcome.ABORTED
    assert isinstance(broken.error, PostgresError)
    assert broken.error.connection_spent
    assert behind.outcome == Outcome.UNKNOWN


def test_class_08_as_a_plain_error_leaves_the_connection_usable() -> None:
    session, _ = started()
    request = query(b"write")
    session.submit(request)
    session.take_output()

    session.data_received(frames(error("08006"), ReadyForQuery(IDLE)))

    assert request.outcome == Outcome.ABORTED
    assert not session.is_spent


OUT_OF_ORDER: dict[str, list[Message]] = {
    "ready for nothing": [],
    "row before description": [DataRow([b"1"])],
    "bind before parse": [BindComplete()],
    "command complete twice": [
        ParseComplete(),
        CommandComplete("SELECT 1"),
    ],
    "close for nothing": [CloseComplete()],
    "ready before the rest": [ParseComplete(), ParameterDescription([]), NoData()],
    "copy both": [CopyBothResponse(0, [])],
}


@pytest.mark.parametrize("name", OUT_OF_ORDER)
@pytest.mark.feature("PR5")
def test_an_answer_out_of_order_spends_the_connection(name: str) -> None:
    session, _ = started()
    requests = pending_requests(session)

    settled = session.data_received(frames(*OUT_OF_ORDER[name], ReadyForQuery(IDLE)))

    assert settled == requests
    assert session.is_spent
    assert isinstance(session.spent_cause, ProtocolError)
    assert [request.outcome for request in requests] == PENDING_OUTCOMES


@pytest.mark.parametrize(
    "unasked", [ReadyForQuery(IDLE), CommandComplete("SELECT 1"), error(), DataRow([]), ParseComplete(), BindComplete()]
)
def test_a_reply_to_nothing_spends_the_connection(unasked: Message) -> None:  # F44
    session, _ = started()

    assert session.data_received(encode_message(unasked)) == []
    assert isinstance(session.spent_cause, ProtocolError)


def test_a_second_error_before_ready_spends_the_connection() -> None:
    session, _ = started()
    request = query(b"write")
    session.submit(request)
    session.take_output()

    assert session.data_received(frames(error(), error())) == [request]
    assert session.is_spent


def test_a_sink_that_raises_spends_the_connection_and_data_received_does_not() -> None:
    class BrokenSink(RecordingSink):
        def take_rows(self, buffer: bytes, position: int, end: int) -> int:
            raise ZeroDivisionError

    session, server = started()
    request, behind = query(b"one"), query(b"one")
    request.items[0].sink = BrokenSink()

    assert exchange(session, server, request, behind) == [request, behind]
    assert isinstance(session.spent_cause, ProtocolError)
    assert isinstance(session.spent_cause.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("code", [b"D", b"C", b"Z", b"E", b"2", b"T", b"N", b"?", b"\x00", b"\xff"])
@pytest.mark.parametrize("length", [-(2**31), -2, -1, 0, 1, 2, 3, 4, 5, 2**31 - 1])
@pytest.mark.feature("PR5")
def test_hostile_lengths_never_raise_and_allocate_nothing(code: bytes, length: int) -> None:  # F45
    session, _ = started()
    request = query(b"one")
    session.submit(request)
    session.take_output()

    settled = session.data_received(code + length.to_bytes(4, "big", signed=True) + bytes(8))

    if settled:
        assert session.is_spent
        assert settled == [request]


@given(st.binary(max_size=200), st.integers(0, 120))
def test_any_bytes_at_any_point_settle_all_or_wait(noise: bytes, cut: int) -> None:  # F45, T3
    session, server = started()
    requests = [query(b"two"), simple(b"one;two"), query(b"write")]
    for request in requests:
        session.submit(request)
    answer = server.receive(session.take_output())

    settled = session.data_received(answer[:cut] + noise)
    settled += session.connection_lost(None)

    assert settled == requests
    assert all(request.state == SETTLED for request in requests)


def test_an_answer_to_what_was_not_handed_spends_the_connection() -> None:
    session, server = started()
    first, second = query(b"write"), query(b"write")
    session.submit(first)
    answer = server.receive(session.take_output())
    session.submit(second)

    settled = session.data_received(answer + answer)

    assert settled == [first, second]
    assert first.outcome == Outcome.DONE
    assert second.outcome == Outcome.NOT_SENT
    assert session.is_spent


def test_copy_from_stdin_with_others_behind_spends_the_connection() -> None:
    session, _ = started()
    requests = [query(b"copy in"), query(b"write")]
    for request in requests:
        session.submit(request)
    session.take_output()

    # Their Syncs are swallowed or not, as the copy goes: nobody can count them.
    settled = session.data_received(
        frames(ParseComplete(), ParameterDescription([]), NoData(), BindComplete(), CopyInResponse(0, [0]))
    )

    assert settled == requests
    assert session.is_spent
    assert session.take_output() == b""


@pytest.mark.parametrize(("sqlstate", "outcome"), [("40003", "unknown"), ("08007", "unknown"), ("23505", "aborted")])
def test_an_outcome_that_the_server_itself_does_not_know_is_unknown(sqlstate: str, outcome: str) -> None:
    session, _ = started()
    request = query(b"write")
    session.submit(request)
    session.take_output()

    session.data_received(frames(ParseComplete(), error(sqlstate, "ERROR", "who knows"), ReadyForQuery(IDLE)))

    assert isinstance(request.error, PostgresError)
    assert (request.error.outcome, request.error.transaction_status) == (outcome, "I")


@pytest.mark.feature("ER3")
@pytest.mark.parametrize("cause", [None, OSError("reset")])
def test_a_notice_of_the_servers_end_is_the_cause_of_a_lost_connection(cause: Exception | None) -> None:
    session, _ = started()
    (request,) = pending_requests(session)[:1]
    notice = NoticeResponse({"S": "WARNING", "V": "WARNING", "C": "57P02", "M": "another server process crashed"})

    session.data_received(frames(notice))
    session.connection_lost(cause)

    assert isinstance(request.error, ConnectionLost)
    assert isinstance(request.error.__cause__, CrashShutdown)
    assert request.error.__cause__.__cause__ is cause


@pytest.mark.feature("ER3")
def test_other_notices_are_no_cause() -> None:
    session, _ = started()
    (request,) = pending_requests(session)[:1]

    session.data_received(frames(NoticeResponse({"S": "WARNING", "V": "WARNING", "C": "01000", "M": "a remark"})))
    session.connection_lost(None)

    assert isinstance(request.error, ConnectionLost)
    assert not isinstance(request.error.__cause__, PostgresError)
