"""The whole pool as a state machine on a virtual clock: any order of callers, answers, losses, failures and time.

Rule 1: after every step everything that could go on has gone on; what still waits then has a reason to.
Rule 2: in the end everybody is answered, and nothing of the pool is left.
Rule 3: what the pool counts is what the callers, the server and the clock have seen: a ledger is kept beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qail.errors import AuthError, ConnectionLost, PoolError, PoolTimeout, UsageError
from qail.pg.config.load import load_config
from qail.pg.driver.asyncio_transport import AsyncioRuntime
from qail.pg.driver.front import FRESH_SECONDS
from qail.pg.pool import closing, opening, returning, stuck, upkeep
from qail.pg.pool import pool as pool_module
from qail.pg.pool.plan import Limits, SlotState
from qail.pg.pool.pool import Pool
from qail.pg.pool.rules import Rules
from support.fake_link import FakeRequest, FakeServer, close_at_once, destroy_at_once, end_at_once, refused
from support.ledger import Ledger, Watched
from support.virtual_loop import VirtualLoop

PATIENCE_SECONDS = 5.0
READ, WRITE, SLOW = 1, 0, 3
NAMES = {READ: b"read", WRITE: b"write", SLOW: b"slow"}
EXPECTED = (PoolError, ConnectionLost, AuthError, asyncio.CancelledError)


class Caller:
    """One task of a user's."""

    def __init__(self, kind: str, task: asyncio.Task[Any]) -> None:
        self.kind = kind
        self.task = task
        self.connection: Any = None
        self.is_placed = False
        """Whether its request is on a link: then its task waits for the answer, not for the pool."""


class PlannedRuntime(AsyncioRuntime):
    """The planner is asked for every request: it is what is judged here, and its short cut takes no fake links."""

    presence: Any = None


