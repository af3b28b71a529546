"""What lies unread on an idle connection: its end, perhaps, which came while the loop was busy.

Rule 1: it is asked of the system, not of the loop, and changes nothing: what is there is read by whoever reads.
Rule 2: it is asked before anything is sent. Afterwards nobody could tell whether the server had seen what was.

Source: poll(2)
"""

from __future__ import annotations

import select
from typing import Final

from qail.pg.driver.link import Link

# One turn of the loop reads a chunk; an end comes behind what was said before it.
READING_TURNS: Final = 10


def has_news(link: Link) -> bool:
    """Whether something lies unread on an idle link: a notification, or its end."""
    socket = link.transport.socket
    if socket is None or link.session.depth or not link.is_usable:
        return False
    try:
        if not hasattr(select, "poll"):
            return bool(select.select([socket.fileno()], [], [], 0)[0])
        poller = select.poll()
        poller.register(socket.fileno(), select.POLLIN)
        return bool(poller.poll(0))
    except (OSError, ValueError):
        return False


async def read_news(link: Link) -> None:
    """Let the loop read what lies there."""
    for _ in range(READING_TURNS):
        await link.runtime.sleep(0)
        if not has_news(link):
            return
