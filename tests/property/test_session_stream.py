"""Laws of a Session over whole streams: cuts do not matter, and nothing ever shifts to another caller."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qail.errors import Outcome, PostgresError
from qail.pg.protocol.request import Request
from qail.pg.protocol.session import Session
from qail.pg.wire.constants import IN_TRANSACTION
from qail.pg.wire.message import Message
from qail.pg.wire.notice import ErrorResponse, NoticeResponse, NotificationResponse, ParameterStatus
from qail.pg.wire.result import CommandComplete, DataRow, EmptyQueryResponse, ReadyForQuery
from support.scripted_client import (
    RecordingSink,
    copy_out,
    query,
    ready_session,
    recorded,
    simple,
)
from support.scripted_server import Script, ScriptedServer, error, frames

KINDS = ["rows", "wide", "write", "batch", "failing", "deferred", "simple", "copy", "empty", "begin"]


def script_of(kind: str, token: bytes) -> tuple[Request, dict[bytes, Script]]:
    """One request whose every row and tag carries `token`, and what its SQL does."""
    name = kind.encode() + b" " + token
    table: dict[str, Script] = {
        "rows": Script("SELECT 3", columns=["n"], rows=[[token], [None], [token * 3]]),
        "wide": Script("SELECT 1", columns=["a", "b", "c"], rows=[[token, token, b"x" * 300]]),
        "write": Script(f"INSERT 0 {token.decode()}"),
        "batch": Script("SELECT 1", columns=["n"], rows=[[token]]),
        "failing": Script(columns=["n"], rows=[[token]], fails_at="row", failure=error(M=token.decode())),
        "deferred": Script(f"INSERT 0 {token.decode()}", fails_at="sync", failure=error("23505", M=token.decode())),
        "simple": Script("SELECT 1", columns=["n"], rows=[[token]]),
        "copy": Script(f"COPY {token.decode()}", copy="out", rows=[[token], [b"y" * 100]]),
        "empty": Script(""),
        "begin": Script("BEGIN", status=IN_TRANSACTION),
    }
    scripts = {name: table[kind]}
    if kind == "batch":
        scripts[b"bad " + token] = Script(fails_at="execute", failure=error(M=token.decode()))
        return query(name, name, b"bad " + token, name), scripts
    if kind == "simple":
        return simple(name + b";" + name), scripts
    return (copy_out(name) if kind == "copy" else query(name)), scripts


def conversation(kinds: list[str]) -> tuple[Session, list[Request], list[Message]]:
    """A Session with one handed request for each kind, and the server's whole answer."""
    session = ready_session()
    scripts: dict[bytes, Script] = {}
    server = ScriptedServer(scripts)
    server.reader.is_started = True
    requests = []
    for index, kind in enumerate(kinds):
        request, needed = script_of(kind, str(1000 + index).encode())
        scripts.update(needed)
        session.submit(request)
        requests.append(request)
    return session, requests, server.receive_messages(session.take_output())


def story(request: Request) -> object:
    """All that a caller can see of a request."""
    failure = request.error
    return (
        request.state,
        request.transaction_status,
        request.error_index,
        type(failure),
        str(failure),
        recorded(request),
        [(item.tag, item.parameter_oids, item.copy_formats, type(item.error)) for item in request.items],
    )


def feed(session: Session, stream: bytes, cuts: list[int]) -> list[Request]:
    edges = sorted({0, *(cut for cut in cuts if cut < len(stream)), len(stream)})
    settled: list[Request] = []
    for start, end in itertools.pairwise(edges):
        settled += session.data_received(stream[start:end])
    return settled


kinds_of_requests = st.lists(st.sampled_from(KINDS), min_size=1, max_size=6)


@pytest.mark.feature("PR4")
@given(kinds_of_requests, st.lists(st.integers(1, 4000), max_size=30), st.booleans())
def test_any_cuts_give_the_same_answers(kinds: list[str], cuts: list[int], is_noisy: bool) -> None:
    whole, whole_requests, answers = conversation(kinds)
    cut, cut_requests, _ = conversation(kinds)
    noise = [
        NoticeResponse({"S": "NOTICE", "M": "n"}),
        ParameterStatus("TimeZone", "UTC"),
        NotificationResponse(1, "c", "p"),
    ]
    if is_noisy:
        answers = [message for pair in zip(answers, noise * len(answers), strict=False) for message in pair]
    stream = frames(*answers)

    assert whole.data_received(stream) == whole_requests
    assert feed(cut, stream, cuts) == cut_requests
    assert [story(request) for request in cut_requests] == [story(request) for request in whole_requests]
    assert cut.take_messages() == whole.take_messages()
    assert cut.transaction_status == whole.transaction_status