class PoolMachine(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        patches: list[Any] = [
            patch.object(returning, "end_running", end_at_once),
            *(patch.object(each, "close_and_cancel", close_at_once) for each in (closing, stuck)),
            patch.object(upkeep, "control", self._ping),
            patch.object(upkeep, "has_news", lambda link: link.is_ended),
            *(patch.object(each, "destroy", destroy_at_once) for each in (closing, opening, pool_module, returning)),
            patch.object(opening.logger, "disabled", True),
        ]
        for each in patches:
            each.start()
        self.callers: list[Caller] = []
        self.leases: list[Caller] = []
        self.granted: list[Caller] = []
        self.waiting: list[Caller] = []
        self.most_slots = 0
        self.ledger = Ledger()
        self.waits: list[Watched] = []
        self.reports: list[Any] = []
        self.loop.set_exception_handler(lambda _, context: self.reports.append(context))

    @initialize(
        min_size=st.integers(0, 2),
        more=st.integers(1, 2),
        is_fifo=st.booleans(),
        reset=st.sampled_from(["fast", "verified", "clean"]),
        lifetime=st.sampled_from([None, 20.0]),
    )
    def open(self, min_size: int, more: int, is_fifo: bool, reset: Any, lifetime: float | None) -> None:
        limits = Limits(min_size=min_size, max_size=min_size + more, depth_read_only=4, depth_write=2, is_fifo=is_fifo)
        rules = Rules(limits=limits, max_lifetime_seconds=lifetime, idle_timeout_seconds=15.0, reset=reset)
        self.pool = Pool(load_config("postgresql://nobody@localhost/none", {}), rules)

        async def start() -> None:
            self.runtime: Any = PlannedRuntime(asyncio.get_running_loop())
            self.server = FakeServer(self.runtime)
            with patch.object(pool_module, "open_link", lambda config, runtime, elders: self.server.connect()):
                await self.pool._open(self.runtime)

        self.loop.run_until_complete(start())
        keeper = self.pool._keeper
        assert keeper is not None
        self.keeper = keeper
        self.server.is_automatic = False

    def _ping(self, link: Any, statements: list[Any], is_end: bool) -> FakeRequest:
        self.ledger.pings += 1
        return FakeRequest()

    # Callers

    async def _wait(self, work: Awaitable[Any]) -> Any:
        """The time it takes, and how it ends, are kept."""
        wait = Watched(self.loop, work)
        self.waits.append(wait)
        try:
            return await wait
        except PoolTimeout:
            self.ledger.timeouts += 1
            raise

    def _start(self, kind: str, work: Callable[[Caller], Any]) -> Caller:
        async def run() -> None:
            await work(caller)

        caller = Caller(kind, self.loop.create_task(run()))
        self.callers.append(caller)
        return caller

    @rule(use=st.sampled_from([READ, WRITE, SLOW]), count=st.integers(1, 6))
    def share(self, use: int, count: int) -> None:
        async def work(caller: Caller) -> None:
            until = self.runtime.now() + PATIENCE_SECONDS
            link: Any = self.pool._pick(use) or await self._wait(self.pool._wait_for_link(use, until))
            assert link.is_shared
            assert link.is_usable
            assert not link.is_ended or link.session.depth or self.runtime.now() - link.progress_at < FRESH_SECONDS
            assert not any(each.connection is not None and each.connection._link is link for each in self.leases)
            assert link.session.depth < (2 if use == WRITE else 4)
            request: Any = FakeRequest(NAMES[use])
            caller.is_placed = True
            await link.submit(request)
            if request.error is not None:
                raise request.error

        for _ in range(count):
            self._start("shared", work)
        self._go_on()

    @rule(count=st.integers(1, 3))
    def acquire(self, count: int) -> None:
        async def work(caller: Caller) -> None:
            try:
                caller.connection = await self._wait(self.pool.acquire(timeout=PATIENCE_SECONDS))
                self.ledger.leases += 1
            finally:
                self.waiting.remove(caller)
            assert caller.connection._link.is_usable
            self.granted.append(caller)
            self.leases.append(caller)

        for _ in range(count):
            self.waiting.append(self._start("lease", work))
        before = list(self.waiting)
        self._go_on()
        self._check_order(before)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), is_dirty=st.booleans(), how=st.sampled_from(["release", "close", "detach", "twice"]))
    def give_back(self, data: st.DataObject, is_dirty: bool, how: str) -> None:
        caller = data.draw(st.sampled_from(self.leases))
        self.leases.remove(caller)
        connection, caller.connection = caller.connection, None
        link: Any = connection._link
        link.is_dirty = is_dirty
        before = list(self.waiting)

        async def end() -> None:
            if how == "close":
                link.abort()
            if how == "detach" and link.is_usable:
                self.pool.detach(connection)
                self.ledger.detached += 1
                link.abort()
                return
            self.ledger.resets += is_dirty and link.is_usable
            await self.pool.release(connection)
            if how == "twice":
                try:
                    await self.pool.release(connection)
                except UsageError:
                    return
                raise AssertionError("a lease was given back twice")

        self.loop.run_until_complete(end())
        self._go_on()
        self._check_order(before)

    @precondition(lambda self: any(not each.task.done() for each in self.callers))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from([each for each in self.callers if not each.task.done()]))
        caller.task.cancel()
        self._go_on()

    @precondition(lambda self: self.waiting and self.leases)
    @rule(is_cancel_first=st.booleans())
    def cancel_in_the_moment_of_the_grant(self, is_cancel_first: bool) -> None:
        first, lease = self.waiting[0], self.leases.pop(0)

        async def both() -> None:
            if is_cancel_first:
                first.task.cancel()
            connection, lease.connection = lease.connection, None
            await self.pool.release(connection)
            first.task.cancel()

        self.loop.run_until_complete(both())
        self._go_on()

    @precondition(lambda self: self.waiting and self.leases)
    @rule()
    def lose_in_the_moment_of_the_grant(self) -> None:
        connection, self.leases[0].connection = self.leases[0].connection, None
        del self.leases[0]
        link: Any = connection._link

        async def both() -> None:
            await self.pool.release(connection)
            link.lose()

        before = list(self.waiting)
        self.loop.run_until_complete(both())
        self._go_on()
        self._check_order(before)

    # Server and clock

    @precondition(lambda self: self.server.asked)
    @rule(outcome=st.sampled_from(["taken", "taken", "taken", "refused", "password"]))
    def connecting_ends(self, outcome: str) -> None:
        failures = {"taken": None, "refused": refused(), "password": AuthError("no")}
        before = list(self.waiting)
        self.ledger.connect_failures += outcome != "taken"
        self.server.decide(failures[outcome])
        self._go_on()
        self._check_order(before)

    @precondition(lambda self: any(link.queue for link in self.server.open_links))
    @rule(data=st.data(), count=st.integers(1, 9))
    def answer(self, data: st.DataObject, count: int) -> None:
        before = list(self.waiting)
        data.draw(st.sampled_from([link for link in self.server.open_links if link.queue])).answer(count)
        self._go_on()
        self._check_order(before)

    @precondition(lambda self: self.server.open_links)
    @rule(data=st.data(), is_heard=st.booleans())
    def lose(self, data: st.DataObject, is_heard: bool) -> None:
        link = data.draw(st.sampled_from(self.server.open_links))
        link.lose() if is_heard else link.end_unheard()
        self._go_on()

    @rule(seconds=st.sampled_from([0.01, 0.06, 1.5, 6.0, 16.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))
        self._go_on()

    @rule(min_size=st.integers(0, 2), more=st.integers(1, 2))
    def resize(self, min_size: int, more: int) -> None:
        async def change() -> None:
            self.pool.resize(min_size + more, min_size=min_size)

        self.loop.run_until_complete(change())
        self._go_on()

    # Laws

    def _go_on(self) -> None:
        """Until nothing more happens without the clock or the server."""

        async def turns() -> None:
            for _ in range(40):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    def _check_order(self, before: list[Caller]) -> None:
        """Those who were served are those who had waited longest."""
        served = [each for each in before if each in self.granted]
        left = [each for each in before if each in self.waiting]
        assert not (served and left) or before.index(served[-1]) < before.index(left[0])
        assert self.granted == sorted(self.granted, key=self.callers.index)
        self.granted.clear()

    @invariant()
    def there_are_never_too_many(self) -> None:
        size = len(self.keeper.slots)
        assert size <= max(self.keeper.limits.max_size, self.most_slots)
        self.most_slots = size
        assert sum(slot.state is SlotState.CONNECTING for slot in self.keeper.slots) == len(self.server.asked)

    @invariant()
    def the_counts_are_exact(self) -> None:
        stats = self.pool.stats()
        left = self.keeper.totals.left.total()
        assert stats.opened_total == stats.size - stats.connecting + left == len(self.server.links)
        assert stats.leased == len(self.leases)
        unplaced = [each for each in self.callers if each.kind == "shared" and not each.is_placed]
        assert stats.waiting == len(self.waiting) + sum(not each.task.done() for each in unplaced)
        assert stats.in_flight == sum(slot.depth for slot in self.keeper.slots)
        idle = (SlotState.SHARED, SlotState.SUSPECT)
        assert stats.idle == sum(slot.state in idle and not slot.depth for slot in self.keeper.slots)

    @invariant()
    def the_totals_are_what_happened(self) -> None:
        stats, ledger = self.pool.stats(), self.ledger
        assert stats.leases_total == ledger.leases
        assert stats.timeouts_total == ledger.timeouts
        assert stats.connect_failures_total == ledger.connect_failures
        assert stats.resets_total == ledger.resets
        assert stats.pings_total == ledger.pings
        assert stats.detached_total == ledger.detached
        assert stats.requests_total == sum(link.answered_count for link in self.server.links)
        assert stats.waits_total == sum(wait.has_waited for wait in self.waits)
        # Each wait is added up when it ends, or is woken: nothing twice, and in the end all of it.
        waited = sum(wait.seconds for wait in self.waits)
        if not stats.waiting:
            assert abs(stats.wait_seconds_total - waited) < 1e-6

    @invariant()
    def nobody_waits_without_a_reason(self) -> None:
        keeper = self.keeper
        idle = [slot for slot in keeper.slots if slot.state is SlotState.SHARED and not slot.depth]
        if keeper.callers.leases or keeper.callers.shared:
            assert not idle
        if keeper.callers.is_any and keeper.opener.may_open:
            states = [slot.state for slot in keeper.slots]
            is_coming = SlotState.CONNECTING in states or SlotState.CHECKING in states
            assert is_coming or len(states) >= keeper.limits.max_size

    @invariant()
    def leases_are_alone(self) -> None:
        links = [each.connection._link for each in self.leases]
        assert len(set(map(id, links))) == len(links)
        leased = [slot for slot in self.keeper.slots if slot.state is SlotState.LEASED]
        assert {id(slot.link) for slot in leased} == {id(link) for link in links}
        assert not any(link.is_shared for link in links)

    @invariant()
    def nothing_was_raised_into_the_loop(self) -> None:
        assert not self.reports
        for each in self.callers:
            if each.task.done() and not each.task.cancelled() and each.task.exception() is not None:
                assert isinstance(each.task.exception(), EXPECTED)

    def teardown(self) -> None:
        try:
            if hasattr(self, "keeper"):
                self._finish()
        finally:
            patch.stopall()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def _finish(self) -> None:
        """Everybody is served now, and the pool closes with nothing left."""
        self.server.is_automatic = True
        while self.server.asked:
            self.server.decide(None)
        self.leases.clear()

        async def serve() -> None:
            for _ in range(60):
                for link in self.server.open_links:
                    link.answer(9)
                for caller in self.callers:
                    connection, caller.connection = caller.connection, None
                    if connection is not None:
                        await self.pool.release(connection)
                await asyncio.sleep(0.1)

        self.loop.run_until_complete(serve())
        assert all(each.task.done() for each in self.callers)
        self.loop.run_until_complete(self.pool.close(timeout=1.0))
        self._go_on()
        assert not self.server.open_links
        assert not self.keeper.slots
        stats = self.pool.stats()
        assert stats.opened_total == self.keeper.totals.left.total()
        assert stats.leases_total == self.ledger.leases
        assert (stats.size, stats.idle, stats.leased, stats.connecting, stats.waiting, stats.in_flight) == (0,) * 6
        assert not asyncio.all_tasks(self.loop)
        assert not self.reports


TestPool = pytest.mark.feature("PO8")(PoolMachine.TestCase)
TestPool.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
