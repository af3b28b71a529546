"""COPY IN and COPY OUT: one Sync each, data in order, and every way they can break off."""

from __future__ import annotations

import pytest

from qail.errors import ConnectionLost, Outcome, PostgresError, UsageError
from qail.pg.protocol.copy import copy_fail_frame
from qail.pg.protocol.request import Request
from qail.pg.protocol.session import Session
from qail.pg.wire.constants import IDLE
from qail.pg.wire.copy import CopyDone
from qail.pg.wire.extended import Sync
from qail.pg.wire.notice import NoticeResponse
from qail.pg.wire.result import ReadyForQuery
from support.scripted_client import copy_in, copy_out, query, ready_session, recorded
from support.scripted_server import Script, ScriptedServer, error, frames

SCRIPTS = {
    b"in": Script("COPY 2", copy="in"),
    b"in, bad row": Script("COPY 2", copy="in", fails_at="row"),
    b"in, bad": Script(fails_at="execute"),
    b"in, unparsed": Script(fails_at="parse"),
    b"in, deferred": Script("COPY 2", copy="in", fails_at="sync"),
    b"out": Script("COPY 2", copy="out", rows=[[b"a"], [b"bc"]]),
    b"out, bad row": Script(copy="out", rows=[[b"a"]], fails_at="row"),
    b"write": Script("INSERT 0 1"),
    b"one": Script("SELECT 1", columns=["n"], rows=[[b"1"]]),
}


class Copying:
    def __init__(self) -> None:
        self.session: Session = ready_session()
        self.server = ScriptedServer(SCRIPTS)
        self.server.reader.is_started = True

    def exchange(self) -> list[Request]:
        settled: list[Request] = []
        while self.session.has_output:
            settled += self.session.data_received(self.server.receive(self.session.take_output()))
        return settled

    def submit(self, request: Request) -> list[Request]:
        self.session.submit(request)
        return self.exchange()


def test_copy_in_sends_its_data_and_one_sync() -> None:
    copying = Copying()
    request = copy_in(b"in")

    assert copying.submit(request) == []
    assert copying.session.copy_is_open(request)
    copying.session.copy_write(request, b"first")
    copying.session.copy_write(request, b"")
    copying.session.copy_write(request, b"second")
    copying.session.copy_finish(request)
    settled = copying.exchange()

    assert settled == [request]
    assert request.error is None
    assert request.items[0].tag == "COPY 2"
    assert request.items[0].copy_formats == [1]
    assert copying.server.copied == [b"first", b"", b"second"]
    assert copying.server.syncs == copying.server.readies == 1


def test_a_copy_is_not_open_before_the_server_says_so() -> None:
    copying = Copying()
    request = copy_in(b"in")
    copying.session.submit(request)
    copying.session.take_output()

    assert not copying.session.copy_is_open(request)
    with pytest.raises(UsageError):
        copying.session.copy_write(request, b"early")
    with pytest.raises(UsageError):
        copying.session.copy_finish(request)


def test_nothing_is_submitted_while_copy_in_is_under_way() -> None:
    copying = Copying()
    copying.session.submit(copy_in(b"in"))

    with pytest.raises(UsageError):
        copying.session.submit(query(b"one"))


@pytest.mark.parametrize("sql", [b"in, bad", b"in, unparsed"])
def test_copy_in_that_never_opens_gets_its_sync_and_the_next_answer_is_whole(sql: bytes) -> None:
    copying = Copying()
    request = copy_in(sql)

    settled = copying.submit(request)
    behind = query(b"one")
    copying.submit(behind)

    assert settled == [request]
    assert request.outcome == Outcome.ABORTED
    assert behind.error is None
    assert copying.server.syncs == copying.server.readies == 2


def test_a_failing_copy_in_ends_with_one_sync_and_refuses_more_data() -> None:
    copying = Copying()
    request = copy_in(b"in")
    copying.submit(request)
    session = copying.session

    session.data_received(frames(error("22P02")))

    with pytest.raises(UsageError):
        session.copy_write(request, b"more")
    assert session.take_output() == frames(Sync())
    assert session.data_received(frames(ReadyForQuery(IDLE))) == [request]
    assert isinstance(request.error, PostgresError)
    assert request.outcome == Outcome.ABORTED


