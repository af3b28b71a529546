"""A link without a wire: a test says when the server answers, when the connection is lost, when it freezes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from qail.errors import ConnectError, ConnectionLost, Outcome, QailError
from qail.pg.driver.transport import Runtime, Waiter
from qail.pg.protocol.state import HANDED, PREPARED, QUEUED, SETTLED

IDLE = ord("I")


class FakeRequest:
    """What somebody has in flight."""

    def __init__(self, name: bytes = b"") -> None:
        self.items = [SimpleNamespace(statement_name=name, how=PREPARED, row_count=1)]
        self.state = QUEUED
        self.error: QailError | None = None
        self.is_abandoned = False
        self.waiter: Waiter | None = None


class FakeLink:
    """What a pool uses of a Link."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.queue: list[Any] = []
        self.is_lost = self.is_closing = self.is_shared = self.is_dirty = self.is_held = self.left_running = (
            self.is_frozen
        ) = False
        self.is_opaque = self.is_fenced = self.is_ended = False
        self.settled_count = self.unsent_scopes = self.answered_count = 0
        self.scopes: list[Any] = []
        self.given_up: list[Any] = []
        self.local_settings: tuple[tuple[str, str], ...] = ()
        self.opened_at = self.progress_at = runtime.now()
        self.late_after_seconds = float("inf")
        self.on_late: Callable[[list[Any], float], None] | None = None
        self.owner_changed: Callable[[], None] | None = None
        self.on_data = self.namespace = self.interrupt = self.stream_scope = None
        self.address = "fake"
        self.config = SimpleNamespace(target_session_attrs="any")
        self.messages = SimpleNamespace(clear=lambda: None, on_change=None)
        self.transport = SimpleNamespace(is_paused=False, socket=None)
        self.session = FakeSession(self)
        self._watchers: list[Waiter] = []

    @property
    def is_usable(self) -> bool:
        return not (self.is_lost or self.is_closing)

    @property
    def given_up_count(self) -> int:
        return 0

    # What the pool asks of it

    def submit(self, request: Any) -> Waiter:
        if not self.is_usable:
            raise ConnectionLost("lost", outcome=Outcome.NOT_SENT)
        waiter = request.waiter = self.runtime.waiter()
        request.state = HANDED
        self.queue.append(request)
        if len(self.queue) == 1:
            self.progress_at = self.runtime.now()
        if self.is_ended:
            self.runtime.call_soon_threadsafe(self.lose)
        return waiter

    async def answered(self, request: Any) -> None:
        if not request.waiter.done():
            await request.waiter

    async def run(self, request: Any) -> None:
        self.submit(request)
        await self.answered(request)
        if request.error is not None:
            raise request.error

    async def wait_until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            waiter = self.runtime.waiter()
            self._watchers.append(waiter)
            await waiter

    async def drain(self) -> None:
        await self.wait_until(lambda: self.is_lost or not self.queue)

    def soil(self) -> None:
        self.is_dirty = True

    def cleaned(self) -> None:
        self.is_dirty = False

    def abort(self) -> None:
        self.is_closing = True
        self._end()

    async def close(self, timeout_seconds: float = 2.0) -> None:
        self.abort()

    # What the test does to it

    def answer(self, count: int) -> None:
        """The server answers the first `count` requests, in one read."""
        settled, self.queue = self.queue[:count], self.queue[count:]
        if not settled or self.is_lost:
            return
        now = self.runtime.now()
        if now - self.progress_at > self.late_after_seconds and self.on_late is not None:
            self.on_late(settled, now - self.progress_at)
        self.progress_at = now
        self.settled_count += len(settled)
        self.answered_count += len(settled)
        self._settle(settled, None)
        self._tell()

    def lose(self) -> None:
        """The server closes."""
        self._end()

    def end_unheard(self) -> None:
        """The server closes, and nobody reads it before something is sent."""
        self.is_ended = True

    def _end(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        settled, self.queue = self.queue, []
        self._settle(settled, ConnectionLost("lost", outcome=Outcome.UNKNOWN))
        self._tell()

    def _settle(self, settled: list[Any], error: QailError | None) -> None:
        for request in settled:
            request.state = SETTLED
            request.error = error
            if not request.waiter.done():
                request.waiter.set_result(None)

    def _tell(self) -> None:
        watchers, self._watchers = self._watchers, []
        for waiter in watchers:
            if not waiter.done():
                waiter.set_result(None)
        if self.owner_changed is not None:
            self.owner_changed()


class FakeSession:
    """What a pool reads of a Session."""

    transaction_status = IDLE
    queued_bytes = 0

    def __init__(self, link: FakeLink) -> None:
        self._link = link

    @property
    def depth(self) -> int:
        return len(self._link.queue)

    @property
    def oldest(self) -> Any:
        return self._link.queue[0] if self._link.queue else None


class FakeServer:
    """Takes connections when the test says so."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.links: list[FakeLink] = []
        self.is_automatic = True
        self.asked: list[tuple[Waiter, list[Exception]]] = []

    async def connect(self) -> FakeLink:
        if not self.is_automatic:
            waiter, failure = self.runtime.waiter(), list[Exception]()
            self.asked.append((waiter, failure))
            await waiter
            if failure:
                raise failure[0]
        link = FakeLink(self.runtime)
        self.links.append(link)
        return link

    def decide(self, failure: Exception | None) -> None:
        """The oldest attempt succeeds, or fails."""
        waiter, failures = self.asked.pop(0)
        if failure is not None:
            failures.append(failure)
        waiter.set_result(None)

    @property
    def open_links(self) -> list[FakeLink]:
        return [link for link in self.links if link.is_usable]


def refused() -> ConnectError:
    return ConnectError("refused", reason="refused")


async def end_at_once(link: Any, grace_seconds: float = 2.0) -> None:
    """In the place of a CancelRequest: the server ends what it runs."""
    link.answer(len(link.queue))


async def close_at_once(link: Any, grace_seconds: float = 2.0) -> None:
    """In the place of a close with a CancelRequest."""
    link.abort()


def destroy_at_once(link: Any) -> None:
    """In the place of the same, in the background."""
    link.abort()
