"""RenewingConnection: a connection that is made again when it was lost between calls; how is in reconnect.py."""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from qail.pg.catalog import Catalog
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.driver.connect import open_link
from qail.pg.driver.connection import Connection
from qail.pg.driver.elders import Elders
from qail.pg.driver.link import Link
from qail.pg.driver.news import has_news, read_news
from qail.pg.driver.reconnect import Rebuilder, call_hook
from qail.pg.driver.transport import Runtime


class RenewingConnection(Connection):
    """A connection that is made again when it was lost between calls: see reconnect.py."""

    def __init__(
        self,
        link: Link,
        runtime: Runtime,
        catalog: Catalog,
        config: ConnectConfig,
        on_connect: Callable[[Any], Any] | None,
    ) -> None:
        self._on_connect: Final = on_connect
        self._rebuilder: Final = Rebuilder(runtime, partial(open_link, config, runtime, Elders()))
        super().__init__(link, runtime, catalog, config)

    def _adopt(self, link: Link) -> None:
        super()._adopt(link)
        link.on_soil = self._rebuilder.note

    async def prepare_session(self, link: Link) -> None:
        """`on_connect` on a link that is not in use yet."""
        if self._on_connect is None:
            return
        connection = Connection(link, self._runtime, self._catalog, self._config)
        try:
            await call_hook(self._on_connect, connection)
        finally:
            if connection.is_lent:
                connection.detach()

    def forget_traces(self) -> None:
        """What has run so far is what `on_connect` does again."""
        self._rebuilder.is_unrepeatable = False

    @property
    def _reconnects(self) -> int:
        return self._rebuilder.count

    def _pick(self, use: int) -> Link | None:
        link = super()._pick(use)
        # What has come while nobody looked may be the end: it is read before anything is sent.
        return None if link is None or has_news(link) else link

    async def _wait_for_link(self, use: int, deadline: float | None) -> Link:
        link = await super()._wait_for_link(use, deadline)
        if not has_news(link):
            return link
        await read_news(link)
        return await super()._wait_for_link(use, deadline)

    @property
    def _may_move(self) -> bool:
        # What has not left goes by the new link.
        return True

    @property
    def _retries_reads(self) -> bool:
        return self._config.retry_reads

    def _may_replace(self, link: Link) -> bool:
        return True

    async def _replaced(self, link: Link) -> None:
        await self._rebuilder.replace(self, link)
