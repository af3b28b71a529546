"""Closing a link: the goodbye, and how long it may take.

Rule 1: the server's own close is waited for, so that afterwards its process is gone, too.
Rule 2: a server that still runs something would not look up: its connection is aborted at once.
Rule 3: whatever the server does, and whoever is cancelled meanwhile, the transport is aborted in the end.

Source: protocol-flow.html, "Termination"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qail.pg.driver.transport import DeadlinePassed

if TYPE_CHECKING:
    from qail.pg.driver.link import Link


async def close_link(link: Link, timeout_seconds: float) -> None:
    """Say goodbye and end `link`, within `timeout_seconds`."""
    until = link.runtime.now() + timeout_seconds
    try:
        if link.is_usable and not link.session.depth:
            link.is_closing = True
            link.session.terminate()
            link.transport.flush()
            await _ended(link, until)
    finally:
        link.abort()
    await _ended(link, until)


async def _ended(link: Link, until: float) -> None:
    async def ended() -> None:
        await link.wait_until(lambda: link.is_lost)

    try:
        await link.runtime.within(until, ended)
    except DeadlinePassed:
        return
