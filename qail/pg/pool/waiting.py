"""Waiting: one caller in the pool's line."""

from __future__ import annotations

from typing import Final

from qail.errors import QailError
from qail.pg.driver.transport import Waiter
from qail.pg.pool.slot import Slot


class Waiting:
    """One caller in line: for a lease (`slot` is what it was given) or for a shared connection."""

    __slots__ = ("error", "slot", "ticket", "waiter")

    def __init__(self, ticket: int, waiter: Waiter) -> None:
        self.ticket: Final = ticket
        self.waiter = waiter
        self.slot: Slot | None = None
        self.error: QailError | None = None

    def wake(self) -> None:
        if not self.waiter.done():
            self.waiter.set_result(None)

    def fail(self, error: QailError) -> None:
        self.error = error
        self.wake()