def test_an_error_behind_copy_done_is_answered_by_the_sync_already_sent() -> None:
    copying = Copying()
    request = copy_in(b"in, bad row")
    copying.submit(request)
    copying.session.copy_write(request, b"x")

    copying.session.copy_finish(request)
    settled = copying.exchange()

    assert settled == [request]
    assert request.outcome == Outcome.ABORTED
    assert copying.server.syncs == copying.server.readies == 1


def test_a_deferred_error_fails_a_finished_copy() -> None:
    copying = Copying()
    request = copy_in(b"in, deferred")
    copying.submit(request)

    copying.session.copy_finish(request)
    copying.exchange()

    assert request.outcome == Outcome.ABORTED


def test_an_aborted_copy_in_sends_copy_fail_and_never_copy_done() -> None:
    copying = Copying()
    request = copy_in(b"in")
    copying.submit(request)
    copying.session.copy_write(request, b"x")

    copying.session.copy_abort(request, "the source raised \0\ud800" + "é" * 3000)
    copying.exchange()

    assert isinstance(request.error, PostgresError)
    assert request.error.sqlstate == "57014"
    assert not any(isinstance(message, CopyDone) for message in copying.server.received)


def test_the_reason_is_cut_to_a_size_the_server_takes() -> None:
    frame = copy_fail_frame("é" * 30_000)

    assert len(frame) <= 1_000 + 6
    assert frame[5:-1].decode() == "é" * ((len(frame) - 6) // 2)


@pytest.mark.parametrize("is_open", [True, False])
def test_an_abandoned_copy_in_is_failed_and_the_connection_stays_usable(is_open: bool) -> None:
    copying = Copying()
    request = copy_in(b"in")
    copying.session.submit(request)
    answer = copying.server.receive(copying.session.take_output())
    if is_open:
        copying.session.data_received(answer)
        assert not copying.session.abandon(request)
        settled = copying.exchange()
    else:
        assert not copying.session.abandon(request)
        copying.session.data_received(answer)
        settled = copying.exchange()

    assert settled == [request]
    assert request.outcome == Outcome.ABORTED
    behind = query(b"one")
    copying.submit(behind)
    assert behind.error is None


def test_a_notice_in_copy_is_no_matter() -> None:
    copying = Copying()
    request = copy_in(b"in")
    copying.submit(request)

    copying.session.data_received(frames(NoticeResponse({"M": "hello"})))

    assert copying.session.copy_is_open(request)


def test_a_copy_in_whose_connection_ends_is_settled() -> None:
    copying = Copying()
    request = copy_in(b"in")
    copying.submit(request)
    copying.session.copy_write(request, b"x")

    assert copying.session.connection_lost(None) == [request]

    assert isinstance(request.error, ConnectionLost)
    assert copying.session.take_output() == b""
    assert not copying.session.copy_is_open(request)


def test_a_statement_that_is_no_copy_runs_and_its_caller_is_told() -> None:
    copying = Copying()
    reading, writing = copy_out(b"write"), copy_in(b"write")

    copying.submit(reading)
    copying.submit(writing)

    for request in (reading, writing):
        assert isinstance(request.error, UsageError)
        assert request.outcome == Outcome.DONE
    assert copying.server.syncs == copying.server.readies == 2


def test_copy_out_gives_its_data_to_the_sink() -> None:
    copying = Copying()
    request = copy_out(b"out")

    copying.submit(request)

    assert [data for kind, data in recorded(request)[0] if kind == "copy"] == [b"a", b"bc"]
    assert request.items[0].tag == "COPY 2"
    assert request.error is None


def test_copy_out_fails_and_is_abandoned_like_any_request() -> None:
    copying = Copying()
    failing, gone, behind = copy_out(b"out, bad row"), copy_out(b"out"), query(b"one")
    for request in (failing, gone, behind):
        copying.session.submit(request)
    answer = copying.server.receive(copying.session.take_output())
    copying.session.abandon(gone)

    assert copying.session.data_received(answer) == [failing, gone, behind]
    assert failing.outcome == Outcome.ABORTED
    assert behind.error is None
