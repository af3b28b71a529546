"""`async with connection.listen("news") as messages`: notifications as an iterator, in order and never lost in silence.

Rule 1: LISTEN is sent for a channel's first subscriber, UNLISTEN after its last; what is between is shared.
Rule 2: a subscriber never holds up the link. What it does not read in time is counted, and raised as Lagged where it
is missing.
Rule 3: a wait that ends, by its deadline or by cancellation, loses nothing: what has come stays for the next one.
Rule 4: the loss of the link is raised when all that came before it has been read. Closing the connection, or giving
it back to its pool, ends the iteration.

Source: sql-listen.html; sql-notify.html; protocol-flow.html, "Asynchronous Operations"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

from qail.ast.name import checked_name
from qail.errors import DeadlineExceeded, Lagged, Outcome, UsageError
from qail.pg.driver.link import Link
from qail.pg.driver.messages import Channel, Notification
from qail.pg.driver.segment import control
from qail.pg.driver.transport import DeadlinePassed, Waiter
from qail.pg.steps.deadline import checked_timeout
from qail.pg.steps.inbox import Gap, Inbox
from qail.pg.steps.session import listen_statements, unlisten_statements

DEFAULT_MAX_WAITING: Final = 10_000


class Subscription:
    """Notifications of some channels. Made by `listen()`; iterate it inside its `async with` block, or call `get`."""

    def __init__(self, connection: Any, channels: tuple[str, ...], max_waiting: int) -> None:
        if isinstance(max_waiting, bool) or max_waiting < 1:
            raise UsageError(f"max_waiting is {max_waiting}: at least one notification has to fit")
        self._connection: Final[Any] = connection
        self._asked: Final = tuple(checked_name(channel, "a channel") for channel in channels)
        self._channels: Final[list[str]] = []
        self._inbox: Final[Inbox[Notification]] = Inbox(max_waiting)
        self._waiters: list[Waiter] = []
        self._is_open = False

    async def __aenter__(self) -> Self:
        if not self._asked:
            raise UsageError("listen() takes the names of one or more channels")
        self._is_open = True
        try:
            await self.listen(*self._asked)
        except BaseException:
            self._leave(list(self._channels))
            self._is_open = False
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(list(self._channels))
        self._is_open = False
        self.wake()

    @property
    def channels(self) -> tuple[str, ...]:
        """What it listens to."""
        return tuple(self._channels)

    @property
    def waiting(self) -> int:
        """How many notifications have come and were not read."""
        return len(self._inbox)

    async def listen(self, *channels: str) -> None:
        """Listen to more channels, from now on.

        Raises:
            UsageError: a transaction is open: the server would begin to listen at its end, if it is committed. Or in
                pooler mode, where each transaction may have another session.
            BuildError: a name cannot be that of a channel.
        """
        connection = self._connection
        link: Link = await connection._place(False, None)
        if not self._is_open:
            raise UsageError("a subscription listens inside its `async with` block only")
        connection._catalog.need_session("LISTEN")
        if link.scopes:
            raise UsageError("LISTEN takes effect when the transaction is committed: listen before it begins")
        wanted = [name for name in dict.fromkeys(channels) if name not in self._channels]
        statements = listen_statements(wanted)
        known = link.messages.channels
        missing: list[bytes] = []
        for name, statement in zip(wanted, statements, strict=True):
            channel = known.setdefault(name, Channel())
            channel.subscribers.append(self)
            self._channels.append(name)
            if not channel.is_live:
                missing.append(statement)
        if not missing:
            return
        link.is_dirty = True
        request = control(link, missing, is_end=False)
        request.is_in_transaction = False
        try:
            await link.run(request)
        except BaseException:
            self._leave(wanted)
            raise
        for name in wanted:
            if name in known:
                known[name].is_live = True

    def unlisten(self, *channels: str) -> None:
        """Listen to these channels no more; without a name, to none. What has come before stays to be read."""
        self._leave(list(channels) if channels else list(self._channels))

    def _leave(self, names: list[str]) -> None:
        """Unsubscribe; UNLISTEN is queued behind what runs, and nobody waits for it."""
        link: Link | None = self._connection._link
        for name in names:
            if name in self._channels:
                self._channels.remove(name)
                channel = link.messages.channels.get(name) if link is not None else None
                if channel is not None and self in channel.subscribers:
                    channel.subscribers.remove(self)
        # Inside a transaction the server would keep on listening should it be rolled back: left to the next one.
        if link is None or not link.is_usable or link.scopes:
            return
        known = link.messages.channels
        unheard = [name for name, channel in known.items() if not channel.subscribers]
        for name in unheard:
            del known[name]
        if unheard:
            request = control(link, unlisten_statements(unheard), is_end=False)
            request.is_in_transaction = False
            link.submit_when_free(request)

    # What the connection's messages call.

    def hear(self, notification: Notification) -> None:
        """Keep one, or count it."""
        self._inbox.push(notification)
        self.wake()

    def lose(self) -> None:
        """The link was lost and made again: nobody knows what was missed."""
        self._inbox.lose()
        self.wake()

    def wake(self) -> None:
        """Whoever waits looks again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # Reading

    async def get(self, *, timeout: float | None = None) -> Notification:
        """The next notification, waiting at most `timeout` seconds for it.

        Raises:
            DeadlineExceeded: none came in time.
            Lagged: some are missing at this place. The next call goes on behind it.
            ConnectionLost: the link is lost, and all that came before has been read.
            UsageError: the subscription has ended.
        """
        notification = await self._next(timeout)
        if notification is None:
            raise UsageError("this subscription has ended: its block was left, or its connection closed or given back")
        return notification

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        notification = await self._next(None)
        if notification is None:
            raise StopAsyncIteration
        return notification

    async def _next(self, timeout: float | None) -> Notification | None:
        """The next one; None: the subscription has ended."""
        runtime = self._connection._runtime
        seconds = checked_timeout(timeout)
        deadline = None if seconds is None or not self._inbox.is_empty else runtime.now() + seconds
        while self._inbox.is_empty:
            if self._has_ended:
                return None
            try:
                await runtime.within(deadline, self._arrival)
            except DeadlinePassed:
                # What came in the last moment is there to be read.
                if self._inbox.is_empty:
                    raise DeadlineExceeded(
                        f"no notification came within {seconds:g} s", outcome=Outcome.NOT_SENT
                    ) from None
        entry = self._inbox.take()
        if isinstance(entry, Gap):
            raise _lagged(entry)
        return entry

    @property
    def _has_ended(self) -> bool:
        return not self._is_open or self._connection._link is None

    async def _arrival(self) -> None:
        """Wait until there is something to read, or the subscription has ended. Raises ConnectionLost."""
        connection = self._connection
        while self._inbox.is_empty and not self._has_ended:
            if not connection._link.is_usable:
                # Where the connection may be made again, this does it.
                await connection._place(False, None)
                continue
            waiter = connection._runtime.waiter()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)


def _lagged(gap: Gap) -> Lagged:
    if gap.count is None:
        return Lagged("the connection was lost and made again: notifications may be missing here")
    return Lagged(f"{gap.count} notifications came faster than they were read and are missing here", count=gap.count)
