"""Cancelling what a connection runs: a CancelRequest behind a fence, so that it can never hit a later statement.

Rule 1: a cancel addresses a backend, not a statement. While it is under way nothing new is sent.
Rule 2: it is done when the other side has closed the cancel connection and the victim has been answered. Unless both
come within the grace period, the link is spent.
Rule 3: it goes to the same address with the same TLS policy. Its own failure never replaces the caller's error.

Source: protocol-flow.html, "Canceling Requests in Progress"
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final

from librt.strings import BytesWriter

from qail.errors import QailError
from qail.pg.driver.connect import dial
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.tls import make_context, server_hostname
from qail.pg.driver.transport import DeadlinePassed, Transport, Waiter
from qail.pg.wire.startup import SSL_REQUEST_FRAME, CancelRequest

logger = logging.getLogger("qail")


async def cancel(link: Link, grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask the server to end what it runs for `link`, and wait until it has. An idle link is left alone.

    Afterwards the link is usable, or spent: the request that ran has settled either way.
    """
    session = link.session
    if link.is_lost or not session.depth or link.is_fenced:
        return
    link.is_fenced = True
    settled = link.settled_count
    deadline = link.runtime.now() + grace_seconds

    async def ask_and_wait() -> None:
        await _ask(link)
        await link.wait_until(lambda: link.is_lost or link.settled_count > settled)

    try:
        await link.runtime.within(deadline, ask_and_wait)
    except (DeadlinePassed, OSError, QailError) as error:
        logger.warning("cancelling on %s failed: %s", link.address, error or "no answer in time")
        link.abort()
    except BaseException:
        link.abort()
        raise
    finally:
        link.lower_fence()


async def close_and_cancel(link: Link, grace_seconds: float = GRACE_SECONDS) -> None:
    """Close `link`, and ask the server to end what it still runs for it; bounded, and quiet about what fails.

    Closing a socket does not stop a query. The backend takes no more statements, so none can be hit by mistake.
    """
    is_busy = link.is_usable and link.session.depth > 0
    await link.close()
    if not is_busy:
        return
    try:
        await link.runtime.within(link.runtime.now() + grace_seconds, partial(_ask, link))
    except (DeadlinePassed, OSError, QailError) as error:
        logger.warning("cancelling on %s failed: %s", link.address, error or "no answer in time")


async def _ask(link: Link) -> None:
    """Send the CancelRequest and wait until the other side closes."""
    place = link.place
    transport = await dial(link.runtime, link.address, place)
    errand = _Errand(transport, link.runtime.waiter)
    transport.attach(errand)
    try:
        if link.transport.kind == "tls":
            await _upgrade(link, transport, errand)
        out = BytesWriter()
        CancelRequest(link.session.process_id, link.session.secret_key).encode(out)
        errand.send(out.getvalue())
        await errand.until(lambda: errand.is_lost)
    finally:
        transport.abort()


async def _upgrade(link: Link, transport: Transport, errand: _Errand) -> None:
    errand.send(SSL_REQUEST_FRAME)
    await errand.until(lambda: bool(errand.received) or errand.is_lost)
    if errand.received != b"S":
        raise ConnectionResetError("the server refused TLS for the cancel request")
    mode = link.config.sslmode_for(link.address)
    try:
        await transport.start_tls(make_context(link.config, mode), server_hostname(link.address, mode))
    except ssl.SSLError as error:
        raise ConnectionResetError(f"TLS of the cancel request failed: {error}") from error


class _Errand:
    """The receiver of a connection that only carries a cancel request."""

    def __init__(self, transport: Transport, make_waiter: Callable[[], Waiter]) -> None:
        self.received = b""
        self.is_lost = False
        self._output = b""
        self._transport: Final = transport
        self._make_waiter: Final = make_waiter
        self._waiter: Waiter | None = None

    def send(self, data: bytes) -> None:
        self._output += data
        self._transport.flush()

    async def until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            self._waiter = self._make_waiter()
            await self._waiter

    def take_output(self) -> bytes:
        output, self._output = self._output, b""
        return output

    def data_received(self, data: bytes) -> None:
        # One byte is all that is ever of interest; a hostile server may send more.
        self.received = (self.received + data)[:2]
        self._wake()

    def connection_lost(self, cause: Exception | None) -> None:
        self.is_lost = True
        self._wake()

    def writing_resumed(self) -> None:
        return

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
