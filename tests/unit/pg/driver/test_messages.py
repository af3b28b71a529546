"""Messages: who is called, in which order, and what a failing handler does."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from qail.errors import PostgresError
from qail.pg.driver.messages import Channel, Messages, Notice, Notification
from qail.pg.wire.notice import NoticeResponse, NotificationResponse, ParameterStatus


def notice(**fields: str) -> NoticeResponse:
    return NoticeResponse({"V": "NOTICE", "C": "00000", "M": "hello", **fields})


def test_each_message_goes_to_the_handlers_of_its_kind_in_order() -> None:
    messages = Messages()
    heard: list[tuple[str, Any]] = []
    messages.notice_handlers.append(lambda each: heard.append(("first", each)))
    messages.notice_handlers.append(lambda each: heard.append(("second", each)))
    messages.notification_handlers.append(lambda each: heard.append(("third", each)))

    messages.deliver([NotificationResponse(7, "news", "text"), ParameterStatus("TimeZone", "UTC"), notice()])

    told = Notice({"V": "NOTICE", "C": "00000", "M": "hello"})
    assert heard == [("third", Notification("news", "text", 7)), ("first", told), ("second", told)]


def test_a_handler_may_remove_itself_and_the_others_are_still_called() -> None:
    messages = Messages()
    heard: list[str] = []

    def once(each: Notice) -> None:
        heard.append("once")
        messages.notice_handlers.remove(once)

    messages.notice_handlers.append(once)
    messages.notice_handlers.append(lambda each: heard.append("always"))

    messages.deliver([notice(), notice()])

    assert heard == ["once", "always", "always"]


def test_what_a_handler_raises_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    messages = Messages()
    heard: list[Notice] = []

    def fail(each: Notice) -> None:
        raise LookupError("mine")

    messages.notice_handlers.extend([fail, heard.append])

    messages.deliver([notice(), notice()])

    assert len(heard) == 2
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [LookupError] * 2


def test_the_log_has_the_message_and_none_of_the_fields_that_may_quote_rows(caplog: pytest.LogCaptureFixture) -> None:
    quoting = dict.fromkeys("DHWqstcdn", "secret")

    with caplog.at_level(logging.INFO, "qail.notice"):
        Messages().deliver([notice(**quoting), notice(M="secret", R="exec_stmt_raise"), notice(V="", S="HINWEIS")])
        Messages().deliver([NotificationResponse(7, "news", "secret")])

    assert "secret" not in caplog.text
    assert caplog.records[0].getMessage() == "NOTICE 00000: hello"
    assert caplog.records[2].getMessage() == "HINWEIS 00000: hello"
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_nothing_is_logged_where_nobody_wants_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "qail.notice"):
        Messages().deliver([notice(), NotificationResponse(7, "news", "text")])

    assert caplog.records == []


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.woken = 0

    def hear(self, notification: Notification) -> None:
        self.heard.append(notification.payload)

    def lose(self) -> None:
        self.heard.append("gap")

    def wake(self) -> None:
        self.woken += 1


def subscribed(messages: Messages, **channels: list[Listener]) -> None:
    for name, listeners in channels.items():
        messages.channels[name] = Channel()
        messages.channels[name].subscribers.extend(listeners)


@pytest.mark.feature("LN3")
def test_subscribers_hear_their_channels_and_of_the_end_once() -> None:
    messages = Messages()
    one, both = Listener(), Listener()
    subscribed(messages, a=[one, both], b=[both])

    messages.deliver([NotificationResponse(7, "a", "1"), NotificationResponse(7, "b", "2")])
    messages.wake()
    messages.clear()
    messages.deliver([NotificationResponse(7, "a", "3")])
    messages.wake()

    assert (one.heard, both.heard) == (["1"], ["1", "2"])
    assert (one.woken, both.woken) == (2, 2)


@pytest.mark.feature("RT4")
def test_what_takes_the_place_of_a_lost_link_serves_its_handlers_and_subscribers() -> None:
    lost, made = Messages(), Messages()
    listener = Listener()
    heard: list[Notification] = []
    subscribed(lost, a=[listener])
    lost.notification_handlers.append(heard.append)
    made.notification_handlers.append(heard.append)

    made.take_over(lost)
    made.deliver([NotificationResponse(7, "a", "1")])
    lost.deliver([NotificationResponse(7, "a", "2")])

    assert listener.heard == ["1"]
    # On both there is the same handler, and it is called once for each.
    assert [each.payload for each in heard] == ["1", "2"]


@pytest.mark.feature("RT5")
def test_its_owner_is_told_of_parameters_and_of_a_refusal_to_write() -> None:
    messages = Messages()
    told: list[object] = []
    status = ParameterStatus("in_hot_standby", "on")
    refusal = PostgresError(fields={"C": "25006"})
    messages.deliver([status])
    messages.on_change = told.append

    messages.deliver([status, refusal])

    assert told == [status, refusal]