@pytest.mark.feature("PR4")
def test_one_byte_at_a_time_gives_the_same_answers() -> None:
    whole, whole_requests, answers = conversation(KINDS)
    cut, cut_requests, _ = conversation(KINDS)
    stream = frames(*answers)

    whole.data_received(stream)

    assert feed(cut, stream, list(range(len(stream)))) == cut_requests
    assert [story(request) for request in cut_requests] == [story(request) for request in whole_requests]


@given(kinds_of_requests, st.sampled_from(["drop", "double", "swap"]), st.integers(0, 10_000))
def test_a_dropped_doubled_or_swapped_message_never_moves_an_answer_to_another_caller(
    kinds: list[str], verb: str, seed: int
) -> None:  # F44, I1, I2
    # How many results a simple Query has nobody knows: without the ReadyForQuery between two of them, they are one.
    assume(kinds.count("simple") <= 1)
    plain, plain_requests, answers = conversation(kinds)
    plain.data_received(frames(*answers))
    session, requests, _ = conversation(kinds)
    # A row more or less cannot be told from a result of another size; every other message can.
    places = [place for place, message in enumerate(answers) if not _is_data(message)]
    place = places[seed % len(places)]
    bent = list(answers)
    if verb == "drop":
        del bent[place]
    elif verb == "double":
        bent.insert(place, bent[place])
    else:
        bent[place : place + 2] = reversed(bent[place : place + 2])

    settled = session.data_received(frames(*bent))
    is_seen = session.is_spent or session.depth > 0
    settled += session.connection_lost(None)

    assert settled == requests
    assert is_seen or _is_legal(verb, place, answers, bent)
    for request, like in zip(requests, plain_requests, strict=True):
        # Rows, tags and errors that reached a caller carry the caller's own token.
        own = [event for events in recorded(like) for event in events]
        assert all(event in own for events in recorded(request) for event in events)
        assert {item.tag for item in request.items} <= {"", *(item.tag for item in like.items)}
        if isinstance(request.error, PostgresError):
            assert request.error.message == getattr(like.error, "message", None)


def _is_data(message: Message) -> bool:
    return isinstance(message, DataRow) or type(message).__name__ == "CopyData"


def _is_legal(verb: str, place: int, answers: list[Message], bent: list[Message]) -> bool:
    """Whether a server may have meant the bent stream: nobody can tell."""
    changed = answers[place]
    if verb == "drop":
        # No error at all, or one before CommandComplete.
        return isinstance(changed, ErrorResponse) or isinstance(answers[place + 1], ErrorResponse)
    if verb == "double":
        # One result more of a simple Query.
        return isinstance(changed, (CommandComplete, EmptyQueryResponse))
    return bent == answers or isinstance(changed, DataRow) or isinstance(answers[place + 1], (DataRow, ErrorResponse))


def test_a_ready_for_query_too_many_never_answers_the_next_query() -> None:
    for kind in KINDS:
        session, requests, answers = conversation(["write", kind])
        first_ready = next(place for place, message in enumerate(answers) if isinstance(message, ReadyForQuery))
        answers.insert(first_ready, answers[first_ready])

        assert session.data_received(frames(*answers)) == requests
        assert session.is_spent
        assert requests[1].outcome == Outcome.UNKNOWN


@given(st.binary(max_size=400), st.integers(0, 10_000), st.integers(0, 7))
@pytest.mark.feature("PR5")
def test_a_changed_byte_settles_everything_or_waits(noise: bytes, place: int, bit: int) -> None:
    session, requests, answers = conversation(["rows", "batch", "simple", "copy", "write"])
    stream = bytearray(frames(*answers))
    stream[place % len(stream)] ^= 1 << bit

    settled = session.data_received(bytes(stream) + noise)
    settled += session.connection_lost(None)

    assert settled == requests
    assert all(request.outcome in list(Outcome) for request in requests)


@given(kinds_of_requests, st.integers(0, 5), st.integers(0, 400), st.randoms(use_true_random=False))
def test_abandoning_any_request_at_any_time_leaves_its_neighbours_whole(
    kinds: list[str], victim: int, cut: int, source: random.Random
) -> None:
    plain, plain_requests, answers = conversation(kinds)
    stream = frames(*answers)
    plain.data_received(stream)
    session, requests, _ = conversation(kinds)
    gone = requests[victim % len(requests)]

    settled = session.data_received(stream[:cut])
    session.abandon(gone)
    sinks = [item.sink for item in gone.items]
    settled += feed(session, stream[cut:], [source.randrange(1, 2000) for _ in range(3)])

    assert settled == requests
    for request, like in zip(requests, plain_requests, strict=True):
        if request is not gone:
            assert story(request) == story(like)
        elif request.is_abandoned:
            assert not any(isinstance(sink, RecordingSink) for sink in sinks)
        assert request.outcome == like.outcome
