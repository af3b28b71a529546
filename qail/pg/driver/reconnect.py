"""`reconnect=True`: another link for a connection of one's own whose link was lost, with its session made again.

Rule 1: nothing is sent twice. What was under way when the link was lost fails; a call that had not left goes by the new
link, and so does the next one.
Rule 2: inside a transaction, or while a lock is held, nothing reconnects: the call says why. Where statements have
changed the session in ways that nobody can repeat, the first call after the loss says so, and the next one reconnects.
Rule 3: a session is rebuilt in this order: `on_connect`, what `set_param` set, LISTEN. A step that fails is raised, and
the link is closed: there is no half-made session.
Rule 4: what lies unread when a call begins is read first: a link that ended while the loop was busy is found so.
Rule 5: it is visible: logged at WARNING, counted in `info.reconnects`, and a mark in every subscription.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from qail.errors import ConnectionLost, Outcome
from qail.pg.driver.link import Link
from qail.pg.driver.segment import control
from qail.pg.driver.transport import Runtime, Waiter
from qail.pg.steps.session import leaves_traces, listen_statements, settings_request

logger = logging.getLogger("qail")


class Rebuilder:
    """Makes the new link of one connection. Several calls that find the old one lost wait for one new one."""

    def __init__(self, runtime: Runtime, open_link: Callable[[], Awaitable[Link]]) -> None:
        self.count = 0
        self._runtime: Final = runtime
        self._open_link: Final = open_link
        self._waiting: list[Waiter] | None = None
        self.is_unrepeatable = False

    async def replace(self, connection: Any, lost: Link) -> None:
        """Give `connection` another link in the place of `lost`; or wait for whoever is doing that.

        Raises:
            ConnectionLost: the session held what cannot be made again; nothing was sent.
            ConnectError: no server took us.
            QailError: of the step that failed.
        """
        if self._waiting is not None:
            waiter = self._runtime.waiter()
            self._waiting.append(waiter)
            # When it is woken the caller looks again, and takes over if the other one has failed.
            await waiter
            return
        self._check(lost)
        self._waiting = []
        try:
            await self._replace(connection, lost)
        finally:
            waiting, self._waiting = self._waiting, None
            for waiter in waiting:
                if not waiter.done():
                    waiter.set_result(None)

    def note(self, sql: bytes) -> None:
        """`sql` runs on the connection: does it leave in the session what nobody could repeat?"""
        self.is_unrepeatable = self.is_unrepeatable or leaves_traces(sql)

    def _check(self, lost: Link) -> None:
        """Raises ConnectionLost when the session of `lost` held what another one cannot have."""
        held = "a transaction was open" if lost.scopes else ", ".join(lost.pins)
        if not held and self.is_unrepeatable:
            # Said once: whoever knows what is missing can then go on.
            self.is_unrepeatable = False
            held = "statements had changed its session in ways that only on_connect= could repeat"
        if held:
            cause = lost.session.spent_cause
            error = ConnectionLost(
                f"the connection to {lost.address} was lost and is not made again for this call: {held} ({cause})",
                outcome=Outcome.NOT_SENT,
            )
            error.__cause__ = cause
            raise error

    async def _replace(self, connection: Any, lost: Link) -> None:
        link = await self._open_link()
        try:
            await connection.prepare_session(link)
            await _restore(link, connection._settings, lost)
        except BaseException:
            link.abort()
            raise
        if connection._link is not lost:
            # Closed meanwhile.
            link.abort()
            return
        self.count += 1
        link.messages.take_over(lost.messages)
        connection._adopt(link)
        channels = link.messages.channels
        for subscriber in dict.fromkeys(each for channel in channels.values() for each in channel.subscribers):
            subscriber.lose()
        logger.warning(
            "the connection to %s was lost (%s) and made again to %s, with %d settings and %d channels",
            lost.address,
            type(lost.session.spent_cause).__name__,
            link.address,
            len(connection._settings),
            len(channels),
        )


async def _restore(link: Link, settings: dict[str, str], lost: Link) -> None:
    if settings:
        await link.run(settings_request(list(settings.items())))
        link.changed()
    channels = lost.messages.channels
    for name in [name for name, channel in channels.items() if not channel.subscribers]:
        del channels[name]
    if channels:
        request = control(link, listen_statements(channels), is_end=False)
        await link.run(request)
        link.is_dirty = True


async def call_hook(hook: Callable[[Any], Any], connection: Any) -> None:
    """Call `hook(connection)`, a plain or an async function."""
    result = hook(connection)
    if inspect.isawaitable(result):
        await result
