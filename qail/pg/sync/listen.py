"""`with connection.listen("news") as messages`: notifications, blocking.

`for message in messages` waits for ever, `messages.get(timeout=5)` at most so long, `messages.poll()` not at all.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Self

from qail.errors import DeadlineExceeded, UsageError
from qail.pg.driver.listen import Subscription
from qail.pg.driver.messages import Notification
from qail.pg.sync.runtime import BlockingRuntime
from qail.pg.sync.scope import entered, left


class BlockingSubscription:
    """Notifications of some channels. Made by `listen()`; use it inside its `with` block."""

    def __init__(self, block: AbstractAsyncContextManager[Subscription, Any], runtime: BlockingRuntime) -> None:
        self._block: Final = block
        self._runtime: Final = runtime
        self._opened: Subscription | None = block if isinstance(block, Subscription) else None

    def __enter__(self) -> Self:
        self._opened = self._runtime.run(entered(self._block))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runtime.run(left(self._block, kind, error, trace))

    @property
    def _subscription(self) -> Subscription:
        if self._opened is None:
            raise UsageError("a subscription listens inside its `with` block only")
        return self._opened

    @property
    def channels(self) -> tuple[str, ...]:
        """What it listens to."""
        return self._subscription.channels

    @property
    def waiting(self) -> int:
        """How many notifications have come and were not read."""
        return self._subscription.waiting

    def listen(self, *channels: str) -> None:
        """Listen to more channels, from now on.

        Raises:
            UsageError: a transaction is open: the server would begin to listen at its end, if it is committed.
            BuildError: a name cannot be that of a channel.
        """
        self._runtime.run(self._subscription.listen(*channels))

    def unlisten(self, *channels: str) -> None:
        """Listen to these channels no more; without a name, to none. What has come before stays to be read."""
        subscription = self._subscription
        self._runtime.at_once(lambda: subscription.unlisten(*channels))

    def get(self, *, timeout: float | None = None) -> Notification:
        """The next notification, waiting at most `timeout` seconds for it.

        Raises:
            DeadlineExceeded: none came in time.
            Lagged: some are missing at this place. The next call goes on behind it.
            ConnectionLost: the link is lost, and all that came before has been read.
            UsageError: the subscription has ended.
        """
        return self._runtime.run(self._subscription.get(timeout=timeout))

    def poll(self) -> Notification | None:
        """The next notification that has come, without waiting; None: there is none. Raises as `get` does."""
        try:
            return self.get(timeout=0)
        except DeadlineExceeded:
            return None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification:
        found = self._runtime.run(_next(self._subscription))
        if found is None:
            raise StopIteration
        return found


async def _next(subscription: Subscription) -> Notification | None:
    try:
        return await subscription.__anext__()
    except StopAsyncIteration:
        return None
