"""Notices and notifications: what a server says between the answers, and who hears it.

Rule 1: they are taken from the session after each chunk that brought some, so that a chatty server costs no memory.
Rule 2: a handler runs once the chunk's requests have settled, and before their callers go on. What it raises is
logged and goes no further: the stream and its neighbours know nothing of it.
Rule 3: without a handler a notice is logged at INFO by the logger `qail.notice`, with its message but not its detail
and the like, which may quote rows; what RAISE and NOTIFY carry is the application's own data, and is left out.

Source: protocol-flow.html, "Asynchronous Operations"; protocol-error-fields.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

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


class Messages:
    """The handlers of one connection. Each is called for every message, in the order they were added."""

    __slots__ = ("notice_handlers", "notification_handlers")

    def __init__(self) -> None:
        self.notice_handlers: Final[list[NoticeHandler]] = []
        self.notification_handlers: Final[list[NotificationHandler]] = []

    def clear(self) -> None:
        """Forget all handlers: the connection goes to somebody else."""
        self.notice_handlers.clear()
        self.notification_handlers.clear()

    def deliver(self, messages: list[object]) -> None:
        """Give each to its handlers. Changes of parameters are dropped: the session has kept them. Never raises."""
        for message in messages:
            if isinstance(message, NoticeResponse):
                notice = Notice(message.fields)
                _call_all(self.notice_handlers, notice)
                if not self.notice_handlers:
                    _log_notice(notice)
            elif isinstance(message, NotificationResponse):
                notification = Notification(message.channel, message.payload, message.process_id)
                _call_all(self.notification_handlers, notification)
                if not self.notification_handlers:
                    logger.info("a notification on channel %r: nobody handles it", notification.channel)


def _call_all(handlers: list[Callable[[Any], Any]], message: object) -> None:
    # A copy: a handler may remove itself.
    for handler in tuple(handlers):
        try:
            handler(message)
        except Exception:
            logger.exception("a handler of %s failed", type(message).__name__)


def _log_notice(notice: Notice) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    text = notice.message
    if notice.fields.get("R") == _RAISE:
        text = f"RAISE with {len(text)} characters"
    logger.info("%s %s: %s", notice.severity, notice.sqlstate, text)
