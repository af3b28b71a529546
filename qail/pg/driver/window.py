"""Window: the requests one caller has in flight, bounded in count and bytes, answered in order.

Rule 1: while anything is in flight its link cannot be leased away, so all of it goes to one connection, in order.
Rule 2: memory is bounded by the window, not by the work: what is behind it has not been encoded yet.
Rule 3: whoever leaves early abandons what is in flight.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.link import Link
from qail.pg.protocol.request import Request

MAX_IN_FLIGHT: Final = 256
MAX_BYTES_IN_FLIGHT: Final = 1024 * 1024


class Window:
    """Sends requests of one caller, waiting for the oldest when it is full."""

    def __init__(
        self, places: Places, deadline: float | None, attempt: Attempt, *, max_in_flight: int = MAX_IN_FLIGHT
    ) -> None:
        self._places: Final = places
        self._deadline: Final = deadline
        self._attempt: Final = attempt
        self._max_in_flight: Final = max_in_flight
        self._flight: Final[deque[tuple[Link, Request, int, Callable[[Request], None]]]] = deque()
        self._bytes = 0
        self._link: Link | None = None

    async def send(self, make: Callable[[Link], Request], done: Callable[[Request], None]) -> None:
        """Submit what `make` makes for the link; `done` gets it once it has settled, in the order of sending."""
        while self._flight and (len(self._flight) >= self._max_in_flight or self._bytes >= MAX_BYTES_IN_FLIGHT):
            await self._take_oldest()
        link = self._link
        if link is None or not self._flight or not link.is_usable:
            link = self._link = await self._places._place(False, self._deadline)
        request = make(link)
        size = len(request.data)
        link.submit(request)
        self._attempt.request = request
        self._bytes += size
        self._flight.append((link, request, size, done))

    async def finish(self) -> None:
        """Wait for all that is in flight."""
        while self._flight:
            await self._take_oldest()

    def abandon(self) -> None:
        """Nobody waits for what is in flight any more."""
        for link, request, _, _ in self._flight:
            link.abandon(request)
        self._flight.clear()

    async def _take_oldest(self) -> None:
        link, request, size, done = self._flight[0]
        await link.answered(request)
        self._flight.popleft()
        self._bytes -= size
        done(request)
