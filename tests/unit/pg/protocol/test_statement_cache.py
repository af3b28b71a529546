"""The statement cache: which names may be used without Parse, and which are closed. A model and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qail.errors import PostgresError
from qail.pg.protocol.request import Request
from qail.pg.protocol.session import Session
from qail.pg.protocol.state import PARSE, PREPARED, REPLACE
from qail.pg.protocol.statement_cache import StatementCache, is_stale_statement
from support.scripted_client import ready_session, segment, statement
from support.scripted_server import Script, ScriptedServer, error

NAMES = [b"a", b"b", b"c", b"d"]


def test_a_name_is_proven_by_parse_complete_only() -> None:
    cache = StatementCache()

    assert cache.how(b"a") == PARSE
    cache.sent(b"a")
    assert cache.how(b"a") == REPLACE
    cache.proved(b"a")
    assert cache.how(b"a") == PREPARED


def test_a_failed_parse_proves_nothing() -> None:
    cache = StatementCache()
    cache.sent(b"a")

    cache.dropped(b"a")

    assert cache.how(b"a") == PARSE


def test_the_unnamed_statement_is_always_parsed() -> None:
    cache = StatementCache()
    cache.sent(b"a")

    assert cache.how(b"") == PARSE


def test_within_one_segment_a_name_is_parsed_once() -> None:
    assert StatementCache().plan([b"a", b"b", b"a", b"", b""]) == [PARSE, PARSE, PREPARED, PARSE, PARSE]


def test_the_least_recently_used_name_is_closed() -> None:
    cache = StatementCache(2)
    for name in (b"a", b"b"):
        cache.sent(name)
        cache.proved(name)
    cache.how(b"a")
    cache.sent(b"c")

    cache.proved(b"c")

    assert cache.take_closes() == [b"b"]
    assert cache.how(b"b") == REPLACE
    cache.closed(b"b")
    assert cache.how(b"b") == PARSE
    assert len(cache) == 2


def test_deallocate_all_forgets_every_name() -> None:
    cache = StatementCache()
    cache.sent(b"a")
    cache.proved(b"a")

    cache.forget_all()

    assert cache.how(b"a") == PARSE


@pytest.mark.parametrize(
    ("fields", "is_stale"),
    [
        ({"C": "26000"}, True),
        ({"C": "42P05"}, True),
        ({"C": "0A000", "R": "RevalidateCachedQuery"}, True),
        ({"C": "0A000", "R": "elsewhere"}, False),
        ({"C": "XX000", "M": "cache lookup failed for type 16386"}, True),
        ({"C": "XX000", "M": "cache lookup failed for relation 16386"}, False),
        ({"C": "42804", "R": "record_recv"}, True),
        ({"C": "42804", "R": "coerce_type"}, False),
        ({"C": "42P01"}, False),
        ({}, False),
    ],
)
def test_stale_statements_are_told_by_fields(fields: dict[str, str], is_stale: bool) -> None:
    assert is_stale_statement(PostgresError(fields=fields)) == is_stale


class Client:
    """A Session of small capacity and a server whose statements fail as told."""

    def __init__(self, capacity: int = 2) -> None:
        self.session = Session.__new__(Session) if capacity < 1 else ready_session(capacity)
        self.scripts = {name: Script("SELECT 1") for name in NAMES}
        self.server = ScriptedServer(self.scripts)
        self.server.reader.is_started = True
        self.submitted: list[Request] = []

    def submit(self, names: list[bytes]) -> Request:
        ways = self.session.statements.plan(names)
        parts = [statement(name, how, name) for name, how in zip(names, ways, strict=True)]
        request = segment(*parts)
        self.session.submit(request)
        self.submitted.append(request)
        return request

    def exchange(self) -> list[Request]:
        return self.session.data_received(self.server.receive(self.session.take_output()))


def test_two_first_uses_in_flight_both_succeed() -> None:  # F48
    client = Client()

    requests = [client.submit([b"a"]) for _ in range(3)]
    client.exchange()

    assert [request.error for request in requests] == [None] * 3
    assert [request.items[0].how for request in requests] == [PARSE, REPLACE, REPLACE]


def test_a_first_use_behind_a_failed_parse_succeeds() -> None:  # F48
    client = Client()
    client.scripts[b"a"].fails_at = "parse"
    first = client.submit([b"a"])
    output = client.session.take_output()
    behind = client.submit([b"a"])

    answer = client.server.receive(output)
    client.scripts[b"a"].fails_at = ""
    client.session.data_received(answer)
    client.exchange()

    assert isinstance(first.error, PostgresError)
    assert behind.error is None
    assert client.submit([b"a"]).items[0].how == PREPARED


@pytest.mark.parametrize("sqlstate", ["26000", "0A000"])
def test_a_stale_statement_is_sent_again_the_next_time(sqlstate: str) -> None:  # F47
    client = Client()
    client.submit([b"a"])
    client.exchange()
    client.scripts[b"a"] = Script(fails_at="bind", failure=error(sqlstate, R="RevalidateCachedQuery"))
    if sqlstate == "26000":
        client.server.statements.clear()
    stale = client.submit([b"a"])
    client.exchange()
    client.scripts[b"a"] = Script("SELECT 1")

    healed = client.submit([b"a"])
    client.exchange()

    # One that is gone is parsed; one that is there and no longer fits is replaced.
    assert healed.items[0].how == (PARSE if sqlstate == "26000" else REPLACE)
    assert isinstance(stale.error, PostgresError)
    assert is_stale_statement(stale.error)
    assert healed.error is None


def test_a_withdrawn_request_gives_its_closes_to_the_next() -> None:
    client = Client(capacity=1)
    for name in (b"a", b"b"):
        client.submit([name])
        client.exchange()
    gone = client.submit([b"c"])
    assert gone.close_names == [b"a"]

    client.session.abandon(gone)
    next_one = client.submit([b"b"])

    assert next_one.close_names == [b"a"]
    client.exchange()
    assert sorted(client.server.statements) == [b"b"]


def test_a_name_whose_replacement_failed_is_parsed_again() -> None:
    client = Client()
    client.submit([b"a"])
    first = client.session.take_output()
    replacing = client.submit([b"a"])
    answer = client.server.receive(first)
    client.scripts[b"a"].fails_at = "parse"
    client.session.data_received(answer)
    client.exchange()
    client.scripts[b"a"].fails_at = ""

    behind = client.submit([b"a"])
    client.exchange()

    assert isinstance(replacing.error, PostgresError)
    assert behind.items[0].how == PARSE
    assert behind.error is None


def test_an_evicted_name_is_closed_once_and_then_unknown() -> None:
    client = Client(capacity=1)
    for name in (b"a", b"b"):
        client.submit([name])
        client.exchange()

    reused = client.submit([b"a"])
    client.exchange()
    riding = client.submit([b"a"])
    client.exchange()

    # The segment that replaces it closes it itself.
    assert reused.items[0].how == REPLACE
    assert reused.close_names == []
    assert riding.close_names == [b"b"]
    assert client.session.statements.how(b"b") == PARSE


def test_deallocate_as_a_statement_empties_the_cache() -> None:
    client = Client()
    client.submit([b"a"])
    client.exchange()
    client.scripts[b"b"].tag = "DEALLOCATE ALL"
    client.submit([b"b"])
    client.exchange()

    assert client.submit([b"a"]).items[0].how == PARSE
    client.exchange()
    assert client.submitted[-1].error is None


steps = st.one_of(
    st.tuples(st.just("submit"), st.lists(st.sampled_from([*NAMES, b""]), min_size=1, max_size=3)),
    st.tuples(st.just("fail"), st.sampled_from(NAMES), st.sampled_from(["", "parse", "bind", "execute", "sync"])),
    st.tuples(st.just("exchange")),
    st.tuples(st.just("hand")),
    st.tuples(st.just("withdraw")),
    st.tuples(st.just("abandon")),
    st.tuples(st.just("deallocate")),
)


@settings(max_examples=300)
@given(st.lists(steps, max_size=40), st.integers(1, 3))
def test_no_caller_ever_meets_26000_or_42p05_and_every_close_is_booked(
    script: list[tuple[object, ...]], capacity: int
) -> None:
    client = Client(capacity)
    client.scripts[b""] = Script("SELECT 1")
    client.scripts[b"drop"] = Script("DEALLOCATE ALL")
    session = client.session
    output = b""

    def exchange() -> None:
        nonlocal output
        session.data_received(client.server.receive(output + session.take_output()))
        output = b""

    for step in script:
        if step[0] == "submit":
            assert isinstance(step[1], list)
            client.submit(step[1])
        elif step[0] == "fail":
            assert isinstance(step[1], bytes)
            # Not while answers are under way: a script is what the server does at the time it is asked.
            client.scripts[step[1]].fails_at = str(step[2])
        elif step[0] == "exchange":
            exchange()
        elif step[0] == "hand":
            output += session.take_output()
        elif step[0] == "deallocate" and session.depth == 0:
            session.submit(segment(statement(b"drop")))
            exchange()
        elif step[0] in ("withdraw", "abandon") and client.submitted:
            session.abandon(client.submitted[-1])
    exchange()

    assert not session.is_spent, session.spent_cause
    assert session.depth == 0
    for request in client.submitted:
        if isinstance(request.error, PostgresError):
            assert request.error.sqlstate == "22012"
        assert request.closes_done == len(request.close_names)
    proven = {name for name in NAMES if session.statements.is_proven(name)}
    assert proven <= set(client.server.statements)
    # What exists and is not proven is to be closed: nothing is leaked.
    left = set(client.server.statements) - proven - {b""}
    assert left == set(session.statements.take_closes())
    assert len(proven) <= capacity
