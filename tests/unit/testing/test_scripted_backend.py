"""ScriptedBackend without I/O: which script a text has, values by type and format, portals, holds, what is usual."""

from __future__ import annotations

import re

import pytest

from qail.errors import EncodeError
from qail.pg.wire.constants import FAILED_TRANSACTION, IDLE, IN_TRANSACTION, PORTAL, PROTOCOL_3_0, STATEMENT
from qail.pg.wire.description import ParameterDescription, RowDescription
from qail.pg.wire.extended import Bind, Describe, Execute, Parse, Query, Sync
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import ErrorResponse
from qail.pg.wire.password import SASLInitialResponse
from qail.pg.wire.result import CommandComplete, DataRow, PortalSuspended, ReadyForQuery
from qail.pg.wire.startup import StartupMessage
from qail.pgtype import BOOL, INT8, TEXT
from qail.testing import Executed, Scram, Script, ScriptedBackend
from qail.testing.book import Scripts
from qail.testing.script import Hold

pytestmark = pytest.mark.feature("TS1")


def started(scripts: Scripts) -> ScriptedBackend:
    backend = ScriptedBackend(scripts)
    ask(backend, StartupMessage(PROTOCOL_3_0, {"user": "app"}))
    return backend


def ask(backend: ScriptedBackend, *messages: Message) -> list[Message]:
    return backend.receive_messages(b"".join(map(encode_message, messages)))


def run(sql: str, *, formats: list[int] | None = None, max_rows: int = 0) -> list[Message]:
    """A statement in one segment."""
    text = sql.encode()
    return [Parse(b"", text, []), Bind(b"", b"", [], [], formats or []), Execute(b"", max_rows), Sync()]


def values(answer: list[Message]) -> list[list[bytes | None]]:
    return [each.values for each in answer if isinstance(each, DataRow)]


def test_a_value_is_written_in_the_format_that_was_asked_for() -> None:
    script = Script(columns=[("a", INT8), ("b", BOOL), "c"], rows=[(1, True, "x"), (None, b"raw", 5)])
    backend = started({"q": script})

    assert values(ask(backend, *run("q"))) == [[b"1", b"t", b"x"], [None, b"raw", b"5"]]
    binary = values(ask(backend, *run("q", formats=[1, 1, 0])))
    assert binary == [[b"\0\0\0\0\0\0\0\1", b"\1", b"x"], [None, b"raw", b"5"]]


def test_a_value_that_is_not_of_its_columns_type_is_refused() -> None:
    backend = started({"q": Script(columns=[("a", INT8)], rows=[("one",)])})

    with pytest.raises(EncodeError):
        ask(backend, *run("q", formats=[1]))


def test_rows_end_in_a_tag_of_their_own_and_nothing_is_an_empty_query() -> None:
    backend = started({"q": Script(columns=["a"], rows=[["1"], ["2"]]), "none": Script()})

    assert CommandComplete("SELECT 2") in ask(backend, *run("q"))
    assert not [each for each in ask(backend, *run("none")) if isinstance(each, CommandComplete)]


def test_parameters_are_described_as_told_or_said_or_as_text() -> None:
    backend = started({"told $1": Script("X", parameters=[INT8]), "said $1 $2": Script("X")})

    def described(sql: str, oids: list[int]) -> list[Message]:
        answer = ask(backend, Parse(b"", sql.encode(), oids), Describe(STATEMENT, b""), Sync())
        return [each for each in answer if isinstance(each, ParameterDescription)]

    assert described("told $1", []) == [ParameterDescription([INT8.oid])]
    assert described("said $1 $2", [INT8.oid]) == [ParameterDescription([INT8.oid, TEXT.oid])]


def test_the_text_goes_before_patterns_and_a_function_gets_what_was_run() -> None:
    seen: list[Executed] = []

    def answer(executed: Executed) -> Script:
        seen.append(executed)
        return Script("FUNCTION")

    backend = started({re.compile("q.*"): answer, "q1": Script("TEXT")})

    assert CommandComplete("TEXT") in ask(backend, *run("q1"))
    assert CommandComplete("FUNCTION") in ask(backend, *run("q2"))
    assert seen[-1] == Executed("q2", ())


def test_a_portal_is_read_in_pieces() -> None:
    backend = started({"q": Script(columns=["n"], rows=[["1"], ["2"], ["3"]])})
    more = [Execute(b"p", 2), Sync()]
    ask(backend, Query(b"BEGIN"))

    first = ask(backend, Parse(b"", b"q", []), Bind(b"p", b"", [], [], []), Describe(PORTAL, b"p"), *more)
    second = ask(backend, *more)

    assert [type(each) for each in first if isinstance(each, RowDescription | PortalSuspended)] == [
        RowDescription,
        PortalSuspended,
    ]
    assert values(first) == [[b"1"], [b"2"]]
    assert values(second) == [[b"3"]]
    assert CommandComplete("SELECT 3") in second
    ask(backend, Query(b"COMMIT"))
    assert [each.fields["C"] for each in ask(backend, *more) if isinstance(each, ErrorResponse)] == ["34000"]


def test_transactions_need_no_script() -> None:
    backend = started({"bad": Script(fails_at="execute")})
    statuses = []
    for sql in ("BEGIN", "SAVEPOINT a", "bad", "ROLLBACK TO a", "bad", "COMMIT", "START TRANSACTION", "END"):
        answer = ask(backend, *run(sql))
        statuses += [each.status for each in answer if isinstance(each, ReadyForQuery)]

    assert statuses == [
        IN_TRANSACTION,
        IN_TRANSACTION,
        FAILED_TRANSACTION,
        IN_TRANSACTION,
        FAILED_TRANSACTION,
        IDLE,
        IN_TRANSACTION,
        IDLE,
    ]
    assert [each.sql for each in backend.executed][:2] == ["BEGIN", "SAVEPOINT a"]


def test_a_text_without_a_script_is_an_error_and_is_kept() -> None:
    backend = started({})

    failures = [each for each in ask(backend, *run("SELECT 1")) if isinstance(each, ErrorResponse)]

    assert [each.fields["C"] for each in failures] == ["42601"]
    assert backend.unknown == ["SELECT 1"]


@pytest.mark.parametrize("is_simple", [False, True])
def test_a_held_statement_that_is_cancelled_is_answered_once(is_simple: bool) -> None:
    backend = started({"q": Script("X", hold=True)})
    requests: list[Message] = [Query(b"q")] if is_simple else run("q")
    outputs = []
    for message in requests:
        outputs = backend.take(message)
        if any(isinstance(each, Hold) for each in outputs):
            break

    cancelled = [each for each in backend.cancel() if isinstance(each, Message)]
    rest = [] if is_simple else ask(backend, Sync())

    assert [type(each) for each in cancelled + rest] == [ErrorResponse, ReadyForQuery]


def test_a_wrong_answer_to_a_login_is_refused() -> None:
    backend = ScriptedBackend({}, login=Scram("secret"))
    ask(backend, StartupMessage(PROTOCOL_3_0, {"user": "app"}))

    answer = ask(backend, SASLInitialResponse("SCRAM-SHA-256", b"nonsense"))

    assert [each.fields["C"] for each in answer if isinstance(each, ErrorResponse)] == ["28P01"]
