"""What a pool's counts are held to: what happened, as the callers, the server and the clock saw it."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from typing import Any

from support.virtual_loop import VirtualLoop


class Watched:
    """Awaits `work`, and says whether it had to wait, and for how long."""

    def __init__(self, loop: VirtualLoop, work: Awaitable[Any]) -> None:
        self.has_waited = False
        self.seconds = 0.0
        self._loop = loop
        self._work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        steps: Any = self._work.__await__()
        began = self._loop.time()
        error: BaseException | None = None
        try:
            while True:
                future = steps.send(None) if error is None else steps.throw(error)
                self.has_waited, error = True, None
                try:
                    yield future
                except BaseException as raised:  # noqa: BLE001  # it is thrown into what waits
                    error = raised
        except StopIteration as stop:
            return stop.value
        finally:
            self.seconds = self._loop.time() - began


@dataclass
class Ledger:
    """What happened, as those saw it to whom it happened."""

    leases: int = 0
    timeouts: int = 0
    connect_failures: int = 0
    resets: int = 0
    pings: int = 0
    detached: int = 0
