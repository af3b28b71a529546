"""Notices, notifications and changed parameters: what a server says between the answers, and who hears it.

Rule 1: they are taken from the session after each chunk that brought some, so that a chatty server costs no memory.
Rule 2: a handler runs once the chunk's requests have settled, and before their callers go on. What it raises is
logged and goes no further: the stream and its neighbours know nothing of it.
Rule 3: without a handler a notice is logged at INFO by the logger `qail.notice`, with its message but not its detail
and the like, which may quote rows; what RAISE and NOTIFY carry is the application's own data, and is left out.
Rule 4: subscribers of a channel are told of its notifications, and of the end of the link, which may be their end too.

Source: protocol-flow.html, "Asynchronous Operations"; protocol-error-fields.html
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from qail.errors import ServerFields
from qail.pg.wire.notice import NoticeResponse, NotificationResponse

logger = logging.getLogger("qail.notice")
# The routine of the server that runs RAISE of PL/pgSQL.
_RAISE: Final = "exec_stmt_raise"


@dataclass(frozen=True, slots=True)
class Notice(ServerFields):
    """A NoticeResponse. `fields` has all of its fields by their one-letter codes; the common ones are attributes.

    Source: protocol-error-fields.html
    """

    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Notification:
    """What NOTIFY sent on a channel that this connection listens to. `process_id` is the backend that ran it."""

    channel: str
    payload: str
    process_id: int


NoticeHandler: TypeAlias = Callable[[Notice], Any]
NotificationHandler: TypeAlias = Callable[[Notification], Any]


class Subscriber(Protocol):
    """Who has subscribed to channels."""

    def hear(self, notification: Notification) -> None:
        """One came. Must not raise."""
        ...

    def lose(self) -> None:
        """The link was lost and made again: some may be missing. Must not raise."""
        ...

    def wake(self) -> None:
        """Look again: the link has ended, or goes to somebody else. Must not raise."""
        ...


class Channel:
    """One channel, and who listens to it. `is_live`: the server has confirmed LISTEN."""

    __slots__ = ("is_live", "subscribers")

    def __init__(self) -> None:
        self.subscribers: Final[list[Subscriber]] = []
        self.is_live = False


class Messages:
    """The handlers of one connection. Each is called for every message, in the order they were added."""

    __slots__ = ("channels", "notice_handlers", "notification_handlers", "on_change")

    def __init__(self) -> None:
        self.notice_handlers: Final[list[NoticeHandler]] = []
        self.notification_handlers: Final[list[NotificationHandler]] = []
        self.channels: dict[str, Channel] = {}
        self.on_change: Callable[[object], None] | None = None
        """Its owner's: called with a ParameterStatus, and with the server's refusal to write."""

    def clear(self) -> None:
        """Forget all handlers and subscribers: the connection goes to somebody else."""
        self.notice_handlers.clear()
        self.notification_handlers.clear()
        subscribers = self._subscribers()
        self.channels = {}
        for subscriber in subscribers:
            subscriber.wake()

    def wake(self) -> None:
        """The link has ended."""
        for subscriber in self._subscribers():
            subscriber.wake()

    def take_over(self, other: Messages) -> None:
        """Serve the handlers and subscribers of `other`, whose link this one's replaces."""
        for mine, theirs in (
            (self.notice_handlers, other.notice_handlers),
            (self.notification_handlers, other.notification_handlers),
        ):
            known: list[Any] = mine
            known.extend(handler for handler in theirs if handler not in known)
        self.channels, other.channels = other.channels, {}

    def _subscribers(self) -> list[Subscriber]:
        found = [subscriber for channel in self.channels.values() for subscriber in channel.subscribers]
        return list(dict.fromkeys(found))

    def deliver(self, messages: list[object]) -> None:
        """Give each to its handlers. What a parameter is now, the session knows. Never raises."""
        for message in messages:
            if isinstance(message, NoticeResponse):
                notice = Notice(message.fields)
                _call_all(self.notice_handlers, notice)
                if not self.notice_handlers:
                    _log_notice(notice)
            elif isinstance(message, NotificationResponse):
                notification = Notification(message.channel, message.payload, message.process_id)
                self._notify(notification)
            elif self.on_change is not None:
                self.on_change(message)

    def _notify(self, notification: Notification) -> None:
        _call_all(self.notification_handlers, notification)
        channel = self.channels.get(notification.channel)
        if channel is not None:
            for subscriber in channel.subscribers:
                subscriber.hear(notification)
        elif not self.notification_handlers:
            logger.info("a notification on channel %r: nobody handles it", notification.channel)


def _call_all(handlers: list[Callable[[Any], Any]], message: object) -> None:
    # A copy: a handler may remove itself.
    for handler in tuple(handlers):
        try:
            handler(message)
        except (Exception, CancelledError):  # the latter from what a handler asks of a task that was cancelled
            logger.exception("a handler of %s failed", type(message).__name__)


def _log_notice(notice: Notice) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    text = notice.message
    if notice.fields.get("R") == _RAISE:
        text = f"RAISE with {len(text)} characters"
    logger.info("%s %s: %s", notice.severity, notice.sqlstate, text)
