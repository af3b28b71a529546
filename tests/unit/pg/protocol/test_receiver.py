"""Messages that may stand anywhere, and settings that end a connection."""

from __future__ import annotations

import pytest

from qail.errors import PostgresError
from qail.pg.wire.constants import IDLE
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.notice import ErrorResponse, NoticeResponse, NotificationResponse, ParameterStatus
from qail.pg.wire.result import ReadyForQuery
from support.scripted_client import (
    query,
    recorded,
    simple,
    started,
)
from support.scripted_server import frames

ASYNCHRONOUS: list[Message] = [
    NoticeResponse({"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": "hello"}),
    NotificationResponse(7, "news", "payload"),
    ParameterStatus("TimeZone", "UTC"),
]


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("message", ASYNCHRONOUS)
def test_asynchronous_messages_may_stand_between_any_two_messages(message: Message) -> None:
    noise = encode_message(message)
    plain, server = started()
    shape = [query(b"one", b"bad row", b"two"), simple(b"one;two;empty"), query(b"two"), query(b"deferred")]
    for request in shape:
        plain.submit(request)
    answers = server.receive_messages(plain.take_output())
    session, server = started()
    requests = [query(b"one", b"bad row", b"two"), simple(b"one;two;empty"), query(b"two"), query(b"deferred")]
    for request in requests:
        session.submit(request)
    session.take_output()

    settled = session.data_received(noise + noise.join(encode_message(answer) for answer in answers) + noise)
    plain.data_received(frames(*answers))

    assert settled == requests
    assert session.take_messages() == [message] * (len(answers) + 1)
    assert session.take_messages() == []
    for request, like in zip(requests, shape, strict=True):
        assert recorded(request) == recorded(like)
        assert [item.tag for item in request.items] == [item.tag for item in like.items]
        assert request.outcome == like.outcome


def test_parameter_status_updates_the_connection() -> None:
    session, _ = started()

    session.data_received(frames(ParameterStatus("TimeZone", "Asia/Tokyo")))

    assert session.parameters["TimeZone"] == "Asia/Tokyo"


@pytest.mark.parametrize(("name", "value"), [("client_encoding", "LATIN1"), ("standard_conforming_strings", "off")])
def test_a_setting_we_cannot_live_with_spends_the_connection(name: str, value: str) -> None:
    session, _ = started()
    request = query(b"write")
    session.submit(request)
    session.take_output()

    assert session.data_received(frames(ParameterStatus(name, value))) == [request]
    assert session.is_spent


@pytest.mark.feature("RT5")
def test_a_refusal_to_write_is_its_callers_error_and_told_to_the_owner_as_well() -> None:
    session, _ = started()
    request = query(b"write")
    session.submit(request)
    session.take_output()

    refusal = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "25006", "M": "cannot execute INSERT"})
    session.data_received(frames(refusal, ReadyForQuery(IDLE)))

    assert isinstance(request.error, PostgresError)
    assert request.error.sqlstate == "25006"
    assert session.take_messages() == [request.error]
    assert not session.is_spent
