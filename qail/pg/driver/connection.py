"""Connection: one link of one's own, and nothing but delegation; each verb is a file beside this one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from qail.errors import UsageError
from qail.pg.catalog import Catalog
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.config.load import load_config
from qail.pg.driver.bind import server_version
from qail.pg.driver.cancel import cancel, close_and_cancel
from qail.pg.driver.connect import open_link
from qail.pg.driver.link import Link
from qail.pg.driver.messages import NoticeHandler, NotificationHandler
from qail.pg.driver.runtime import asyncio_runtime, enter_runtime
from qail.pg.driver.transaction import OnLink
from qail.pg.driver.transport import Runtime


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
        self._link = link
        self._runtime = runtime
        self._catalog = catalog
        self._namespace = link.namespace = catalog.lend()
        if link.is_dirty:
            # Changed while it was shared: what the others were told may not hold here.
            self._namespace.leave()
        self._timeout_seconds = config.command_timeout_seconds
        self._config: Final = config
        self._give_back: Final = give_back

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

    async def cancel(self) -> None:
        """Cancel what this connection runs: its caller gets 57014. Returns when the server has answered."""
        await cancel(self._own_link())

    async def close(self) -> None:
        """Close the connection; bounded, whatever the server does. Closing twice is harmless."""
        link = self._link
        if link is None:
            return
        self._link = None
        try:
            await close_and_cancel(link)
        finally:
            if self._give_back is not None:
                self._give_back(link)

    @property
    def is_lent(self) -> bool:
        """Whether it was neither closed nor given back."""
        return self._link is not None

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
        warnings.warn(f"{self!r} was forgotten: close or release it", ResourceWarning, source=self, stacklevel=2)
        give_back = self._give_back

        def end() -> None:
            link.abort()
            if give_back is not None:
                give_back(link)

        self._runtime.call_soon_threadsafe(end)

    def __repr__(self) -> str:
        where = f"to {self._link.address}" if self._link is not None else "closed"
        return f"<qail.Connection {where}>"


def _remove(handlers: list[Any], handler: Any) -> None:
    if handler not in handlers:
        raise UsageError(f"{handler!r:.60} was not added as a handler")
    handlers.remove(handler)


class Connecting:
    """What `qail.connect` returns: await it for a connection, or enter it with `async with`."""

    def __init__(self, config: ConnectConfig) -> None:
        self._config: Final = config
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
        link = await open_link(self._config, runtime)
        return Connection(link, runtime, Catalog(), self._config)


def connect(dsn: str | None = None, /, **settings: Any) -> Connecting:
    """Connect: `conn = await qail.connect(...)`, or `async with qail.connect(...) as conn` (on trio the only form).

    `settings` are libpq's keywords and qail's own; without a DSN and settings the PG* environment, files and defaults
    hold, as for libpq.

    Raises:
        ConfigError: the DSN or a setting cannot be.
        ConnectError, TlsError, AuthError: when awaited or entered.
    """
    return Connecting(load_config(dsn, settings))
