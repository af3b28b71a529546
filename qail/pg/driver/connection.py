"""Connection: one link of one's own, and nothing but delegation; each verb is a file beside this one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from qail.errors import ConfigError, UsageError
from qail.pg.catalog import Catalog
from qail.pg.codec.user import TypeCodec, TypeName
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.config.load import load_config
from qail.pg.driver.bind import server_version
from qail.pg.driver.cancel import cancel, close_and_cancel, destroy, interrupt
from qail.pg.driver.connect import catalog_for, open_link, open_link_over
from qail.pg.driver.executor import Attempt
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.listen import DEFAULT_MAX_WAITING, Subscription
from qail.pg.driver.messages import NoticeHandler, NotificationHandler
from qail.pg.driver.reconnect import call_hook
from qail.pg.driver.runtime import asyncio_runtime, enter_runtime
from qail.pg.driver.transaction import OnLink
from qail.pg.driver.transport import DeadlinePassed, Runtime
from qail.pg.steps.session import setting_text, settings_request


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """What is known of an open connection. `parameters` are those the server reports."""

    server_version: str
    server_version_number: int
    protocol_version: str
    process_id: int
    transport: str
    tls_version: str | None
    authentication: str
    address: str
    user: str
    database: str
    parameters: dict[str, str]
    reconnects: int = 0
    """How often the connection was lost and made again: see `reconnect=`."""


class Connection(OnLink):
    """One connection. Several tasks may use it at once: their statements are pipelined, each with a Sync of its own.

    Made by `qail.connect` and `pool.acquire`.
    """

    def __init__(
        self,
        link: Link,
        runtime: Runtime,
        catalog: Catalog,
        config: ConnectConfig,
        give_back: Callable[[Link], None] | None = None,
    ) -> None:
        self._runtime = runtime
        self._catalog = catalog
        self._settings: Final[dict[str, str]] = {}
        """What `set_param` has set."""
        self._adopt(link)
        self._show_link()
        self._timeout_seconds = config.command_timeout_seconds
        self._config: Final = config
        self._give_back = give_back
        self._closing: Link | None = None

    @property
    def _reconnects(self) -> int:
        return 0

    def _adopt(self, link: Link) -> None:
        """Use `link` from now on."""
        self._link = link
        link.interrupt = interrupt
        self._namespace = link.namespace = self._catalog.lend()
        if link.is_dirty:
            # Changed while it was shared, or prepared: what others were told may not hold here.
            self._namespace.leave()

    @property
    def info(self) -> ConnectionInfo:
        """Server version, protocol version, TLS, authentication, process id, parameters."""
        link = self._own_link()
        session = link.session
        version = session.protocol_version
        tls = link.transport.tls
        return ConnectionInfo(
            server_version=session.parameters.get("server_version", ""),
            server_version_number=server_version(link),
            protocol_version=f"{version >> 16}.{version & 0xFFFF}",
            process_id=session.process_id,
            transport=link.transport.kind,
            tls_version=tls.version() if tls is not None else None,
            authentication=link.authentication,
            address=str(link.address),
            user=self._config.user,
            database=self._config.database,
            parameters=dict(session.parameters),
            reconnects=self._reconnects,
        )

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._link is None or not self._link.is_usable

    def add_notice_handler(self, handler: NoticeHandler, /) -> None:
        """Call `handler` with each Notice of this connection: in its event loop, so it must not block.

        What it raises is logged. Without a handler notices are logged at INFO by the logger `qail.notice`. A connection
        that goes back to its pool forgets its handlers.
        """
        self._own_link().messages.notice_handlers.append(handler)

    def remove_notice_handler(self, handler: NoticeHandler, /) -> None:
        """Call `handler` no more. Raises UsageError when it was not added."""
        _remove(self._own_link().messages.notice_handlers, handler)

    def add_notification_handler(self, handler: NotificationHandler, /) -> None:
        """Call `handler` with each Notification of a channel listened to; as for `add_notice_handler`."""
        self._own_link().messages.notification_handlers.append(handler)

    def remove_notification_handler(self, handler: NotificationHandler, /) -> None:
        """Call `handler` no more. Raises UsageError when it was not added."""
        _remove(self._own_link().messages.notification_handlers, handler)

    def listen(self, *channels: str, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription:
        """Notifications of these channels: `async with connection.listen("news") as messages: async for m in messages`.

        `await messages.get(timeout=...)` waits for one. While more than `max_waiting` are unread, those that come are
        counted, and the reader gets a Lagged with their number at that place.
        """
        self._catalog.need_session("listen()")
        return Subscription(self, channels, max_waiting)

    async def set_param(self, name: str, value: str | float | bool, /, *, timeout: float | None = None) -> None:
        """Change a setting of the session, live: as SET does, with bind values. A pool's lease is reset afterwards.

        Raises:
            UsageError: a transaction is open, whose rollback would undo it; or the codecs need the setting as it is.
            PostgresError: the server does not know the setting, or refuses the value.
        """
        self._catalog.need_session("set_param()")
        text = setting_text(name, value)
        deadline = self._deadline(timeout)
        attempt = Attempt()
        await self._within(deadline, attempt, lambda: self._set_param(name, text, deadline, attempt))

    async def _set_param(self, name: str, text: str, deadline: float | None, attempt: Attempt) -> None:
        link = await self._place(False, deadline)
        self._catalog.need_session("set_param")
        if link.scopes:
            raise UsageError(
                f"{name} would be undone should the transaction be rolled back: set it before it begins, or for the "
                "transaction alone with transaction(settings=...)"
            )
        request = attempt.request = settings_request([(name, text)])
        link.changed()
        await link.run(request)
        self._settings[name.lower()] = text

    def register_type(self, name: TypeName, how: TypeCodec | type[Any], /) -> None:
        """Have values of a PostgreSQL type read and written as `how` says, from now on, on this connection.

        Args:
            name: the type's name in pg_type, in any schema; or a pair, `("app", "mood")`.
            how: a `TypeCodec`; an Enum for an enum; a NamedTuple, dataclass or pydantic model for a composite type.

        Raises:
            UsageError: it is a pool's connection, which knows what its pool does: `pool.register_type`. Or it is no
                name of a type, or nothing that can stand for one; a class that does not fit its type is refused by the
                first query that meets the type.
        """
        if self.is_leased:
            raise UsageError("all connections of a pool know the same types: register them with the pool")
        self._catalog.register_type(name, how)
        self._namespace.forget_all()

    async def cancel(self) -> None:
        """Cancel what this connection runs: its caller gets 57014. Returns when the server has answered."""
        await cancel(self._own_link())

    async def close(self) -> None:
        """Close the connection; bounded, whatever the server does. Closing twice is harmless, and waits for the end."""
        link = self._link
        if link is None:
            await self._closed()
            return
        self._link, self._closing = None, link
        try:
            await close_and_cancel(link)
        finally:
            if self._give_back is not None:
                self._give_back(link)

    async def _closed(self) -> None:
        """Wait until another call of `close` has ended the link. It is bounded, and so is this."""
        link = self._closing
        if link is None or link.is_lost:
            return
        self._runtime.check_here("connection")
        ended = partial(link.wait_until, lambda: link.is_lost)
        with suppress(DeadlinePassed):
            await self._runtime.within(self._runtime.now() + 3 * GRACE_SECONDS, ended)

    @property
    def is_lent(self) -> bool:
        """Whether it was neither closed nor given back."""
        return self._link is not None

    @property
    def is_leased(self) -> bool:
        """Whether it is a pool's, and neither closed nor given back."""
        return self._link is not None and self._give_back is not None

    def leave_pool(self) -> None:
        """It is the borrower's own from now on, who closes it."""
        self._give_back = None

    def detach(self) -> Link:
        """Take the link back from its borrower. Raises UsageError when that was done before."""
        link = self._link
        if link is None:
            raise UsageError("this connection was closed or given back before")
        self._link = None
        self._ended = "was given back: take another one"
        return link

    def __del__(self) -> None:
        link, self._link = getattr(self, "_link", None), None
        if link is None or link.is_lost:
            return
        give_back = self._give_back

        def end() -> None:
            destroy(link)
            if give_back is not None:
                give_back(link)

        self._runtime.call_soon_threadsafe(end)
        # Last: where warnings are errors it raises.
        warnings.warn(f"{self!r} was forgotten: close or release it", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        where = f"to {self._link.address}" if self._link is not None else "closed"
        return f"<qail.Connection {where}>"


def _remove(handlers: list[Any], handler: Any) -> None:
    if handler not in handlers:
        raise UsageError(f"{handler!r:.60} was not added as a handler")
    handlers.remove(handler)


class Connecting:
    """What `qail.connect` returns: await it for a connection, or enter it with `async with`."""

    def __init__(
        self, config: ConnectConfig, stream: Any, on_connect: Callable[[Connection], Any] | None, *, reconnect: bool
    ) -> None:
        self._config: Final = config
        self._stream: Final[Any] = stream
        self._on_connect: Final = on_connect
        self._reconnect: Final = reconnect
        self._stack: AsyncExitStack | None = None
        self._connection: Connection | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise AttributeError(
                f"qail.connect(...) is no connection yet and has no {name!r}: await it, or enter it with `async with`"
            )

    def __await__(self) -> Generator[Any, Any, Connection]:
        return self._open(asyncio_runtime("await qail.connect(...)")).__await__()

    async def __aenter__(self) -> Connection:
        self._stack = AsyncExitStack()
        runtime = await enter_runtime(self._stack)
        try:
            self._connection = await self._open(runtime)
        except BaseException:
            await self._stack.aclose()
            raise
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stack is not None
        assert self._connection is not None
        try:
            await self._connection.close()
        finally:
            await self._stack.aclose()

    async def _open(self, runtime: Runtime) -> Connection:
        return await open_connection(self._config, runtime, self._stream, self._on_connect, reconnect=self._reconnect)


async def open_connection(
    config: ConnectConfig,
    runtime: Runtime,
    stream: Any = None,
    on_connect: Callable[[Any], Any] | None = None,
    *,
    reconnect: bool = False,
) -> Connection:
    """A connection that is ready, with what `on_connect` does done."""
    from qail.pg.driver.renewing import RenewingConnection  # which is made of the class above

    link = await (open_link(config, runtime) if stream is None else open_link_over(config, runtime, stream))
    catalog = catalog_for(config)
    if reconnect:
        connection: Connection = RenewingConnection(link, runtime, catalog, config, on_connect)
    else:
        connection = Connection(link, runtime, catalog, config)
    try:
        if on_connect is not None:
            await call_hook(on_connect, connection)
    except BaseException:
        link.abort()
        connection.detach()
        raise
    if isinstance(connection, RenewingConnection):
        connection.forget_traces()
    return connection


def connect(
    dsn: str | None = None,
    /,
    *,
    stream: Any = None,
    reconnect: bool = False,
    on_connect: Callable[[Connection], Any] | None = None,
    **settings: Any,
) -> Connecting:
    """Connect: `conn = await qail.connect(...)`, or `async with qail.connect(...) as conn` (on trio the only form).

    `settings` are libpq's keywords and qail's own; without a DSN and settings the PG* environment, files and defaults
    hold, as for libpq.

    Args:
        stream: a connected `socket.socket`, or an anyio `ByteStream`, to talk over; it belongs to the connection then.
            `host`, if it is given, says who is at the other end, for TLS.
        reconnect: when the connection is lost between calls the next call makes it again, with what `set_param` set and
            with the channels listened to; never inside a transaction, and nothing is sent twice.
        on_connect: called with the connection when it is made, and made again; a plain or an async function.

    Raises:
        ConfigError: the DSN or a setting cannot be.
        ConnectError, TlsError, AuthError: when awaited or entered.
    """
    if stream is not None and reconnect:
        raise ConfigError("a connection over a stream of one's own cannot be made again: give stream or reconnect")
    return Connecting(load_config(dsn, settings), stream, on_connect, reconnect=reconnect)
