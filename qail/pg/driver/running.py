"""Running one statement: the coroutine that every verb awaits, and nothing else on the way of a query is one.

Rule 1: it stays interpreted. Python's own coroutine costs half of a compiled one, and what it calls is compiled.
Rule 2: the short way awaits the answer and nothing else; whatever is rarer goes through the executor's slow ways.

Source: design, "The way of a query"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable

from qail.compile.cache import Call
from qail.compile.frames import BoundPlan
from qail.pg.driver.executor import Flight, Places, take_off
from qail.pg.protocol.request import Item
from qail.pg.steps.plan_mode import checked_plan_mode
from qail.pg.wire.buffer import RowSink


class Runs(Places):
    """Places that run one statement at a time."""

    async def _run(
        self, call: Call, sink: Callable[[BoundPlan], RowSink], timeout: float | None, mode: str | None = None
    ) -> Item:
        """Run one statement; its settled item, without an error. `mode` is the plan_cache_mode of this call."""
        flight = take_off(self, call, sink, timeout, mode)
        if flight is None:
            return await self._run_with_deadline(call, sink, timeout, checked_plan_mode(mode))
        try:
            await flight.waiter
        except BaseException:
            flight.abandon()
            raise
        return flight.item() or await self._finish(flight, call, sink)

    async def _land(self, flight: Flight, call: Call, sink: Callable[[BoundPlan], RowSink]) -> Item:
        """The rest of `_run`, for a flight that has taken off."""
        try:
            await flight.waiter
        except BaseException:
            flight.abandon()
            raise
        return flight.item() or await self._finish(flight, call, sink)
