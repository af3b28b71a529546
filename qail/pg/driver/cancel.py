"""Cancelling what a connection runs: a CancelRequest behind a fence, so that it can never hit a later statement.

Rule 1: a cancel addresses a backend, not a statement. While it is under way nothing new is sent, and of its own accord
the library sends one only where nobody waits for anything the connection was asked.
Rule 2: it is done when the other side has closed the cancel connection and the victim has been answered. Unless both
come within the grace period, the link is spent.
Rule 3: it goes to the same address with the same TLS policy. Its own failure is logged, and never replaces the
caller's error.
Rule 4: BEGIN, SAVEPOINT, COMMIT, ROLLBACK and a reset are never cancelled: their answer is waited for, within grace.
Rule 5: closing a socket does not stop a query: whoever drops a busy connection sends a CancelRequest after it.
Rule 6: all of this runs in tasks of its own, which no caller's cancellation reaches; each is bounded.

Source: protocol-flow.html, "Canceling Requests in Progress"
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from librt.strings import BytesWriter

from qail.errors import QailError
from qail.pg.driver.connect import dial
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.tls import make_context, server_hostname
from qail.pg.driver.transport import DeadlinePassed, Runtime, Transport, Waiter
from qail.pg.protocol.state import COPY_OUT
from qail.pg.wire.constants import IDLE
from qail.pg.wire.startup import SSL_REQUEST_FRAME, CancelRequest

logger = logging.getLogger("qail")

RETRY_SECONDS: Final = 0.5
"""A cancel that reaches the server before its victim does is ignored there: so long is the answer waited for."""


async def cancel(link: Link, grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask the server to end what it runs for `link`, and wait until it has. An idle link is left alone.

    Afterwards the link is usable, or spent: the request that ran has settled either way. A caller who is cancelled
    does not stop it.
    """
    if link.is_lost or not link.session.depth:
        return
    if not link.is_fenced:
        settled = link.settled_count
        _raise_fence(link, lambda: link.settled_count > settled, grace_seconds)
    await link.wait_until(lambda: link.is_lost or not link.is_fenced)


async def end_running(link: Link, grace_seconds: float = GRACE_SECONDS) -> None:
    """Wait until nothing runs on `link` any more, whose callers have gone: what runs is cancelled, by the rules.

    Afterwards the link is idle, no cancel request is under way, or it is spent.
    """
    if not link.is_lost and link.session.depth and not link.is_fenced:
        _raise_fence(link, lambda: not link.session.depth, grace_seconds)
    await link.wait_until(lambda: link.is_lost or not (link.is_fenced or link.session.depth))


def interrupt(link: Link) -> None:
    """A request of `link`, which has one owner, was given up: end what runs, unless somebody waits for an answer."""
    session = link.session
    if link.is_fenced or not link.is_usable or not session.depth or _is_left_to_end(link):
        return
    if session.is_deserted:
        # At once: whoever sends something next would be a neighbour.
        _raise_fence(link, lambda: not session.depth, GRACE_SECONDS)
    elif not link.is_tended:
        link.is_tended = True
        link.runtime.spawn(partial(_tend, link))


async def close_and_cancel(link: Link, grace_seconds: float = GRACE_SECONDS) -> None:
    """Close `link`, and ask the server to end what it still runs for it; bounded, and quiet about what fails.

    A caller who is cancelled stops neither.
    """
    over = _end_after(link, grace_seconds)
    await link.close(grace_seconds)
    if over is not None and not over.done():
        await over


def destroy(link: Link) -> None:
    """End `link` at once; what the server still runs for it is cancelled in the background."""
    _end_after(link, GRACE_SECONDS)
    link.abort()


async def ask_to_end(link: Link, grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask the server to end what it runs for `link`, on which nothing more is sent; bounded, and quiet.

    The backend takes no more statements, so none can be hit by mistake.
    """
    over = link.runtime.finish(partial(_ask_quietly, link), grace_seconds)
    if not over.done():
        await over


def _end_after(link: Link, grace_seconds: float) -> Waiter | None:
    if not link.is_usable or not link.session.depth:
        return None
    return link.runtime.finish(partial(_ask_quietly, link), grace_seconds)


def _is_left_to_end(link: Link) -> bool:
    """Whether a COPY OUT or a stream was left inside a transaction: cancelling it would end the transaction, too."""
    oldest = link.session.oldest
    is_open = bool(link.scopes) or link.session.transaction_status != IDLE
    return oldest is not None and oldest.kind == COPY_OUT and is_open


async def _tend(link: Link) -> None:
    """Neighbours wait for answers, and theirs must not be hit. What is left when they have theirs is ended."""
    session = link.session
    try:
        await link.wait_until(lambda: not link.is_usable or link.is_shared or not session.depth or session.is_deserted)
    finally:
        link.is_tended = False
    if not link.is_shared:
        interrupt(link)


def _raise_fence(link: Link, is_over: Callable[[], bool], grace_seconds: float) -> None:
    """Nothing new is sent until `is_over()` and the cancel connection is closed. Else the link is spent."""
    link.is_fenced = True
    # A little longer: the link is aborted by what runs inside, never by its being stopped.
    link.runtime.finish(partial(_behind_fence, link, is_over, grace_seconds), 2 * grace_seconds)


async def _behind_fence(link: Link, is_over: Callable[[], bool], grace_seconds: float, runtime: Runtime) -> None:
    def is_done() -> bool:
        return link.is_lost or is_over()

    async def ask_and_wait() -> None:
        while not is_done():
            oldest = link.session.oldest
            if oldest is None or not oldest.is_control:
                await _ask(link, runtime)
            with suppress(DeadlinePassed):
                await runtime.within(runtime.now() + RETRY_SECONDS, partial(link.wait_until, is_done))

    try:
        await runtime.within(runtime.now() + grace_seconds, ask_and_wait)
    except (DeadlinePassed, OSError, QailError, ValueError) as error:
        _tell(link, error)
        link.give_up("what ran on the connection could not be cancelled in time")
    except BaseException:
        link.abort()
        raise
    finally:
        if link.config.pooler_mode:
            # The end of the cancel connection is the pooler's: it proves nothing of the backend, which others use, too.
            link.give_up("what ran on the connection was cancelled, behind a pooler")
        if _has_lost_its_transaction(link):
            link.give_up("BEGIN was cancelled: what follows would run outside the transaction")
        link.lower_fence()


def _has_lost_its_transaction(link: Link) -> bool:
    """Whether the cancel hit a BEGIN: what its owner sends next would run outside the transaction."""
    is_begun = any(scope.is_sent for scope in link.scopes)
    return is_begun and not link.session.depth and link.session.transaction_status == IDLE


def _tell(link: Link, error: Exception) -> None:
    logger.warning("cancelling on %s failed: %s", link.address, str(error) or "no answer in time")


async def _ask_quietly(link: Link, runtime: Runtime) -> None:
    try:
        await _ask(link, runtime)
    except (OSError, QailError, ValueError) as error:
        _tell(link, error)


async def _ask(link: Link, runtime: Runtime) -> None:
    """Send the CancelRequest and wait until the other side closes."""
    transport = await dial(runtime, link.address, link.place)
    errand = _Errand(transport, runtime.waiter)
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
