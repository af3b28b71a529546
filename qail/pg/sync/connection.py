"""`qail.sync.connect`: one connection, blocking."""

# The facades share the objects of the driver behind them.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

from qail.errors import ConfigError
from qail.pg.codec.user import TypeCodec, TypeName
from qail.pg.config.load import load_config
from qail.pg.driver.connection import Connection, ConnectionInfo, open_connection
from qail.pg.driver.listen import DEFAULT_MAX_WAITING
from qail.pg.driver.messages import NoticeHandler, NotificationHandler
from qail.pg.sync.listen import BlockingSubscription
from qail.pg.sync.running import Errand
from qail.pg.sync.runtime import BlockingRuntime
from qail.pg.sync.transaction import BlockingOnLink


class BlockingConnection(BlockingOnLink[Connection]):
    """One connection. Several threads may use it at once: their statements are pipelined, each with a Sync of its own.

    Made by `qail.sync.connect` and `pool.acquire`. `with` closes it at the end, or gives it back to its pool.
    """

    def __init__(
        self, inner: Connection, runtime: BlockingRuntime, give_back: Callable[[Connection], None] | None = None
    ) -> None:
        super().__init__(inner, runtime)
        self._give_back = give_back

    @property
    def info(self) -> ConnectionInfo:
        """Server version, protocol version, TLS, authentication, process id, parameters."""
        return self._runtime.at_once(lambda: self._inner.info)

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._inner.is_closed

    def add_notice_handler(self, handler: NoticeHandler, /) -> None:
        """Call `handler` with each Notice of this connection: in whatever thread reads it, so it must not block.

        What it raises is logged. Without a handler notices are logged at INFO by the logger `qail.notice`. They are
        read while some call of this connection, or of its pool, waits. A connection that goes back to its pool forgets
        its handlers.
        """
        self._runtime.at_once(partial(self._inner.add_notice_handler, handler))

    def remove_notice_handler(self, handler: NoticeHandler, /) -> None:
        """Call `handler` no more. Raises UsageError when it was not added."""
        self._runtime.at_once(partial(self._inner.remove_notice_handler, handler))

    def add_notification_handler(self, handler: NotificationHandler, /) -> None:
        """Call `handler` with each Notification of a channel listened to; as for `add_notice_handler`."""
        self._runtime.at_once(partial(self._inner.add_notification_handler, handler))

    def remove_notification_handler(self, handler: NotificationHandler, /) -> None:
        """Call `handler` no more. Raises UsageError when it was not added."""
        self._runtime.at_once(partial(self._inner.remove_notification_handler, handler))

    def listen(self, *channels: str, max_waiting: int = DEFAULT_MAX_WAITING) -> BlockingSubscription:
        """Notifications of these channels: `with connection.listen("news") as messages: for m in messages`.

        `messages.get(timeout=5)` waits for one, `messages.poll()` looks whether one has come. While more than
        `max_waiting` are unread, those that come are counted, and the reader gets a Lagged with their number at that
        place.
        """
        return BlockingSubscription(self._inner.listen(*channels, max_waiting=max_waiting), self._runtime)

    def set_param(self, name: str, value: str | float | bool, /, *, timeout: float | None = None) -> None:
        """Change a setting of the session, live: as SET does, with bind values. A pool's lease is reset afterwards.

        Raises:
            UsageError: a transaction is open, whose rollback would undo it; or the codecs need the setting as it is.
            PostgresError: the server does not know the setting, or refuses the value.
        """
        self._run(self._inner.set_param(name, value, timeout=timeout))

    def register_type(self, name: TypeName, how: TypeCodec | type[Any], /) -> None:
        """Have values of a PostgreSQL type read and written as `how` says, from now on; as of `qail.Connection`.

        Raises:
            UsageError: it is a pool's connection, or no name of a type, or nothing that can stand for one.
        """
        self._runtime.at_once(partial(self._inner.register_type, name, how))

    def cancel(self) -> None:
        """Cancel what this connection runs, from another thread: its caller gets 57014. Returns when it has."""
        self._run(self._inner.cancel())

    def close(self) -> None:
        """Close the connection; bounded, whatever the server does. Closing twice is harmless."""
        self._run(self._inner.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._give_back is None or not self._inner.is_leased:
            self.close()
        else:
            self._runtime.at_once(partial(self._give_back, self._inner))

    def __repr__(self) -> str:
        return repr(self._inner).replace("qail.", "qail.sync.")


def hook_of(hook: Any, runtime: BlockingRuntime, name: str) -> Callable[[Connection], Awaitable[Any]] | None:
    """A user's plain function, which gets a blocking connection, as the driver takes hooks. Raises ConfigError."""
    if hook is None:
        return None
    if not callable(hook) or inspect.iscoroutinefunction(hook):
        raise ConfigError(f"{name} is a plain function that takes the connection, not {hook!r}")

    async def run(connection: Connection) -> Any:
        return await Errand(partial(hook, BlockingConnection(connection, runtime)))

    return run


def connect(
    dsn: str | None = None,
    /,
    *,
    stream: Any = None,
    reconnect: bool = False,
    on_connect: Callable[[BlockingConnection], Any] | None = None,
    **settings: Any,
) -> BlockingConnection:
    """Connect: `connection = qail.sync.connect(...)`, or `with qail.sync.connect(...) as connection`.

    `dsn` and `settings` are as for `qail.connect`.

    Args:
        stream: a connected `socket.socket` to talk over; it belongs to the connection then. `host`, if it is given,
            says who is at the other end, for TLS.
        reconnect: when the connection is lost between calls the next call makes it again, with what `set_param` set and
            with the channels listened to; never inside a transaction, and nothing is sent twice.
        on_connect: called with the connection when it is made, and made again.

    Raises:
        ConfigError: the DSN or a setting cannot be.
        UsageError: an event loop runs in this thread.
        ConnectError, TlsError, AuthError: no connection could be made.
    """
    if stream is not None and reconnect:
        raise ConfigError("a connection over a stream of one's own cannot be made again: give stream or reconnect")
    runtime = BlockingRuntime()
    hook = hook_of(on_connect, runtime, "on_connect")
    config = load_config(dsn, settings)
    inner = runtime.run(open_connection(config, runtime, stream, hook, reconnect=reconnect))
    return BlockingConnection(inner, runtime)
